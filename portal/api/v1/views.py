"""What the API answers: one method for each endpoint, of the same name.

Everything is read from the public views and the facts, so a case that is not public is as absent
as one that never was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, request

from portal.api.v1.answers import PLACE, answer_features, answer_json, make_feature, stamp
from portal.api.v1.endpoints import GEOJSON, JSON, PREFIX
from portal.api.v1.openapi import describe_api
from portal.api.v1.parameters import (
    DAYS,
    LIMIT,
    read_filter,
    read_format,
    read_group,
    read_number,
    read_order,
    read_since,
    read_until,
    read_words,
)
from portal.context import Portal
from portal.datasets.catalogue import list_versions
from portal.datasets.index import place_of
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.published_columns import CASE_COLUMN_NAMES
from portal.errors import NotFound
from portal.facts.reader import Facts
from portal.photos.develop import LARGE
from portal.publication.hidden_since import require_nothing_hidden_since
from portal.queries.cases.area_numbers import open_cases_by_area
from portal.queries.cases.text_search import make_selection
from portal.queries.data.case_pages import AskedPage, read_page
from portal.queries.data.case_records import CaseRecord, find_record
from portal.queries.data.changes import changes_by_day
from portal.queries.data.grouped_counts import grouped_counts
from portal.queries.data.published_cases import write_time
from portal.queries.data.revisions import read_revisions
from portal.queries.data.service_words import list_service_words

CLOCK_SECONDS = 60
"""What is overdue is looked up once a minute, as on pages."""
Values = Mapping[str, str]


@dataclass(frozen=True)
class Views:
    """The answers, and what they need. `clock` gives epoch seconds."""

    portal: Portal
    clock: Callable[[], float]

    def list_cases(self, values: Values) -> Response:
        """A page of cases."""
        city, facts = self._city, self.portal.facts(self._city.id)
        form = _read_format(values)
        asked = self._read_page(city, values, is_placed=form == "geojson")
        with self.portal.public_connection() as connection:
            page = read_page(connection, city.id, facts, asked)
        query = asked.selection.case_filter.to_query_string()
        shown = "&".join(filter(None, (query, asked.order.to_query_string())))
        rest = {
            "next": self._next("/cases", values, page.next_after),
            **self._stamp_of(facts, f"/cases?{shown}".rstrip("?")),
        }
        if form == "geojson":
            return answer_features(page.cases, rest)
        return answer_json({"cases": page.cases, **rest})

    def show_case(self, values: Values) -> Response:
        """One case."""
        form = _read_format(values)
        record, rest = self._find_record(values["number"])
        case = record.columns | self._describe_more(record)
        if form == "geojson":
            return answer_json(make_feature(case) | rest, GEOJSON)
        return answer_json({"case": case, **rest})

    def list_case_revisions(self, values: Values) -> Response:
        """What changed in one case."""
        record, rest = self._find_record(values["number"])
        return answer_json({"revisions": record.revisions, **rest})

    def list_revisions(self, values: Values) -> Response:
        """What changed in all cases."""
        city, facts = self._city, self.portal.facts(self._city.id)
        require_nothing_hidden_since(self.portal, facts)
        since, limit = read_since(values, city.zone), read_number(values, LIMIT)
        with self.portal.public_connection() as connection:
            page = read_revisions(connection, city.id, facts, since, limit, values.get("after"))
        tree = {
            "revisions": page.revisions,
            "next": self._next("/revisions", values, page.after if page.has_more else None),
            "after": page.after,
        }
        return answer_json(tree | self._stamp_of(facts, "/status"))

    def count_cases(self, values: Values) -> Response:
        """Counts of cases in groups."""
        city, by = self._city, read_group(values)
        facts = self.portal.facts(city.id)
        selection = make_selection(self.portal, city, read_filter(values), self._now)
        groups = self.portal.read(grouped_counts, city.id, selection, by)
        query = selection.case_filter.to_query_string()
        tree = {
            "group_by": by,
            "groups": groups,
            "cases": sum(group["cases"] for group in groups),
        }
        return answer_json(tree | self._stamp_of(facts, f"/cases?{query}".rstrip("?")))

    def list_changes(self, values: Values) -> Response:
        """How many cases the city changed, by day."""
        city, facts = self._city, self.portal.facts(self._city.id)
        until = read_until(values, datetime.fromtimestamp(self._now, city.zone).date())
        first = until - timedelta(days=read_number(values, DAYS) - 1)
        selection = make_selection(self.portal, city, read_filter(values), self._now)
        days = self.portal.read(changes_by_day, city.id, selection, first, until)
        described = [
            {
                "day": one.day,
                "changes": one.cases,
                "late_cases": one.late_cases,
                "imported_cases": one.imported_cases,
                "permalink": self._address(f"/changes/{one.day.isoformat()}"),
            }
            for one in days
        ]
        return answer_json({"days": described, **self._stamp_of(facts, "/changes")})

    def list_services(self, _values: Values) -> Response:
        """Every type of case."""
        facts = self.portal.facts(self._city.id)
        services = [
            {**word, "permalink": self._address(f"/cases?service={word['slug']}")}
            for word in self.portal.read(list_service_words, self._city.id)
        ]
        return answer_json({"services": services, **self._stamp_of(facts, "/cases")})

    def list_places(self, _values: Values) -> Response:
        """Every neighborhood and district."""
        facts = self.portal.facts(self._city.id)
        places = [
            {
                "kind": one.area.kind,
                "slug": one.area.slug,
                "name": one.area.name,
                "open_cases": one.open_cases,
                "overdue_cases": one.overdue_cases,
                "permalink": self._address(f"/places/{quote(one.area.path)}"),
            }
            for one in self.portal.read(open_cases_by_area, self._city.id, self._now)
        ]
        return answer_json({"places": places, **self._stamp_of(facts, "/places")})

    def list_datasets(self, _values: Values) -> Response:
        """Every frozen file."""
        place, site = place_of(self.portal.settings.data_dir, self._city.id), self._address("")
        listed = list_versions(place, place.load(), site)
        return answer_json({**listed, "permalink": self._address("/data")})

    def show_openapi(self, _values: Values) -> Response:
        """This API in OpenAPI 3.1."""
        title = f"{self._city.name}: cases"
        return answer_json(describe_api(title, self.portal.settings.site_url))

    @property
    def _city(self) -> Jurisdiction:
        return self.portal.city(request.host)

    @property
    def _now(self) -> int:
        return int(self.clock()) // CLOCK_SECONDS * CLOCK_SECONDS

    def _read_page(self, city: Jurisdiction, values: Values, *, is_placed: bool) -> AskedPage:
        order, limit = read_order(values), read_number(values, LIMIT)
        names = read_words(values, "fields", CASE_COLUMN_NAMES) or CASE_COLUMN_NAMES
        if is_placed:
            names = tuple(dict.fromkeys((*names, "case_id", *PLACE)))
        case_filter = order.filter_of(read_filter(values))
        selection = make_selection(self.portal, city, case_filter, self._now)
        return AskedPage(selection, order, limit, values.get("after"), names)

    def _find_record(self, typed: str) -> tuple[CaseRecord, dict[str, Any]]:
        """The case, and what an answer about it says of itself. Raises NotFound."""
        city, facts = self._city, self.portal.facts(self._city.id)
        require_nothing_hidden_since(self.portal, facts)
        with self.portal.public_connection() as connection:
            record = find_record(connection, city.id, facts, city.zone, typed)
        if record is None:
            raise NotFound("We have no public case “{number}”.", number=typed[:60])
        number = quote(record.detail.case_id, safe="")
        return record, self._stamp_of(facts, f"/cases/{number}")

    def _describe_more(self, record: CaseRecord) -> dict[str, Any]:
        photos = [
            {
                "url": self._address(f"/photos/{photo.name}-{LARGE}.webp"),
                "kind": photo.kind,
                "width": photo.width,
                "height": photo.height,
            }
            for photo in record.detail.photos
        ]
        notes = [
            {"kind": note.kind, "words": note.words, "said_at": write_time(note.said_at)}
            for note in record.detail.notes
        ]
        return {
            "photos": photos,
            "notes": notes,
            "timeline": record.events,
            "parent_case_id": record.parent,
            "repeat_case_ids": record.repeats,
        }

    def _stamp_of(self, facts: Facts, page: str) -> dict[str, Any]:
        return stamp(self._address(page), facts.as_of, facts.rev)

    def _next(self, path: str, values: Values, after: str | None) -> str | None:
        if after is None:
            return None
        return self._address(f"{PREFIX}{path}?{urlencode({**values, 'after': after}, safe=',')}")

    def _address(self, path: str) -> str:
        return f"{self.portal.settings.site_url}{path}"


def _read_format(values: Values) -> str:
    accepted = request.accept_mimetypes.best_match([JSON, GEOJSON], JSON)
    return read_format(values, accepted)
