"""Neighborhoods and districts: their list, and a page for each with its numbers, its newest cases and its map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.case_list import list_address, most_followed
from layouts.cases.map import MapView, map_pane
from layouts.shared import formats, ids
from layouts.shared.city_words import city_text
from layouts.shared.components import case_card, notice, table, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, pgettext, weave
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.area_numbers import AreaNumbers, OpenCases, Place
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_lists import CasePage


def places_page(city: Jurisdiction, areas: tuple[OpenCases, ...]) -> Page:
    """Every area of the city that has a page, with its open cases."""
    kinds = [(_("Neighborhood"), "neighborhood"), (_("Council district"), "district")]
    groups = [(head, [area for area in areas if area.place.kind == kind]) for head, kind in kinds]
    return Page(
        title=_("Places in {city}", city=city.name) + " · Citizens Connect",
        description=_(
            "Cases in the neighborhoods and council districts of {city}.", city=city.name
        ),
        body=[
            html.H1(_("Places in {city}", city=city.name)),
            html.Div(
                [_open_cases(head, group) for head, group in groups if group],
                className="side-by-side",
            )
            if areas
            else notice(_("The city’s cases name no neighborhood or district yet.")),
        ],
        path="/places",
    )


def _open_cases(head: str, areas: list[OpenCases]) -> html.Div:
    rows = [
        [
            html.A(area_title(area.place), href=f"/places/{area.place.path}"),
            formats.number(area.open_cases),
            formats.number(area.overdue_cases),
        ]
        for area in areas
    ]
    heads = [head, pgettext("cases", "Open"), _("Overdue by the city’s clock")]
    return table(
        _("{areas} and their open cases", areas=head), heads, rows, numeric=frozenset({1, 2})
    )


def area_title(place: Place) -> str:
    """A place's name as a heading: a district that is but a number is District 7."""
    return (
        _("District {number}", number=place.name)
        if place.kind == "district" and place.name.isdigit()
        else place.name
    )


def place_page(
    city: Jurisdiction,
    numbers: AreaNumbers,
    cases: CasePage,
    followed: tuple[CaseCard, ...],
    view: MapView,
    now: int,
) -> Page:
    """An area: how it stands, what came in last, which of its open cases most people follow, and where."""
    place = numbers.place
    return Page(
        title=f"{area_title(place)}, {city.name} · Citizens Connect",
        description=_(
            "Cases in {place}, {city}: {open_cases}, and what became of the rest.",
            place=area_title(place),
            city=city.name,
            open_cases=_open(numbers),
        ),
        body=[
            html.Section(
                _pane(city, numbers, cases, followed, view.case_filter, now), className="case-pane"
            ),
            map_pane(city, view),
        ],
        path=f"/places/{place.path}",
        has_island=True,
        is_wide=True,
    )


def _pane(
    city: Jurisdiction,
    numbers: AreaNumbers,
    cases: CasePage,
    followed: tuple[CaseCard, ...],
    here: CaseFilter,
    now: int,
) -> list[Any]:
    place = numbers.place
    as_of = time_tag(
        numbers.as_of, formats.day_and_time(numbers.as_of, city.zone, now), city.zone, now
    )
    return [
        html.A(_("Skip to the map"), href=f"#{ids.home.MAP}", className="skip-link"),
        html.P(html.A(_("All places"), href="/places"), className="back"),
        html.H1(area_title(place), tabIndex="-1"),
        html.P(_standing(numbers, here), className="lead"),
        _weeks(numbers),
        html.P(weave(_("As of {moment}."), moment=as_of), className="numbers"),
        *_commonest(numbers, here),
        html.P(
            html.A(_("Newer cases have come in. Show them"), href=f"/places/{place.path}"),
            id=ids.page.NEWS,
            className="news",
            hidden=True,
        ),
        html.H2(_("Newest cases")),
        html.Ol(
            [case_card(case, city.zone, now) for case in cases.cases],
            className="case-list",
            id=ids.home.LIST,
        )
        if cases.cases
        else notice(_("No case here is public yet.")),
        html.P(
            html.A(
                _("See all cases in {place}", place=area_title(place)),
                href=list_address(here),
                className="button button-quiet",
            ),
            className="paging",
        ),
        *most_followed(city, followed, here, now),
    ]


def _standing(numbers: AreaNumbers, here: CaseFilter) -> list[Any]:
    """How many are open, how many of them late, and how long it usually takes."""
    still_open = replace(here, status=STILL_OPEN)
    parts: list[Any] = [html.A(_open(numbers), href=list_address(still_open))]
    if numbers.overdue_cases:
        parts.append(
            ngettext(
                ", {n} overdue by the city’s clock",
                ", {n} overdue by the city’s clock",
                numbers.overdue_cases,
            )
        )
    parts.append(". ")
    if numbers.closing and numbers.closing.days_50 is not None:
        days, cases = (
            formats.whole_days(numbers.closing.days_50),
            formats.count_cases(numbers.closing.cases),
        )
        parts.append(
            _(
                "Half of the cases here are closed within {days}, counted over {cases}.",
                days=days,
                cases=cases,
            )
        )
    return parts


def _weeks(numbers: AreaNumbers) -> html.Div:
    """Opened and closed in the last days; the change where there are enough cases to tell it from chance."""
    month = numbers.last_28_days
    rows: list[list[Any]] = [
        [
            pgettext("cases", "Opened"),
            formats.number(numbers.last_7_days.opened),
            formats.number(month.opened),
            _change(numbers.opened_change_pct),
        ],
        [
            pgettext("cases", "Closed"),
            formats.number(numbers.last_7_days.closed),
            formats.number(month.closed),
            _change(numbers.closed_change_pct),
        ],
    ]
    heads = [
        pgettext("table", "Cases"),
        _("In 7 days"),
        _("In 28 days"),
        _("Against the 28 before"),
    ]
    return table(_("Opened and closed cases"), heads, rows, numeric=frozenset({1, 2, 3}))


def _change(change_pct: int | None) -> str:
    if change_pct is None:
        return _("too few to say")
    return (
        _("{percent} % more", percent=change_pct)
        if change_pct > 0
        else _("{percent} % fewer", percent=-change_pct)
        if change_pct
        else _("as many")
    )


def _open(numbers: AreaNumbers) -> str:
    return ngettext("{n} open case", "{n} open cases", numbers.open_cases)


def _commonest(numbers: AreaNumbers, here: CaseFilter) -> list[Any]:
    if not numbers.commonest_services:
        return []
    items = [
        html.Li(
            [
                html.A(
                    city_text(service.name),
                    href=list_address(replace(here, service=(service.slug,))),
                ),
                html.Span(f" {formats.number(service.cases)}", className="quiet"),
            ]
        )
        for service in numbers.commonest_services
    ]
    return [html.H2(_("Most reported in the last 28 days")), html.Ul(items, className="tags")]


def unknown_place_page(city: Jurisdiction, typed: str, close: tuple[Place, ...]) -> Page:
    """A neighborhood or district that the city has not; `close` are those with a name like it."""
    heading = _("There is no such place")
    links: list[Any] = [
        html.Li(html.A(area_title(place), href=f"/places/{place.path}")) for place in close
    ]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=heading,
        body=[
            html.H1(heading),
            html.P(
                _(
                    "{city} has no neighborhood or district called “{name}”.",
                    city=city.name,
                    name=typed[:60],
                ),
                className="lead",
            ),
            *(
                [html.H2(_("Did you mean one of these?")), html.Ul(links, className="plain-list")]
                if links
                else []
            ),
            html.P(html.A(_("See all places"), href="/places", className="button")),
        ],
        status=404,
    )
