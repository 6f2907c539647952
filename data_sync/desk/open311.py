"""Open311 GeoReport v2 at /open311/v2: discovery, services, requests, tokens, updates.

In JSON and XML, with and without a slash at the end. Our extensions, all optional, besides those
in common use (README.md lists them with examples):
- GET requests: `after_id` continues a walk by `updated_after` after that case;
  `external_reference` finds the case another system sent.
- POST requests: `external_reference` (the same one again gives the same id, not a second case),
  `channel`, `is_public=false`, several files `media`, `department` and `queue`.
- POST servicerequestupdates: `is_public=false` keeps its words for the staff, `case_is_public`
  says who may see the case from now on.
- With an API key private cases can be found too, by id or reference: the sender of a case must be
  able to look it up.
"""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy import Connection, Engine, Row

from data_sync.desk import listing, open311_fields, photos, questions, store, updates
from data_sync.desk.errors import DeskError, KeyMissing, UnknownCase
from data_sync.desk.formats import make_answer
from data_sync.desk.models import write
from data_sync.desk.records import NewCase

PREFIX = "/open311/v2"
ACTOR = "Open311"
MAX_PHOTOS = 8
CHANGESET = "2026-11-23T00:00:00Z"
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\])?")
LONGEST = {
    "external_reference": 100,
    "channel": 60,
    "address_string": 500,
    "address_id": 100,
    "media_url": 500,
    "description": 4_000,
}


@dataclass(frozen=True)
class Api:
    """The endpoints and what they need: the database, our address, keys, photos, the clock."""

    engine: Engine
    public_url: str
    api_keys: Collection[str]
    photo_dir: Path
    now: Callable[[], datetime]

    def show_discovery(self, form: str) -> Response:
        """What this endpoint is and where."""
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": self.public_url + PREFIX,
            "changeset": CHANGESET,
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
        who = "Ask whoever runs this work-order desk."
        return make_answer(
            {"changeset": CHANGESET, "contact": who, "key_service": who, "endpoints": [endpoint]},
            "discovery",
            form,
        )

    def list_services(self, form: str) -> Response:
        """GET services: every type of case."""
        with self.engine.connect() as connection:
            return make_answer(open311_fields.list_services(connection), "services", form)

    def show_service(self, form: str, code: str) -> Response:
        """GET services/CODE: a service's questions."""
        with self.engine.connect() as connection:
            store.service_row(connection, code)
            return make_answer(
                open311_fields.describe_service(code, questions.list_questions(connection, code)),
                "service_definition",
                form,
            )

    def list_requests(self, form: str) -> Response:
        """GET requests: a page of cases, and in headers how many there are."""
        asked = listing.read_query(request.args, self.now())
        with_private = asked.is_look_up and self._has_key()
        with self.engine.connect() as connection:
            found = listing.list_cases(connection, asked, with_private=with_private)
            tree = open311_fields.list_requests(
                connection, found, self.public_url, asked.extensions
            )
            # Counting all pages takes longer than one page; a walk by key needs no count.
            headers = (
                {}
                if asked.after_id
                else self._totals(
                    listing.count_cases(connection, asked, with_private=with_private), asked
                )
            )
        return make_answer(tree, "service_requests", form, headers=headers)

    def show_request(self, form: str, request_id: str) -> Response:
        """GET requests/ID: one case."""
        with self.engine.connect() as connection:
            row = self._visible(connection, request_id)
            tree = open311_fields.list_requests(
                connection, [row], self.public_url, request.args.get("extensions") == "true"
            )
        return make_answer(tree, "service_requests", form)

    def show_token(self, form: str, token: str) -> Response:
        """A token is the id itself: this desk gives out ids right away."""
        with self.engine.connect() as connection:
            self._visible(connection, token)
        return make_answer(
            [{"service_request_id": token, "token": token}], "service_requests", form
        )

    def take_report(self, form: str) -> Response:
        """POST requests: a new case; the same report again returns the first id."""
        self._check_key()
        fields = _fields()
        new = _read_case(fields)
        request_id = self._find_known(new.external_reference)
        if request_id is None:
            with self._photos(fields) as (media_url, *more), write(self.engine) as connection:
                new = replace(new, media_url=media_url, more_photos=tuple(more))
                request_id = store.report_case(connection, new, now=self.now(), actor=ACTOR)
                # The same report came twice at once.
                if store.case_row(connection, request_id).media_url != media_url:
                    for url in (media_url, *more):
                        photos.delete_photo(url, self.photo_dir)
        return make_answer(
            [{"service_request_id": request_id, "service_notice": "", "account_id": ""}],
            "service_requests",
            form,
        )

    def list_updates(self, form: str) -> Response:
        """GET servicerequestupdates: a page of updates."""
        with self.engine.connect() as connection:
            return make_answer(
                updates.list_updates(connection, request.args), "service_request_updates", form
            )

    def take_update(self, form: str) -> Response:
        """POST servicerequestupdates: an update of a case."""
        self._check_key()
        fields = _fields()
        updates.read_update(fields, "")  # before any photo is decoded
        with self._photos(fields, most=1) as (media_url,), write(self.engine) as connection:
            sent = updates.read_update(fields, media_url)
            updates.apply_update(connection, sent, actor=ACTOR, now=self.now())
        return make_answer([{"update_id": sent.update_id}], "service_request_updates", form)

    def _find_known(self, reference: str) -> str | None:
        """Id of the case already sent under this reference: its photo need not be decoded again."""
        with self.engine.connect() as connection:
            return store.case_by_reference(connection, reference) if reference else None

    @contextmanager
    def _photos(self, fields: Mapping[str, str], most: int = MAX_PHOTOS) -> Iterator[list[str]]:
        """Addresses of the photos in the form, sent as files or as one address; [""] if none.

        Raises DeskError.
        """
        files = [file for file in request.files.getlist("media") if file]
        if len(files) > most:
            raise DeskError(f"There are {len(files)} photos; at most {most}.")
        with ExitStack() as held:
            urls = [
                held.enter_context(photos.stored_photo(file.stream, self.photo_dir))
                for file in files
            ]
            yield urls or [_web_address(fields.get("media_url", ""))]

    def _visible(self, connection: Connection, request_id: str) -> Row[Any]:
        row = store.case_row(connection, request_id)
        if not row.is_public and not self._has_key():
            raise UnknownCase(f"There is no case {request_id[:60]!r}.")
        return row

    def _has_key(self) -> bool:
        given = request.form.get("api_key") or request.args.get("api_key", "")
        return any(
            hmac.compare_digest(given.encode(), key.encode()) for key in self.api_keys if key
        )

    def _check_key(self) -> None:
        if not self._has_key():
            raise KeyMissing("The api_key is missing or wrong. Ask whoever runs this desk for one.")

    def _totals(self, total: int, asked: listing.CaseQuery) -> dict[str, str]:
        pages = math.ceil(total / asked.page_size)
        headers = {"X-Result-Count": str(total), "X-Page-Count": str(pages)}
        if asked.page < pages:
            kept = [
                (name, value)
                for name, value in request.args.items(multi=True)
                if name not in ("page", "api_key")
            ]
            headers["X-Next-Page-URL"] = (
                f"{self.public_url}{request.path}?{urlencode([*kept, ('page', asked.page + 1)])}"
            )
        return headers


