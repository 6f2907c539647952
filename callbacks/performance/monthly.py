"""The monthly report: the page and its files."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Pages, Visit
from callbacks.shared.responses import SeeOther, cache_publicly
from layouts.performance.monthly import PATH, MonthlyScope, monthly_page
from layouts.shared.document import Page
from layouts.shared.language import keep_language
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.month import Month, parse_month
from portal.domain.page_query import sift_query
from portal.errors import NotFound, NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.filter_names import named_choices, names_in_filter
from portal.queries.cases.text_search import make_selection
from portal.queries.performance.monthly import read_monthly, read_newest_month
from portal.queries.performance.monthly_files import write_csv, write_xlsx

SECONDS = 60
"""How long a browser keeps the files."""
KINDS_OF_FILE = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The page of the newest month, of each month, and the files."""
    pages.add(server, PATH, show_newest)
    pages.add(server, f"{PATH}/<month>", show_month)

    @server.get(f"{PATH}/<month>.<suffix>")
    def send_month(month: str, suffix: str) -> Response:
        return send_file(portal, month, suffix)


def show_newest(portal: Portal, visit: Visit) -> Page:
    """To the newest month that is over."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    newest = read_newest_month(facts, _select(portal, visit.city, visit.case_filter))
    if newest is None:
        return draw_no_cases(portal, visit)
    raise SeeOther(keep_language(f"{PATH}/{newest}"))


def show_month(portal: Portal, visit: Visit, month: str) -> Page:
    """A month's report. Raises NotFound for what is no month."""
    asked = _require_month(month)
    city = visit.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    selection = _select(portal, city, visit.case_filter)
    found = portal.read(read_monthly, city.id, selection, asked)
    return monthly_page(city, _make_scope(facts, selection.case_filter), found, visit.now)


def send_file(portal: Portal, month: str, suffix: str) -> Response:
    """A month's report as a file. Raises NotFound for what is no month and no kind of file."""
    asked = _require_month(month)
    if suffix not in KINDS_OF_FILE:
        raise NotFound("There is no file of this kind. There are: {formats}.", formats="csv, xlsx")
    city = portal.city(request.host)
    search = request.query_string.decode("utf-8", "replace")
    case_filter = CaseFilter.from_query_string(sift_query(search).known)
    selection = _select(portal, city, case_filter)
    found = portal.read(read_monthly, city.id, selection, asked)
    about = {"city": city.name, "filter": selection.case_filter.to_query_string()}
    body = write_csv(found) if suffix == "csv" else write_xlsx(found, about)
    answer = Response(body, mimetype=KINDS_OF_FILE[suffix])
    name = f"{city.id}-{asked}.{suffix}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return cache_publicly(answer, SECONDS)


def _require_month(text: str) -> Month:
    month = parse_month(text)
    if month is None:
        raise NotFound("“{month}” is no month. Write it like 2026-11.", month=text[:20])
    return month


def _select(portal: Portal, city: Jurisdiction, case_filter: CaseFilter) -> Selection:
    """The cases, without the time, so that the answer is kept as long as the data is the same."""
    return make_selection(portal, city, replace(case_filter, start=None, end=None))


def _make_scope(facts: Facts, case_filter: CaseFilter) -> MonthlyScope:
    places, types = named_choices(facts, "neighborhood"), named_choices(facts, "service")
    return MonthlyScope(case_filter, names_in_filter(facts, case_filter), places, types)
