"""Performance: what became of the cases of a period, beside a year ago and the whole city.

Each number says what it counts, leads to its cases, and is left out where there are too few to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.filter_form import Choice, place_and_type_form
from layouts.cases.list_parts import list_address
from layouts.cases.sentence import describe_filter
from layouts.performance.cells import say_days, say_in_time, say_share, short_days, short_share
from layouts.performance.charts import ages_chart, curve_chart, flow_chart
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, pgettext, weave
from layouts.shared.prerender import aria_label, tag
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.intervals import FEW_CASES
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.performance.cohorts import Cohort
    from portal.queries.performance.overview import Overview

PATH = "/performance"
ANCHOR = "performance"
MOST_ROWS = 15
KINDS = {"department": "departments", "service": "services", "neighborhood": "neighborhoods"}
"""Cuts with a page that has all of them, and the word for it in addresses."""
Read = Callable[["Cohort"], tuple[str, str]]
"""A number of a cohort as words, and what is said of it below."""


@dataclass(frozen=True)
class Scope:
    """What the page is about: the filter without its days, and the words for what is in it."""

    case_filter: CaseFilter
    names: Mapping[str, str]
    places: tuple[Choice, ...]
    types: tuple[Choice, ...]

    def list_of(self, found: Overview, **more: Any) -> str:
        """The list of the period's cases, or of some of them."""
        days = {"start": found.period.first, "end": found.period.last}
        return list_address(replace(self.case_filter, **days, **more))

    def list_of_open(self) -> str:
        """The list of all that is open, whenever it was opened."""
        return list_address(replace(self.case_filter, status=STILL_OPEN, start=None, end=None))

    def address(self, **more: Any) -> str:
        """This page for another filter."""
        query = replace(self.case_filter, **more).to_query_string()
        return f"{PATH}?{query}" if query else PATH


def performance_page(city: Jurisdiction, scope: Scope, found: Overview, now: int) -> Page:
    """The page. `now` is in epoch seconds."""
    heading = _heading(city, scope)
    days = _say_days(found)
    body = [
        html.H1(heading, tabIndex="-1"),
        html.P(_lead(scope, found), className="lead"),
        html.P(
            [
                *weave(_("As of {moment}."), moment=moment_tag(found.as_of, city.zone, now)),
                " ",
                counting_link(ANCHOR),
            ],
            className="numbers",
        ),
        place_and_type_form(PATH, scope.case_filter, list(scope.places), list(scope.types)),
        _periods(scope, found),
    ]
    if not found.cases.opened:
        return _page(heading, scope, [*body, notice(_("No case was opened in these days."))])
    body += [
        _figures(city, scope, found),
        *_months_chart(city, found),
        *curve_chart(found.cases, found.city, days),
        *ages_chart(found.waiting, scope.list_of_open()),
        *(part for cut in _cut_words() for part in _cut(scope, found, cut)),
        _more(city),
    ]
    return _page(heading, scope, body)


def _page(heading: str, scope: Scope, body: list[Any]) -> Page:
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("How many cases were closed, how fast, and how many in time."),
        body=body,
        path=scope.address(),
    )


def _heading(city: Jurisdiction, scope: Scope) -> str:
    always = replace(scope.case_filter, start=None, end=None)
    if always.is_empty:
        return _("How {city} responds", city=city.name)
    about = describe_filter(always, scope.names, city.name)
    return _("How the city responds: {cases}", cases=about)


def _say_days(found: Overview) -> str:
    first, last = (formats.calendar_day(day) for day in (found.period.first, found.period.last))
    return _("opened from {first} to {last}", first=first, last=last)


def _lead(scope: Scope, found: Overview) -> list[Any]:
    cases, days = found.cases, _say_days(found)
    all_of_them = html.A(formats.count_cases(cases.opened), href=scope.list_of(found))
    closed = formats.number(cases.closed)
    median = cases.days_until(50) if cases.is_enough else None
    if median is None:
        sentence = _("Of {cases} {days}, {closed} are closed.", days=days, closed=closed)
        return weave(sentence, cases=all_of_them)
    sentence = _(
        "Of {cases} {days}, {closed} are closed; half of all were closed within {typical}.",
        days=days,
        closed=closed,
        typical=formats.whole_days(median),
    )
    return weave(sentence, cases=all_of_them)


def _periods(scope: Scope, found: Overview) -> html.Nav:
    """Other days, as links: they work without scripts, and say what they are."""
    last = found.period.last
    choices = (
        (_("Last 30 days"), last - timedelta(days=29), last),
        (_("Last 90 days"), last - timedelta(days=89), last),
        (_("Last 365 days"), last - timedelta(days=364), last),
        (_("This year so far"), date(last.year, 1, 1), last),
    )
    links = []
    for words, start, end in choices:
        is_here = (start, end) == (found.period.first, found.period.last)
        attributes = {"href": scope.address(start=start, end=end), "class": "button button-quiet"}
        links.append(tag("a", attributes | ({"aria-current": "true"} if is_here else {}), words))
    return html.Nav(links, className="share-ways days-chosen", **aria_label(_("Which days")))


