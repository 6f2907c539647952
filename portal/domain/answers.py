"""Answers to a type's own questions (attributes of Open311): checked, and written for each reader.

seen = Question("seen", "Since when?", "datetime")
find_answer_problem(seen, ("yesterday",))  # "datetime"
format_for_system((seen,), {"seen": ("2026-11-23", "14:05")}, zone)
# {"seen": ("2026-11-23T14:05:00-05:00",)}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from portal.domain.report import Question

MAX_LINE = 500
MAX_TEXT = 4_000
FIRST_YEAR, LAST_YEAR = 1900, 2200
AnswerProblem = Literal["missing", "number", "datetime", "choice", "several", "long"]
Answers = Mapping[str, tuple[str, ...]]
"""What was answered, by the question's code."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15}|,\d{1,2}|,\d{4,15})?", re.ASCII)
"""1,500 is 1500 to some people and 1.5 to others, so the resident is asked again."""


def find_answer_problem(question: Question, given: tuple[str, ...]) -> AnswerProblem | None:
    """Why answers to a question can't be taken; None if they can.

    A datetime is a day, or a day and a time of day.
    """
    if not given:
        return "missing" if question.is_asked and question.is_required else None
    if any(len(answer) > max_answer_length(question) for answer in given):
        return "long"
    if question.choices and not set(given) <= {key for key, _ in question.choices}:
        return "choice"
    return _find_kind_problem(question, given)


def _find_kind_problem(question: Question, given: tuple[str, ...]) -> AnswerProblem | None:
    if question.kind == "datetime":
        return None if _parse_time(given) else "datetime"
    if len(given) > 1 and question.kind != "multivaluelist":
        return "several"
    if question.kind == "number" and not _NUMBER.fullmatch("".join(given)):
        return "number"
    return None


def find_unasked(questions: tuple[Question, ...], answers: Answers) -> str | None:
    """The code of an answer to no question; None if there is none."""
    asked = {question.code for question in questions if question.is_asked}
    return next((code for code in answers if code not in asked), None)


def keep_asked(questions: tuple[Question, ...], answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers to these questions, without those to questions of another type."""
    asked = {question.code for question in questions if question.is_asked}
    return {code: given for code, given in answers.items() if code in asked}


def format_for_system(
    questions: tuple[Question, ...], answers: Answers, zone: ZoneInfo
) -> dict[str, tuple[str, ...]]:
    """Answers as a work-order system reads them.

    A decimal point, a time of the city's clocks with its offset, each choice once.
    """
    kinds = {question.code: question.kind for question in questions}
    return {code: _format(kinds.get(code), given, zone) for code, given in answers.items()}


def format_for_people(question: Question, given: tuple[str, ...]) -> str:
    """An answer as people read it: choices by their words, a stored time by the city's clock."""
    if question.kind == "datetime" and len(given) == 1 and "T" in given[0]:
        return given[0][:16].replace("T", " ")
    words = dict(question.choices)
    return ", ".join(words.get(answer, answer) for answer in given)


def pair_with_prompts(
    questions: tuple[Question, ...], answers: Answers
) -> tuple[tuple[str, str], ...]:
    """(question, answer) in the order of the questions.

    An answer to a question that is no longer asked comes last, under its code.
    """
    asked = [question for question in questions if question.code in answers]
    codes = {question.code for question in asked}
    known = [
        (question.prompt, format_for_people(question, answers[question.code])) for question in asked
    ]
    rest = [(code, ", ".join(given)) for code, given in answers.items() if code not in codes]
    return (*known, *rest)


def max_answer_length(question: Question) -> int:
    """The most characters that an answer may have."""
    return MAX_TEXT if question.kind == "text" else MAX_LINE


def _format(kind: str | None, given: tuple[str, ...], zone: ZoneInfo) -> tuple[str, ...]:
    if kind == "number":
        return tuple(answer.replace(",", ".") for answer in given)
    time = _parse_time(given) if kind == "datetime" else None
    if time is None:
        return tuple(dict.fromkeys(given))
    if isinstance(time, datetime):
        time = time.replace(tzinfo=zone)
    # A day alone stays one: midnight would be a time that the resident never gave.
    return (time.isoformat(),)


def _parse_time(given: tuple[str, ...]) -> date | datetime | None:
    """A day, or a day and a time of it: ("2026-11-23", "14:05"). None for anything else."""
    day, *times = given
    if len(times) > 1 or not _DAY.fullmatch(day) or not all(map(_TIME.fullmatch, times)):
        return None
    try:
        found = datetime.fromisoformat("T".join(given))
    except ValueError:
        return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    return found if times else found.date()
