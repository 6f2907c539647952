"""The briefing: an area's week on two pages of paper, each sentence with the cases behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.list_parts import list_address
from layouts.performance.cells import NONE, say_days, say_in_time
from layouts.performance.charts import ages_chart, curve_chart, flow_chart, types_chart
from layouts.performance.equity_words import describe_ratio
from layouts.performance.findings_words import say_drift, say_surge
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words, say_district
from layouts.shared.components import (
    case_address,
    case_time,
    counting_link,
    moment_tag,
    notice,
    table,
)
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, weave
from layouts.shared.prerender import aria_label
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.findings import Drift, Findings, Surge
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder
from portal.domain.week import Week

if TYPE_CHECKING:
    from portal.domain.equity import Equity
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.performance.briefing import Briefing

PATH = "/performance/briefing"
ANCHOR = "the-briefing"
OLDEST = 10
TYPES_SAID, TYPES_DRAWN = 3, 6
UNHEARD = 2
MOST_WORSE = 5


@dataclass(frozen=True)
class Area:
    """What a briefing is about: a district, or the whole city with an empty slug."""

    slug: str
    name: str

    @property
    def title(self) -> str:
        """How a heading names it."""
        return say_district(self.name)

    @property
    def case_filter(self) -> CaseFilter:
        """Its cases."""
        return CaseFilter(district=(self.slug,)) if self.slug else CaseFilter()

    def address(self, week: Week | None = None) -> str:
        """Its briefing on a week; None: the newest."""
        path = f"{PATH}/{self.slug}" if self.slug else PATH
        return f"{path}?week={week}" if week else path

    def list_of(self, **more: Any) -> str:
        """The list of its cases, or of some of them."""
        return list_address(replace(self.case_filter, **more))


@dataclass(frozen=True)
class BriefingView:
    """What a briefing shows beside its numbers. `overdue`: how many are past the city's target."""

    area: Area
    others: tuple[Area, ...]
    overdue: int
    oldest: tuple[CaseCard, ...]
    equity: Equity | None
    findings: Findings | None


def briefing_page(city: Jurisdiction, view: BriefingView, found: Briefing, now: int) -> Page:
    """The page. `now` is in epoch seconds."""
    area, week = view.area, found.week
    heading = _("{area}: the week in brief", area=area.title)
    days = _days(week.first, week.last)
    body = [
        html.H1(heading, tabIndex="-1"),
        html.P(
            [
                _("{week}, {days}.", week=_say_week(week), days=days),
                " ",
                *weave(_("As of {moment}."), moment=moment_tag(found.as_of, city.zone, now)),
                " ",
                counting_link(ANCHOR),
            ],
            className="numbers",
        ),
        _other_weeks(area, found),
        *([] if found.is_over else [notice(_("This week is not over in the record."))]),
        html.Ul(
            [html.Li(sentence) for sentence in _sentences(view, found)], className="lead briefing"
        ),
        html.Div(_charts(view, found), className="briefing-charts"),
        *_worse(view, found),
        *_oldest(city, view, now),
        *_unheard(city, view),
        _others(view),
    ]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_(
            "A council district’s week: what came in, how fast it is closed, what waits."
        ),
        body=body,
        path=area.address(),
    )


def _days(first: date, last: date) -> str:
    return _(
        "{first} to {last}", first=formats.calendar_day(first), last=formats.calendar_day(last)
    )


def _say_week(week: Week) -> str:
    year, number, _day = week.first.isocalendar()
    return _("Week {number} of {year}", number=number, year=str(year))


def _other_weeks(area: Area, found: Briefing) -> html.Nav:
    """The week before and the one after, where the record has them."""
    others = [found.week.back(1)] if len(found.weeks) > 1 else []
    if found.is_over:
        others.append(found.week.next)
    links = [
        html.A(_say_week(other), href=area.address(other), className="button button-quiet")
        for other in others
    ]
    return html.Nav(links, className="share-ways", **aria_label(_("Other weeks")))


