"""The list of cases and its map: the same filter, the same address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import html

from layouts.cases.filter_form import filter_form
from layouts.cases.map import MapView, map_pane
from layouts.cases.sentence import describe_filter
from layouts.shared import ids
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.components import case_card, notice
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import aria_label
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_lists import CasePage
    from portal.queries.cases.value_counts import ValueCounts


@dataclass(frozen=True)
class CaseList:
    """Everything the page of cases shows. `names` turns slugs of the filter into the city's words."""

    case_filter: CaseFilter
    order: CaseOrder
    names: Mapping[str, str]
    counts: ValueCounts
    cases: CasePage
    view: MapView
    alike: tuple[tuple[str, CaseFilter], ...] = ()
    """Where the filter names what the city has not: names much like it, each with the filter that has it instead."""
    is_later_page: bool = False
    has_all_words: bool = True


def cases_page(city: Jurisdiction, shown: CaseList, now: int) -> Page:
    """The list first, then the map."""
    heading = describe_filter(shown.case_filter, shown.names, city.name, shown.counts.extent.cases)
    about = describe_filter(shown.case_filter, shown.names, city.name)
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_(
            "{cases}: what residents reported, where, and what the city did, as a list and on a map.",
            cases=about,
        ),
        body=[
            html.Section(_list(city, shown, heading, now), className="case-pane"),
            map_pane(city, shown.view),
        ],
        path=list_address(shown.case_filter, shown.order),
        has_island=True,
        is_wide=True,
    )


def no_cases_page(city: Jurisdiction) -> Page:
    """Before the first sync has brought anything."""
    return Page(
        title=f"{city.name} · Citizens Connect",
        description=_("Cases reported to {city}.", city=city.name),
        body=[
            html.H1(_("No cases from {city} yet", city=city.name)),
            notice(
                _(
                    "The first sync has not finished. This page fills by itself as soon as it has; it can take a minute or two."
                )
            ),
            html.P(html.A(_("See how the sync is doing"), href="/status")),
        ],
        status=503,
    )


def list_address(
    case_filter: CaseFilter, order: CaseOrder | None = None, after: str | None = None
) -> str:
    """The page of a filter in an order, from a mark on."""
    parts = [
        case_filter.to_query_string(),
        (order or CaseOrder()).to_query_string(),
        urlencode({"after": after}) if after else "",
    ]
    query = "&".join(part for part in parts if part)
    return f"/cases?{query}" if query else "/cases"


def most_followed(
    city: Jurisdiction, cases: tuple[CaseCard, ...], here: CaseFilter, now: int
) -> list[Any]:
    """The open cases of a place that most people follow, and the way to more; nothing where nobody follows any."""
    if not cases:
        return []
    more = list_address(replace(here, status=STILL_OPEN), CaseOrder("followed"))
    return [
        html.H2(_("Open cases that most people follow")),
        html.Ol([case_card(case, city.zone, now) for case in cases], className="case-list"),
        html.P(html.A(_("See more of them"), href=more), className="paging"),
    ]


def _list(city: Jurisdiction, shown: CaseList, heading: str, now: int) -> list[Any]:
    here = list_address(shown.case_filter, shown.order)
    return [
        html.A(_("Skip to the map"), href=f"#{ids.home.MAP}", className="skip-link"),
        html.H1(mark_city_words(heading, *_city_words(shown)), tabIndex="-1"),
        filter_form(shown.case_filter, shown.order, shown.counts),
        _remarks(shown),
        html.P(
            html.A(_("Newer cases have come in. Show them"), href=here),
            id=ids.page.NEWS,
            className="news",
            hidden=True,
        ),
        html.Ol(
            [case_card(case, city.zone, now) for case in shown.cases.cases],
            className="case-list",
            id=ids.home.LIST,
        )
        if shown.cases.cases
        else _nothing(shown),
        _paging(shown, here),
    ]


def _city_words(shown: CaseList) -> list[str]:
    """What the heading says in the city's language."""
    chosen = (*shown.case_filter.service, *shown.case_filter.department, *shown.case_filter.channel)
    return [shown.names[slug] for slug in chosen if slug in shown.names]


def _remarks(shown: CaseList) -> html.P | None:
    """What the list and the map do not show, and why."""
    remarks: list[Any] = []
    if shown.case_filter.bbox:
        everywhere = list_address(replace(shown.case_filter, bbox=None), shown.order)
        remarks += [html.A(_("Look at the whole city"), href=everywhere), " "]
    if unplaced := shown.counts.extent.cases - shown.counts.extent.placed_cases:
        remarks.append(
            ngettext(
                "{n} of these has no place and is not on the map.",
                "{n} of these have no place and are not on the map.",
                unplaced,
            )
            + " "
        )
    if not shown.has_all_words:
        remarks.append(
            _("So many cases hold these words that only the newest are counted and shown.")
        )
    return html.P(remarks, className="numbers") if remarks else None


def _nothing(shown: CaseList) -> html.Div | list[Any]:
    if shown.is_later_page:
        return notice(_("There are no more cases."))
    said = notice(
        _(
            "No case matches. Choose fewer words, a larger area or any status; nothing is hidden from you but private cases."
        )
    )
    if not shown.alike:
        return said
    links = [
        html.Li(html.A(city_text(name), href=list_address(meant, shown.order)))
        for name, meant in shown.alike
    ]
    return [said, html.H2(_("Did you mean one of these?")), html.Ul(links, className="plain-list")]


def _paging(shown: CaseList, here: str) -> html.Nav | None:
    links = []
    if shown.is_later_page:
        links.append(html.A(_("Back to the first"), href=here, className="button button-quiet"))
    if shown.cases.next_after:
        text = _("Older cases") if shown.order.name == "newest" else _("More cases")
        more = list_address(shown.case_filter, shown.order, shown.cases.next_after)
        links.append(html.A(text, href=more, className="button button-quiet", rel="next"))
    return html.Nav(links, className="paging", **aria_label(_("More cases"))) if links else None
