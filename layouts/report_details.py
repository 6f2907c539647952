"""What there is to know about it: the type's own questions, and the resident's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.language import _
from layouts.prerender import tag
from layouts.report import Problem, Screen, described, problem_at
from layouts.report_draft import ANSWER, MAX_NOTE, Draft

if TYPE_CHECKING:
    from portal.domain.report import Question, ReportableService

FIELD = "note"
FEW = 7
"""So many choices are shown at once; more of them go into a list that opens."""


def details_screen(draft: Draft, service: ReportableService, problems: tuple[Problem, ...] = ()) -> Screen:
    """The type's questions, then room for a note."""
    return Screen(
        step="details",
        question=_("What should the crew know?"),
        answer=html.Div(
            [
                html.P(service.name, className="lead"),
                *[_question(question, draft, problems) for question in service.questions],
                _note(draft, problems),
            ],
            className="report-answer",
        ),
        go_on=_("Continue"),
    )


def _note(draft: Draft, problems: tuple[Problem, ...]) -> html.Div:
    box = {
        "name": FIELD,
        "id": FIELD,
        "rows": 6,
        "data-most": MAX_NOTE,
        **described(FIELD, problems, hint=True),
    }
    return html.Div(
        [
            html.Label(_("What do you see?"), htmlFor=FIELD),
            html.P(
                _("Say what it is and where exactly. Please leave out names, phone numbers and license plates."),
                className="quiet",
                id="note-hint",
            ),
            problem_at(problems, FIELD),
            tag("textarea", box, "\n" + draft.note if draft.note.startswith("\n") else draft.note),
            html.P(className="quiet report-left", role="status"),
        ],
        className="report-field",
    )


def field_of(question: Question) -> str:
    """The name of a question's field; its id, too."""
    return ANSWER + question.code


def _question(question: Question, draft: Draft, problems: tuple[Problem, ...]) -> Any:
    """One question of the type; one that asks nothing is a sentence to read."""
    if not question.is_asked:
        return html.P(question.prompt, className="notice notice-plain")
    given = draft.answers.get(question.code, ())
    if question.choices:
        return _choices(question, given, problems)
    return _line(question, given, problems)


def _prompt(question: Question) -> list[Any]:
    return [question.prompt, None if question.is_required else html.Span(" " + _("(if you know)"), className="quiet")]


def _line(question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]) -> html.Div:
    name = field_of(question)
    shared = {"name": name, "id": name, **_hinted(question, name, problems)}
    kinds = {"number": {"type": "text", "inputmode": "decimal"}, "datetime": {"type": "date"}}
    value = given[0] if given else None
    if question.kind == "text":
        box = tag("textarea", {"rows": 3, **shared}, value)
    else:
        box = tag("input", {**kinds.get(question.kind, {"type": "text"}), "value": value, "maxlength": 500, **shared})
    return html.Div(
        [html.Label(_prompt(question), htmlFor=name), _hint(question, name), problem_at(problems, name), box], className="report-field"
    )


def _choices(question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]) -> Any:
    name, is_many = field_of(question), question.kind == "multivaluelist"
    if len(question.choices) > FEW and not is_many:
        return _list(question, given, problems)
    boxes = [
        html.Label(
            [
                tag("input", {"type": "checkbox" if is_many else "radio", "name": name, "value": key, "checked": key in given}),
                html.Span(said),
            ],
            className="report-type",
        )
        for key, said in question.choices
    ]
    return html.Fieldset(
        [html.Legend(_prompt(question)), _hint(question, name), problem_at(problems, name), html.Div(boxes, className="report-types")],
        id=name,
        className="report-field",
        tabIndex="-1",
    )


def _list(question: Question, given: tuple[str, ...], problems: tuple[Problem, ...]) -> html.Div:
    name = field_of(question)
    options = [html.Option(_("Choose"), value="")]
    options += [html.Option(said, value=key, selected=key in given) for key, said in question.choices]  # pyright: ignore[reportCallIssue]
    return html.Div(
        [
            html.Label(_prompt(question), htmlFor=name),
            _hint(question, name),
            problem_at(problems, name),
            tag("select", {"name": name, "id": name, **_hinted(question, name, problems)}, options),
        ],
        className="report-field",
    )


def _hint(question: Question, name: str) -> html.P | None:
    return html.P(question.hint, className="quiet", id=f"{name}-hint") if question.hint else None


def _hinted(question: Question, name: str, problems: tuple[Problem, ...]) -> dict[str, str]:
    return described(name, problems, hint=bool(question.hint)) | ({"aria-required": "true"} if question.is_required else {})