def _sentences(view: BriefingView, found: Briefing) -> Iterator[Any]:
    """Five sentences, each with a way to its cases."""
    yield _came_in(view.area, found)
    yield from _about(view.area, found)
    yield _how_fast(view.area, found)
    yield _in_time(view, found)
    yield _waiting(view.area, found)


def _came_in(area: Area, found: Briefing) -> list[Any]:
    week, counts = found.week, found.this_week
    cases = html.A(
        formats.count_cases(counts.opened), href=area.list_of(start=week.first, end=week.last)
    )
    closed = formats.number(counts.closed)
    if found.rank is None:
        return weave(_("{cases} came in, and {closed} were closed."), cases=cases, closed=closed)
    fewer, weeks = found.rank
    sentence = _(
        "{cases} came in, more than in {fewer} of the {weeks} weeks before, and {closed} were"
        " closed."
    )
    return weave(
        sentence,
        cases=cases,
        fewer=formats.number(fewer),
        weeks=formats.number(weeks),
        closed=closed,
    )


def _about(area: Area, found: Briefing) -> Iterator[list[Any]]:
    week = found.week
    said = []
    for one in found.types[:TYPES_SAID]:
        address = area.list_of(service=(one.slug,), start=week.first, end=week.last)
        said += [mark_city_words(one.name or ""), " (", html.A(one.opened, href=address), "), "]
    if said:
        said[-1] = ")."
        yield [_("The commonest types:"), " ", *said]


def _how_fast(area: Area, found: Briefing) -> list[Any]:
    quarter, week = found.quarter, found.week
    first = week.back(12).first
    link = html.A(
        formats.count_cases(quarter.opened), href=area.list_of(start=first, end=week.last)
    )
    value, _span = say_days(quarter, 50)
    if value == NONE:
        return weave(
            _("Of the {cases} of the last 13 weeks, it cannot be said yet when half are closed."),
            cases=link,
        )
    parts = weave(
        _("Of the {cases} of the last 13 weeks, half were closed within {days}"),
        cases=link,
        days=value,
    )
    beside = [_("{days} in the whole city", days=say_days(found.city, 50)[0])] if area.slug else []
    if found.year_ago and found.year_ago.is_enough:
        beside.append(_("{days} a year earlier", days=say_days(found.year_ago, 50)[0]))
    return [*parts, f" ({'; '.join(beside)})." if beside else "."]


def _in_time(view: BriefingView, found: Briefing) -> list[Any]:
    overdue = html.A(formats.count_cases(view.overdue), href=view.area.list_of(status=("overdue",)))
    sentence = ngettext(
        "{cases} is past the city’s own target today",
        "{cases} are past the city’s own target today",
        view.overdue,
    )
    late = weave(sentence, cases=overdue)
    value, _span = say_in_time(found.quarter)
    if value == NONE:
        return [*late, "."]
    said = _("of the last 13 weeks’ cases, {share} were closed in time", share=value)
    city = _("{share} in the whole city", share=say_in_time(found.city)[0])
    return [*late, "; ", said, f" ({city})." if view.area.slug else "."]


def _waiting(area: Area, found: Briefing) -> list[Any]:
    cases = html.A(formats.count_cases(found.waiting.opened), href=area.list_of(status=STILL_OPEN))
    sentence = ngettext(
        "{cases} is open, {old} of them for over a year.",
        "{cases} are open, {old} of them for over a year.",
        found.waiting.opened,
    )
    return weave(sentence, cases=cases, old=formats.number(found.over_a_year))


