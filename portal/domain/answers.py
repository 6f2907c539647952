"""The answers to a type's own questions (attributes of Open311): what is wrong with one, and how it is written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from portal.domain.report import Question

MAX_LINE = 500
MAX_TEXT = 4_000
Wrong = Literal["missing", "number", "datetime", "choice", "several", "long"]
Answers = Mapping[str, tuple[str, ...]]
_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,15})?")


def what_is_wrong(question: Question, given: tuple[str, ...]) -> Wrong | None:
    """Why answers to a question cannot be taken; None where they can. Nothing is asked where `is_asked` is not set."""
    first = next(iter(given), None)
    if first is None:
        return "missing" if question.is_asked and question.is_required else None
    if len(given) > 1 and question.kind != "multivaluelist":
        return "several"
    if any(len(answer) > _longest(question) for answer in given):
        return "long"
    if question.choices and not set(given) <= {key for key, _ in question.choices}:
        return "choice"
    if question.kind == "number" and not _NUMBER.fullmatch(first):
        return "number"
    if question.kind == "datetime" and _moment(first) is None:
        return "datetime"
    return None


def unasked(questions: tuple[Question, ...], answers: Answers) -> str | None:
    """The code of an answer that nobody asked for."""
    asked = {question.code for question in questions if question.is_asked}
    return next((code for code in answers if code not in asked), None)


def only_asked(questions: tuple[Question, ...], answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers to these questions, without those to questions of another type."""
    asked = {question.code for question in questions if question.is_asked}
    return {code: given for code, given in answers.items() if code in asked}


def written(questions: tuple[Question, ...], answers: Answers, zone: ZoneInfo) -> dict[str, tuple[str, ...]]:
    """Answers as a work-order system reads them: a decimal point, a time of the city's clocks with its offset, each choice once."""
    kinds = {question.code: question.kind for question in questions}
    return {code: tuple(dict.fromkeys(_written(kinds.get(code), answer, zone) for answer in given)) for code, given in answers.items()}


def _longest(question: Question) -> int:
    return MAX_TEXT if question.kind == "text" else MAX_LINE


def _written(kind: str | None, answer: str, zone: ZoneInfo) -> str:
    if kind == "number":
        return answer.replace(",", ".")
    moment = _moment(answer) if kind == "datetime" else None
    return answer if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def _moment(answer: str) -> datetime | None:
    """A day, or a day and a time: "2026-11-23", "2026-11-23T14:05"."""
    try:
        moment = datetime.fromisoformat(answer)
    except ValueError:
        return None
    return moment if 1900 <= moment.year <= 2200 else None
