"""Compare: two to six areas, departments, types or periods, pooled and with the same mix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from dash import html

from layouts.cases.filter_form import Choice
from layouts.cases.list_parts import list_address
from layouts.figures.kinds import dots
from layouts.performance.cells import NONE, say_share, short_days, short_share, write_over
from layouts.performance.chart import chart
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words, say_district
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.fields import hidden_box
from layouts.shared.language import _, ngettext, pgettext, weave
from layouts.shared.prerender import aria_label, tag
from portal.domain.filters import CaseFilter
from portal.domain.intervals import FEW_CASES
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.same_mix import Share

if TYPE_CHECKING:
    from portal.queries.performance.compare import Comparison, Group, Reversal

PATH = "/performance/compare"
ANCHOR = "compare"
FIELDS = ("district", "neighborhood", "department", "service")
"""What can be compared, beside periods."""
LEAST, MOST = 2, 6
DAYS = 30
MOST_KINDS = 12
Days = tuple[date, date]


@dataclass(frozen=True)
class CompareScope:
    """What is compared: a field of the filter, or periods where it is empty.

    `case_filter` has all that was asked; `choices`: what the city has, by field; `last`: the
    newest day of the record.
    """

    field: str
    case_filter: CaseFilter
    periods: tuple[Days, ...]
    choices: dict[str, tuple[Choice, ...]]
    last: date

    def address(self, suffix: str = "") -> str:
        """This page, or its file."""
        return compare_address(self.case_filter, self.periods, suffix)

    def list_of(self, slug: str, days: Days) -> str:
        """The list of a group's cases."""
        only = {self.field: (slug,)} if self.field else {}
        return list_address(replace(self.case_filter, start=days[0], end=days[1], **only))


def compare_address(case_filter: CaseFilter, periods: Sequence[Days] = (), suffix: str = "") -> str:
    """The page, or a file of it, for a filter with several values, or for periods."""
    spans = urlencode([("period", write_days(days)) for days in periods])
    query = "&".join(filter(None, (case_filter.to_query_string(), spans)))
    return f"{PATH}{suffix}?{query}" if query else f"{PATH}{suffix}"


def write_days(days: Days) -> str:
    """As an address has them: 2026-01-01..2026-06-30."""
    return f"{days[0]}..{days[1]}"


def say_days_of(days: Days) -> str:
    """As people read them."""
    first, last = (formats.calendar_day(day) for day in days)
    return _("{first} to {last}", first=first, last=last)


def compare_page(
    city: Jurisdiction,
    scope: CompareScope,
    found: Comparison | None,
    days: Sequence[Days],
    problem: str,
    now: int,
) -> Page:
    """The page. `days`: of each group, in their order. Without `found` it says the `problem`.

    `now` is in epoch seconds.
    """
    heading = _("Compare")
    back = html.A(_("How {city} responds", city=city.name), href="/performance")
    body: list[Any] = [html.P(back, className="back"), html.H1(heading, tabIndex="-1")]
    if problem:
        body.append(notice(problem))
    if found:
        moment = moment_tag(found.as_of, city.zone, now)
        body += [
            html.P(_lead(days), className="lead"),
            html.P(
                [*weave(_("As of {moment}."), moment=moment), " ", counting_link(ANCHOR)],
                className="numbers",
            ),
            *_said(found),
            *_pooled(scope, found, days),
            *_plot(found),
            *_kinds(scope, found),
            html.P(html.A(_("Download as {format}", format="CSV"), href=scope.address(".csv"))),
        ]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("Areas, departments, types or periods side by side, with the same mix."),
        body=[*body, *_choose(scope)],
        path=scope.address(),
    )


def _lead(days: Sequence[Days]) -> str:
    if len(set(days)) == 1:
        first, last = (formats.calendar_day(day) for day in days[0])
        return _("Cases opened from {first} to {last}.", first=first, last=last)
    return _("Cases opened in each of these periods.")


def _said(found: Comparison) -> Iterator[Any]:
    """What a reader would get wrong from the first column alone."""
    for one in found.reversals:
        yield notice(_say_reversal(one), kind="warning")


def _say_reversal(one: Reversal) -> str:
    names = {"ahead": group_name(one.ahead), "behind": group_name(one.behind), "n": str(DAYS)}
    if one.in_every_kind:
        return _(
            "Of all its cases, {ahead} closes a larger share within {n} days than {behind}. But it"
            " closes a smaller share of every single kind of case that they all have: it has more"
            " of the kinds that are closed fast.",
            **names,
        )
    return _(
        "Of all its cases, {ahead} closes a larger share within {n} days than {behind}. With the"
        " same mix of kinds it would close a smaller one: it has more of the kinds that are closed"
        " fast.",
        **names,
    )


def group_name(group: Group) -> str:
    """A group as a sentence names it."""
    return say_district(group.name)


def _pooled(scope: CompareScope, found: Comparison, days: Sequence[Days]) -> Iterator[Any]:
    title = _("Side by side")
    heads = [
        pgettext("of a table of numbers", "Name"),
        _("Opened"),
        _("Closed"),
        _("Half closed, days"),
        _("Within {n} days", n=DAYS),
        _("Same mix"),
        _("In time"),
    ]
    rows = []
    for one, span in zip(found.groups, days, strict=True):
        opened = html.A(formats.number(one.cases.opened), href=scope.list_of(one.slug, span))
        rows.append(
            [
                mark_city_words(group_name(one)),
                opened if one.cases.opened else formats.number(0),
                say_share(one.cases.closed, one.cases.opened),
                short_days(one.cases),
                write_share(one.pooled),
                write_share(one.same_mix),
                short_share(one.cases),
            ]
        )
    numbers = table(title, heads, rows, frozenset(range(1, len(heads))))
    yield html.Section([html.H2(title), numbers, *_notes(found)], className="cut")


