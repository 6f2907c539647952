"""One case for staff: what was sent, what the public sees of it, and what staff can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.case_timeline import field_words
from layouts.shared import formats
from layouts.shared.city_words import city_text
from layouts.shared.components import case_address, moment_tag, notice, status_mark
from layouts.shared.document import Page
from layouts.shared.fields import form_field, input_box
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
    path = staff_address(case.card.case_id)
    service_name = case.card.service_name
    title = f"{service_name} · {format_tracking_number(case.card.case_id)}"
    parts = [
        notice(problem, kind="warning") if problem else None,
        *_head(path, case.card, city, now),
        _facts(case, city, now),
        *_texts(path, case.texts),
        *_photos(path, case.photos),
        *[html.Blockquote(html.P(city_text(note))) for note in case.notes],
        *_audit(case.audit, city, now),
    ]
    return staff_page(title, city, parts, who, 400 if problem else 200, service_name)


def _head(path: str, card: StaffCard, city: Jurisdiction, now: int) -> list[Any]:
    """Where the case stands, who sees it, and the button that changes that."""
    status = [status_mark(card.status), moment_tag(card.opened_at, city.zone, now)]
    page = html.A(_("See it as everybody does"), href=case_address(card.case_id))
    return [
        html.P(status, className="case-head"),
        html.P(_explain_visibility(card.visibility), className="lead"),
        html.P(explain_hold(card)) if is_held(card) else None,
        _visibility_form(path, card),
        html.P(page) if card.visibility == "public" else None,
    ]


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
        _("Taken back by its resident"): _withdrawn(case, city, now),
        _("When it came"): _describe_arrival(case),
    }
    pairs = [html.Div([html.Dt(word), html.Dd(value)]) for word, value in facts.items() if value]
    return html.Dl(pairs, className="staff-facts")


def _withdrawn(case: StaffCase, city: Jurisdiction, now: int) -> str | None:
    return formats.day_and_time(case.withdrawn_at, city.zone, now) if case.withdrawn_at else None


def _describe_arrival(case: StaffCase) -> str | None:
    """What was odd about it."""
    if doubts := describe_doubts(case.card):
        return doubts
    return _("it looked like a program’s") if case.verdict == "held" else None


def _sent(case: StaffCase, city: Jurisdiction, now: int) -> str | None:
    if case.sent_at:
        return formats.day_and_time(case.sent_at, city.zone, now)
    return _("not yet") if case.source == "portal" else None


def _names() -> dict[str, str]:
    """What the texts are called: as on the case's public page, except for what people wrote."""
    written = _("What was written"), _("What the city wrote at the end")
    notes = _("What the city wrote on the way")
    return {
        **field_words(),
        "note": written[0],
        "closure_reason": written[1],
        "city_notes": notes,
    }


def _texts(path: str, texts: tuple[StaffText, ...]) -> list[Any]:
    return [html.H2(_("Words")), *[_text(path, text) for text in texts]] if texts else []


def _text(path: str, text: StaffText) -> html.Section:
    published = city_text(text.published) or _("nothing")
    reads = html.P([html.Strong(_("The public reads:")), " ", published])
    parts: list[Any] = [
        html.H3(_names()[text.field]),
        html.Blockquote(html.P(city_text(text.original or ""))),
        reads if text.original != text.published else None,
        _folded(_("Hide words"), _hide_words(path, text.field)) if text.published else None,
        _show_words(path, text.field) if text.is_hidden else None,
    ]
    return html.Section(parts, className="staff-part")


def _hide_words(path: str, field: str) -> html.Form:
    part = f"part-{field}"
    words = form_field(
        html.Label(_("Words to hide, exactly as they stand; empty hides all"), htmlFor=part),
        input_box("text", "part", id=part, maxlength=4_000),
    )
    return act_form(path, "hide words", _("Hide"), [words], f"hide-{field}", field=field)


def _show_words(path: str, field: str) -> html.Form:
    word = _("Show again what was hidden")
    return act_form(path, "show words", word, [], f"show-{field}", field=field)


def _photos(path: str, photos: tuple[StaffPhoto, ...]) -> list[Any]:
    if not photos:
        return []
    return [
        html.H2(_("Photos")),
        *[_photo(path, photo, str(number)) for number, photo in enumerate(photos, 1)],
    ]


def _photo(path: str, photo: StaffPhoto, number: str) -> html.Section:
    picture = html.Img(
        src=photo_address(photo.name),
        alt=_("Photo {n}", n=number),
        width=str(photo.width),
        height=str(photo.height),
        className="staff-photo",
    )
    draw = _hidden_photo if photo.state == "hidden" else _shown_photo
    return html.Section(draw(path, photo, number, picture), className="staff-part")


def _hidden_photo(path: str, photo: StaffPhoto, number: str, picture: html.Img) -> list[Any]:
    word = _("Show the photo again")
    show = act_form(path, "show photo", word, [], f"photo-{number}", photo=photo.name)
    return [picture, html.P(html.Strong(_("Hidden: the public does not see it."))), show]


def _shown_photo(path: str, photo: StaffPhoto, number: str, picture: html.Img) -> list[Any]:
    hide = act_form(path, "hide photo", _("Hide"), [], f"photo-{number}", photo=photo.name)
    word = _("Make it unreadable")
    region = [_region(number)]
    blur = act_form(path, "blur", word, region, f"blur-{number}", photo=photo.name)
    return [
        html.Div(picture, className="staff-region", id=f"region-{number}"),
        _folded(_("Hide the photo"), hide),
        _folded(_("Make a part unreadable"), blur),
    ]


def _region(number: str) -> html.Fieldset:
    """Four numbers. With scripts, staff draw the region on the photo."""
    names = (_("From the left"), _("From the top"), _("Width"), _("Height"))
    boxes = [
        _side_field(label, side, f"{side}-{number}")
        for side, label in zip(SIDES, names, strict=True)
    ]
    legend = html.Legend(_("Which part, in hundredths of the photo"))
    return html.Fieldset([legend, *boxes], className="staff-sides")


def _side_field(label: str, side: str, name: str) -> html.Div:
    limits = {"type": "number", "min": 0, "max": 100, "step": "0.1"}
    box = {"name": side, "id": name} | limits | {"required": True, "inputmode": "decimal"}
    return form_field(html.Label(label, htmlFor=name), tag("input", box))


def _audit(lines: tuple[AuditEntry, ...], city: Jurisdiction, now: int) -> list[Any]:
    if not lines:
        return []
    return [html.H2(_("What was done here, and why")), audit_lines(lines, city, now)]


def _folded(word: str, inside: Any) -> html.Details:
    return html.Details([html.Summary(word), inside])
