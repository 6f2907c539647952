"""What changed for better or worse: sentences that lead to exactly their cases, and how often such
a list would say something if nothing had changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from dash import html

from layouts.cases.list_parts import list_address
from layouts.figures.kinds import Series, lines
from layouts.performance.chart import small_chart
from layouts.performance.findings_words import (
    explain_drift,
    explain_silence,
    explain_surge,
    say_day,
    say_drift,
    say_percent,
    say_silence,
    say_surge,
)
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, weave
from portal.domain.findings import (
    LEAST_MEAN,
    LEAST_WEEKS,
    Check,
    Drift,
    Findings,
    Outcome,
    Silence,
    Surge,
)
from portal.domain.jurisdiction import Jurisdiction

PATH = "/performance/changes"
CSV = f"{PATH}.csv"
ANCHOR = "what-changed"
MOST_DRAWN = 5
"""Findings of a list that have a chart."""
MOST_SHOWN = 20
"""Findings of a list that are on the page; the file has all."""
Found = Drift | Surge | Silence


def findings_page(city: Jurisdiction, found: Findings, now: int) -> Page:
    """The lists, then how they were made. `now` is in epoch seconds."""
    if found.outcome != Outcome.LOOKED_AT:
        return _page(city, [*_start(city, found, now), notice(_say_why_not(found))])
    worse = [drift for drift in found.drifts if not drift.is_better]
    better = [drift for drift in found.drifts if drift.is_better]
    rate = _say_rate(found.drifts_check)
    body = [
        *_start(city, found, now),
        *_list(_("Got slower"), worse, _draw_drift, rate),
        *_list(_("Got faster"), better, _draw_drift, rate),
        *_list(_("Unusual in that week"), found.surges, _draw_weeks, _say_rate(found.surges_check)),
        *_list(_("Gone silent"), found.silences, _draw_weeks, _say_rate(found.silences_check)),
        *_limits(found),
    ]
    return _page(city, body)


def coming_findings_page(city: Jurisdiction) -> Page:
    """For a city where the worker is about to look."""
    heading = html.H1(_heading(), tabIndex="-1")
    return _page(city, [heading, notice(_("This page is being made. Come back in a few minutes."))])


def _page(city: Jurisdiction, body: list[Any]) -> Page:
    words = _("How {city} responds", city=city.name)
    back = html.P(html.A(words, href="/performance"), className="back")
    return Page(
        title=f"{_heading()} · {city.name} · Citizens Connect",
        description=_("What got slower or faster, what is unusual, and what has gone silent."),
        body=[back, *body],
        path=PATH,
    )


def _heading() -> str:
    return _("What changed for better or worse")


def _start(city: Jurisdiction, found: Findings, now: int) -> list[Any]:
    parts: list[Any] = [html.H1(_heading(), tabIndex="-1")]
    if found.first_day:
        sentence = ngettext(
            "The week from {first} to {last}, compared with the {n} week before.",
            "The week from {first} to {last}, compared with the {n} weeks before.",
            found.base_weeks,
            first=say_day(found.first_day),
            last=say_day(found.last_day),
        )
        parts.append(html.P(sentence, className="lead"))
    moment = moment_tag(found.as_of, city.zone, now)
    as_of = weave(_("As of {moment}."), moment=moment)
    return [*parts, html.P([*as_of, " ", counting_link(ANCHOR)], className="numbers")]


def _say_why_not(found: Findings) -> str:
    if found.outcome == Outcome.NO_CASES:
        return _("There are no cases yet, so nothing has changed.")
    return _("There are fewer than {n} whole weeks of cases, too few to compare.", n=LEAST_WEEKS)


# The lists


def _list(title: str, found: Sequence[Found], draw: Callable[[Any], Any], rate: str) -> list[Any]:
    parts: list[Any] = [html.H2(title)]
    if not found:
        parts.append(html.P(_("Nothing stands out.")))
    for number, one in enumerate(found[:MOST_SHOWN]):
        parts += _finding(one)
        if number < MOST_DRAWN:
            parts.append(draw(one))
    if len(found) > MOST_SHOWN:
        words = _("The first {n}; the file below has all.", n=MOST_SHOWN)
        parts.append(html.P(words, className="numbers"))
    return [*parts, html.P(rate, className="numbers")]


def _say(one: Found) -> tuple[str, list[str]]:
    if isinstance(one, Drift):
        return say_drift(one), explain_drift(one)
    if isinstance(one, Surge):
        return say_surge(one), explain_surge(one)
    return say_silence(one), explain_silence(one)


def _finding(one: Found) -> list[Any]:
    finding, explanation = _say(one)
    words = (
        _("See the {cases} before", cases=formats.count_cases(one.cases))
        if isinstance(one, Silence)
        else _("See the {cases}", cases=formats.count_cases(one.cases))
    )
    link = html.A(words, href=list_address(one.case_filter))
    return [
        html.H3(mark_city_words(finding, one.service.name)),
        html.P(mark_city_words(" ".join(explanation), one.service.name)),
        html.P(link),
    ]


def _say_rate(check: Check) -> str:
    if check.alarm_share is None:
        return _("There was nothing to look at: no type has enough cases in any neighborhood.")
    return ngettext(
        "We looked at {n} type in a neighborhood. If nothing had changed, {share} of such lists"
        " would still name something.",
        "We looked at {n} types in neighborhoods. If nothing had changed, {share} of such lists"
        " would still name something.",
        check.series,
        share=say_percent(check.alarm_share),
    )


def _draw_weeks(one: Surge | Silence) -> Any:
    """Cases in each week, the last one at the end."""
    silent = one.silent_weeks if isinstance(one, Silence) else 0
    last = date.fromisoformat(one.last_day) - timedelta(days=6) + timedelta(weeks=silent)
    days = [last - timedelta(weeks=back) for back in range(len(one.weeks) - 1, -1, -1)]
    rows = [
        [formats.calendar_day(day), formats.number(cases)]
        for day, cases in zip(days, one.weeks, strict=True)
    ]
    series = Series(_("Cases"), tuple(one.weeks))
    figure = lines([series], [formats.short_day(day) for day in days], formats.number)
    counts = _("Cases opened in each week.")
    return small_chart(figure, _say(one)[0], counts, [_("Week of"), _("Cases")], rows)


def _draw_drift(one: Drift) -> Any:
    """Shares of each four weeks, here and elsewhere."""
    days = [date.fromisoformat(day) for day in one.part_days]
    here = tuple(100 * part.here if part else None for part in one.parts)
    elsewhere = tuple(100 * part.elsewhere if part else None for part in one.parts)
    series = [Series(_("Here"), here), Series(_("Elsewhere"), elsewhere)]
    figure = lines(series, [formats.short_day(day) for day in days], "{:.0f}%".format)
    rows = [
        [formats.calendar_day(day), *_cells(part)]
        for day, part in zip(days, one.parts, strict=True)
    ]
    heads = [_("Four weeks from"), _("Here"), _("Elsewhere")]
    counts = _(
        "Share closed within {days}, of each four weeks: here (solid) and elsewhere (dashed).",
        days=formats.whole_days(one.days),
    )
    return small_chart(figure, _say(one)[0], counts, heads, rows)


def _cells(part: Any) -> list[str]:
    return [say_percent(part.here), say_percent(part.elsewhere)] if part else ["–", "–"]


# What limits them


def _limits(found: Findings) -> list[Any]:
    others = found.all_cases - found.in_series - found.in_no_neighborhood
    rows = [
        [_("All cases of these weeks"), formats.number(found.all_cases)],
        [
            _("Of types with {n} or more a week in a neighborhood", n=LEAST_MEAN),
            formats.number(found.in_series),
        ],
        [_("Of rarer ones, where a surprise says nothing"), formats.number(others)],
        [_("In no neighborhood"), formats.number(found.in_no_neighborhood)],
    ]
    title = _("How far to trust this")
    season = (
        _("Weeks are compared with those of earlier years, so a season is named as one.")
        if found.knows_seasons
        else _(
            "The record has under two years of whole weeks. So nothing here claims a season: what"
            " comes every year at this time stands out like anything else."
        )
    )
    together = _(
        "If nothing had changed, {share} of such pages would name something in one of the lists.",
        share=say_percent(found.alarm_share),
    )
    chance = _(
        "More cases can mean more problems, or more people who report them. What stands out is a"
        " reason to look, not a finding of fault."
    )
    file = html.A(_("Download these rows (CSV)"), href=CSV)
    return [
        html.H2(title),
        html.P(together),
        html.P(season),
        html.P(chance),
        table(_("Cases that were looked at"), [_("Cases"), _("Number")], rows, frozenset({1})),
        html.P(file),
    ]
