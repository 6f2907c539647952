"""The answers to a type's own questions (attributes of Open311): what is wrong with one, and how it is written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from portal.domain.report import Question

MAX_LINE = 500
MAX_TEXT = 4_000
Wrong = Literal["missing", "number", "datetime", "choice", "several", "long"]
Answers = Mapping[str, tuple[str, ...]]
_DAY, _TIME = (
    re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII),
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15}|,\d{1,2}|,\d{4,15})?", re.ASCII)
"""1,500 is a thousand and a half to some and one and a half to others, so it is asked again."""


def what_is_wrong(question: Question, given: tuple[str, ...]) -> Wrong | None:
    """Why answers to a question cannot be taken; None where they can. A datetime is a day, or a day and a time of day."""
    if not given:
        return "missing" if question.is_asked and question.is_required else None
    if any(len(answer) > longest_answer(question) for answer in given):
        return "long"
    if question.choices and not set(given) <= {key for key, _ in question.choices}:
        return "choice"
    if question.kind == "datetime":
        return None if _moment(given) else "datetime"
    if len(given) > 1 and question.kind != "multivaluelist":
        return "several"
    if question.kind == "number" and not _NUMBER.fullmatch("".join(given)):
        return "number"
    return None


def unasked(questions: tuple[Question, ...], answers: Answers) -> str | None:
    """The code of an answer that nobody asked for."""
    asked = {question.code for question in questions if question.is_asked}
    return next((code for code in answers if code not in asked), None)


def only_asked(questions: tuple[Question, ...], answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers to these questions, without those to questions of another type."""
    asked = {question.code for question in questions if question.is_asked}
    return {code: given for code, given in answers.items() if code in asked}


def written(
    questions: tuple[Question, ...], answers: Answers, zone: ZoneInfo
) -> dict[str, tuple[str, ...]]:
    """Answers as a work-order system reads them: a decimal point, a time of the city's clocks with its offset, each choice once."""
    kinds = {question.code: question.kind for question in questions}
    return {code: _written(kinds.get(code), given, zone) for code, given in answers.items()}


def in_words(question: Question, given: tuple[str, ...]) -> str:
    """An answer as people read it: choices by their words, a time that was written down by the city's clock."""
    if question.kind == "datetime" and len(given) == 1 and "T" in given[0]:
        return given[0][:16].replace("T", " ")
    said = dict(question.choices)
    return ", ".join(said.get(answer, answer) for answer in given)


def answered(questions: tuple[Question, ...], answers: Answers) -> tuple[tuple[str, str], ...]:
    """(question, answer) in the order of the questions; an answer to one that is no longer asked comes last, under its code."""
    asked = [question for question in questions if question.code in answers]
    codes = {question.code for question in asked}
    known = [(question.prompt, in_words(question, answers[question.code])) for question in asked]
    return (
        *known,
        *((code, ", ".join(given)) for code, given in answers.items() if code not in codes),
    )


def longest_answer(question: Question) -> int:
    """Letters."""
    return MAX_TEXT if question.kind == "text" else MAX_LINE


def _written(kind: str | None, given: tuple[str, ...], zone: ZoneInfo) -> tuple[str, ...]:
    if kind == "number":
        return tuple(answer.replace(",", ".") for answer in given)
    moment = _moment(given) if kind == "datetime" else None
    if moment is None:
        return tuple(dict.fromkeys(given))
    # A day alone stays one: midnight would be a time that nobody has said.
    return (
        moment.isoformat()
        if not isinstance(moment, datetime)
        else moment.replace(tzinfo=zone).isoformat(),
    )


def _moment(given: tuple[str, ...]) -> date | datetime | None:
    """A day, or a day and a time of it: ("2026-11-23", "14:05"). None for anything else."""
    if (
        not _DAY.fullmatch(given[0])
        or len(given) > 2
        or not all(_TIME.fullmatch(time) for time in given[1:])
    ):
        return None
    try:
        moment = datetime.fromisoformat("T".join(given))
    except ValueError:
        return None
    return None if not 1900 <= moment.year <= 2200 else moment if len(given) == 2 else moment.date()
