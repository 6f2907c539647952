"""Open311 GeoReport v2, read: discovery, services, requests, tokens and updates.

In JSON and XML, with and without a slash at the end; our extensions are in docs/open311.md.
Everything is read from the public views: a case that is not public is as absent as a number that
never was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, g, request

from portal.api.gate import brings_photos, from_anywhere
from portal.api.open311.case_updates import UpdateCall
from portal.api.open311.jurisdictions import find_city, site_of
from portal.api.open311.reports import ReportCall
from portal.context import Portal
from portal.domain.api_key import ApiKey
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import PortalError
from portal.open311.answers import make_answer
from portal.open311.forms import total_headers
from portal.open311.routes import FORMATS, PREFIX, SPECIFICATION
from portal.photos.develop import LARGE
from portal.queries.data.request_updates import list_updates, read_updates_query
from portal.queries.data.requests_query import read_requests_query
from portal.queries.data.service_list import describe_type, list_services
from portal.queries.data.service_requests import (
    describe_requests,
    find_request,
    find_requests,
)
from portal.secrets import derive_key
from portal.services.data.program_reports import describe_own, number_of_reference

CHANGESET = "2026-12-01T00:00:00Z"
UPDATES_KEY = "open311 update ids"
LISTS = ("service_request_id", "service_code", "status")


@dataclass(frozen=True)
class Endpoint:
    """The calls, and what they need. `clock` gives epoch seconds."""

    portal: Portal
    clock: Callable[[], float]

    def show_discovery(self, form: str) -> Response:
        """What this endpoint is and where."""
        site = self.portal.settings.site_url
        endpoint = {
            "specification": SPECIFICATION,
            "url": site + PREFIX,
            "changeset": CHANGESET,
            "type": "production",
            "formats": FORMATS,
        }
        tree = {
            "changeset": CHANGESET,
            "contact": f"{site}/status",
            "key_service": f"{site}/developers/keys",
            "endpoints": [endpoint],
        }
        return answer_unless_known(tree, "discovery", form)

    def list_services(self, form: str) -> Response:
        """GET services: every type of case that can be reported."""
        return answer_unless_known(list_services(self.portal, self.city), "services", form)

    def show_service(self, form: str, code: str) -> Response:
        """GET services/CODE: a type's questions."""
        tree = describe_type(self.portal, self.city, code)
        return answer_unless_known(tree, "service_definition", form)

    def list_requests(self, form: str) -> Response:
        """GET requests: a page of cases, and in headers how many there are."""
        city = self.city
        key, reference = self.reporter, request.args.get("external_reference", "").strip()
        if key is not None and reference:
            number = number_of_reference(self.portal, city.id, key, reference)
            own = self._own_request(city, number or "", reference)
            return answer_own([own] if own else [], form)
        query = read_requests_query(parameters(), city.zone, self.now)
        page = find_requests(self.portal, city, query)
        tree = self._describe(city, page.rows, is_extended=query.is_extended)
        headers = {}
        if page.total is not None:
            headers = total_headers(self._site(city), page.total, query.page, query.page_size)
        return answer_unless_known(tree, "service_requests", form, headers)

    def show_request(self, form: str, request_id: str) -> Response:
        """GET requests/ID: one case, in an array."""
        city = self.city
        if own := self._own_request(city, request_id):
            return answer_own([own], form)
        with self.portal.public_connection() as connection:
            row = find_request(connection, city.id, request_id)
        is_extended = request.args.get("extensions", "").lower() == "true"
        tree = self._describe(city, [row], is_extended=is_extended)
        return answer_unless_known(tree, "service_requests", form)

    def show_token(self, form: str, token: str) -> Response:
        """GET tokens/TOKEN: a token is the id itself; this portal gives out ids right away."""
        if own := self._own_request(self.city, token):
            known = {"service_request_id": own["service_request_id"], "token": token}
            return answer_own([known], form)
        with self.portal.public_connection() as connection:
            number = find_request(connection, self.city.id, token)["case_id"]
        tree = [{"service_request_id": number, "token": token}]
        return answer_unless_known(tree, "service_requests", form)

    @from_anywhere
    @brings_photos
    def take_report(self, form: str) -> Response:
        """POST requests: a report by another program."""
        city = self.city
        return ReportCall(self.portal, city, g.caller, self._site(city), self.now).take(form)

    def list_updates(self, form: str) -> Response:
        """GET servicerequestupdates: what became of public cases."""
        city = self.city
        query = read_updates_query(parameters(), city.zone, self.now)
        key = derive_key(self.portal.settings, UPDATES_KEY)
        with self.portal.public_connection() as connection:
            tree = list_updates(connection, city.id, query, key, self._site(city))
        return answer_unless_known(tree, "service_request_updates", form)

    @from_anywhere
    def take_update(self, form: str) -> Response:
        """POST servicerequestupdates: what the city's program tells of a report made here."""
        return UpdateCall(self.portal, self.city, g.caller, self.now).take(form)

    @property
    def city(self) -> Jurisdiction:
        """The city that the request is about."""
        return find_city(self.portal, request.values, request.host)

    @property
    def city_or_first(self) -> Jurisdiction:
        """The same, where the request may name none or one that is not here."""
        try:
            return self.city
        except PortalError:
            return self.portal.city(request.host)

    @property
    def now(self) -> int:
        """The time in epoch seconds."""
        return int(self.clock())

    @property
    def reporter(self) -> ApiKey | None:
        """The key of a caller who may report, and so look up its own reports."""
        key = g.caller.key
        return key if key is not None and key.may("report") else None

    def _own_request(
        self, city: Jurisdiction, number: str, reference: str = ""
    ) -> dict[str, Any] | None:
        """A report of the caller's that the public does not see; None for any other number."""
        if self.reporter is None or not number:
            return None
        own = describe_own(self.portal, city.id, self.reporter, number, reference)
        is_seen = own is not None and own["extended_attributes"]["is_public"]
        return None if is_seen and not reference else own

    def _describe(self, city: Jurisdiction, rows: Any, *, is_extended: bool) -> list[Any]:
        site = self._site(city)
        with self.portal.public_connection() as connection:
            return describe_requests(
                connection,
                city.id,
                rows,
                lambda name: f"{site}/photos/{name}-{LARGE}.webp",
                is_extended=is_extended,
            )

    def _site(self, city: Jurisdiction) -> str:
        return site_of(self.portal.settings, city, is_only=len(self.portal.cities) == 1)


def parameters() -> dict[str, str]:
    """The parameters of the address; of one that is a list, all that were given."""
    lists = {name: ",".join(request.args.getlist(name)) for name in LISTS if name in request.args}
    return {**request.args.to_dict(), **lists}


def answer_own(tree: Any, form: str) -> Response:
    """An answer for the owner of a key alone; no cache keeps it."""
    return make_answer(tree, "service_requests", form, headers={"Cache-Control": "no-store"})


def answer_unless_known(
    tree: Any, root: str, form: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with its ETag; 304 for a client that has it already. A cache asks each time."""
    answer = make_answer(tree, root, form, headers=headers)
    answer.headers["Cache-Control"] = "no-cache"
    totals = repr(sorted((headers or {}).items()))
    body = hashlib.sha256(answer.data + totals.encode()).hexdigest()
    answer.set_etag(body[:20])
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
