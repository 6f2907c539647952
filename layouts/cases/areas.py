"""Neighborhoods and districts: their list, and a page for each.

An area's page has its numbers, its newest cases and its map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.downloads import download_links
from layouts.cases.list_parts import (
    card_list,
    list_address,
    most_followed,
    news_line,
    skip_to_map,
)
from layouts.cases.map import map_pane
from layouts.shared import formats
from layouts.shared.city_words import city_text, say_district
from layouts.shared.components import counting_link, moment_tag, notice, suggestions, table
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, pgettext, weave
from portal.domain.as_of import AsOf
from portal.domain.downloads import FileChoice
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.area_numbers import AreaNumbers, NamedArea, OpenCases
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_lists import CasePage
    from portal.queries.cases.map_views import MapView


@dataclass(frozen=True)
class AreaView:
    """Everything an area's page shows. `followed` are the open cases that most people follow.

    `all_cases` is how many it ever had, `files` are theirs.
    """

    numbers: AreaNumbers
    cases: CasePage
    followed: tuple[CaseCard, ...]
    view: MapView
    all_cases: int = 0
    files: tuple[FileChoice, ...] = ()


def areas_page(city: Jurisdiction, areas: tuple[OpenCases, ...], then: AsOf | None = None) -> Page:
    """Every area of the city that has a page, with its open cases; `then`: as of a past day."""
    heading = _("Places in {city}", city=city.name)
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_(
            "Cases in the neighborhoods and council districts of {city}.", city=city.name
        ),
        body=[html.H1(heading), _area_tables(areas, then)],
        path="/places",
    )


def _area_tables(areas: tuple[OpenCases, ...], then: AsOf | None) -> html.Div:
    if not areas:
        return notice(_("The city’s cases name no neighborhood or district yet."))
    kinds = [(_("Neighborhood"), "neighborhood"), (_("Council district"), "district")]
    groups = [(head, [row for row in areas if row.area.kind == kind]) for head, kind in kinds]
    tables = [_area_table(head, group, then) for head, group in groups if group]
    return html.Div(tables, className="side-by-side")


def _area_table(head: str, areas: list[OpenCases], then: AsOf | None) -> html.Div:
    rows = [
        [
            _area_link(row.area, then),
            formats.number(row.open_cases),
            formats.number(row.overdue_cases),
        ]
        for row in areas
    ]
    caption = _("{areas} and their open cases", areas=head)
    heads = [head, pgettext("cases", "Open"), _("Overdue by the city’s clock")]
    return table(caption, heads, rows, numeric=frozenset({1, 2}))


def _area_link(area: NamedArea, then: AsOf | None = None) -> html.A:
    query = f"?{then.query}" if then else ""
    return html.A(area_title(area), href=f"/places/{area.path}{query}")


def area_title(area: NamedArea) -> str:
    """An area's name as a heading. A district with only a number is “District 7”."""
    if area.kind == "district":
        return say_district(area.name)
    return area.name


def area_page(city: Jurisdiction, shown: AreaView, now: int) -> Page:
    """An area's numbers, its newest cases, its most followed ones, and its map."""
    title = area_title(shown.numbers.area)
    pane = html.Section(_pane(city, shown, now), className="case-pane")
    return Page(
        title=f"{title}, {city.name} · Citizens Connect",
        description=_(
            "Cases in {place}, {city}: {open_cases}, and what became of the rest.",
            place=title,
            city=city.name,
            open_cases=_count_open(shown.numbers),
        ),
        body=[pane, map_pane(city, shown.view)],
        path=f"/places/{shown.numbers.area.path}",
        has_island=True,
        is_wide=True,
    )


def _pane(city: Jurisdiction, shown: AreaView, now: int) -> list[Any]:
    numbers, here = shown.numbers, shown.view.case_filter
    return [
        skip_to_map(),
        html.P(html.A(_("All places"), href="/places"), className="back"),
        html.H1(area_title(numbers.area), tabIndex="-1"),
        html.P(_lead(numbers, here), className="lead"),
        _weeks(numbers),
        _as_of(city, numbers, now),
        *_most_reported(numbers, here),
        news_line(f"/places/{numbers.area.path}"),
        html.H2(_("Newest cases")),
        _newest(city, shown.cases, now),
        html.P(_all_cases(numbers.area, here), className="paging"),
        *most_followed(city, shown.followed, here, now),
        download_links(here, shown.all_cases, shown.files),
    ]