def _notes(found: Comparison) -> Iterator[Any]:
    yield html.P(
        _(
            "Open cases count as open. Below each number: where it may be by chance (95 %). A dash:"
            " fewer than {n} cases, or half are not closed yet.",
            n=FEW_CASES,
        ),
        className="numbers",
    )
    if any(one.same_mix for one in found.groups):
        least = min(one.covered for one in found.groups)
        said = ngettext(
            "Same mix: as if each had the same share of the {n} kind that all of them have; that is"
            " {share} or more of the cases of each.",
            "Same mix: as if each had the same shares of the {n} kinds that all of them have; they"
            " are {share} or more of the cases of each.",
            len(found.common),
            share=f"{least:.0%}",
        )
    else:
        said = _("They have too few kinds of cases in common to say what the same mix would give.")
    yield html.P(said, className="numbers")


def write_share(share: Share | None) -> Any:
    """A share over its interval, for a narrow column."""
    if share is None:
        return NONE
    low, high = (f"{100 * end:.0f}" for end in (share.low, share.high))
    return write_over(f"{100 * share.value:.0f}%", low, high)


def _plot(found: Comparison) -> Iterator[Any]:
    """In the order asked: places in a league would be chance where the lines overlap."""
    is_mixed = all(one.same_mix for one in found.groups)
    shares = [one.same_mix if is_mixed else one.pooled for one in found.groups]
    if not any(shares):
        return
    names = [group_name(one) for one in found.groups]
    figure = dots(names, [(s.value, s.low, s.high) if s else None for s in shares])
    title = _("Closed within {n} days", n=DAYS)
    said = (
        _("With the same mix of kinds. Where the lines overlap, chance may have set them apart.")
        if is_mixed
        else _("Of all cases of each. Where the lines overlap, chance may have set them apart.")
    )
    rows = [[name, write_share(share)] for name, share in zip(names, shares, strict=True)]
    yield chart(figure, title, said, [pgettext("of a table of numbers", "Name"), title], rows)


def _kinds(scope: CompareScope, found: Comparison) -> Iterator[Any]:
    """The shares within each kind that all of them have."""
    if not found.common:
        return
    title = _("Kind by kind: closed within {n} days", n=DAYS)
    heads = [pgettext("of a table of numbers", "Name"), *map(group_name, found.groups)]
    rows = [
        [mark_city_words(name), *(write_share(one.share_of_kind(slug)) for one in found.groups)]
        for slug, name in found.common[:MOST_KINDS]
    ]
    numbers = table(title, heads, rows, frozenset(range(1, len(heads))))
    parts = [html.Summary(html.H2(title)), numbers]
    if len(found.common) > MOST_KINDS:
        said = _("The {n} with the most cases.", n=MOST_KINDS)
        parts.append(html.P(said, className="numbers"))
    yield html.Details(parts, className="cut", open=True)


def _choose(scope: CompareScope) -> Iterator[Any]:
    """Forms without scripts: one for each thing to compare, and periods as links."""
    yield html.H2(_("Choose what to compare"))
    titles = {
        "district": _("Council districts"),
        "neighborhood": _("Neighborhoods"),
        "department": _("Departments"),
        "service": _("Types"),
    }
    for field in FIELDS:
        if len(scope.choices[field]) >= LEAST:
            yield _boxes(scope, field, titles[field])
    yield html.Nav(
        [html.H3(_("Periods")), html.Ul([html.Li(link) for link in _period_links(scope)])],
        **aria_label(_("Periods")),
    )


def _boxes(scope: CompareScope, field: str, title: str) -> html.Details:
    rest = replace(scope.case_filter, **{name: () for name in (scope.field, field) if name})
    chosen = getattr(scope.case_filter, field) if field == scope.field else ()
    boxes = [
        tag(
            "label",
            {"class": "choice"},
            [
                tag(
                    "input",
                    {"type": "checkbox", "name": field, "value": slug, "checked": slug in chosen},
                ),
                " ",
                mark_city_words(say_district(name) if field == "district" else name),
            ],
        )
        for slug, name in scope.choices[field]
    ]
    form = html.Form(
        [
            *[hidden_box(name, value) for name, value in parse_qsl(rest.to_query_string())],
            tag(
                "fieldset",
                {"class": "compare-choices"},
                [tag("legend", {}, _("Two to six of them")), *boxes],
            ),
            html.Button(_("Compare"), type="submit", className="button"),
        ],
        action=PATH,
        method="get",
    )
    return html.Details([html.Summary(html.H3(title)), form], open=field == scope.field)


def _period_links(scope: CompareScope) -> Iterator[html.A]:
    """The usual questions: against the time before, and against a year earlier."""
    last, day = scope.last, timedelta(days=1)
    # A year has 364 days here, so that both have the same days of the week.
    quarter = last - 90 * day, last
    year = last - 363 * day, last
    back = timedelta(days=91), timedelta(days=364)
    choices = (
        (_("The last 13 weeks, and the 13 before"), quarter, back[0]),
        (_("The last 13 weeks, and the same a year earlier"), quarter, back[1]),
        (_("The last 52 weeks, and the 52 before"), year, back[1]),
    )
    only = replace(
        scope.case_filter,
        start=None,
        end=None,
        **({scope.field: ()} if scope.field and len(_values(scope)) > 1 else {}),
    )
    for words, span, earlier in choices:
        before = span[0] - earlier, span[1] - earlier
        yield html.A(words, href=compare_address(only, (before, span)))


def _values(scope: CompareScope) -> tuple[str, ...]:
    return getattr(scope.case_filter, scope.field)
