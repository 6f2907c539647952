"""What the city changed: the days of two weeks, and a day with its cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dash import html

from layouts.cases.case_timeline import describe_changes
from layouts.cases.filter_form import Choice, place_and_type_form
from layouts.cases.sentence import describe_filter
from layouts.shared import formats
from layouts.shared.components import (
    case_address,
    case_heading,
    counting_link,
    moment_tag,
    notice,
)
from layouts.shared.document import Page
from layouts.shared.fields import hidden_box, input_box
from layouts.shared.language import _, ngettext, pgettext
from layouts.shared.prerender import aria_label
from portal.domain.as_of import PARAMETER
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.data.case_changes import CaseWithChanges
    from portal.queries.data.changes import DayChanges

FEED_TYPE = "application/atom+xml"


@dataclass(frozen=True)
class Asked:
    """What pages of changes are asked for.

    `names`: slug of the filter → the city's word; `places` and `types` can be chosen.
    """

    case_filter: CaseFilter
    names: Mapping[str, str]
    places: tuple[Choice, ...]
    types: tuple[Choice, ...]

    def address(self, path: str, **more: str) -> str:
        """A path with the filter, and with other parts of a query."""
        parts = [self.case_filter.to_query_string(), *(f"{n}={v}" for n, v in more.items())]
        query = "&".join(part for part in parts if part)
        return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class DayView:
    """A day's page: its numbers, its cases, of one kind if `kind` names it, and the way on.

    `earlier` and `later` are days that have a page.
    """

    changes: DayChanges
    kind: str | None
    cases: tuple[CaseWithChanges, ...]
    next_after: str | None
    is_later_page: bool
    earlier: date | None
    later: date | None


def kind_words() -> dict[str, str]:
    """What each kind of change is called."""
    return {
        "new": pgettext("change", "New"),
        "closed": pgettext("change", "Closed"),
        "reopened": pgettext("change", "Reopened"),
        "redated": pgettext("change", "Date changed"),
        "retyped": pgettext("change", "Type changed"),
        "moved": pgettext("change", "Moved"),
        "returned": pgettext("change", "Back again"),
        "withdrawn": pgettext("change", "Withdrawn"),
    }


def changes_page(
    city: Jurisdiction, asked: Asked, days: tuple[DayChanges, ...], earlier: date | None
) -> Page:
    """The days, newest first; `earlier` is the last day of those before them."""
    heading = _heading(city, asked)
    items = [_day_item(asked, changes) for changes in days]
    further = None
    if earlier:
        address = asked.address("/changes", after=earlier.isoformat())
        link = html.A(_("Earlier days"), href=address, className="button button-quiet")
        further = html.Nav(link, className="paging", **aria_label(_("More days")))
    lead = _(
        "Every change that we saw in the city’s record, by day. A case counts once a day for each"
        " kind of change."
    )
    body = [
        html.H1(heading),
        html.P(lead, className="lead"),
        html.P(counting_link("what-the-city-changed-by-day")),
        _form(asked, "/changes"),
        html.Ol(items, className="plain-list change-days"),
        further,
        _go_to_day(asked),
        _notes(asked),
    ]
    return _page(heading, lead, asked.address("/changes"), body)


def day_page(city: Jurisdiction, asked: Asked, shown: DayView, now: int) -> Page:
    """What changed on one day. `now` is in epoch seconds."""
    changes, path = shown.changes, _day_path(shown.changes.day, shown.kind)
    day = formats.calendar_day(changes.day)
    heading = _("What the city changed on {day}", day=day)
    body = [
        html.P(html.A(_("All days"), href=asked.address("/changes")), className="back"),
        html.H1(heading),
        _which_cases(city, asked),
        _form(asked, path),
        _kinds(asked, shown),
        *_cases(city, shown, now),
        _paging(asked, shown, path),
        _other_days(asked, shown),
        _as_of_link(asked, shown.earlier),
    ]
    return _page(heading, heading, asked.address(path), body)


def _page(heading: str, description: str, path: str, body: list[Any]) -> Page:
    return Page(
        title=f"{heading} · Citizens Connect", description=description, body=body, path=path
    )


def _heading(city: Jurisdiction, asked: Asked) -> str:
    if asked.case_filter.is_empty:
        return _("What changed in {city}", city=city.name)
    return _(
        "What changed: {cases}", cases=describe_filter(asked.case_filter, asked.names, city.name)
    )


def _which_cases(city: Jurisdiction, asked: Asked) -> html.P | None:
    if asked.case_filter.is_empty:
        return None
    return html.P(describe_filter(asked.case_filter, asked.names, city.name), className="lead")


def _form(asked: Asked, action: str) -> html.Form:
    return place_and_type_form(action, asked.case_filter, list(asked.places), list(asked.types))


def _day_path(day: date, kind: str | None = None) -> str:
    return f"/changes/{day.isoformat()}" + (f"/{kind}" if kind else "")


def _day_item(asked: Asked, changes: DayChanges) -> html.Li:
    link = html.A(formats.calendar_day(changes.day), href=asked.address(_day_path(changes.day)))
    return html.Li([html.H2(link), html.P(_describe_day(changes))])


def _describe_day(changes: DayChanges) -> str:
    words = kind_words()
    parts = [_import_words(changes)] if changes.imported_cases else []
    parts += [
        _("{kind}: {n}", kind=words[kind], n=formats.number(cases))
        for kind, cases in changes.cases.items()
    ]
    return " · ".join(parts) if parts else _("Nothing changed.")


def _import_words(changes: DayChanges) -> str:
    return ngettext("First import: {n} case", "First import: {n} cases", changes.imported_cases)


def _kinds(asked: Asked, shown: DayView) -> Any:
    """The numbers of a day; each leads to its cases."""
    changes, words = shown.changes, kind_words()
    if changes.is_empty:
        return notice(_("Nothing changed on this day."))
    items = [html.Li(_import_words(changes))] if changes.imported_cases else []
    for kind, cases in changes.cases.items():
        text = [html.Strong(formats.number(cases)), f" {words[kind]}"]
        if kind == "withdrawn":
            items.append(html.Li([html.Span(text), " ", html.Span(_why_no_list())]))
            continue
        here: dict[str, Any] = {"aria-current": "true"} if kind == shown.kind else {}
        address = asked.address(_day_path(changes.day, kind))
        items.append(html.Li(html.A(text, href=address, **here)))
    late = None
    if changes.late_cases:
        late = html.P(
            ngettext(
                "{n} of the new cases was opened more than 30 days earlier.",
                "{n} of the new cases were opened more than 30 days earlier.",
                changes.late_cases,
            ),
            className="numbers",
        )
    return html.Div([html.Ul(items, className="plain-list change-kinds"), late])


def _why_no_list() -> str:
    return _("The city took them out of its record, so we show only their number.")


def _cases(city: Jurisdiction, shown: DayView, now: int) -> list[Any]:
    if not shown.cases:
        if shown.is_later_page:
            return [notice(_("There are no more cases."))]
        return []
    words = kind_words()
    heading = _("The cases: {kind}", kind=words[shown.kind]) if shown.kind else _("The cases")
    items = [_case(city, case, now) for case in shown.cases]
    return [html.H2(heading), html.Ol(items, className="case-list plain-list change-cases")]


def _case(city: Jurisdiction, case: CaseWithChanges, now: int) -> html.Li:
    words = kind_words()
    kinds = formats.join_words([words[kind] for kind in case.kinds])
    said = describe_changes(city, case.card, list(case.changes), now)
    lines = [
        html.H3(html.A(case_heading(case.card), href=case_address(case.card.case_id))),
        html.P([html.Strong(kinds), " ", moment_tag(case.seen_at, city.zone, now)]),
        html.Ul([html.Li(line) for line in said]) if said else None,
    ]
    return html.Li(html.Article(lines, className="change-case"))


def _paging(asked: Asked, shown: DayView, path: str) -> html.Nav | None:
    look = "button button-quiet"
    links = []
    if shown.is_later_page:
        links.append(html.A(_("Back to the first"), href=asked.address(path), className=look))
    if shown.next_after:
        more = asked.address(path, after=shown.next_after)
        links.append(html.A(_("More cases"), href=more, className=look, rel="next"))
    return html.Nav(links, className="paging", **aria_label(_("More cases"))) if links else None


def _other_days(asked: Asked, shown: DayView) -> html.Nav:
    look = "button button-quiet"
    pairs = [(shown.earlier, _("The day before")), (shown.later, _("The day after"))]
    links = [
        html.A(text, href=asked.address(_day_path(day)), className=look)
        for day, text in pairs
        if day
    ]
    return html.Nav(links, className="paging", **aria_label(_("Other days")))


def _as_of_link(asked: Asked, earlier: date | None) -> html.P | None:
    if earlier is None or asked.case_filter.q:
        return None
    address = asked.address("/cases", **{PARAMETER: earlier.isoformat()})
    return html.P(html.A(_("See the cases as we knew them the day before"), href=address))


def _go_to_day(asked: Asked) -> html.Form:
    """Another two weeks."""
    kept = [hidden_box(n, v) for n, v in parse_qsl(asked.case_filter.to_query_string())]
    box = input_box("date", "after", id="changes-day", required=True)
    label = html.Label(_("The two weeks up to"), htmlFor="changes-day")
    show = html.Button(pgettext("button", "Show"), type="submit", className="button button-quiet")
    return html.Form(
        [*kept, html.Div([label, box], className="field field-day"), show],
        action="/changes",
        method="get",
        className="filter-form",
        **aria_label(_("Go to a day")),
    )


def _notes(asked: Asked) -> html.Div:
    feed = html.A(
        _("Follow these changes in a feed reader"),
        href=asked.address("/changes.atom"),
    )
    how = _(
        "Filters look at each case as it is now. Cases that are not public count nowhere; what "
        "changed while a case was hidden counts when it is shown."
    )
    return html.Div([html.P(feed), html.P(how, className="numbers")])
