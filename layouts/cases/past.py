"""Lists, cases and places as the portal knew them at the end of a past day.

Each says so first, leads back to today, and keeps the day in its links and its form. No search
engine keeps such a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.areas import area_title, areas_page, past_area_body
from layouts.cases.case import CaseView, past_case_body
from layouts.cases.case_list import heading_words
from layouts.cases.downloads import download_links
from layouts.cases.filter_form import filter_form
from layouts.cases.list_parts import card_list, list_address
from layouts.cases.sentence import describe_filter
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import case_address, case_heading_text, notice
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.shared.prerender import aria_label
from portal.domain.as_of import AsOf
from portal.domain.downloads import FileChoice
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder

if TYPE_CHECKING:
    from portal.queries.cases.area_numbers import AreaNumbers, OpenCases
    from portal.queries.cases.case_detail import CaseDetail
    from portal.queries.cases.case_lists import CasePage
    from portal.queries.cases.value_counts import ValueCounts


@dataclass(frozen=True)
class PastList:
    """Everything a list as of a past day shows. `names`: slug of the filter → the city's word."""

    then: AsOf
    case_filter: CaseFilter
    order: CaseOrder
    names: Mapping[str, str]
    counts: ValueCounts
    cases: CasePage
    is_later_page: bool = False
    files: tuple[FileChoice, ...] = ()


def past_cases_page(city: Jurisdiction, shown: PastList) -> Page:
    """A list of cases as of a past day; it has no map, which shows what is known now."""
    heading = describe_filter(shown.case_filter, shown.names, city.name, shown.counts.extent.cases)
    here = list_address(shown.case_filter, shown.order)
    cases = shown.cases.cases
    body = [
        html.H1(mark_city_words(heading, *heading_words(shown.case_filter, shown.names))),
        filter_form(shown.case_filter, shown.order, shown.counts, shown.then),
        card_list(cases, city, shown.then.moment) if cases else _no_case(shown),
        _paging(shown),
        download_links(shown.case_filter, shown.counts.extent.cases, shown.files, then=shown.then),
    ]
    return _past_page(heading, shown.then, here, body)


def past_case_page(city: Jurisdiction, case: CaseDetail, site_url: str, then: AsOf) -> Page:
    """A case as of a past day."""
    number = _("Case {number}", number=case.case_id)
    heading = f"{case_heading_text(case)} · {number}"
    body = past_case_body(city, CaseView(case, site_url), then.moment)
    return _past_page(heading, then, case_address(case.case_id), body)


def unknown_then_page(case_id: str, then: AsOf) -> Page:
    """The case is public now, and was not known on that day."""
    heading = _("We did not know this case yet")
    sentence = _(
        "Case {number} came to the portal after {day}.",
        number=case_id,
        day=formats.calendar_day(then.day),
    )
    today = html.A(_("See it as it is today"), href=case_address(case_id), className="button")
    return Page(
        title=f"{heading} · Citizens Connect",
        description=heading,
        body=[html.H1(heading), html.P(sentence, className="lead"), html.P(today)],
        status=404,
    )


def past_areas_page(city: Jurisdiction, areas: tuple[OpenCases, ...], then: AsOf) -> Page:
    """All places as of a past day."""
    page = areas_page(city, areas, then)
    heading = _("Places in {city}", city=city.name)
    return _past_page(heading, then, "/places", page.body)


def past_area_page(
    city: Jurisdiction, numbers: AreaNumbers, cases: CasePage, here: CaseFilter, then: AsOf
) -> Page:
    """A place as of a past day."""
    body = past_area_body(city, numbers, cases, here, then)
    return _past_page(area_title(numbers.area), then, f"/places/{numbers.area.path}", body)


def describe_as_of(then: AsOf) -> str:
    """What a heading or a file says of its day."""
    return _("As the portal knew it on {day}", day=formats.calendar_day(then.day))


def _past_page(heading: str, then: AsOf, today: str, body: list[Any]) -> Page:
    """`today` is the address of the same page without a day."""
    title = f"{heading} · {describe_as_of(then)}"
    return Page(
        title=f"{title} · Citizens Connect",
        description=title,
        body=[as_of_line(then, today), *body],
    )


def as_of_line(then: AsOf, today: str) -> html.Aside:
    """What day a page is of, another day to look at, and the way back to today."""
    sentence = html.P(html.Strong(describe_as_of(then)))
    hidden = html.P(
        _("It shows what we knew when that day ended. What has been hidden since stays hidden."),
        className="numbers",
    )
    back = html.P(html.A(_("See it as it is today"), href=today))
    return html.Aside([sentence, hidden, back], className="notice as-of", **aria_label(_("As of")))


def _no_case(shown: PastList) -> html.Div:
    if shown.is_later_page:
        return notice(_("There are no more cases."))
    return notice(_("No case matches on this day. Choose any status, or another day."))


def _paging(shown: PastList) -> html.Nav | None:
    look = "button button-quiet"
    links = []
    if shown.is_later_page:
        first = list_address(shown.case_filter, shown.order, then=shown.then)
        links.append(html.A(_("Back to the first"), href=first, className=look))
    if shown.cases.next_after:
        text = _("Older cases") if shown.order.name == "newest" else _("More cases")
        after = shown.cases.next_after
        more = list_address(shown.case_filter, shown.order, after, shown.then)
        links.append(html.A(text, href=more, className=look, rel="next"))
    return html.Nav(links, className="paging", **aria_label(_("More cases"))) if links else None
