"""The first page: what is near me, how the city is doing, and what came in last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts import ids, words
from layouts.components import case_card, notice, time
from layouts.document import Page
from layouts.map import MapView, map_pane
from layouts.prerender import named, tag
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases import CasePage
    from portal.queries.counts import WeekNumbers
    from portal.queries.places import Place


@dataclass(frozen=True)
class Home:
    """Everything the first page shows."""

    cases: CasePage
    week: WeekNumbers
    neighborhoods: tuple[Place, ...]
    view: MapView


def home_page(city: Jurisdiction, home: Home, now: int) -> Page:
    """Search and places, numbers and the newest cases, then the map."""
    return Page(
        title=f"{city.name} · Citizens Connect",
        description=f"What residents report to {city.name}, where, and what the city does about it.",
        body=[html.Section(_list(city, home, now), className="case-pane"), map_pane(city, home.view)],
        path="/",
        has_island=True,
        is_wide=True,
    )


def search_form(typed: str = "") -> html.Form:
    """One box for places, case numbers and words."""
    label = "Search for an address, a case number or words"
    box = {
        "type": "search",
        "name": "q",
        "id": "search",
        "value": typed or None,
        "maxlength": 120,
        "placeholder": "Address, case number or words",
    }
    return html.Form(
        [
            html.Label(label, htmlFor="search", className="for-screen-readers"),
            tag("input", box),
            html.Button("Search", type="submit", className="button"),
        ],
        action="/search",
        method="get",
        role="search",
        className="search-form",
        **named("Cases and places"),
    )


def _list(city: Jurisdiction, home: Home, now: int) -> list[Any]:
    return [
        html.A("Skip to the map", href=f"#{ids.home.MAP}", className="skip-link"),
        html.H1(f"What residents report in {city.name}", tabIndex="-1"),
        search_form(),
        _near(home),
        _numbers(city, home.week, now),
        html.P(html.A("Newer cases have come in. Show them", href="/"), id=ids.page.NEWS, className="news", hidden=True),
        html.H2("Newest cases"),
        html.Ol([case_card(case, city.zone, now) for case in home.cases.cases], className="case-list", id=ids.home.LIST)
        if home.cases.cases
        else notice("No case is public yet."),
        html.P(html.A("See all cases", href="/cases", className="button button-quiet"), className="paging"),
    ]


def _near(home: Home) -> html.Form:
    """Where am I: by script, or by the name of the neighborhood."""
    options = [html.Option("Any neighborhood", value="")] + [html.Option(place.name, value=place.slug) for place in home.neighborhoods]
    return html.Form(
        [
            html.A("Near me", href="/cases", id=ids.home.LOCATE, className="button button-quiet", hidden=True),
            html.Label("Neighborhood", htmlFor="near", className="for-screen-readers"),
            html.Select(options, id="near", name="neighborhood"),
            html.Button("Go", type="submit", className="button button-quiet"),
        ],
        action="/cases",
        method="get",
        className="near-form",
        **named("Cases near you"),
    )


def _numbers(city: Jurisdiction, week: WeekNumbers, now: int) -> html.Div:
    """Three numbers of the last seven days, and until when they were counted."""
    typical = words.days(week.median_days) if week.median_days is not None else "–"
    what = "is how long half of the closed ones took" if week.median_days is not None else "to time: nothing was closed"
    return html.Div(
        [
            html.Dl(
                [
                    _figure(words.number(week.opened), "opened"),
                    _figure(words.number(week.closed), "closed"),
                    _figure(typical, what),
                ],
                className="figures",
            ),
            html.P(
                ["In the last seven days, as of ", time(week.as_of, words.moment(week.as_of, city.zone, now), city.zone, now), "."],
                className="numbers",
            ),
        ]
    )


def _figure(value: str, what: str) -> html.Div:
    return html.Div([html.Dt(what), html.Dd(value)])
