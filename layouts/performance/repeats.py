"""Repeats: how often a problem is reported again while it is open, by type and neighborhood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.filter_form import Choice, place_and_type_form
from layouts.cases.list_parts import list_address
from layouts.cases.sentence import describe_filter
from layouts.performance.cells import NONE, write_over
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, pgettext, weave
from portal.domain.filters import CaseFilter
from portal.domain.intervals import FEW_CASES
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.performance.repeats import RepeatRow, Repeats, TypeRepeats

PATH = "/performance/repeats"
ANCHOR = "repeats"
MOST_TYPES = 15


@dataclass(frozen=True)
class RepeatsScope:
    """The page's filter, and the words for what is in it."""

    case_filter: CaseFilter
    names: Mapping[str, str]
    places: tuple[Choice, ...]
    types: tuple[Choice, ...]

    def address(self, suffix: str = "") -> str:
        """This page, or its file."""
        query = self.case_filter.to_query_string()
        return f"{PATH}{suffix}?{query}" if query else f"{PATH}{suffix}"

    def list_of(self, found: Repeats, **more: Any) -> str:
        """The list of a type's cases of the period, the repeats among them."""
        days = {"start": found.period.first, "end": found.period.last}
        return list_address(replace(self.case_filter, **days, **more))


def repeats_page(
    city: Jurisdiction, scope: RepeatsScope, found: Repeats, min_incidents: int, now: int
) -> Page:
    """The page. `now` is in epoch seconds; types have at least `min_incidents`."""
    body = [
        html.P(
            html.A(_("How {city} responds", city=city.name), href="/performance"),
            className="back",
        ),
        html.H1(_heading(city), tabIndex="-1"),
        notice(
            html.Strong(_("These are repeats, not need.")),
            _(
                "A problem is reported again where more people pass, where more of them report, and"
                " where it stays open longer. And only what the city’s staff found to be the same"
                " problem counts."
            ),
            kind="warning",
        ),
        *_lead(city, scope, found, now),
    ]
    return Page(
        title=f"{_heading(city)} · Citizens Connect",
        description=_("How often a second report of the same problem comes while it is open."),
        body=[*body, *_tables(city, scope, found, min_incidents)],
        path=scope.address(),
    )


def _heading(city: Jurisdiction) -> str:
    return _("What is reported again in {city}", city=city.name)


def _lead(city: Jurisdiction, scope: RepeatsScope, found: Repeats, now: int) -> Iterator[Any]:
    first, last = (formats.calendar_day(day) for day in (found.period.first, found.period.last))
    always = replace(scope.case_filter, start=None, end=None)
    about = "" if always.is_empty else describe_filter(always, scope.names, city.name) + ": "
    days = _("Problems reported from {first} to {last}.", first=first, last=last)
    moment = weave(_("As of {moment}."), moment=moment_tag(found.as_of, city.zone, now))
    yield html.P(f"{about}{days}", className="lead")
    yield html.P([*moment, " ", counting_link(ANCHOR)], className="numbers")
    yield place_and_type_form(PATH, scope.case_filter, list(scope.places), list(scope.types))


def _tables(
    city: Jurisdiction, scope: RepeatsScope, found: Repeats, min_incidents: int
) -> Iterator[Any]:
    if not found.has_any:
        sentence = _(
            "The record of {city} does not say which cases repeat another. So we cannot say how"
            " often a problem is reported again, and we do not guess it from places.",
            city=city.name,
        )
        yield notice(sentence)
        return
    if not (found.types or found.silent_types):
        yield notice(
            _(
                "No type has {n} problems or more here: too few to say how often one is reported"
                " again.",
                n=min_incidents,
            )
        )
        return
    yield from _say_typical(found)
    for number, kind in enumerate(found.types[:MOST_TYPES]):
        yield _type(scope, found, kind, is_open=number == 0)
    yield from _notes(scope, found, min_incidents)


def _say_typical(found: Repeats) -> Iterator[html.P]:
    if not found.types:
        return
    problems = sum(kind.total.incidents for kind in found.types)
    again = sum(kind.total.again for kind in found.types)
    yield html.P(
        _(
            "Of {problems} problems of these types, {again} were reported again while they were"
            " open.",
            problems=formats.number(problems),
            again=formats.number(again),
        )
    )


def _type(scope: RepeatsScope, found: Repeats, kind: TypeRepeats, *, is_open: bool) -> html.Details:
    heads = [
        pgettext("of a table of numbers", "Name"),
        _("Percent"),
        _("Reported again"),
        _("Days open, on average"),
    ]
    rows = [_row(row, _name(scope, found, kind, row)) for row in kind.rows]
    whole = _row(kind.total, _("All together"))
    summary = html.Summary(
        [html.H2(mark_city_words(kind.name, kind.name)), " ", _say_share(kind.total)]
    )
    numbers = table(kind.name, heads, [*rows, whole], frozenset({1, 2, 3}))
    cases = html.A(_("See these cases"), href=scope.list_of(found, service=(kind.slug,)))
    return html.Details([summary, numbers, html.P(cases)], open=is_open, className="cut")


def _say_share(total: RepeatRow) -> str:
    low, high = (_write_percent(end) for end in total.interval or (0, 0))
    share = _write_percent(total.share or 0)
    return _("{share}% reported again (likely {low} to {high})", share=share, low=low, high=high)


def _name(scope: RepeatsScope, found: Repeats, kind: TypeRepeats, row: RepeatRow) -> Any:
    if row.slug is None:
        return _("In none of them")
    address = scope.list_of(found, service=(kind.slug,), neighborhood=(row.slug,))
    return html.A(mark_city_words(row.name or "", row.name or ""), href=address)


def _row(row: RepeatRow, name: Any) -> list[Any]:
    share: Any = NONE
    if row.share is not None and row.interval is not None:
        share = write_over(_write_percent(row.share), *map(_write_percent, row.interval))
    days = row.average_days
    numbers = {"n": formats.number(row.again), "all": formats.number(row.incidents)}
    return [
        name,
        share,
        _("{n} of {all}", **numbers),
        NONE if days is None else f"{days:.1f}",
    ]


def _write_percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _notes(scope: RepeatsScope, found: Repeats, min_incidents: int) -> Iterator[Any]:
    if len(found.types) > MOST_TYPES:
        yield html.P(
            _("The {n} types with the most problems. The file has all.", n=MOST_TYPES),
            className="numbers",
        )
    if found.silent_types:
        names = formats.join_words([kind.name for kind in found.silent_types])
        n = len(found.silent_types)
        said = ngettext(
            "Of {n} type nothing was reported again, or the city does not join its cases: {types}.",
            "Of {n} types nothing was reported again, or the city does not join their cases:"
            " {types}.",
            n,
            types=names,
        )
        yield html.P(said)
    yield html.P(
        _(
            "Types with {min} problems or more. Below each share: where it may be by chance (95%)."
            " A dash: fewer than {n} problems. We do not know who reported: it can be the same"
            " person twice. Cases made by the city’s staff are left out.",
            min=min_incidents,
            n=FEW_CASES,
        ),
        className="numbers",
    )
    download = html.A(
        _("Download as {format}", format="CSV"), href=scope.address(".csv"), download=""
    )
    yield html.P(download)