def past_area_body(
    city: Jurisdiction, numbers: AreaNumbers, cases: CasePage, here: CaseFilter, then: AsOf
) -> list[Any]:
    """An area's numbers and newest cases as of a past day, from its heading on."""
    everything = html.A(
        _("See all cases in {place}", place=area_title(numbers.area)),
        href=list_address(here, then=then),
        className="button button-quiet",
    )
    return [
        html.H1(area_title(numbers.area)),
        html.P(_lead(numbers, here, then), className="lead"),
        _weeks(numbers),
        *_most_reported(numbers, here, then),
        html.H2(_("Newest cases")),
        _newest(city, cases, then.moment),
        html.P(everything, className="paging"),
    ]


def _newest(city: Jurisdiction, cases: CasePage, now: int) -> html.Ol | html.Div:
    if not cases.cases:
        return notice(_("No case here is public yet."))
    return card_list(cases.cases, city, now)


def _all_cases(area: NamedArea, here: CaseFilter) -> html.A:
    words = _("See all cases in {place}", place=area_title(area))
    return html.A(words, href=list_address(here), className="button button-quiet")


def _as_of(city: Jurisdiction, numbers: AreaNumbers, now: int) -> html.P:
    said = weave(_("As of {moment}."), moment=moment_tag(numbers.as_of, city.zone, now))
    return html.P([*said, " ", counting_link("an-area-s-numbers")], className="numbers")


def _lead(numbers: AreaNumbers, here: CaseFilter, then: AsOf | None = None) -> list[Any]:
    """How many are open, how many of them are late, and how long it usually takes."""
    still_open = list_address(replace(here, status=STILL_OPEN), then=then)
    parts: list[Any] = [html.A(_count_open(numbers), href=still_open)]
    if numbers.overdue_cases:
        parts.append(_count_overdue(numbers.overdue_cases))
    parts.append(". ")
    if numbers.closing and numbers.closing.days_50 is not None:
        sentence = _(
            "Half of the cases here are closed within {days}, counted over {cases}.",
            days=formats.whole_days(numbers.closing.days_50),
            cases=formats.count_cases(numbers.closing.cases),
        )
        parts.append(sentence)
    return parts


def _count_overdue(cases: int) -> str:
    return ngettext(", {n} overdue by the city’s clock", ", {n} overdue by the city’s clock", cases)


def _weeks(numbers: AreaNumbers) -> html.Div:
    """Opened and closed in the last days; the change where it is more than chance."""
    week, month = numbers.last_7_days, numbers.last_28_days
    opened, closed = pgettext("cases", "Opened"), pgettext("cases", "Closed")
    rows = [
        _week_row(opened, week.opened, month.opened, numbers.opened_change_pct),
        _week_row(closed, week.closed, month.closed, numbers.closed_change_pct),
    ]
    days = _("In 7 days"), _("In 28 days")
    heads = [pgettext("table", "Cases"), *days, _("Against the 28 before")]
    return table(_("Opened and closed cases"), heads, rows, numeric=frozenset({1, 2, 3}))


def _week_row(name: str, in_7_days: int, in_28_days: int, change_pct: int | None) -> list[Any]:
    return [name, formats.number(in_7_days), formats.number(in_28_days), _change(change_pct)]


def _change(change_pct: int | None) -> str:
    if change_pct is None:
        return _("too few to say")
    if change_pct > 0:
        return _("{percent} % more", percent=change_pct)
    return _("{percent} % fewer", percent=-change_pct) if change_pct else _("as many")


def _count_open(numbers: AreaNumbers) -> str:
    return ngettext("{n} open case", "{n} open cases", numbers.open_cases)


def _most_reported(numbers: AreaNumbers, here: CaseFilter, then: AsOf | None = None) -> list[Any]:
    if not numbers.commonest_services:
        return []
    items = [
        html.Li(
            [
                html.A(
                    city_text(service.name),
                    href=list_address(replace(here, service=(service.slug,)), then=then),
                ),
                html.Span(f" {formats.number(service.cases)}", className="quiet"),
            ]
        )
        for service in numbers.commonest_services
    ]
    return [html.H2(_("Most reported in the last 28 days")), html.Ul(items, className="tags")]


def unknown_area_page(city: Jurisdiction, typed: str, close: tuple[NamedArea, ...]) -> Page:
    """The city has no such neighborhood or district; `close` have a name like it."""
    heading = _("There is no such place")
    sentence = _(
        "{city} has no neighborhood or district called “{name}”.", city=city.name, name=typed[:60]
    )
    body = [
        html.H1(heading),
        html.P(sentence, className="lead"),
        *suggestions([_area_link(area) for area in close]),
        html.P(html.A(_("See all places"), href="/places", className="button")),
    ]
    title = f"{heading} · Citizens Connect"
    return Page(title=title, description=heading, body=body, status=404)
