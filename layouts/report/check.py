"""The last screen before a report is sent.

Everything on one page, each line with a way back to it, and a box for an e-mail address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.draft import Draft
from layouts.report.forecast import describe_forecast
from layouts.report.form import (
    Problem,
    Screen,
    field_attributes,
    field_problem,
    submit_button,
)
from layouts.report.photo import ShownPhoto, photo_list
from layouts.shared import formats
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.fields import email_box, form_field, with_aside
from layouts.shared.language import _
from layouts.shared.prerender import aria_label, tag
from portal.domain.answers import find_answer_problem, format_for_people

if TYPE_CHECKING:
    from portal.domain.report import Question, ReportableService
    from portal.queries.cases.forecast import Forecast

FIELD = "email"


@dataclass(frozen=True)
class CheckView:
    """What will be sent, in words.

    `place` says where the pin is. `challenge` is the proof of work for a browser with scripts.
    Without `can_write`, no e-mail address is asked for. `photos` are those of the draft.
    `forecast`: how long cases like this take; None where too few are known.
    """

    service: ReportableService
    place: str
    photos: tuple[ShownPhoto, ...]
    is_ever_public: bool
    challenge: str
    can_write: bool = True
    is_demonstration: bool = False
    forecast: Forecast | None = None


def check_screen(draft: Draft, view: CheckView, problems: tuple[Problem, ...] = ()) -> Screen:
    """Check and send."""
    return Screen(
        step="check",
        question=_("Check and send"),
        answer=html.Div(
            [
                _summary(draft, view),
                _forecast(view),
                _email(draft, view, problems),
                _work(view),
            ],
            className="report-answer",
        ),
        go_on=_("Send the report"),
        action="/report/send",
    )


def _summary(draft: Draft, view: CheckView) -> html.Dl:
    who = _("Everybody") if draft.is_public and view.is_ever_public else _("Only the city and you")
    answers = _answers(draft, view.service)
    lines: list[tuple[str, str, Any]] = [
        ("photo", _("Photos"), photo_list(view.photos) or _("None")),
        ("where", _("Where"), view.place),
        ("what", _("What"), city_text(view.service.name)),
        *[("details", question, city_text(said)) for question, said in answers],
        ("details", _("Your words"), draft.note or _("None")),
        ("public", _("Who may see it"), who),
    ]
    prompts = [question.prompt for question in view.service.questions]
    shown = [_line(step, name, value, *prompts) for step, name, value in lines]
    return html.Dl(shown, className="report-summary")


def _line(step: str, name: str, value: Any, *city_words: str) -> html.Div:
    change = submit_button(
        _("Change"), f"to:{step}", "quiet-button", **aria_label(_("Change: {name}", name=name))
    )
    return html.Div([html.Dt(mark_city_words(name, *city_words)), html.Dd(value), html.Dd(change)])


def _answers(draft: Draft, service: ReportableService) -> list[tuple[str, str]]:
    """(question, answer) of the type's questions that were answered."""
    asked = [
        question
        for question in service.questions
        if question.is_asked and draft.answers.get(question.code)
    ]
    return [
        (question.prompt, describe_answer(question, draft.answers[question.code]))
        for question in asked
    ]


def describe_answer(question: Question, given: tuple[str, ...]) -> str:
    """An answer as people would say it: a choice by its words, a day by its name."""
    if question.kind == "datetime" and find_answer_problem(question, given) is None:
        return ", ".join([formats.calendar_day(date.fromisoformat(given[0])), *given[1:]])
    return format_for_people(question, given)


def _forecast(view: CheckView) -> html.P | None:
    """What to expect, before sending. It is kept with the report: /performance/forecasts."""
    said = describe_forecast(view.forecast)
    return html.P(said, className="lead") if said else None


def _email(draft: Draft, view: CheckView, problems: tuple[Problem, ...]) -> html.Div | None:
    if not view.can_write:
        return None
    label = with_aside(_("Your e-mail address"), _("(if you want to be told)"))
    return form_field(
        html.Label(label, htmlFor=FIELD),
        html.P(_explain_use(view), className="quiet", id=f"{FIELD}-hint"),
        field_problem(problems, FIELD),
        email_box(FIELD, draft.email, **field_attributes(FIELD, problems, hint=True)),
    )


def _explain_use(view: CheckView) -> str:
    """What the address is for, and how long we keep it."""
    sentences = [
        _(
            "Only to tell you what becomes of this report."
            " It is kept encrypted and shown to nobody."
        ),
        _("Half a year after the case is closed we delete it."),
    ]
    if view.is_demonstration:
        sentences.append(_("In this demonstration the letters are kept in a folder and not sent."))
    return " ".join(sentences)


def _work(view: CheckView) -> Any:
    """A challenge for the browser: it costs people nothing, and programs that send a lot much."""
    return tag(
        "input",
        {"type": "hidden", "name": "proof", "id": "proof", "data-challenge": view.challenge},
    )
