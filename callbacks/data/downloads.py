"""Downloads: the cases of an address, as a file.

/cases?status=open  →  /cases.csv?status=open, and what it is in /cases.meta.json?status=open
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from flask import Flask, Response, request

from layouts.cases.past import describe_as_of
from layouts.cases.sentence import describe_filter
from layouts.shared.language import speaking
from portal.abuse.rate_limits import find_network
from portal.context import Portal
from portal.domain.as_of import AsOf, parse_as_of
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.page_query import sift_query
from portal.domain.published_columns import BULK_COLUMNS, CASE_COLUMNS, SCHEMA_VERSION
from portal.domain.sort_order import CaseOrder
from portal.errors import NotFound
from portal.facts.reader import Facts
from portal.facts.reader_at import FactsAt
from portal.filter_sql import Selection
from portal.publication.about import Download, describe, table_schema
from portal.publication.formats import FORMATS, FileFormat
from portal.publication.hidden_since import require_nothing_hidden_since
from portal.publication.turns import Turns
from portal.queries.cases.as_of import facts_as_of, find_as_of, read_as_of, select_as_of
from portal.queries.cases.counts import count_cases
from portal.queries.cases.filter_names import names_in_filter
from portal.queries.cases.text_search import make_selection
from portal.web.front import IS_LONG

CLOCK_SECONDS = 60
"""What is overdue is looked up once a minute, as on the page."""


@dataclass(frozen=True)
class Asked:
    """What a download was asked for, and the facts it comes from."""

    city: Jurisdiction
    facts: Facts
    selection: Selection
    query: str
    then: AsOf | None = None

    @property
    def tag(self) -> str:
        """A digest of all that the rows depend on."""
        now = self.selection.now if "overdue" in self.selection.case_filter.status else None
        parts = self.city.id, self.facts.rev, self.facts.as_of, self.query, now, SCHEMA_VERSION
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def register(server: Flask, portal: Portal, clock: Callable[[], float]) -> None:
    """Add the routes. `clock` gives epoch seconds."""
    turns = Turns()

    @server.get("/cases.<suffix>")
    def download_cases(suffix: str) -> Response:
        if suffix not in FORMATS:
            raise NotFound(
                "There is no file of this kind. There are: {formats}.", formats=", ".join(FORMATS)
            )
        return _send(portal, FORMATS[suffix], _read_question(portal, clock), turns)

    @server.get("/cases.meta.json")
    def describe_cases() -> Response:
        asked = _read_question(portal, clock)
        about = describe(_describe(portal, asked))
        files = {name: f"{portal.settings.site_url}/cases.{name}" for name in FORMATS}
        schemas = {"schema": table_schema(CASE_COLUMNS), "bulk": table_schema(BULK_COLUMNS)}
        query = f"?{asked.query}" if asked.query else ""
        about |= {"files": {name: at + query for name, at in files.items()}, **schemas}
        answer = Response(orjson.dumps(about), mimetype="application/json")
        return _for_everyone(answer, asked, "meta.json")


def _read_question(portal: Portal, clock: Callable[[], float]) -> Asked:
    """The filter of the address, as the list of cases understands it.

    Names that only track people are left out. Raises BadRequest for others that we do not know,
    and for a day that cannot be looked back at.
    """
    search = request.query_string.decode("utf-8", "replace")
    sifted = sift_query(search)
    if sifted.unknown:
        CaseFilter.from_query_string(f"{sifted.unknown[0]}=1")  # says that there is none
    case_filter = CaseFilter.from_query_string(sifted.known)
    case_filter = CaseOrder.from_query_string(sifted.known).filter_of(case_filter)
    city = portal.city(request.host)
    now = int(clock()) // CLOCK_SECONDS * CLOCK_SECONDS
    query = case_filter.to_query_string()
    if day := parse_as_of(sifted.as_of):
        then = find_as_of(portal, city, day, now)
        selection = select_as_of(city, case_filter, then)
        facts = facts_as_of(portal, city, then)
        return Asked(city, facts, selection, "&".join(filter(None, (query, then.query))), then)
    selection = make_selection(portal, city, case_filter, now)
    return Asked(city, portal.facts(city.id), selection, query)


def _describe(portal: Portal, asked: Asked) -> Download:
    city, facts, case_filter = asked.city, asked.facts, asked.selection.case_filter
    rows = (
        read_as_of(portal, facts, count_cases, asked.selection)
        if isinstance(facts, FactsAt)
        else portal.read(count_cases, city.id, asked.selection)
    )
    names = names_in_filter(facts, case_filter)
    # In the city's own language, so that a file is the same for everyone.
    with speaking(city.language, city=city.language):
        title = describe_filter(case_filter, names, city.name, rows)
        if asked.then:
            title = f"{title} · {describe_as_of(asked.then)}"
    query = f"?{asked.query}" if asked.query else ""
    return Download(
        title=title,
        city=city.name,
        time_zone=city.zone.key,
        filter=case_filter.to_query_string(),
        known_on=asked.then.day.isoformat() if asked.then else "",
        permalink=f"{portal.settings.site_url}/cases{query}",
        rows=rows,
        data_as_of=facts.as_of,
        version=facts.rev,
    )


def _send(portal: Portal, made: FileFormat, asked: Asked, turns: Turns) -> Response:
    download = _describe(portal, asked)
    answer = Response(mimetype=made.media_type.partition(";")[0])
    answer.headers["Content-Type"] = made.media_type
    name = _file_name(asked, made.suffix)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Result-Count"] = str(min(download.rows, made.most or download.rows))
    described = f"/cases.meta.json{'?' if asked.query else ''}{asked.query}"
    answer.headers["Link"] = f'<{described}>; rel="describedby"; type="application/json"'
    answer = _for_everyone(answer, asked, made.suffix)
    if answer.status_code == 304 or request.method == "HEAD":
        return answer
    require_nothing_hidden_since(portal, asked.facts)
    pieces = made.write(asked.facts, asked.selection, describe(download))
    request.environ[IS_LONG] = True
    del answer.headers["Content-Length"]  # of the empty answer that it was until now
    answer.response = turns.begin(find_network(request.remote_addr), pieces)
    return answer


def _for_everyone(answer: Response, asked: Asked, suffix: str) -> Response:
    """Let anyone keep the answer who asks each time whether it is still right."""
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.last_modified = datetime.fromtimestamp(asked.facts.as_of, UTC)
    answer.set_etag(f"{asked.tag}-{suffix}")
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def _file_name(asked: Asked, suffix: str) -> str:
    """boston-cases-2026-11-30-open-pothole.csv: the day in the city, and what was chosen."""
    day = datetime.fromtimestamp(asked.facts.as_of, asked.city.zone).date().isoformat()
    chosen = asked.selection.case_filter
    slugs = [*chosen.status, *chosen.service, *chosen.neighborhood, *chosen.district][:3]
    return ".".join(["-".join([asked.city.id, "cases", day, *slugs]), suffix])
