"""The questions services ask in a report, and the answers: Open311's attributes.

Answers are stored as they come, even to a question that is no longer asked: no report is lost
because of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from data_sync.desk.models import Answer, Question, write
from data_sync.desk.records import DeskQuestion

MOST_ANSWERS = 100
LONGEST_ANSWER = 4_000


def set_questions(
    desk: Engine | Connection, service_code: str, questions: Iterable[DeskQuestion]
) -> None:
    """Replace a service's questions, in this order."""
    rows = []
    for position, question in enumerate(questions, 1):
        place = {"service_code": service_code, "position": position}
        rows.append(vars(question) | place | {"choices": json.dumps(question.choices)})
    with write(desk) as connection:
        connection.execute(delete(Question).where(Question.service_code == service_code))
        if rows:
            connection.execute(insert(Question), rows)


def list_questions(connection: Connection, service_code: str) -> tuple[DeskQuestion, ...]:
    """A service's questions, in their order; empty if it asks nothing."""
    asked = select(Question.__table__).where(Question.service_code == service_code)
    return tuple(map(_question, connection.execute(asked.order_by(Question.position))))


def _question(row: Row[Any]) -> DeskQuestion:
    return DeskQuestion(
        row.code,
        row.prompt,
        row.kind,
        row.is_required,
        row.hint,
        tuple(map(tuple, json.loads(row.choices))),
        row.is_asked,
    )


def store_answers(
    connection: Connection, case_id: int, service_code: str, answers: Mapping[str, Sequence[str]]
) -> None:
    """Store the answers that came with a case.

    Under the question's words if its code is known, and a choice by its words.
    """
    asked = {question.code: question for question in list_questions(connection, service_code)}
    rows = []
    for code, given in answers.items():
        prompt, words = _in_words(asked.get(code), code, given)
        rows.append({"case_id": case_id, "prompt": prompt, "words": words[:LONGEST_ANSWER]})
    if rows:
        connection.execute(insert(Answer), rows[:MOST_ANSWERS])


def _in_words(question: DeskQuestion | None, code: str, given: Sequence[str]) -> tuple[str, str]:
    if question is None:
        return code, ", ".join(given)
    choices = dict(question.choices)
    return question.prompt, ", ".join(choices.get(answer, answer) for answer in given)


def list_answers(connection: Connection, case_id: int) -> list[tuple[str, str]]:
    """(question, answer) pairs of a case, in the order they came."""
    query = select(Answer.prompt, Answer.words).where(Answer.case_id == case_id).order_by(Answer.id)
    return [(row.prompt, row.words) for row in connection.execute(query)]
