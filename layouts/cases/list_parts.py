"""Parts that every page with a list of cases has: their addresses, their cards, the way to more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import html

from layouts.shared import ids
from layouts.shared.components import case_card
from layouts.shared.language import _
from portal.domain.as_of import AsOf
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard


def list_address(
    case_filter: CaseFilter,
    order: CaseOrder | None = None,
    after: str | None = None,
    then: AsOf | None = None,
) -> str:
    """The list of a filter in an order, from a mark on: `/cases?status=open&sort=oldest`.

    `then`: as of a past day.
    """
    parts = [
        case_filter.to_query_string(),
        (order or CaseOrder()).to_query_string(),
        urlencode({"after": after}) if after else "",
        then.query if then else "",
    ]
    query = "&".join(part for part in parts if part)
    return f"/cases?{query}" if query else "/cases"


def skip_to_map() -> html.A:
    """A link for keyboards, past the list."""
    return html.A(_("Skip to the map"), href=f"#{ids.home.MAP}", className="skip-link")


def news_line(address: str) -> html.P:
    """What a script shows once newer cases have come in; `address` is that of the same page."""
    link = html.A(_("Newer cases have come in. Show them"), href=address)
    return html.P(link, id=ids.page.NEWS, className="news", hidden=True)


def card_list(cases: Iterable[CaseCard], city: Jurisdiction, now: int) -> html.Ol:
    """The page's list of cases, which scripts keep up to date. `now` is in epoch seconds."""
    cards = [case_card(case, city.zone, now) for case in cases]
    return html.Ol(cards, className="case-list", id=ids.home.LIST)


def most_followed(
    city: Jurisdiction, cases: tuple[CaseCard, ...], here: CaseFilter, now: int
) -> list[Any]:
    """The open cases of a place that most people follow, and the way to more.

    Nothing where no case is followed.
    """
    if not cases:
        return []
    more = list_address(replace(here, status=STILL_OPEN), CaseOrder("followed"))
    cards = [case_card(case, city.zone, now) for case in cases]
    return [
        html.H2(_("Open cases that most people follow")),
        html.Ol(cards, className="case-list"),
        html.P(html.A(_("See more of them"), href=more), className="paging"),
    ]
