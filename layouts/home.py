"""The first page: the newest cases of a filter, and the same cases on a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from dash import html

from layouts import ids, words
from layouts.components import case_card, notice
from layouts.document import Page
from layouts.map import MapView, map_pane
from layouts.prerender import named, tag
from layouts.sentence import sentence
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases import CasePage
    from portal.queries.counts import WeekNumbers

STATUS_CHOICES = {"open": "Open", "in_progress": "In work", "overdue": "Overdue by the city’s clock", "closed": "Closed"}


@dataclass(frozen=True)
class Choices:
    """What the selects offer: slug → the city's word, in the order shown."""

    service: Mapping[str, str]
    neighborhood: Mapping[str, str]


@dataclass(frozen=True)
class Home:
    """Everything the first page shows."""

    case_filter: CaseFilter
    choices: Choices
    cases: CasePage
    matching: int
    week: WeekNumbers | None
    view: MapView
    is_later_page: bool = False
    has_all_words: bool = True


def home_page(city: Jurisdiction, home: Home, now: int) -> Page:
    """The list first, then the map."""
    heading = _heading(city, home)
    return Page(
        title=f"{heading} · Citizens Connect",
        description=f"{heading}: what residents reported to {city.name}, where, and what the city did, as a list and on a map.",
        body=[html.Section(_list(city, home, heading, now), className="case-pane"), map_pane(city, home.view)],
        path="/" + (f"?{query}" if (query := home.case_filter.to_query_string()) else ""),
        has_island=True,
        is_wide=True,
    )


def no_cases_page(city: Jurisdiction) -> Page:
    """Before the first sync has brought anything."""
    return Page(
        title=f"{city.name} · Citizens Connect",
        description=f"Cases reported to {city.name}.",
        body=[
            html.H1(f"No cases from {city.name} yet"),
            notice("The first sync has not finished. This page fills by itself as soon as it has; it can take a minute or two."),
            html.P(html.A("See how the sync is doing", href="/status")),
        ],
        status=503,
    )


def _heading(city: Jurisdiction, home: Home) -> str:
    if home.case_filter.is_empty:
        return f"Newest cases in {city.name}"
    return sentence(home.case_filter, {**home.choices.service, **home.choices.neighborhood}, city.name)


def _list(city: Jurisdiction, home: Home, heading: str, now: int) -> list[Any]:
    return [
        html.A("Skip to the map", href=f"#{ids.home.MAP}", className="skip-link"),
        html.H1(heading),
        html.P(_numbers(home, now), className="numbers"),
        _filter_form(home),
        html.P(html.A("The city’s record has changed. Show the newest", href=_here(home)), id=ids.page.NEWS, className="news", hidden=True),
        html.Ol([case_card(case, city.zone, now) for case in home.cases.cases], className="case-list", id=ids.home.LIST)
        if home.cases.cases
        else _nothing(home),
        _paging(home),
    ]


def _numbers(home: Home, now: int) -> list[Any]:
    numbers: list[Any] = [html.Strong(words.count(home.matching, "case")), ". "]
    if home.week:
        numbers.append(_week(home.week))
    if not home.has_all_words:
        numbers.append("So many cases hold these words that only the newest are counted and shown. ")
    return numbers


def _week(week: WeekNumbers) -> str:
    if not week.opened and not week.closed:
        return "Nothing was opened or closed in the last seven days. "
    typical = f", half of them within {words.days(week.median_days)}" if week.median_days is not None else ""
    return f"In the last seven days {words.number(week.opened)} opened and {words.number(week.closed)} closed{typical}. "


def _here(home: Home) -> str:
    return "/" + (f"?{query}" if (query := home.case_filter.to_query_string()) else "")


def _filter_form(home: Home) -> html.Form:
    """Works as a plain GET form; parts of the filter it has no control for travel along."""
    chosen = home.case_filter
    return html.Form(
        [
            *_travelling(chosen),
            _select("status", "Status", "Any status", STATUS_CHOICES, chosen.status),
            _select("neighborhood", "Neighborhood", "Everywhere", home.choices.neighborhood, chosen.neighborhood),
            _select("service", "Type", "Any type", home.choices.service, chosen.service),
            html.Div(
                [
                    html.Button("Show", type="submit", className="button"),
                    html.A("Clear", href="/", className="quiet-link") if not chosen.is_empty else None,
                ],
                className="filter-buttons",
            ),
        ],
        id=ids.home.FORM,
        action="/",
        method="get",
        className="filter-form",
        role="search",
        **named("Which cases to show"),
    )


def _travelling(chosen: CaseFilter) -> list[Any]:
    kept = CaseFilter(**{f.name: getattr(chosen, f.name) for f in fields(chosen) if f.name not in ("status", "service", "neighborhood")})
    return [tag("input", {"type": "hidden", "name": name, "value": value}) for name, value in parse_qsl(kept.to_query_string())]


def _select(name: str, label: str, anything: str, choices: Mapping[str, str], chosen: tuple[str, ...]) -> html.Div:
    several = ",".join(chosen)
    options = [html.Option(anything, value="")]
    options += [html.Option(text, value=slug, selected=several == slug or None) for slug, text in choices.items()]
    if several and several not in choices:
        options.append(html.Option(" or ".join(choices.get(slug, slug) for slug in chosen), value=several, selected=True))
    return html.Div([html.Label(label, htmlFor=f"filter-{name}"), html.Select(options, id=f"filter-{name}", name=name)], className="field")


def _nothing(home: Home) -> html.Div:
    if home.is_later_page:
        return notice("There are no older cases.")
    return notice("No case matches. Choose fewer words, a larger area or any status; nothing is hidden from you but private cases.")


def _paging(home: Home) -> html.Nav | None:
    query = home.case_filter.to_query_string()
    links = []
    if home.is_later_page:
        links.append(html.A("Newest cases", href=_here(home), className="button button-quiet"))
    if home.cases.next_after:
        older = urlencode({"after": home.cases.next_after})
        links.append(
            html.A("Older cases", href=f"/?{query}&{older}" if query else f"/?{older}", className="button button-quiet", rel="next")
        )
    return html.Nav(links, className="paging", **named("More cases")) if links else None
