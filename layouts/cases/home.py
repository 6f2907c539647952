"""The first page: what is near me, how the city is doing, and what came in last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.case_list import most_followed
from layouts.cases.map import MapView, map_pane
from layouts.shared import formats, ids
from layouts.shared.components import case_card, notice, search_form, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _, weave
from layouts.shared.offline_reports import reports_on_phone
from layouts.shared.prerender import aria_label, tag
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.area_numbers import Place
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_lists import CasePage
    from portal.queries.cases.counts import WeekNumbers


@dataclass(frozen=True)
class Home:
    """Everything the first page shows. `followed` are the open cases that most people follow; none where nobody follows any."""

    cases: CasePage
    followed: tuple[CaseCard, ...]
    week: WeekNumbers
    neighborhoods: tuple[Place, ...]
    view: MapView


def home_page(city: Jurisdiction, home: Home, now: int) -> Page:
    """Search and places, numbers and the newest cases, then the map; on a phone the map is drawn between them."""
    return Page(
        title=f"{city.name} · Citizens Connect",
        description=_(
            "What residents report to {city}, where, and what the city does about it.",
            city=city.name,
        ),
        body=[
            _finding(city, home),
            html.Section(_list(city, home, now), className="case-pane"),
            map_pane(city, home.view),
        ],
        path="/",
        has_island=True,
        is_wide=True,
    )


def _finding(city: Jurisdiction, home: Home) -> html.Section:
    """What one came for: a place, a case, what is near."""
    return html.Section(
        [
            html.A(_("Skip to the map"), href=f"#{ids.home.MAP}", className="skip-link"),
            html.H1(_("What residents report in {city}", city=city.name), tabIndex="-1"),
            search_form(),
            _near(home),
            _report(city),
            reports_on_phone() if city.takes_reports else None,
        ],
        className="finding",
    )


def _report(city: Jurisdiction) -> html.A | None:
    """The way to report, in the thumb's reach on a phone."""
    if not city.tells_where_to_report:
        return None
    sign: Any = tag("span", {"aria-hidden": "true"}, "+")
    return html.A([sign, _("Report a problem")], href="/report", className="button report-button")


def _list(city: Jurisdiction, home: Home, now: int) -> list[Any]:
    return [
        _numbers(city, home.week, now),
        html.P(
            html.A(_("Newer cases have come in. Show them"), href="/"),
            id=ids.page.NEWS,
            className="news",
            hidden=True,
        ),
        html.H2(_("Newest cases")),
        html.Ol(
            [case_card(case, city.zone, now) for case in home.cases.cases],
            className="case-list",
            id=ids.home.LIST,
        )
        if home.cases.cases
        else notice(
            _("No case is public yet."), html.A(_("See how the sync is doing"), href="/status")
        ),
        html.P(
            html.A(_("See all cases"), href="/cases", className="button button-quiet"),
            className="paging",
        ),
        *most_followed(city, home.followed, CaseFilter(), now),
    ]


def _near(home: Home) -> html.Form:
    """Where am I: by script, or by the name of the neighborhood."""
    options = [html.Option(_("Any neighborhood"), value="")] + [
        html.Option(place.name, value=place.slug) for place in home.neighborhoods
    ]
    return html.Form(
        [
            html.A(
                _("Near me"),
                href="/cases",
                id=ids.home.LOCATE,
                className="button button-quiet for-scripts",
                **_refusal(),
            ),
            html.Label(_("Neighborhood"), htmlFor="near", className="for-screen-readers"),
            html.Select(options, id="near", name="neighborhood"),
            html.Button(_("Go"), type="submit", className="button button-quiet"),
        ],
        action="/cases",
        method="get",
        className="near-form",
        **aria_label(_("Cases near you")),
    )


def _refusal() -> dict[str, Any]:
    """What the script says where the browser does not tell the place."""
    return {"data-refused": _("Your place is not known; choose a neighborhood")}


def _numbers(city: Jurisdiction, week: WeekNumbers, now: int) -> html.P:
    """Three numbers of the last seven days, and until when they were counted; of a quiet week, how old the newest case is."""
    moment = time_tag(week.as_of, formats.day_and_time(week.as_of, city.zone, now), city.zone, now)
    if week.newest_at is not None:
        newest = time_tag(
            week.newest_at, formats.day(week.newest_at, city.zone, now), city.zone, now
        )
        said = _(
            "In the seven days to {moment} no case was opened or closed. The newest was opened on {day}."
        )
        return html.P(weave(said, moment=moment, day=newest), className="numbers")
    values = {
        "moment": moment,
        "opened": html.Strong(formats.number(week.opened)),
        "closed": html.Strong(formats.number(week.closed)),
    }
    if week.median_days is None:
        return html.P(
            weave(_("In the seven days to {moment}: {opened} opened, {closed} closed."), **values),
            className="numbers",
        )
    typical = html.Strong(formats.days(week.median_days))
    sentence = _(
        "In the seven days to {moment}: {opened} opened, {closed} closed, half of these within {typical}."
    )
    return html.P(weave(sentence, **values, typical=typical), className="numbers")
