"""Neighborhoods and districts: their list, and a page for each with its numbers, its newest cases and its map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts import ids, words
from layouts.cases import address
from layouts.components import case_card, notice, time
from layouts.document import Page
from layouts.map import MapView, map_pane
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases import CasePage
    from portal.queries.places import AreaNumbers, Place, Span


def places_page(city: Jurisdiction, places: tuple[Place, ...]) -> Page:
    """Every area of the city that has a page."""
    parts = [("Neighborhoods", "neighborhood"), ("Council districts", "district")]
    groups = [(heading, [place for place in places if place.kind == kind]) for heading, kind in parts]
    lists = [part for heading, group in groups if group for part in (html.H2(heading), _links(group))]
    return Page(
        title=f"Places in {city.name} · Citizens Connect",
        description=f"Cases in the neighborhoods and council districts of {city.name}.",
        body=[html.H1(f"Places in {city.name}"), *(lists or [notice("The city’s cases name no neighborhood or district yet.")])],
        path="/places",
    )


def _links(places: list[Place]) -> html.Ul:
    return html.Ul([html.Li(html.A(place.title, href=f"/places/{place.path}")) for place in places], className="plain-list in-columns")


def place_page(city: Jurisdiction, numbers: AreaNumbers, cases: CasePage, view: MapView, now: int) -> Page:
    """An area: how it stands, what came in last, and where."""
    place = numbers.place
    return Page(
        title=f"{place.title}, {city.name} · Citizens Connect",
        description=f"{words.count(numbers.open_cases, 'open case')} in {place.title}, {city.name}, and what became of the rest.",
        body=[html.Section(_pane(city, numbers, cases, view.case_filter, now), className="case-pane"), map_pane(city, view)],
        path=f"/places/{place.path}",
        has_island=True,
        is_wide=True,
    )


def _pane(city: Jurisdiction, numbers: AreaNumbers, cases: CasePage, here: CaseFilter, now: int) -> list[Any]:
    place = numbers.place
    as_of = time(numbers.as_of, words.moment(numbers.as_of, city.zone, now), city.zone, now)
    return [
        html.A("Skip to the map", href=f"#{ids.home.MAP}", className="skip-link"),
        html.P(html.A("All places", href="/places"), className="back"),
        html.H1(place.title, tabIndex="-1"),
        html.P([*_standing(numbers, here), "As of ", as_of, "."], className="lead"),
        *_commonest(numbers, here),
        html.P(
            html.A("Newer cases have come in. Show them", href=f"/places/{place.path}"), id=ids.page.NEWS, className="news", hidden=True
        ),
        html.H2("Newest cases"),
        html.Ol([case_card(case, city.zone, now) for case in cases.cases], className="case-list", id=ids.home.LIST)
        if cases.cases
        else notice("No case here is public yet."),
        html.P(html.A(f"See all cases in {place.title}", href=address(here), className="button button-quiet"), className="paging"),
    ]


def _standing(numbers: AreaNumbers, here: CaseFilter) -> list[Any]:
    still_open = replace(here, status=("in_progress", "open"))
    parts: list[Any] = [html.A(words.count(numbers.open_cases, "open case"), href=address(still_open))]
    if numbers.overdue_cases:
        parts.append(f", {words.number(numbers.overdue_cases)} overdue by the city’s clock")
    parts += [". ", _span("In the last seven days", numbers.last_7_days), _span("In the last 28 days", numbers.last_28_days)]
    if (change := numbers.opened_change_pct) is not None:
        compared = "as many as" if not change else f"{abs(change)} % {'more' if change > 0 else 'fewer'} than"
        parts.append(f"That is {compared} were opened in the 28 days before. ")
    if numbers.closing and numbers.closing.days_50 is not None:
        days = words.count(numbers.closing.days_50, "day")
        parts.append(f"Half of the cases here are closed within {days}, counted over {words.count(numbers.closing.cases, 'case')}. ")
    return parts


def _span(when: str, span: Span) -> str:
    return f"{when} {words.number(span.opened)} opened and {words.number(span.closed)} closed. "


def _commonest(numbers: AreaNumbers, here: CaseFilter) -> list[Any]:
    if not numbers.commonest_services:
        return []
    items = [
        html.Li(
            [
                html.A(service.name, href=address(replace(here, service=(service.slug,)))),
                html.Span(f" {words.number(service.cases)}", className="quiet"),
            ]
        )
        for service in numbers.commonest_services
    ]
    return [html.H2("Most reported in the last 28 days"), html.Ul(items, className="plain-list in-columns")]
