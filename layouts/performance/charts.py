"""The charts that several pages have: cases coming and going, how fast they close, how old they
are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.figures.kinds import Series, bars, lines, steps
from layouts.performance.chart import chart
from layouts.shared import formats
from layouts.shared.components import notice
from layouts.shared.language import _, ngettext

if TYPE_CHECKING:
    from portal.queries.performance.cohorts import Cohort

LONGEST_CURVE_DAYS = 365
CURVE_MARKS = (1, 2, 7, 14, 30, 60, 90, 180, 365)


def flow_chart(head: str, places: list[str], counts: Sequence[Any], said: str) -> list[Any]:
    """Cases opened and closed in each of some spans of time.

    `head` names such a span, `places` each of them; `said`: what is counted.
    """
    if len(counts) < 2:
        return []
    series = (
        Series(_("Opened"), tuple(one.opened for one in counts)),
        Series(_("Closed"), tuple(one.closed for one in counts)),
    )
    rows = [
        [place, formats.number(one.opened), formats.number(one.closed)]
        for place, one in zip(places, counts, strict=True)
    ]
    opened, closed = sum(one.opened for one in counts), sum(one.closed for one in counts)
    finding = (
        _("More were opened than closed")
        if opened > closed
        else _("As many were closed as opened, or more")
    )
    figure = lines(series, places, formats.number)
    return [chart(figure, finding, said, [head, _("Opened"), _("Closed")], rows)]


def curve_chart(cases: Cohort, city: Cohort | None, days: str) -> list[Any]:
    """How many are closed after how many days, open cases as open. `days`: opened when."""
    points = cases.curve(LONGEST_CURVE_DAYS)
    if not cases.is_enough or len(points) < 2:
        return []
    median, last = cases.days_until(50), points[-1][0]
    finding = (
        _("Fewer than half are closed so far")
        if median is None
        else _("Half are closed within {days}", days=formats.whole_days(median))
    )
    series = [(_("Closed"), points)]
    if city:
        series.append((_("The whole city"), city.curve(last)))
    counts = _(
        "Share closed after so many days, of the cases {days}. Open cases count as open.", days=days
    )
    rows = [
        [formats.whole_days(day), f"{cases.closed_by(day):.0%}"]
        for day in CURVE_MARKS
        if day <= last
    ]
    return [chart(steps(series, last), finding, counts, [_("After"), _("Closed")], rows)]


def ages_chart(waiting: Cohort, address: str) -> list[Any]:
    """How old what is open is, whenever it was opened. `address`: the list of these."""
    if not waiting.opened:
        return [notice(_("Nothing is open."))]
    names = [
        _("Under a week"),
        _("A week to a month"),
        _("One to three months"),
        _("Three months to a year"),
        _("Over a year"),
    ]
    finding = ngettext("{n} case is open now", "{n} cases are open now", waiting.opened)
    counts = _("By how long they have been open, whenever they were opened.")
    rows = [[name, formats.number(n)] for name, n in zip(names, waiting.ages, strict=True)]
    figure = bars(names, waiting.ages, formats.number)
    link = html.P(html.A(_("See these cases"), href=address))
    return [chart(figure, finding, counts, [_("Open for"), _("Cases")], rows), link]


def types_chart(types: Sequence[Cohort], most: int) -> list[Any]:
    """The commonest types."""
    shown = types[:most]
    if not shown:
        return []
    names = [one.name or "" for one in shown]
    rows = [[one.name or "", formats.number(one.opened)] for one in shown]
    figure = bars(names, [one.opened for one in shown], formats.number)
    finding = _("Most were about: {type}", type=names[0])
    counts = ngettext(
        "The commonest type of case opened in the week.",
        "The {n} commonest types of cases opened in the week.",
        len(shown),
    )
    return [chart(figure, finding, counts, [_("Type"), _("Cases")], rows)]