def make_blueprint(api: Api) -> Blueprint:
    """The routes: each as `name.json` and `name.xml`, with and without a slash at the end."""
    routes = Blueprint("open311", __name__, url_prefix=PREFIX)
    _route(routes, "/discovery.<form>", GET=api.show_discovery)
    _route(routes, "/services.<form>", GET=api.list_services)
    _route(routes, "/services/<path:code>.<form>", GET=api.show_service)
    _route(routes, "/requests.<form>", GET=api.list_requests, POST=api.take_report)
    _route(routes, "/requests/<request_id>.<form>", GET=api.show_request)
    _route(routes, "/tokens/<token>.<form>", GET=api.show_token)
    _route(routes, "/servicerequestupdates.<form>", GET=api.list_updates, POST=api.take_update)
    return routes


def make_refusal(status: int, sentence: str) -> Response:
    """An error in the form the path asks for, else XML, which the standard requires."""
    form = "json" if request.path.rstrip("/").endswith(".json") else "xml"
    return make_answer(open311_fields.list_errors(status, sentence), "errors", form, status)


def _route(routes: Blueprint, rule: str, **views: Callable[..., Response]) -> None:
    def view(form: str, **values: str) -> Response:
        if form not in ("json", "xml"):
            return make_refusal(404, f"There is no format {form[:20]!r}. Ask for .json or .xml.")
        return views["GET" if request.method == "HEAD" else request.method](form, **values)

    for ending in ("", "/"):
        routes.add_url_rule(
            rule + ending, (rule + ending).replace(".", "_"), view, methods=list(views)
        )


def _fields() -> dict[str, str]:
    """The form's fields; empty ones count as absent. Raises DeskError if one is too long."""
    fields = {name: value.strip() for name, value in request.form.items() if value.strip()}
    for name, longest in LONGEST.items():
        if len(fields.get(name, "")) > longest:
            raise DeskError(f"{name} has {len(fields[name]):,} characters; at most {longest:,}.")
    return fields


def _read_case(fields: Mapping[str, str]) -> NewCase:
    """The new case in a form, without photos. Raises DeskError, which names what is missing."""
    if "service_code" not in fields:
        raise DeskError("service_code is missing. GET services lists them.")
    lat, lon = _read_place(fields)
    names = (fields[name] for name in ("first_name", "last_name") if name in fields)
    return NewCase(
        service_code=fields["service_code"],
        description=fields.get("description", ""),
        address=fields.get("address_string", fields.get("address_id", "")),
        lat=lat,
        lon=lon,
        channel=fields.get("channel", ACTOR),
        external_reference=fields.get("external_reference", ""),
        reporter_name=" ".join(names)[:200],
        reporter_email=fields.get("email", "")[:200],
        reporter_phone=fields.get("phone", "")[:60],
        is_public=fields.get("is_public") != "false",
        department=fields.get("department", "")[:200],
        queue=fields.get("queue", "")[:200],
        answers=_read_answers(),
    )


def _read_answers() -> dict[str, list[str]]:
    """The fields attribute[CODE] and attribute[CODE][]."""
    found: dict[str, list[str]] = {}
    for name, values in request.form.lists():
        if match := ATTRIBUTE.fullmatch(name):
            found.setdefault(match[1], []).extend(
                value.strip() for value in values if value.strip()
            )
    return found


def _read_place(fields: Mapping[str, str]) -> tuple[float | None, float | None]:
    if "lat" in fields and "long" in fields:
        (lat,) = listing.read_numbers("lat", fields["lat"], 1)
        (lon,) = listing.read_numbers("long", fields["long"], 1)
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise DeskError(
                f"lat and long are {lat:g} and {lon:g}; they are degrees, up to 90 and 180."
            )
        return lat, lon
    if "address_string" not in fields and "address_id" not in fields:
        raise DeskError(
            "The place is missing. Send lat and long, or address_string, or address_id."
        )
    return None, None


def _web_address(url: str) -> str:
    # The address becomes a link: javascript: and the like must not get there.
    if url and not url.startswith(("https://", "http://")):
        raise DeskError(f"media_url is {url[:60]!r}; it begins with https:// or http://.")
    return url
