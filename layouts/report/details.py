"""What the crew should know: the type's own questions, and the resident's own words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.draft import ANSWER, MAX_NOTE, Draft
from layouts.report.form import Problem, Screen, field_attributes, field_problem
from layouts.shared.city_words import city_lang_attribute, city_text
from layouts.shared.fields import form_field
from layouts.shared.language import _
from layouts.shared.prerender import tag
from portal.domain.answers import max_answer_length

if TYPE_CHECKING:
    from portal.domain.answers import AnswerProblem
    from portal.domain.report import Question, ReportableService

FIELD = "note"
FEW = 7
"""Up to so many choices are shown at once; more go into a list that opens."""


def details_screen(
    draft: Draft, service: ReportableService, problems: tuple[Problem, ...] = ()
) -> Screen:
    """The type's questions, then room for a note."""
    parts = [
        html.P(city_text(service.name), className="lead"),
        *question_fields(service, draft, problems),
        _note(draft, problems),
    ]
    return Screen(
        step="details",
        question=_("What should the crew know?"),
        answer=html.Div(parts, className="report-answer"),
        go_on=_("Continue"),
    )


def question_fields(
    service: ReportableService, draft: Draft, problems: tuple[Problem, ...] = ()
) -> list[Any]:
    """What the type asks, and who reads the answers."""
    questions = [_question(question, draft, problems) for question in service.questions]
    return [_who_reads(service), *questions]


def _who_reads(service: ReportableService) -> html.P | None:
    """Answers are never published; a resident's own words may be."""
    is_asking = any(question.is_asked for question in service.questions)
    return html.P(_("Your answers go to the city alone."), className="quiet") if is_asking else None


def _note(draft: Draft, problems: tuple[Problem, ...]) -> html.Div:
    box = {"name": FIELD, "id": FIELD, "rows": 6, "data-most": MAX_NOTE}
    box |= field_attributes(FIELD, problems, hint=True)
    # A browser drops the first line end of a text area.
    text = "\n" + draft.note if draft.note.startswith("\n") else draft.note
    return form_field(
        html.Label(_("What do you see?"), htmlFor=FIELD),
        html.P(note_hint(), className="quiet", id=f"{FIELD}-hint"),
        field_problem(problems, FIELD),
        tag("textarea", box, text),
        html.P(className="quiet report-left", role="status"),
    )


def note_hint() -> str:
    """What to write in a report's own words, and what not."""
    return _(
        "Say what it is and where exactly."
        " Please leave out names, phone numbers and license plates."
    )


def field_name(question: Question) -> str:
    """The name of a question's field."""
    return ANSWER + question.code


def field_id(question: Question) -> str:
    """The id of a question's field. A code may have spaces and signs; an id may not."""
    return ANSWER + re.sub(r"[^\w.-]", "-", question.code)


def describe_answer_problem(question: Question, wrong: AnswerProblem) -> str:
    """What to do about an answer that can't be taken."""
    sentences = {
        "missing": _("Please answer: {question}", question=question.prompt),
        "number": _(
            "Please write a number, such as 3 or 2.5: {question}", question=question.prompt
        ),
        "datetime": _("Please write a day: {question}", question=question.prompt),
        "long": _("Please answer in fewer words: {question}", question=question.prompt),
    }
    return sentences.get(wrong) or _(
        "Please choose one of the answers: {question}", question=question.prompt
    )


def _question(question: Question, draft: Draft, problems: tuple[Problem, ...]) -> Any:
    """One question of the type; one that is not asked is a sentence to read."""
    if not question.is_asked:
        return html.P(city_text(question.prompt), className="notice notice-plain")
    given = draft.answers.get(question.code, ())
    if question.choices:
        return _choices(question, given, problems)
    return (_moment if question.kind == "datetime" else _line)(question, given, problems)


def _prompt(question: Question) -> list[Any]:
    return [
        city_text(question.prompt),
        None if question.is_required else html.Span(" " + _("(if you know)"), className="quiet"),
    ]


