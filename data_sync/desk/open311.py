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
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Connection, Engine, Row

from data_sync.desk import listing, open311_fields, photos, questions, store, updates
from data_sync.desk.errors import DeskError, KeyMissing, UnknownCase
from data_sync.desk.models import write
from data_sync.desk.records import NewCase
from portal.open311.answers import make_answer
from portal.open311.forms import read_answers, read_fields, total_headers
from portal.open311.routes import FORMATS, PREFIX, SPECIFICATION, add_routes
from portal.open311.services import describe_definition
from portal.open311.values import read_degrees

ACTOR = "Open311"
MAX_PHOTOS = 8
CHANGESET = "2026-11-23T00:00:00Z"
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
    """The endpoints and what they need: the database, our address, keys, photos, the clock.

    `secret` marks the addresses of private cases' photos.
    """

    engine: Engine
    public_url: str
    api_keys: Collection[str]
    photo_dir: Path
    now: Callable[[], datetime]
    secret: str

    def show_discovery(self, form: str) -> Response:
        """What this endpoint is and where."""
        endpoint = {
            "specification": SPECIFICATION,
            "url": self.public_url + PREFIX,
            "changeset": CHANGESET,
            "type": "production",
            "formats": FORMATS,
        }
        who = "Ask the people who run this work-order desk."
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
                describe_definition(code, questions.list_questions(connection, code)),
                "service_definition",
                form,
            )

    def list_requests(self, form: str) -> Response:
        """GET requests: a page of cases, and in headers how many there are."""
        asked = listing.read_query(request.args, self.now())
        with_private = asked.is_look_up and self._has_key()
        with self.engine.connect() as connection:
            found = listing.list_cases(connection, asked, with_private=with_private)
            shown = (found, self._addresses, asked.extensions)
            tree = open311_fields.list_requests(connection, *shown)
            headers = {}
            # Counting all pages takes longer than one page; a walk by key needs no count.
            if not asked.after_id:
                cases = listing.count_cases(connection, asked, with_private=with_private)
                headers = total_headers(self.public_url, cases, asked.page, asked.page_size)
        return make_answer(tree, "service_requests", form, headers=headers)

    def show_request(self, form: str, request_id: str) -> Response:
        """GET requests/ID: one case."""
        extended = request.args.get("extensions") == "true"
        with self.engine.connect() as connection:
            row = self._visible(connection, request_id)
            tree = open311_fields.list_requests(connection, [row], self._addresses, extended)
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
        fields = read_fields(LONGEST)
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
        known = {"service_request_id": request_id, "service_notice": "", "account_id": ""}
        return make_answer([known], "service_requests", form)

    def list_updates(self, form: str) -> Response:
        """GET servicerequestupdates: a page of updates."""
        with self.engine.connect() as connection:
            return make_answer(
                updates.list_updates(connection, request.args), "service_request_updates", form
            )

    def take_update(self, form: str) -> Response:
        """POST servicerequestupdates: an update of a case."""
        self._check_key()
        fields = read_fields(LONGEST)
        updates.read_update(fields, "")  # before any photo is decoded
        with self._photos(fields, most=1) as (media_url,), write(self.engine) as connection:
            sent = updates.read_update(fields, media_url)
            updates.apply_update(connection, sent, actor=ACTOR, now=self.now())
        return make_answer([{"update_id": sent.update_id}], "service_request_updates", form)

    @property
    def _addresses(self) -> open311_fields.PhotoAddresses:
        return open311_fields.PhotoAddresses(self.public_url, self.secret)

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
            raise KeyMissing(
                "The api_key is missing or wrong. Ask the people who run this desk for one."
            )


def make_blueprint(api: Api) -> Blueprint:
    """The routes: each as `name.json` and `name.xml`, with and without a slash at the end."""
    routes = Blueprint("open311", __name__, url_prefix=PREFIX)
    add_routes(routes, "/discovery.<form>", GET=api.show_discovery)
    add_routes(routes, "/services.<form>", GET=api.list_services)
    add_routes(routes, "/services/<path:code>.<form>", GET=api.show_service)
    add_routes(routes, "/requests.<form>", GET=api.list_requests, POST=api.take_report)
    add_routes(routes, "/requests/<request_id>.<form>", GET=api.show_request)
    add_routes(routes, "/tokens/<token>.<form>", GET=api.show_token)
    add_routes(routes, "/servicerequestupdates.<form>", GET=api.list_updates, POST=api.take_update)
    return routes


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
        department=fields.get("department", ""),
        queue=fields.get("queue", ""),
        answers=read_answers(),
    )


def _read_place(fields: Mapping[str, str]) -> tuple[float | None, float | None]:
    if place := read_degrees(fields):
        return place
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
