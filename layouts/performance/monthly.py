"""The monthly report: a month by district, neighborhood and ZIP code, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.filter_form import Choice, place_and_type_form
from layouts.cases.list_parts import list_address
from layouts.cases.sentence import describe_filter
from layouts.performance.cells import short_days, short_share
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words, say_district
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, pgettext, weave
from layouts.shared.prerender import aria_label
from portal.domain.filters import CaseFilter
from portal.domain.intervals import FEW_CASES
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.month import Month

if TYPE_CHECKING:
    from portal.queries.performance.monthly import Monthly, MonthlyRow

PATH = "/performance/report"
ANCHOR = "the-monthly-report"
SUFFIXES = ("csv", "xlsx")


@dataclass(frozen=True)
class MonthlyScope:
    """The filter of a report without its days, and the words for what is in it."""

    case_filter: CaseFilter
    names: Mapping[str, str]
    places: tuple[Choice, ...]
    types: tuple[Choice, ...]

    def address(self, month: Month, suffix: str = "") -> str:
        """The report on another month, or a file of it."""
        query = self.case_filter.to_query_string()
        path = f"{PATH}/{month}{suffix}"
        return f"{path}?{query}" if query else path

    def list_of(self, month: Month, kind: str, slug: str | None) -> str | None:
        """The list of the cases received; None where no list can be made of exactly these."""
        days = {"start": month.first, "end": month.last}
        if not kind:
            return list_address(replace(self.case_filter, **days))
        if slug is None or kind == "zipcode" or getattr(self.case_filter, kind):
            return None
        return list_address(replace(self.case_filter, **days, **{kind: (slug,)}))


def monthly_page(city: Jurisdiction, scope: MonthlyScope, found: Monthly, now: int) -> Page:
    """The page. `now` is in epoch seconds."""
    month = formats.month(found.month.first)
    heading = _("{city} in {month}", city=city.name, month=month)
    body = [
        html.H1(heading, tabIndex="-1"),
        html.P(_lead(city, scope, found), className="lead"),
        html.P(
            [
                *weave(_("As of {moment}."), moment=moment_tag(found.as_of, city.zone, now)),
                " ",
                counting_link(ANCHOR),
            ],
            className="numbers",
        ),
        _other_months(scope, found),
        *([] if found.is_over else [notice(_("This month is not over in the record."))]),
        place_and_type_form(
            f"{PATH}/{found.month}", scope.case_filter, list(scope.places), list(scope.types)
        ),
    ]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("What was received and closed in a month, in every part of the city."),
        body=[*body, *_tables(scope, found)],
        path=scope.address(found.month),
    )


def _lead(city: Jurisdiction, scope: MonthlyScope, found: Monthly) -> list[Any]:
    total = found.total
    about = (
        describe_filter(scope.case_filter, scope.names, city.name)
        if not scope.case_filter.is_empty
        else ""
    )
    sentence = _(
        "{received} were received in this month, {closed} were closed, and {open} were open at its"
        " end."
    )
    received = html.A(formats.count_cases(total.received), href=scope.list_of(found.month, "", ""))
    said = weave(
        sentence,
        received=received,
        closed=formats.number(total.closed),
        open=formats.number(total.still_open),
    )
    return [about, ": ", *said] if about else said


def _other_months(scope: MonthlyScope, found: Monthly) -> html.Nav:
    """The month before and the one after, and the report's files."""
    links = [(formats.month(other.first), scope.address(other)) for other in found.neighbors]
    links += [
        (_("Download as {format}", format=suffix.upper()), scope.address(found.month, f".{suffix}"))
        for suffix in SUFFIXES
    ]
    return html.Nav(
        [html.A(words, href=address, className="button button-quiet") for words, address in links],
        className="share-ways",
        **aria_label(_("Other months, and files")),
    )


def _tables(scope: MonthlyScope, found: Monthly) -> list[Any]:
    titles = {
        "district": _("By council district"),
        "neighborhood": _("By neighborhood"),
        "zipcode": _("By ZIP code"),
    }
    notes = html.P(
        _(
            "Half closed, and in time: of the cases received in the month, open ones as open. Below"
            " each: where it may be by chance (95 %). A dash: fewer than {n} cases, or half are not"
            " closed yet.",
            n=FEW_CASES,
        ),
        className="numbers",
    )
    parts: list[Any] = []
    for kind, rows in found.parts.items():
        if any(row.slug for row in rows):
            parts.append(_part(scope, found, kind, titles[kind]))
    if not parts:
        parts = [_part(scope, found, "", _("The city"))]
    return [*parts, notes]


def _part(scope: MonthlyScope, found: Monthly, kind: str, title: str) -> html.Section:
    return html.Section([html.H2(title), _table(scope, found, kind, title)], className="cut")


def _table(scope: MonthlyScope, found: Monthly, kind: str, title: str) -> html.Div:
    heads = [
        pgettext("of a table of numbers", "Name"),
        _("Received"),
        _("Closed"),
        _("Open at the end"),
        _("Half closed, days"),
        _("In time"),
    ]
    whole = _row(scope, found.month, "", found.total, _("The whole city"))
    areas = found.parts[kind] if kind else ()
    rows = [_row(scope, found.month, kind, one, _name(kind, one)) for one in areas]
    return table(title, heads, [*rows, whole], frozenset(range(1, len(heads))))


def _name(kind: str, row: MonthlyRow) -> Any:
    if not row.name:
        return _("In none of them")
    return mark_city_words(say_district(row.name) if kind == "district" else row.name)


def _row(scope: MonthlyScope, month: Month, kind: str, row: MonthlyRow, name: Any) -> list[Any]:
    address = scope.list_of(month, kind, row.slug) if row.received else None
    received = formats.number(row.received)
    return [
        name,
        html.A(received, href=address) if address else received,
        formats.number(row.closed),
        formats.number(row.still_open),
        short_days(row.cases) if row.cases else "–",
        short_share(row.cases) if row.cases else "–",
    ]
