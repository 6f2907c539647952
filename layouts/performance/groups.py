"""All districts, neighborhoods, departments or types: one small chart and one row for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.figures.kinds import Series, lines
from layouts.figures.svg import draw
from layouts.performance.cells import say_share, short_days, short_share
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words, say_district
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, pgettext, weave
from layouts.shared.prerender import tag
from portal.domain.intervals import FEW_CASES
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.performance.cohorts import Cohort
    from portal.queries.performance.groups import Groups

PATH = "/performance"
SMALL = 176
"""Width of a small chart, CSS pixels."""
MOST_DRAWN = 30


def groups_page(city: Jurisdiction, kind: str, found: Groups, now: int) -> Page:
    """The page of a `kind`, as addresses write it (districts…). `now` is in epoch seconds."""
    heading = _headings()[kind]
    first, last = (formats.calendar_day(day) for day in (found.period.first, found.period.last))
    back = html.A(_("How {city} responds", city=city.name), href=PATH)
    body: list[Any] = [
        html.P(back, className="back"),
        html.H1(heading, tabIndex="-1"),
        html.P(_("Cases opened from {first} to {last}.", first=first, last=last), className="lead"),
        html.P(
            [
                *weave(_("As of {moment}."), moment=moment_tag(found.as_of, city.zone, now)),
                " ",
                counting_link("performance"),
            ],
            className="numbers",
        ),
    ]
    if found.cohorts:
        body += [*_drawings(kind, found), _table(kind, found, heading)]
    else:
        body.append(notice(_("No case was opened in these days.")))
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("How many cases were closed, how fast, and how many in time."),
        body=body,
        path=f"{PATH}/{kind}",
    )


def _headings() -> dict[str, str]:
    return {
        "districts": _("How the city responds, by council district"),
        "neighborhoods": _("How the city responds, by neighborhood"),
        "departments": _("How the city responds, by department"),
        "services": _("How the city responds, by type"),
    }


def _name(kind: str, one: Cohort) -> Any:
    name = one.name or ""
    words = mark_city_words(say_district(name) if kind == "districts" else name)
    return html.A(words, href=f"{PATH}/{kind}/{one.slug}")


def _drawings(kind: str, found: Groups) -> list[Any]:
    """Cases opened by month, all on the same scale, so that they can be told apart at a glance."""
    shown = sorted(found.cohorts, key=lambda one: -one.opened)[:MOST_DRAWN]
    shown.sort(key=lambda one: one.name or "")
    highest = max((max(found.opened.get(one.slug or "", (0,))) for one in shown), default=0)
    if len(found.months) < 2 or not highest:
        return []
    places = [formats.short_month(month.first) for month in found.months]
    items = []
    for one in shown:
        opened = found.opened.get(one.slug or "", (0,) * len(places))
        figure = lines([Series(_("Opened"), opened)], places, formats.number, highest, most_ticks=2)
        said = _("{n} in {month}", n=formats.number(opened[-1]), month=places[-1])
        items.append(html.Li([_name(kind, one), draw(figure, SMALL), html.Small(said)]))
    note = _(
        "Cases opened in each month from {first} to {last}, all on the same scale.",
        first=places[0],
        last=places[-1],
    )
    title = _("Cases opened, month by month")
    return [html.H2(title), html.P(note, className="numbers"), tag("ul", _MULTIPLES, items)]


_MULTIPLES = {"class": "small-multiples"}


def _table(kind: str, found: Groups, title: str) -> html.Section:
    heads = [
        pgettext("of a table of numbers", "Name"),
        _("Opened"),
        _("Closed"),
        _("Half closed, days"),
        _("In time"),
    ]
    rows = [
        [
            _name(kind, one),
            formats.number(one.opened),
            say_share(one.closed, one.opened),
            short_days(one),
            short_share(one),
        ]
        for one in found.cohorts
    ]
    note = _(
        "Below each number: where it may be by chance (95 %). A dash: fewer than {n} cases, or"
        " half are not closed yet.",
        n=FEW_CASES,
    )
    numbers = table(title, heads, rows, frozenset({1, 2, 3, 4}))
    parts = [html.H2(_("The numbers")), numbers, html.P(note, className="numbers")]
    return html.Section(parts, className="cut")