def _charts(view: BriefingView, found: Briefing) -> list[Any]:
    week = found.week
    places = [formats.short_day(counts.week.first) for counts in found.weeks]
    said = _(
        "Cases opened (solid) and closed (dashed) in each of these {n} weeks, by their Monday.",
        n=formats.number(len(places)),
    )
    days = _(
        "opened from {first} to {last}",
        first=formats.calendar_day(week.back(12).first),
        last=formats.calendar_day(week.last),
    )
    charts = (
        flow_chart(_("Week of"), places, found.weeks, said),
        types_chart(found.types, TYPES_DRAWN),
        curve_chart(found.quarter, found.city if view.area.slug else None, days),
        ages_chart(found.waiting, view.area.list_of(status=STILL_OPEN)),
    )
    return [html.Div(parts) for parts in charts if parts]


def _worse(view: BriefingView, found: Briefing) -> list[Any]:
    """What stands out beyond chance in the area's neighborhoods, in the briefing's own week."""
    findings = view.findings
    if not findings or findings.last_day != found.week.last.isoformat():
        return []
    everything = html.A(_("What changed for better or worse"), href="/performance/changes")
    drifts = [one for one in findings.drifts if not one.is_better]
    said = [
        html.A(words, href=list_address(one.case_filter))
        for one, words in (
            *((one, say_drift(one)) for one in drifts),
            *((one, say_surge(one)) for one in findings.surges),
        )
        if found.neighborhoods & _places_of(one)
    ]
    listed = (
        html.Ul([html.Li(one) for one in said[:MOST_WORSE]])
        if said
        else html.P(_("Nothing stands out in its neighborhoods."))
    )
    return [html.H2(_("What got worse beyond chance")), listed, html.P(everything)]


def _places_of(one: Drift | Surge) -> set[str]:
    places = one.neighborhoods if isinstance(one, Surge) else (one.neighborhood,)
    return {place.slug for place in places}


def _oldest(city: Jurisdiction, view: BriefingView, now: int) -> list[Any]:
    if not view.oldest:
        return []
    title = ngettext("The oldest open case", "The {n} oldest open cases", len(view.oldest))
    rows = [
        [
            html.A(case.case_id, href=case_address(case.case_id)),
            mark_city_words(case.service_name),
            mark_city_words(case.address or ""),
            case_time(case, "opened_at", city.zone, now),
        ]
        for case in view.oldest
    ]
    everything = list_address(
        replace(view.area.case_filter, status=STILL_OPEN), CaseOrder("oldest")
    )
    heads = [_("Case"), _("Type"), _("Place"), _("Opened")]
    return [
        html.H2(title),
        table(title, heads, rows),
        html.P(html.A(_("See all open cases, oldest first"), href=everything)),
    ]


def _unheard(city: Jurisdiction, view: BriefingView) -> list[Any]:
    """From the models of the whole city: where fewer requests come from, beyond chance."""
    sentences = list(_fewer(view.equity)) if view.equity else []
    if not sentences:
        return []
    link = html.A(_("Who is heard in {city}", city=city.name), href="/performance/equity")
    return [
        html.H2(_("Whom the city may not hear")),
        html.Ul([html.Li(sentence) for sentence in sentences]),
        html.P([_("This is reporting, not need."), " ", link]),
    ]


def _fewer(equity: Equity) -> Iterator[str]:
    names = {channel.slug: channel.name for channel in equity.frame.channels}
    found = [
        (ratio.shown()[0], describe_ratio(ratio, names.get(fit.channel, fit.channel)))
        for fit in (equity.samples[0].fits if equity.samples else ())
        for ratio in fit.ratios
        if ratio.is_clear() and ratio.shown()[0] < 1
    ]
    yield from (sentence for _ratio, sentence in sorted(found)[:UNHEARD])


def _others(view: BriefingView) -> Any:
    links = [
        html.Li(html.A(mark_city_words(other.title), href=other.address()))
        for other in view.others
        if other.slug != view.area.slug
    ]
    if not links:
        return None
    return html.Nav(
        [html.H2(_("Other briefings")), html.Ul(links, className="plain-list")],
        className="briefing-others",
        **aria_label(_("Other briefings")),
    )
