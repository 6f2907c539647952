"""One case for staff: what was sent, what the public sees of it, and what staff can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text
from layouts.shared.components import case_address, notice, status_mark, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.shared.prerender import tag
from layouts.staff.audit import audit_lines
from layouts.staff.frame import act_form, staff_page
from layouts.staff.queue import describe_doubts, explain_hold, is_held, photo_address, staff_address
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

if TYPE_CHECKING:
    from portal.queries.staff.audit import AuditEntry
    from portal.queries.staff.moderation import StaffCard, StaffCase, StaffPhoto, StaffText

SIDES = ("left", "top", "width", "height")


def staff_case_page(
    city: Jurisdiction, who: str, case: StaffCase, now: int, problem: str = ""
) -> Page:
    """The page of one case. `problem` says why the last decision could not be carried out."""
    card = case.card
    path = staff_address(card.case_id)
    return staff_page(
        f"{card.service_name} · {format_tracking_number(card.case_id)}",
        city,
        [
            notice(problem, kind="warning") if problem else None,
            html.P(
                [status_mark(card.status), _when(card.opened_at, city, now)], className="case-head"
            ),
            html.P(_explain_visibility(card.visibility), className="lead"),
            html.P(explain_hold(card)) if is_held(card) else None,
            _visibility_form(path, card),
            html.P(html.A(_("See it as everybody does"), href=case_address(card.case_id)))
            if card.visibility == "public"
            else None,
            _facts(case, city, now),
            *_texts(path, case.texts),
            *_photos(path, case.photos),
            *[html.Blockquote(html.P(city_text(note))) for note in case.notes],
            *_audit(case.audit, city, now),
        ],
        who,
        400 if problem else 200,
        card.service_name,
    )


def _explain_visibility(visibility: str) -> str:
    sentences = {
        "public": _("Everybody sees it."),
        "held": _("It is held: nobody but the city and its resident sees it."),
        "held_private": _("It is held: nobody but the city and its resident sees it."),
        "reporter": _("Its resident shows it to the city alone."),
        "service": _("Cases of its type are not public."),
        "withdrawn": _("The city’s system does not know it any more."),
    }
    return sentences.get(visibility, visibility)


def _visibility_form(path: str, card: StaffCard) -> html.Form | None:
    if is_held(card):
        return act_form(path, "release", _("Release it"), [], "release")
    if card.visibility == "public":
        return act_form(path, "hold", _("Hold it"), [], "hold")
    return None


def _facts(case: StaffCase, city: Jurisdiction, now: int) -> html.Dl:
    is_from_here = case.source == "portal"
    facts = {
        _("From"): _("a resident, here") if is_from_here else _("the city’s own record"),
        _("Department"): city_text(case.department),
        _("Queue"): city_text(case.queue),
        _("Number in the city’s system"): case.work_order_id,
        _("Sent to the city"): _sent(case, city, now),
        _("Taken back by its resident"): formats.day_and_time(case.withdrawn_at, city.zone, now)
        if case.withdrawn_at
        else None,
        _("When it came"): describe_doubts(case.card)
        or (_("it looked like a program’s") if case.verdict == "held" else None),
    }
    return html.Dl(
        [html.Div([html.Dt(word), html.Dd(value)]) for word, value in facts.items() if value],
        className="staff-facts",
    )


def _sent(case: StaffCase, city: Jurisdiction, now: int) -> str | None:
    if case.sent_at:
        return formats.day_and_time(case.sent_at, city.zone, now)
    return _("not yet") if case.source == "portal" else None


def _names() -> dict[str, str]:
    return {
        "title": _("Title"),
        "note": _("What was written"),
        "closure_reason": _("What the city wrote at the end"),
        "address": _("Address"),
    }


def _texts(path: str, texts: tuple[StaffText, ...]) -> list[Any]:
    return [html.H2(_("Words")), *[_text(path, text) for text in texts]] if texts else []


def _text(path: str, text: StaffText) -> html.Section:
    part = f"part-{text.field}"
    is_changed = text.original != text.published
    words_to_hide = html.Div(
        [
            html.Label(_("Words to hide, exactly as they stand; empty hides all"), htmlFor=part),
            tag("input", {"type": "text", "name": "part", "id": part, "maxlength": 4_000}),
        ],
        className="report-field",
    )
    hide = act_form(
        path, "hide words", _("Hide"), [words_to_hide], f"hide-{text.field}", field=text.field
    )
    show = act_form(
        path,
        "show words",
        _("Show again what was hidden"),
        [],
        f"show-{text.field}",
        field=text.field,
    )
    parts: list[Any] = [
        html.H3(_names()[text.field]),
        html.Blockquote(html.P(city_text(text.original or ""))),
        html.P(
            [html.Strong(_("The public reads:")), " ", city_text(text.published) or _("nothing")]
        )
        if is_changed
        else None,
        _folded(_("Hide words"), hide) if text.published else None,
        show if text.is_hidden else None,
    ]
    return html.Section(parts, className="staff-part")


def _photos(path: str, photos: tuple[StaffPhoto, ...]) -> list[Any]:
    if not photos:
        return []
    return [
        html.H2(_("Photos")),
        *[_photo(path, photo, str(number)) for number, photo in enumerate(photos, 1)],
    ]


def _photo(path: str, photo: StaffPhoto, number: str) -> html.Section:
    alt = _("Photo {n}", n=number)
    picture = html.Img(
        src=photo_address(photo.name),
        alt=alt,
        width=str(photo.width),
        height=str(photo.height),
        className="staff-photo",
    )
    if photo.state == "hidden":
        show_again = act_form(
            path, "show photo", _("Show the photo again"), [], f"photo-{number}", photo=photo.name
        )
        return html.Section(
            [picture, html.P(html.Strong(_("Hidden: the public does not see it."))), show_again],
            className="staff-part",
        )
    hide = act_form(path, "hide photo", _("Hide"), [], f"photo-{number}", photo=photo.name)
    blur = act_form(
        path, "blur", _("Make it unreadable"), [_region(number)], f"blur-{number}", photo=photo.name
    )
    parts = [
        html.Div(picture, className="staff-region", id=f"region-{number}"),
        _folded(_("Hide the photo"), hide),
        _folded(_("Make a part unreadable"), blur),
    ]
    return html.Section(parts, className="staff-part")


def _region(number: str) -> html.Fieldset:
    """Four numbers. With scripts, staff draw the region on the photo."""
    names = dict(
        zip(SIDES, (_("From the left"), _("From the top"), _("Width"), _("Height")), strict=True)
    )
    numbers = {
        "type": "number",
        "min": 0,
        "max": 100,
        "step": "0.1",
        "required": True,
        "inputmode": "decimal",
    }
    boxes = [
        html.Div(
            [
                html.Label(label, htmlFor=f"{side}-{number}"),
                tag("input", {"name": side, "id": f"{side}-{number}", **numbers}),
            ],
            className="report-field",
        )
        for side, label in names.items()
    ]
    return html.Fieldset(
        [html.Legend(_("Which part, in hundredths of the photo")), *boxes], className="staff-sides"
    )


def _audit(lines: tuple[AuditEntry, ...], city: Jurisdiction, now: int) -> list[Any]:
    if not lines:
        return []
    return [html.H2(_("What was done here, and why")), audit_lines(lines, city, now)]


def _when(at: int, city: Jurisdiction, now: int) -> Any:
    return time_tag(at, formats.day_and_time(at, city.zone, now), city.zone, now)


def _folded(word: str, inside: Any) -> html.Details:
    return html.Details([html.Summary(word), inside])
