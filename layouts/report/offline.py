"""The report form on one page, for a phone without signal.

The phone keeps it beforehand, and keeps what it sends until there is a signal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.details import field_name, note_hint, question_fields
from layouts.report.draft import MAX_LINE, MAX_NOTE, Draft
from layouts.report.form import Screen
from layouts.report.photo import ACCEPTED, camera_box
from layouts.shared.components import notice
from layouts.shared.fields import email_box, form_field, input_box, locate_button, with_aside
from layouts.shared.language import _, pick_translation
from layouts.shared.prerender import tag

if TYPE_CHECKING:
    from portal.domain.report import ReportableService


def offline_screen(services: Sequence[ReportableService], can_write: bool) -> Screen:
    """All questions of a report. Each type's own are in a template, from which a script shows them.

    `can_write`: we can send e-mails, so it is worth asking for an address.
    """
    return Screen(
        step="offline",
        question=_("Report without signal"),
        answer=html.Div(_all_questions(services, can_write), className="report-answer"),
        go_on=_("Send when there is signal"),
        action="/report/send",
    )


def _all_questions(services: Sequence[ReportableService], can_write: bool) -> list[Any]:
    said = _("Your report is kept on this phone and sent when there is signal.")
    offered = [service for service in services if not service.diversion]
    return [
        html.P(said, className="lead"),
        *_warnings(services),
        _photos(),
        _place(),
        _type(offered),
        html.Div(id="type-questions", className="report-answer"),
        *[_questions(service) for service in offered if service.questions],
        _note(),
        _who(),
        _email() if can_write else None,
    ]


def _warnings(services: Sequence[ReportableService]) -> list[html.Div]:
    """What to do instead in an emergency."""
    return [
        notice(f"{service.name}: {pick_translation(service.diversion)}", kind="warning")
        for service in services
        if service.diversion and service.is_emergency
    ]


def _field(name: str, label: Any, box: Any, *more: Any, hint: str = "", also: str = "") -> html.Div:
    explained = html.P(hint, className="quiet", id=f"{name}-hint") if hint else None
    return form_field(html.Label(label, htmlFor=name), explained, box, *more, also=also)


def _photos() -> html.Div:
    label = with_aside(_("Photos, up to four"), _("(if you like)"))
    box = input_box("file", "photo", accept=ACCEPTED, multiple=True)
    said = html.P(role="status", className="report-photo-status")
    listed = html.P(role="status", className="report-photo-list")
    return _field("photo", label, box, camera_box(), said, listed, also="report-file")


def _place() -> html.Div:
    label = _("Where is it? An address or a crossing")
    box = input_box("text", "place", maxlength=MAX_LINE, autocomplete="address-line1")
    locate = html.P(locate_button(), className="report-locate", hidden=True)
    return _field("place", label, box, locate, html.P(role="status", className="report-where"))


def _type(services: Sequence[ReportableService]) -> html.Div:
    options: list[Any] = [html.Option(_("Choose"), value="")]
    for group, members in groupby(
        sorted(services, key=lambda service: (service.group or "", service.name)),
        key=lambda service: service.group,
    ):
        made = [html.Option(service.name, value=service.code) for service in members]
        options += [tag("optgroup", {"label": group}, made)] if group else made
    return _field(
        "service",
        _("What is it about?"),
        tag("select", {"name": "service", "id": "service", "required": True}, options),
    )


def _questions(service: ReportableService) -> Any:
    """What a type asks, in a template; `data-required` names the fields that must be answered."""
    required = [
        field_name(question)
        for question in service.questions
        if question.is_asked and question.is_required
    ]
    waiting = {
        "class": "questions-of-type",
        "data-service": service.code,
        "data-required": json.dumps(required),
    }
    return tag("template", waiting, question_fields(service, Draft()))


def _note() -> html.Div:
    named = {"name": "note", "id": "note", "rows": 5, "maxlength": MAX_NOTE}
    box = tag("textarea", named | {"aria-describedby": "note-hint"}, "")
    return _field("note", _("What do you see?"), box, hint=note_hint())


def _who() -> html.Fieldset:
    choices = (("public", _("Everybody")), ("private", _("Only the city and you")))
    boxes = [
        html.Label(
            [
                tag("input", {"type": "radio", "name": "who", "value": value, "required": True}),
                html.Span(word),
            ],
            className="report-type",
        )
        for value, word in choices
    ]
    return html.Fieldset(
        [html.Legend(_("Who may see it")), html.Div(boxes, className="report-types")],
        className="report-field",
    )


def _email() -> html.Div:
    label = with_aside(_("Your e-mail address"), _("(if you want to be told)"))
    return _field("email", label, email_box("email"))
