"""What the city changed: pages by day, a feed, and each case's history as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Visit
from callbacks.shared.responses import ask_each_time
from layouts.data.changes import FEED_TYPE, Asked, DayView, changes_page, day_page
from layouts.data.changes_feed import Feed, draw_feed
from layouts.shared.document import Page
from layouts.shared.language import speaking
from portal.context import Portal
from portal.domain.as_of import end_of_day, parse_day
from portal.domain.city_days import start_of_day
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.page_query import sift_query
from portal.errors import BadRequest, NotFound, NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.as_of import find_as_of
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import AFTER_ALL, find_mark, make_mark
from portal.queries.cases.filter_names import named_choices, names_in_filter
from portal.queries.cases.text_search import make_selection
from portal.queries.data.case_changes import CaseWithChanges, cases_with_changes
from portal.queries.data.changes import (
    LISTED_KINDS,
    changed_cases,
    changes_by_day,
    day_of_first_import,
)
from portal.queries.data.history_files import write_history_csv, write_history_json

PARAMETERS = frozenset({"after"})
DAYS_SHOWN = 14
CASES_SHOWN = 50
FEED_DAYS, FEED_CASES = 7, 50
HISTORY_FILES = {
    "csv": (write_history_csv, "text/csv; charset=utf-8"),
    "json": (write_history_json, "application/json"),
}


def register(server: Flask, portal: Portal, clock: Callable[[], float]) -> None:
    """The feed and the files; the pages are added in callbacks/__init__.py."""
    server.add_url_rule(
        "/changes.atom", endpoint="changes feed", view_func=partial(show_feed, portal, clock)
    )
    for suffix in HISTORY_FILES:
        server.add_url_rule(
            f"/cases/<path:typed>/history.{suffix}",
            endpoint=f"history {suffix}",
            view_func=partial(send_history, portal, suffix),
        )


def show_changes(portal: Portal, visit: Visit) -> Page:
    """Two weeks of days, up to today or to the day that the address names."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    city, selection = visit.city, make_selection(portal, visit.city, visit.case_filter)
    last = _today(city, visit.now)
    if visit.after:
        last = min(last, parse_day(visit.after))
    import_day = portal.read(day_of_first_import, city.id, selection) or last
    first = max(last - timedelta(days=DAYS_SHOWN - 1), min(import_day, last))
    days = portal.read(changes_by_day, city.id, selection, first, last)
    earlier = first - timedelta(days=1) if first > import_day else None
    return changes_page(city, _ask(facts, selection), days, earlier)


def show_day(portal: Portal, visit: Visit, day: str, kind: str | None = None) -> Page:
    """What changed on a day, in one way if the address names it."""
    city = visit.city
    if kind is not None and kind not in LISTED_KINDS:
        raise NotFound(
            "There is no such kind of change. There are: {kinds}.", kinds=", ".join(LISTED_KINDS)
        )
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    then = find_as_of(portal, city, parse_day(day), visit.now)
    selection = make_selection(portal, city, visit.case_filter)
    (changes,) = portal.read(changes_by_day, city.id, selection, then.day, then.day)
    import_day = portal.read(day_of_first_import, city.id, selection)
    cases, next_after = _read_cases(portal, city, selection, (then.day, kind), visit.after)
    shown = DayView(
        changes=changes,
        kind=kind,
        cases=cases,
        next_after=next_after,
        is_later_page=visit.after is not None,
        earlier=then.day - timedelta(days=1) if import_day and then.day > import_day else None,
        later=then.day + timedelta(days=1) if then.day < _today(city, visit.now) else None,
    )
    return day_page(city, _ask(facts, selection), shown, visit.now)


def show_feed(portal: Portal, clock: Callable[[], float]) -> Response:
    """The last changes of a filter as an Atom feed, in the city's own language."""
    city, now = portal.city(request.host), int(clock())
    search = request.query_string.decode("utf-8", "replace")
    sifted = sift_query(search)
    case_filter = CaseFilter.from_query_string(search if sifted.unknown else sifted.known)
    if sifted.as_of:
        raise BadRequest("The feed tells what is new; leave out as_of.")
    facts, selection = portal.facts(city.id), make_selection(portal, city, case_filter)
    cases: list[CaseWithChanges] = []
    today = _today(city, now)
    for back in range(FEED_DAYS):
        found, _more = _read_cases(portal, city, selection, (today - timedelta(days=back), None))
        cases += found
        if len(cases) >= FEED_CASES:
            break
    feed = Feed(_ask(facts, selection), tuple(cases[:FEED_CASES]), facts.as_of)
    with speaking(city.language, city=city.language):
        body = draw_feed(city, feed, portal.settings.site_url)
    return ask_each_time(Response(body, mimetype=FEED_TYPE))


def send_history(portal: Portal, suffix: str, typed: str) -> Response:
    """Every published change of a case as a file. Raises NotFound for an unknown or private one."""
    city = portal.city(request.host)
    case = portal.cached(case_by_id, city.id, typed)
    if case is None:
        raise NotFound("We have no public case “{number}”.", number=typed[:60])
    write, media_type = HISTORY_FILES[suffix]
    answer = Response(write(case), content_type=media_type)
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"case-{case.case_id}-history.{suffix}"
    )
    return ask_each_time(answer)


def _read_cases(
    portal: Portal,
    city: Jurisdiction,
    selection: Selection,
    asked: tuple[date, str | None],
    after: str | None = None,
) -> tuple[tuple[CaseWithChanges, ...], str | None]:
    """Cases that changed on a day in a way, and the mark of those that follow."""
    day, kind = asked
    mark = portal.cached(find_mark, city.id, after, AFTER_ALL)
    found = portal.read(changed_cases, city.id, selection, day, kind, CASES_SHOWN + 1, mark)
    span = start_of_day(day, city.zone), end_of_day(day, city.zone)
    shown = portal.cached(cases_with_changes, city.id, found[:CASES_SHOWN], span)
    if len(found) <= CASES_SHOWN or not shown:
        return shown, None
    return shown, make_mark(shown[-1].seen_at, shown[-1].card.case_id)


def _ask(facts: Facts, selection: Selection) -> Asked:
    places, types = named_choices(facts, "neighborhood"), named_choices(facts, "service")
    case_filter = selection.case_filter
    return Asked(case_filter, names_in_filter(facts, case_filter), places, types)


def _today(city: Jurisdiction, now: int) -> date:
    return datetime.fromtimestamp(now, city.zone).date()