def _figures(city: Jurisdiction, scope: Scope, found: Overview) -> html.Dl:
    """The numbers at the top, each with the same of a year ago and of the city."""
    still_open, closed = (
        scope.list_of(found, status=status) for status in (STILL_OPEN, ("closed",))
    )
    every = (
        (_("Opened"), scope.list_of(found), lambda c: (formats.number(c.opened), "")),
        (_("Closed"), closed, lambda c: (formats.number(c.closed), say_share(c.closed, c.opened))),
        (_("Not closed yet"), still_open, lambda c: (formats.number(c.still_open), "")),
        (_("Half closed within"), "", lambda c: say_days(c, 50)),
        (_("Nine in ten closed within"), "", lambda c: say_days(c, 90)),
        (_("In time, by the city’s target"), "", say_in_time),
    )
    figures = [_figure(found, *one) for one in every]
    return html.Dl([*figures, _reopened(city, found)], className="figures-of-scope")


def _reopened(city: Jurisdiction, found: Overview) -> html.Div:
    """How many were opened again; no share, because nobody saw what happened before `since`."""
    parts = [
        html.Dt(_("Opened again after closing")),
        html.Dd(formats.number(found.reopened.cases), className="big-number"),
    ]
    if found.reopened.since is not None:
        day = datetime.fromtimestamp(found.reopened.since, city.zone).date()
        said = _("as seen since {day}", day=formats.calendar_day(day))
        parts.append(html.Dd(said, className="quiet"))
    return html.Div(parts)


def _figure(found: Overview, words: str, address: str, read: Read) -> html.Div:
    value, more = read(found.cases)
    parts = [html.Dd(html.A(value, href=address) if address else value, className="big-number")]
    if more:
        parts.append(html.Dd(more, className="quiet"))
    if found.year_ago:
        said = _("A year earlier: {value}", value=read(found.year_ago)[0])
        parts.append(html.Dd(said, className="quiet"))
    if found.city:
        said = _("The whole city: {value}", value=read(found.city)[0])
        parts.append(html.Dd(said, className="quiet"))
    return html.Div([html.Dt(words), *parts])


def _months_chart(city: Jurisdiction, found: Overview) -> list[Any]:
    places = [formats.short_month(counts.month.first) for counts in found.months]
    said = _(
        "Cases opened (solid) and closed (dashed) in each of these {n} months.",
        n=formats.number(len(places)),
    )
    today = datetime.fromtimestamp(found.as_of, city.zone).date()
    if found.months and today <= found.months[-1].month.last:
        said = f"{said} {_('The last month is not over.')}"
    return flow_chart(_("Month"), places, found.months, said)


def _cut_words() -> dict[str, str]:
    return {
        "department": _("By department"),
        "service": _("By type"),
        "neighborhood": _("By neighborhood"),
        "channel": _("By channel"),
    }


def _cut(scope: Scope, found: Overview, cut: str) -> list[Any]:
    """A table by name; no league: who has the harder cases is not seen in it."""
    cohorts = [one for one in found.cuts[cut] if one.slug]
    if len(cohorts) < 2:
        return []
    heads = [
        pgettext("of a table of numbers", "Name"),
        _("Opened"),
        _("Closed"),
        _("Half closed, days"),
        _("In time"),
    ]
    shown = sorted(cohorts[:MOST_ROWS], key=lambda one: one.name or "")
    rows = [_row(scope, found, cut, one) for one in shown]
    title = _cut_words()[cut]
    kind = KINDS.get(cut)
    everything = html.P(html.A(_("All of them, month by month"), href=f"{PATH}/{kind}"))
    notes = [
        _(
            "Below each number: where it may be by chance (95 %). A dash: fewer than {n} cases, or"
            " half are not closed yet.",
            n=FEW_CASES,
        )
    ]
    if len(cohorts) > MOST_ROWS:
        notes.append(_("The {n} with the most cases.", n=MOST_ROWS))
    numbers = table(title, heads, rows, frozenset({1, 2, 3, 4}))
    parts = [html.Summary(html.H2(title)), numbers, html.P(" ".join(notes), className="numbers")]
    if kind and scope.case_filter.is_empty:
        parts.append(everything)
    return [html.Details(parts, open=cut == "department", className="cut")]


def _row(scope: Scope, found: Overview, cut: str, one: Cohort) -> list[Any]:
    chosen = {cut: (one.slug,)}
    days = {"start": scope.case_filter.start, "end": scope.case_filter.end}
    name = html.A(mark_city_words(one.name or ""), href=scope.address(**chosen, **days))
    opened = html.A(formats.number(one.opened), href=scope.list_of(found, **chosen))
    return [name, opened, say_share(one.closed, one.opened), short_days(one), short_share(one)]


def _more(city: Jurisdiction) -> html.Nav:
    """The other pages on how the city responds."""
    links = (
        (_("Compare areas, departments, types or periods"), f"{PATH}/compare"),
        (_("Council districts, month by month"), f"{PATH}/districts"),
        (_("The week in brief, for each council district"), f"{PATH}/briefing"),
        (_("The monthly report"), f"{PATH}/report"),
        (_("What changed for better or worse"), f"{PATH}/changes"),
        (_("Who is heard in {city}", city=city.name), f"{PATH}/equity"),
        (_("What is reported again in {city}", city=city.name), f"{PATH}/repeats"),
        (_("Did our forecasts for {city} hold?", city=city.name), f"{PATH}/forecasts"),
        (_("What the city changed in its record"), "/changes"),
    )
    items = [html.Li(html.A(words, href=address)) for words, address in links]
    return html.Nav(
        [html.H2(_("See also")), html.Ul(items, className="plain-list")],
        **aria_label(_("Other pages on how the city responds")),
    )
