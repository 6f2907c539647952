"""The first page: what is near me, how the city is doing, and what came in last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.list_parts import card_list, most_followed, news_line, skip_to_map
from layouts.cases.map import map_pane
from layouts.shared import formats, ids
from layouts.shared.components import counting_link, moment_tag, notice, search_form, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _, weave
from layouts.shared.offline_reports import reports_on_phone
from layouts.shared.prerender import aria_label, tag
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.area_numbers import NamedArea
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_lists import CasePage
    from portal.queries.cases.counts import WeekNumbers
    from portal.queries.cases.map_views import MapView


@dataclass(frozen=True)
class Home:
    """Everything the first page shows. `followed` are the open cases that most people follow."""

    cases: CasePage
    followed: tuple[CaseCard, ...]
    week: WeekNumbers
    neighborhoods: tuple[NamedArea, ...]
    view: MapView


def home_page(city: Jurisdiction, home: Home, now: int) -> Page:
    """Search and places, numbers and the newest cases, then the map; on a phone it comes between.

    `now` is in epoch seconds.
    """
    about = _(
        "What residents report to {city}, where, and what the city does about it.", city=city.name
    )
    parts = [
        html.Section(_finding(city, home), className="finding"),
        html.Section(_pane(city, home, now), className="case-pane"),
        map_pane(city, home.view),
    ]
    title = f"{city.name} · Citizens Connect"
    return Page(title, about, parts, path="/", has_island=True, is_wide=True)


def _finding(city: Jurisdiction, home: Home) -> list[Any]:
    """What people come for: a place, a case, what is near, a report."""
    return [
        skip_to_map(),
        html.H1(_("What residents report in {city}", city=city.name), tabIndex="-1"),
        search_form(),
        _near_form(home.neighborhoods),
        _report_button() if city.tells_where_to_report else None,
        reports_on_phone() if city.takes_reports else None,
    ]


def _report_button() -> html.A:
    """The way to report, where the thumb is on a phone."""
    sign: Any = tag("span", {"aria-hidden": "true"}, "+")
    return html.A([sign, _("Report a problem")], href="/report", className="button report-button")


def _near_form(neighborhoods: tuple[NamedArea, ...]) -> html.Form:
    """Where am I: found by a script, or chosen by the neighborhood's name."""
    options = [html.Option(_("Any neighborhood"), value="")]
    options += [html.Option(area.name, value=area.slug) for area in neighborhoods]
    return html.Form(
        [
            _locate_link(),
            html.Label(_("Neighborhood"), htmlFor="near", className="for-screen-readers"),
            html.Select(options, id="near", name="neighborhood"),
            html.Button(_("Go"), type="submit", className="button button-quiet"),
        ],
        action="/cases",
        method="get",
        className="near-form",
        **aria_label(_("Cases near you")),
    )


def _locate_link() -> html.A:
    refusal: Any = {"data-refused": _("Your place is not known; choose a neighborhood")}
    look = "button button-quiet for-scripts"
    return html.A(_("Near me"), href="/cases", id=ids.home.LOCATE, className=look, **refusal)


def _pane(city: Jurisdiction, home: Home, now: int) -> list[Any]:
    all_cases = html.A(_("See all cases"), href="/cases", className="button button-quiet")
    return [
        html.P(
            [*_describe_week(city, home.week, now), " ", counting_link("the-week")],
            className="numbers",
        ),
        news_line("/"),
        html.H2(_("Newest cases")),
        _newest(city, home, now),
        html.P(all_cases, className="paging"),
        *most_followed(city, home.followed, CaseFilter(), now),
    ]


def _newest(city: Jurisdiction, home: Home, now: int) -> html.Ol | html.Div:
    if not home.cases.cases:
        link = html.A(_("See how the sync is doing"), href="/status")
        return notice(_("No case is public yet."), link)
    return card_list(home.cases.cases, city, now)


def _describe_week(city: Jurisdiction, week: WeekNumbers, now: int) -> list[Any]:
    """Three numbers of the last seven days; of a quiet week, how old the newest case is."""
    if week.newest_at is not None:
        return _describe_quiet_week(city, week, week.newest_at, now)
    numbers = {
        "moment": moment_tag(week.as_of, city.zone, now),
        "opened": html.Strong(formats.number(week.opened)),
        "closed": html.Strong(formats.number(week.closed)),
    }
    if week.median_days is None:
        sentence = _("In the seven days to {moment}: {opened} opened, {closed} closed.")
        return weave(sentence, **numbers)
    sentence = _(
        "In the seven days to {moment}: {opened} opened, {closed} closed, half of these within"
        " {typical}."
    )
    return weave(sentence, **numbers, typical=html.Strong(formats.days(week.median_days)))


def _describe_quiet_week(
    city: Jurisdiction, week: WeekNumbers, newest_at: int, now: int
) -> list[Any]:
    sentence = _(
        "In the seven days to {moment} no case was opened or closed. The newest was opened on"
        " {day}."
    )
    moment = moment_tag(week.as_of, city.zone, now)
    day = time_tag(newest_at, formats.day(newest_at, city.zone, now), city.zone, now)
    return weave(sentence, moment=moment, day=day)
