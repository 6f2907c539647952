"""Compare: the page and its file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Pages, Visit
from callbacks.shared.responses import cache_publicly
from layouts.performance.compare import (
    FIELDS,
    LEAST,
    MOST,
    PATH,
    CompareScope,
    Days,
    compare_page,
    say_days_of,
)
from layouts.shared.document import Page
from layouts.shared.language import _
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.page_query import sift_query
from portal.errors import BadRequest, NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.filter_names import named_choices
from portal.queries.cases.text_search import make_selection
from portal.queries.performance.compare import Asked, Comparison, read_comparison
from portal.queries.performance.compare_file import write_csv
from portal.queries.performance.overview import find_period

PARAMETERS = frozenset({"period"})
SECONDS = 60
_PERIOD = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Question:
    """What an address asks to compare: groups with the days of each, or why there are none."""

    scope: CompareScope
    groups: tuple[Asked, ...]
    days: tuple[Days, ...]
    problem: str


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The page and its file."""
    pages.add(server, PATH, show_compare, parameters=PARAMETERS)
    view = partial(send_file, portal)
    server.add_url_rule(f"{PATH}.csv", endpoint="compare file", view_func=view)


def show_compare(portal: Portal, visit: Visit) -> Page:
    """The comparison, or how to ask for one."""
    city = visit.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    asked = _understand(portal, city, facts, visit.case_filter, _read_periods(visit.own))
    if asked is None:
        return draw_no_cases(portal, visit)
    return compare_page(
        city, asked.scope, _compare(portal, city, asked), asked.days, asked.problem, visit.now
    )


def send_file(portal: Portal) -> Response:
    """The same as a CSV. Raises BadRequest where there is nothing to compare."""
    city = portal.city(request.host)
    sifted = sift_query(request.query_string.decode("utf-8", "replace"), PARAMETERS)
    case_filter = CaseFilter.from_query_string(sifted.known)
    facts = portal.facts(city.id)
    asked = _understand(portal, city, facts, case_filter, _read_periods(sifted.own))
    found = _compare(portal, city, asked) if asked else None
    if found is None:
        raise BadRequest("Name two to six things to compare.")
    answer = Response(write_csv(found), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{city.id}-compare.csv"'
    return cache_publicly(answer, SECONDS)


def _compare(portal: Portal, city: Jurisdiction, asked: Question) -> Comparison | None:
    if not asked.groups:
        return None
    mix = "neighborhood" if asked.scope.field == "service" else "service"
    return portal.read(read_comparison, city.id, asked.groups, mix)


def _read_periods(own: tuple[tuple[str, str], ...]) -> tuple[Days, ...]:
    """The periods of an address, each once. Raises BadRequest for what is none."""
    return tuple(dict.fromkeys(_read_period(value) for _name, value in own))


def _read_period(written: str) -> Days:
    parts = _PERIOD.fullmatch(written)
    try:
        first, last = (date.fromisoformat(part) for part in (parts.groups() if parts else ()))
    except ValueError:
        raise _no_period(written) from None
    if not date(1990, 1, 1) <= first <= last <= date(2100, 12, 31):
        raise _no_period(written)
    return first, last


def _no_period(written: str) -> BadRequest:
    return BadRequest(
        "“{period}” is no period. Write it like 2026-01-01..2026-06-30.", period=written[:40]
    )


def _understand(
    portal: Portal, city: Jurisdiction, facts: Facts, asked: CaseFilter, periods: tuple[Days, ...]
) -> Question | None:
    """What to compare; None in a city without any case."""
    selection = make_selection(portal, city, asked)
    period = find_period(facts, selection)
    if period is None:
        return None
    field = "" if periods else next((f for f in FIELDS if len(getattr(asked, f)) > 1), "")
    choices = {name: named_choices(facts, name) for name in FIELDS}
    if not field and not periods:
        field = next((f for f in FIELDS if getattr(asked, f)), "")
    scope = CompareScope(field, asked, periods, choices, period.last)
    names = dict(choices[field]) if field else {}
    known = [slug for slug in getattr(asked, field) if slug in names] if field else []
    count = len(periods) if periods else len(known)
    problem = _find_problem(scope, count, names)
    if not LEAST <= count <= MOST:
        return Question(scope, (), (), problem)
    if periods:
        groups = [Asked("", say_days_of(days), _during(selection, days)) for days in periods]
        return Question(scope, tuple(groups), periods, problem)
    days = period.first, period.last
    whole = _during(selection, days)
    made = [
        Asked(s, names[s], replace(whole, case_filter=replace(whole.case_filter, **{field: (s,)})))
        for s in sorted(known, key=names.__getitem__)
    ]
    return Question(scope, tuple(made), (days,) * len(made), problem)


def _find_problem(scope: CompareScope, count: int, names: dict[str, str]) -> str:
    """What is wrong with what was asked; empty if nothing is."""
    slugs = getattr(scope.case_filter, scope.field) if scope.field else ()
    unknown = next((slug for slug in slugs if slug not in names), None)
    if unknown:
        return _("The city has no “{name}” here.", name=unknown[:60])
    if count > MOST:
        return _("More than six cannot be told apart. Choose two to six.")
    if count < LEAST:
        return _("Choose two to six things to compare.")
    return ""


def _during(selection: Selection, days: Days) -> Selection:
    return replace(
        selection, case_filter=replace(selection.case_filter, start=days[0], end=days[1])
    )
