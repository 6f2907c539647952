"""Forecasts: what case pages and the report form said, against what happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dash import html

from layouts.figures.kinds import Dots, Series, lines, reliability
from layouts.performance.cells import NONE, write_over
from layouts.performance.chart import chart
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, pgettext, weave
from portal.domain.forecasts import PLACES, SHARES_PCT, Coverage, Forecasts
from portal.domain.intervals import FEW_CASES
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.month import Month

PATH = "/performance/forecasts"
CSV = f"{PATH}.csv"
ANCHOR = "forecasts"
MOST_TYPES = 30
MOST_MONTHS = 24


def forecasts_page(city: Jurisdiction, found: Forecasts | None, now: int) -> Page:
    """The page; None: the worker has not looked yet. `now` is in epoch seconds."""
    heading = _("Did our forecasts for {city} hold?", city=city.name)
    body = [
        html.P(
            html.A(_("How {city} responds", city=city.name), href="/performance"),
            className="back",
        ),
        html.H1(heading, tabIndex="-1"),
        html.P(
            _(
                "The page of each case says by when half, and nine in ten, of such cases are"
                " closed. So does the report form before you send it. We keep what they said, and"
                " here is what happened."
            ),
            className="lead",
        ),
        *_results(city, found, now),
    ]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("What case pages and the report form promised, against what happened."),
        body=body,
        path=PATH,
    )


def _results(city: Jurisdiction, found: Forecasts | None, now: int) -> Iterator[Any]:
    if found is None or found.first_at is None:
        yield notice(_("No forecast has been kept yet. They are kept from the next new case on."))
        yield html.P(counting_link(ANCHOR), className="numbers")
        return
    is_judged = any(found.cover(place, pct).judged for place in PLACES for pct in SHARES_PCT)
    if is_judged:
        yield html.Ul([html.Li(_say_kept(found, pct)) for pct in SHARES_PCT], className="bullets")
    first = datetime.fromtimestamp(found.first_at, city.zone).date()
    since = _("Forecasts shown since {day}.", day=formats.calendar_day(first))
    moment = weave(_("As of {moment}."), moment=moment_tag(found.as_of, city.zone, now))
    yield html.P([since, " ", *moment, " ", counting_link(ANCHOR)], className="numbers")
    if is_judged:
        yield from _judged(found)
    else:
        yield notice(_say_waiting(found))
    yield from _notes(found)


def _say_waiting(found: Forecasts) -> str:
    waiting = sum(found.cover(place, pct).waiting for place in PLACES for pct in SHARES_PCT)
    if not waiting:
        return _("Too few cases are known for a forecast so far.")
    return ngettext(
        "The day of none of them is over yet: {n} is still to come.",
        "The days of none of them are over yet: {n} are still to come.",
        waiting,
    )


def _judged(found: Forecasts) -> Iterator[Any]:
    charts = [*_diagram(found), *_months(found)]
    if charts:
        yield html.Div(charts, className="cut")
    if types := list(_types(found)):
        yield html.Section(types, className="cut")


def _say_kept(found: Forecasts, pct: int) -> str:
    marks = found.cover("page", pct)
    if marks.share is None or marks.interval is None:
        return _(
            "“{promised}” on case pages: the day of {n} is over, too few to say.",
            promised=_promise(pct),
            n=formats.number(marks.judged),
        )
    low, high = map(_percent, marks.interval)
    return _(
        "“{promised}” on case pages: of {n} cases whose day is over, {share}% were closed by it"
        " (likely {low} to {high}).",
        promised=_promise(pct),
        n=formats.number(marks.judged),
        share=_percent(marks.share),
        low=low,
        high=high,
    )


def _promise(pct: int) -> str:
    return _("Half closed within") if pct == 50 else _("Nine in ten closed within")


def _place_word(place: str) -> str:
    return _("Case pages") if place == "page" else _("The report form")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _diagram(found: Forecasts) -> Iterator[Any]:
    """Promised across, happened upward."""
    pages = [(pct, found.cover("page", pct)) for pct in SHARES_PCT]
    enough = [
        (pct / 100, marks.share, marks.interval)
        for pct, marks in pages
        if marks.share is not None and marks.interval is not None
    ]
    if not enough:
        return
    dots = Dots(_("Closed in time"), *zip(*enough, strict=True))
    is_short = any(high < promised for promised, _share, (_low, high) in enough)
    finding = (
        _("They did not hold: fewer were closed in time than promised")
        if is_short
        else _("They held: as many were closed in time as promised, or more")
    )
    counts = _(
        "Across: the share of cases that was promised to be closed by the day. Upward: the share"
        " that was, with its 95% interval. Below the line, cases took longer. Above it is common,"
        " as days are whole: by the day when half are closed, it is often more than half."
    )
    heads = [
        _("Promised"),
        *(f"{_place_word(place)}, {what}" for place in PLACES for what in _what()),
    ]
    rows = [[f"{pct}%", *_cells(found, pct)] for pct in SHARES_PCT]
    yield chart(reliability([dots], _("As promised")), finding, counts, heads, rows)


def _what() -> tuple[str, str]:
    return _("judged"), _("closed in time")


def _cells(found: Forecasts, pct: int) -> Iterator[Any]:
    for place in PLACES:
        marks = found.cover(place, pct)
        yield formats.number(marks.judged)
        yield _share(marks)


def _share(marks: Coverage) -> Any:
    """A share over its interval, or a dash."""
    if marks.share is None or marks.interval is None:
        return NONE
    return write_over(f"{_percent(marks.share)}%", *map(_percent, marks.interval))


def _months(found: Forecasts) -> Iterator[Any]:
    numbers = sorted({one.month for one in found.counts if one.coverage.judged})[-MOST_MONTHS:]
    if len(numbers) < 2:
        return
    months = range(numbers[0], numbers[-1] + 1)
    covered = {pct: [found.cover("page", pct, month=month) for month in months] for pct in (90, 50)}
    names = [formats.short_month(Month(month).first) for month in months]
    series = [
        Series(_promise_word(pct), tuple(marks.share for marks in covered[pct])) for pct in (90, 50)
    ]
    rows = [
        [name, *_cells_of(half, most)]
        for name, half, most in zip(names, covered[50], covered[90], strict=True)
    ]
    finding = _("By the month in which the case was opened")
    counts = _(
        "Share of cases closed by the day given for nine in ten (solid) and for half (dashed), case"
        " pages. A gap: fewer than {n} whose day is over.",
        n=FEW_CASES,
    )
    figure = lines(series, names, "{:.0%}".format)
    yield chart(figure, finding, counts, [_("Month"), *_heads()], rows)


def _promise_word(pct: int) -> str:
    return _("Half") if pct == 50 else _("Nine in ten")


def _heads() -> list[str]:
    return [
        _("Half: in time"),
        _("Nine in ten: in time"),
        _("Half: judged"),
        _("Nine in ten: judged"),
    ]


def _cells_of(half: Coverage, most: Coverage) -> list[Any]:
    """What `_heads` names."""
    return [
        _share(half),
        _share(most),
        formats.number(half.judged),
        formats.number(most.judged),
    ]


def _types(found: Forecasts) -> Iterator[Any]:
    names = {one.service: one.name for one in found.counts if one.place == "page"}
    cases = {slug: found.cover("page", 50, slug).judged for slug in names}
    most = sorted((slug for slug in names if cases[slug]), key=lambda slug: -cases[slug])
    if not most:
        return
    shown = sorted(most[:MOST_TYPES], key=lambda slug: names[slug])
    rows = [
        [
            mark_city_words(names[slug], names[slug]),
            *_cells_of(found.cover("page", 50, slug), found.cover("page", 90, slug)),
        ]
        for slug in shown
    ]
    heads = [pgettext("of a table of numbers", "Name"), *_heads()]
    yield html.H2(_("By type"))
    yield table(_("By type"), heads, rows, frozenset({1, 2, 3, 4}))
    if len(most) > MOST_TYPES:
        yield html.P(
            _("The {n} types with the most cases. The file has all.", n=MOST_TYPES),
            className="numbers",
        )


def _notes(found: Forecasts) -> Iterator[Any]:
    waiting = sum(found.cover("page", pct).waiting for pct in SHARES_PCT)
    sentences = [
        _(
            "A forecast is judged once its day is over, whether the case was closed long before or"
            " is still open. A case that is still open then was not closed in time."
        ),
        _(
            "Below each share: where it may be by chance (95%). A dash: fewer than {n} judged.",
            n=FEW_CASES,
        ),
        _("{n} days given on case pages are still to come.", n=formats.number(waiting)),
        ngettext(
            "For {n} case no number was given, because too few like it were known.",
            "For {n} cases no number was given, because too few like them were known.",
            found.without_number,
        ),
    ]
    yield html.P(" ".join(sentences), className="numbers")
    yield html.P(html.A(_("Download as {format}", format="CSV"), href=CSV, download=""))