def _line(question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]) -> html.Div:
    name, value = field_id(question), given[0] if given else None
    shared = {
        "name": field_name(question),
        "id": name,
        "maxlength": max_answer_length(question),
        **_hinted(question, name, problems),
    }
    if question.kind == "text":
        return _labeled(question, tag("textarea", {"rows": 3, **shared}, value), problems)
    # Numbers are typed as text: browsers drop what they don't take for a number,
    # and we could not say what is wrong with it.
    number = {"inputmode": "decimal"} if question.kind == "number" else {}
    box = tag("input", {"type": "text", **number, "value": value, **shared})
    return _labeled(question, box, problems)


def _moment(
    question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]
) -> html.Fieldset:
    """A day, and its time if the resident knows it: two fields with the same name."""
    name = field_id(question)
    shared = {"name": field_name(question)}
    day, time = (given[0] if given else None), (given[1] if len(given) > 1 else None)
    parts = [
        (_("Day"), name, {"type": "date", "value": day, **_hinted(question, name, problems)}),
        (_("Time (if you know)"), f"{name}-time", {"type": "time", "value": time}),
    ]
    boxes = [
        html.Div([html.Label(said, htmlFor=field), tag("input", shared | {"id": field} | box)])
        for said, field, box in parts
    ]
    return _grouped(question, html.Div(boxes, className="report-moment"), problems)


def _choices(question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]) -> Any:
    is_many = question.kind == "multivaluelist"
    if len(question.choices) > FEW and not is_many:
        return _list(question, given, problems)
    offered: list[tuple[str, Any]] = [(key, city_text(said)) for key, said in question.choices]
    if not is_many and not question.is_required:
        offered.append(("", _("I do not know")))  # a choice that was made can be taken back
    chosen = given or ("",)
    boxes = [
        _choice(field_name(question), key, said, key in chosen, is_many) for key, said in offered
    ]
    name = field_id(question)
    explained: dict[str, Any] = {**field_attributes(name, problems, hint=bool(question.hint))}
    explained.pop("aria-invalid", None)  # a group of fields has none
    types = html.Div(boxes, className="report-types")
    return _grouped(question, types, problems, id=name, tabIndex="-1", **explained)


def _choice(name: str, key: str, said: Any, is_checked: bool, is_many: bool) -> html.Label:
    kind = "checkbox" if is_many else "radio"
    box = {"type": kind, "name": name, "value": key, "checked": is_checked}
    return html.Label([tag("input", box), html.Span(said)], className="report-type")


def _list(question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]) -> html.Div:
    name = field_id(question)
    options = [html.Option(_("Choose"), value="")]
    options += [
        tag("option", {"value": key, "selected": key in given} | city_lang_attribute(), said)
        for key, said in question.choices
    ]
    named = {"name": field_name(question), "id": name}
    box = tag("select", named | _hinted(question, name, problems), options)
    return _labeled(question, box, problems)


def _labeled(question: Question, box: Any, problems: tuple[Problem, ...]) -> html.Div:
    """One box under its question."""
    name = field_id(question)
    label = html.Label(_prompt(question), htmlFor=name)
    return form_field(label, _hint(question, name), field_problem(problems, name), box)


def _grouped(
    question: Question, boxes: html.Div, problems: tuple[Problem, ...], **attributes: Any
) -> html.Fieldset:
    """Several boxes under their question."""
    name = field_id(question)
    head = [html.Legend(_prompt(question)), _hint(question, name), field_problem(problems, name)]
    return html.Fieldset([*head, boxes], className="report-field", **attributes)


def _hint(question: Question, name: str) -> html.P | None:
    return (
        html.P(city_text(question.hint), className="quiet", id=f"{name}-hint")
        if question.hint
        else None
    )


def _hinted(question: Question, name: str, problems: tuple[Problem, ...]) -> dict[str, str]:
    return field_attributes(name, problems, hint=bool(question.hint)) | (
        {"aria-required": "true"} if question.is_required else {}
    )
