"""What waits for staff: reports on hold first, then the newest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text
from layouts.shared.components import status_mark, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.staff.frame import number_form, staff_page
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

if TYPE_CHECKING:
    from portal.queries.staff.moderation import StaffCard

    Cards = tuple[StaffCard, ...]


def queue_page(city: Jurisdiction, who: str, held: Cards, newest: Cards, now: int) -> Page:
    """Two lists. Reports on hold come first, because their residents wait for them."""
    nothing_held = html.P(_("Nothing is held. Thank you for looking."))
    nothing_new = html.P(_("Nobody has reported anything yet."))
    parts = [
        number_form(),
        html.H2(_("Held: nobody sees them yet")),
        _list(city, held, now) if held else nothing_held,
        html.H2(_("The newest from residents")),
        _list(city, newest, now) if newest else nothing_new,
    ]
    return staff_page(_("Reports to look at"), city, parts, who)


def staff_address(case_id: str) -> str:
    """Path of a case's page for staff."""
    return f"/staff/cases/{quote(case_id, safe='')}"


def photo_address(name: str) -> str:
    """Path of a photo for staff, whether shown or hidden to the public."""
    return f"/staff/photos/{name}.webp"


def is_held(card: StaffCard) -> bool:
    """Whether only the city and its resident see the case, because it is on hold."""
    return card.visibility in ("held", "held_private")


def explain_hold(card: StaffCard) -> str:
    """Why a case is on hold: the reason of the last who held it, else the doubts when it came."""
    if card.held_because:
        return _("Held by staff: {reason}", reason=card.held_because)
    if card.doubts:
        return _("Held when it came: {doubts}", doubts=describe_doubts(card))
    return _("Held when it came.")


def describe_doubts(card: StaffCard) -> str:
    """What was odd about a report when it came; "" if nothing was."""
    sentences = {
        "trap": _("a field that no person sees was filled in"),
        "unmarked": _("the form’s beginning is not signed by us, or was changed"),
        "quick": _("the form was filled in within a few seconds"),
        "crowded": _("many reports came from the same place, or at once"),
        "forged": _("the browser’s piece of work is made up"),
    }
    return "; ".join(sentences.get(doubt, doubt) for doubt in card.doubts)


def _list(city: Jurisdiction, cards: Cards, now: int) -> html.Ol:
    return html.Ol(
        [html.Li(_card(city, card, now)) for card in cards], className="case-list staff-list"
    )


def _card(city: Jurisdiction, card: StaffCard, now: int) -> html.Article:
    name = html.A(city_text(card.service_name), href=staff_address(card.case_id))
    place = html.Span(f"· {card.address}", className="case-card-place")
    parts: list[Any] = [
        html.H3([name, " ", place] if card.address else [name], className="staff-card-title"),
        html.P(_card_facts(city, card, now), className="staff-card-facts"),
        html.P(explain_hold(card), className="staff-card-why") if is_held(card) else None,
        html.P(city_text(card.note), className="staff-note") if card.note else None,
        _thumbnail(card.photo) if card.photo else None,
    ]
    return html.Article(parts, className="staff-card")


def _card_facts(city: Jurisdiction, card: StaffCard, now: int) -> list[Any]:
    age = time_tag(card.opened_at, formats.age(card.opened_at, now, city.zone), city.zone, now)
    return [status_mark(card.status), age, html.Span(format_tracking_number(card.case_id))]


def _thumbnail(photo: str) -> html.Img:
    address = photo_address(photo)
    return html.Img(src=address, alt="", className="staff-thumb", width="112", height="84")
