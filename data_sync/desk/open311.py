"""Open311 GeoReport v2 at /open311/v2: discovery, services, requests, tokens, updates; JSON and XML, with or without a last slash."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Request, Response, request
from sqlalchemy import Engine, insert, select

from data_sync.desk import listing, photos, store, trees
from data_sync.desk.errors import DeskError, KeyMissing, UnknownCase, UnknownService
from data_sync.desk.formats import answer
from data_sync.desk.models import Case, History, Update, write

MAX_DESCRIPTION = 4_000
CLOSING = frozenset({"CLOSED", "FIXED", "NO_FURTHER_ACTION", "DUPLICATE", "NOT_COUNCILS_RESPONSIBILITY"})
WORKING = frozenset({"IN_PROGRESS", "INVESTIGATING", "ACTION_SCHEDULED"})


class Api:
    """What every endpoint needs: the desk's database, its address, who may write, where photos go, and the clock."""

    def __init__(self, engine: Engine, public_url: str, api_keys: Collection[str], photo_dir: Path, now: Callable[[], datetime]) -> None:
        self.engine, self.public_url, self.api_keys, self.photo_dir, self.now = engine, public_url, api_keys, photo_dir, now

    def discovery(self, form: str) -> Response:
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{self.public_url}/open311/v2",
            "changeset": "2026-11-23T00:00:00Z",
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
        tree = {"changeset": "2026-11-23T00:00:00Z", "contact": "", "key_service": "", "endpoints": [endpoint]}
        return answer(tree, "discovery", form)

    def services(self, form: str) -> Response:
        with self.engine.connect() as connection:
            return answer(trees.services(connection), "services", form)

    def service(self, form: str, code: str) -> Response:
        with self.engine.connect() as connection:
            if code not in trees.service_names(connection):
                raise UnknownService(f"There is no service {code[:60]!r}.")
        return answer({"service_code": code, "attributes": []}, "service_definition", form)

    def requests(self, form: str) -> Response:
        asked = listing.understand(request.args, self.now())
        with self.engine.connect() as connection:
            found = listing.cases(connection, asked)
            tree = trees.requests(connection, found, self.public_url, asked.extensions)
            # Counting all pages costs more than a page does: a caller that walks by key does not ask for it.
            headers = {} if asked.after_id else _totals(listing.count(connection, asked), asked)
        return answer(tree, "service_requests", form, headers=headers)

    def request(self, form: str, request_id: str) -> Response:
        extensions = request.args.get("extensions") == "true"
        with self.engine.connect() as connection:
            row = store.case_row(connection, request_id)
            if not row.is_public:
                raise UnknownCase(f"There is no case {request_id!r}.")
            return answer(trees.requests(connection, [row], self.public_url, extensions), "service_requests", form)

    def token(self, form: str, token: str) -> Response:
        """A token is the id itself: this desk gives ids at once."""
        with self.engine.connect() as connection:
            store.case_row(connection, token)
        return answer([{"service_request_id": token, "token": token}], "service_requests", form)

    def report(self, form: str) -> Response:
        self._check_key(request)
        fields = {name: value.strip() for name, value in request.form.items() if value.strip()}
        place = _place(fields)
        media = request.files.get("media")
        media_url = photos.keep(media.stream, self.photo_dir) if media else fields.get("media_url", "")
        request_id = store.report_case(
            self.engine,
            service_code=fields.get("service_code", ""),
            now=self.now(),
            actor="open311",
            description=_description(fields),
            address=fields.get("address_string", fields.get("address_id", "")),
            lat=place[0],
            lon=place[1],
            channel=fields.get("channel", "Open311"),
            media_url=media_url,
            external_reference=fields.get("external_reference", "")[:100],
            reporter_email=fields.get("email", "")[:200],
            is_public=fields.get("is_public", "true") != "false",
        )
        tree = [{"service_request_id": request_id, "service_notice": "", "account_id": ""}]
        return answer(tree, "service_requests", form)

    def list_updates(self, form: str) -> Response:
        """Public notes and closings as FixMyStreet's clients read them, oldest first."""
        start, end = (listing.epoch(request.args, name) for name in ("start_date", "end_date"))
        return answer(self._updates(start, end), "service_request_updates", form)

    def take_update(self, form: str) -> Response:
        self._check_key(request)
        fields = request.form
        update_id, request_id = fields.get("update_id", "")[:100], fields.get("service_request_id", "")
        if not update_id:
            raise DeskError("update_id is missing; it is the sender's own number of the update.")
        with self.engine.connect() as connection:
            row = store.case_row(connection, request_id)
            known = connection.execute(select(Update.update_id).where(Update.update_id == update_id)).scalar()
        if known:
            raise DeskError(f"The update {update_id!r} already exists.")
        # Applied before it is remembered: a crash between the two repeats a note, it never loses one.
        self._apply_update(row.status, request_id, fields.get("status", "").upper(), fields.get("description", "").strip())
        with write(self.engine) as connection:
            connection.execute(insert(Update).values(update_id=update_id, case_id=row.id, at=int(self.now().timestamp())))
        return answer([{"update_id": update_id}], "service_request_updates", form)

    def _apply_update(self, status: str, request_id: str, wanted: str, words: str) -> None:
        acts = {"actor": "open311", "now": self.now()}
        if wanted in CLOSING and status != "closed":
            store.close_case(self.engine, request_id, words or wanted.replace("_", " ").capitalize(), **acts)
        elif wanted == "REOPEN" and status == "closed":
            store.reopen_case(self.engine, request_id, words, **acts)
        elif wanted in WORKING and status == "open":
            store.take_case(self.engine, request_id, **acts)
        if words and wanted not in CLOSING:
            store.add_note(self.engine, request_id, words, is_public=True, **acts)

    def _updates(self, start: int | None, end: int | None) -> list[dict[str, Any]]:
        verbs = {"closed": "CLOSED", "reopened": "REOPEN", "noted": "OPEN"}
        query = select(History.__table__, Case.request_id).join(Case, Case.id == History.case_id).where(History.is_public, Case.is_public)
        query = (
            query.where(History.at >= (start or 0), History.at <= (end if end is not None else 1 << 40)).order_by(History.id).limit(1_000)
        )
        with self.engine.connect() as connection:
            return [
                {
                    "update_id": str(row.id),
                    "service_request_id": row.request_id,
                    "status": verbs.get(row.verb, "OPEN"),
                    "updated_datetime": trees.time(row.at),
                    "description": row.words,
                    "media_url": "",
                }
                for row in connection.execute(query)
            ]

    def _check_key(self, asked: Request) -> None:
        given = asked.form.get("api_key", asked.args.get("api_key", ""))
        if not any(hmac.compare_digest(given.encode(), key.encode()) for key in self.api_keys):
            raise KeyMissing("The api_key is missing or wrong.")


