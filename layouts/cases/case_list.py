"""The list of cases and its map: the same filter, the same address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.downloads import download_links
from layouts.cases.filter_form import filter_form
from layouts.cases.list_parts import card_list, list_address, news_line, skip_to_map
from layouts.cases.map import map_pane
from layouts.cases.sentence import describe_filter
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.components import case_link, notice, suggestions
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import aria_label
from portal.domain.downloads import FileChoice
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_lists import CasePage
    from portal.queries.cases.map_views import MapView
    from portal.queries.cases.value_counts import ValueCounts


@dataclass(frozen=True)
class CaseList:
    """Everything the page of cases shows. `names`: slug of the filter → the city's word.

    `alike`, where the filter has a slug that the city does not: names like it, each with the
    filter that has it instead. `numbered`: cases whose number the words of the filter may be;
    `has_tracking_number`: they are such a number as we give out, whether a case has it or not.
    """

    case_filter: CaseFilter
    order: CaseOrder
    names: Mapping[str, str]
    counts: ValueCounts
    cases: CasePage
    view: MapView
    alike: tuple[tuple[str, CaseFilter], ...] = ()
    is_later_page: bool = False
    has_all_words: bool = True
    numbered: tuple[CaseCard, ...] = ()
    has_tracking_number: bool = False
    files: tuple[FileChoice, ...] = ()
    site_url: str = ""


def cases_page(city: Jurisdiction, shown: CaseList, now: int) -> Page:
    """The list first, then the map. `now` is in epoch seconds."""
    cases = shown.counts.extent.cases
    heading = describe_filter(shown.case_filter, shown.names, city.name, cases)
    description = _(
        "{cases}: what residents reported, where, and what the city did, as a list and on a map.",
        cases=describe_filter(shown.case_filter, shown.names, city.name),
    )
    pane = html.Section(_pane(city, shown, heading, now), className="case-pane")
    return Page(
        title=f"{heading} · Citizens Connect",
        description=description,
        body=[pane, map_pane(city, shown.view)],
        path=list_address(shown.case_filter, shown.order),
        has_island=True,
        is_wide=True,
    )


def no_cases_page(city: Jurisdiction, *, had_cases: bool) -> Page:
    """What stands for every list before the first sync has finished.

    If the city `had_cases`, its map and numbers are being made again: they could not be read.
    """
    heading = _("No cases from {city} yet", city=city.name)
    sentence = _(
        "The first sync has not finished. This page fills by itself as soon as it has; it can take"
        " a minute or two."
    )
    if had_cases:
        heading = _("The map and the lists will be back shortly")
        sentence = _("We are putting them together again. No case is lost; try again in a minute.")
    return Page(
        title=f"{city.name} · Citizens Connect",
        description=_("Cases reported to {city}.", city=city.name),
        body=[
            html.H1(heading),
            notice(sentence),
            html.P(html.A(_("See how the sync is doing"), href="/status")),
        ],
        status=503,
    )


def _pane(city: Jurisdiction, shown: CaseList, heading: str, now: int) -> list[Any]:
    here = list_address(shown.case_filter, shown.order)
    cases = shown.cases.cases
    return [
        skip_to_map(),
        html.H1(
            mark_city_words(heading, *heading_words(shown.case_filter, shown.names)),
            tabIndex="-1",
        ),
        filter_form(shown.case_filter, shown.order, shown.counts),
        _remarks(shown),
        _numbered(shown),
        news_line(here),
        card_list(cases, city, now) if cases else _no_match(shown),
        _paging(shown, here),
        _downloads(shown),
    ]


def heading_words(case_filter: CaseFilter, names: Mapping[str, str]) -> list[str]:
    """What the heading says in the city's language."""
    slugs = (*case_filter.service, *case_filter.department, *case_filter.channel)
    return [names[slug] for slug in slugs if slug in names]


def _downloads(shown: CaseList) -> Any:
    cases = shown.counts.extent.cases
    return download_links(shown.case_filter, cases, shown.files, shown.site_url)


def _remarks(shown: CaseList) -> html.P | None:
    """What the list and the map do not show, and why."""
    remarks: list[Any] = []
    if shown.case_filter.bbox:
        everywhere = list_address(replace(shown.case_filter, bbox=None), shown.order)
        remarks += [html.A(_("Look at the whole city"), href=everywhere), " "]
    if unplaced := shown.counts.extent.cases - shown.counts.extent.placed_cases:
        remarks.append(_count_unplaced(unplaced))
    if not shown.has_all_words:
        words = _("So many cases hold these words that only the newest are counted and shown.")
        remarks.append(words)
    return html.P(remarks, className="numbers") if remarks else None


def _count_unplaced(cases: int) -> str:
    sentence = ngettext(
        "{n} of these has no place and is not on the map.",
        "{n} of these have no place and are not on the map.",
        cases,
    )
    return f"{sentence} "


def _numbered(shown: CaseList) -> html.P | None:
    """The way to the case whose number was typed among words."""
    if not shown.numbered:
        return None
    links = [part for case in shown.numbered for part in (case_link(case), " ")]
    return html.P([_("Cases with this number"), ": ", *links], className="numbers")


def _no_match(shown: CaseList) -> list[Any]:
    if shown.is_later_page:
        return [notice(_("There are no more cases."))]
    sentence = _(
        "No case matches. Choose fewer words, a larger area or any status; nothing is hidden from"
        " you but private cases."
    )
    links = [
        html.A(city_text(name), href=list_address(meant, shown.order))
        for name, meant in shown.alike
    ]
    private = [_("Private reports open only by their own link.")]
    return [
        notice(sentence, *(private if shown.has_tracking_number else ())),
        *suggestions(links),
    ]


def _paging(shown: CaseList, here: str) -> html.Nav | None:
    look = "button button-quiet"
    links = []
    if shown.is_later_page:
        links.append(html.A(_("Back to the first"), href=here, className=look))
    if shown.cases.next_after:
        text = _("Older cases") if shown.order.name == "newest" else _("More cases")
        more = list_address(shown.case_filter, shown.order, shown.cases.next_after)
        links.append(html.A(text, href=more, className=look, rel="next"))
    return html.Nav(links, className="paging", **aria_label(_("More cases"))) if links else None