def blueprint(api: Api) -> Blueprint:
    """The endpoints, each as `name.json`, `name.xml` and with a slash at the end."""
    routes = Blueprint("open311", __name__, url_prefix="/open311/v2")
    _route(routes, "/discovery.<form>", "GET", api.discovery)
    _route(routes, "/services.<form>", "GET", api.services)
    _route(routes, "/services/<code>.<form>", "GET", api.service)
    _route(routes, "/requests.<form>", "GET", api.requests)
    _route(routes, "/requests.<form>", "POST", api.report)
    _route(routes, "/requests/<request_id>.<form>", "GET", api.request)
    _route(routes, "/tokens/<token>.<form>", "GET", api.token)
    _route(routes, "/servicerequestupdates.<form>", "GET", api.list_updates)
    _route(routes, "/servicerequestupdates.<form>", "POST", api.take_update)
    return routes


def _route(routes: Blueprint, rule: str, method: str, view: Callable[..., Response]) -> None:
    def refuse_kindly(**values: str) -> Response:
        form = values.pop("form")
        if form not in ("json", "xml"):
            return answer(trees.errors(404, f"There is no format {form[:20]!r}; ask for .json or .xml."), "errors", "json", 404)
        try:
            return view(form, **values)
        except DeskError as problem:
            return answer(trees.errors(problem.status, str(problem)), "errors", form, problem.status)

    endpoint = f"{view.__name__}_{method}"
    routes.add_url_rule(rule, endpoint, refuse_kindly, methods=[method])
    routes.add_url_rule(f"{rule}/", f"{endpoint}_slash", refuse_kindly, methods=[method])


def _totals(total: int, asked: listing.Asked) -> dict[str, str]:
    pages = math.ceil(total / asked.page_size)
    headers = {"X-Result-Count": str(total), "X-Page-Count": str(pages)}
    if asked.page < pages:
        query = "&".join(f"{name}={value}" for name, value in _query(request).items() if name != "page")
        headers["X-Next-Page-URL"] = f"{request.base_url}?{query}{'&' if query else ''}page={asked.page + 1}"
    return headers


def _query(asked: Request) -> dict[str, str]:
    from urllib.parse import quote

    return {quote(name): quote(value) for name, value in asked.args.items()}


def _place(fields: dict[str, str]) -> tuple[float | None, float | None]:
    if "lat" in fields and "long" in fields:
        (lat,), (lon,) = listing.numbers("lat", fields["lat"], 1), listing.numbers("long", fields["long"], 1)
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise DeskError(f"lat and long are {lat}, {lon}; they are degrees.")
        return lat, lon
    if "address_string" not in fields and "address_id" not in fields:
        raise DeskError("There is no place; send lat and long, or address_string, or address_id.")
    return None, None


def _description(fields: dict[str, str]) -> str:
    words = fields.get("description", "")
    if len(words) > MAX_DESCRIPTION:
        raise DeskError(f"The description has {len(words):,} characters; at most {MAX_DESCRIPTION:,}.")
    return words
