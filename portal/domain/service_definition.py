"""A type of case as its city offers it for reports: its name and its questions.

In Open311 terms, a service and its definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from portal.domain.report import Question


@dataclass(frozen=True)
class ServiceDefinition:
    """One type. `asks`: it has questions, which are to be fetched too."""

    code: str
    name: str
    group: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    asks: bool = False


def questions_as_json(questions: Iterable[Question]) -> str:
    """Questions as the JSON we store."""
    return json.dumps([asdict(question) for question in questions], sort_keys=True)


def questions_from_json(stored: str) -> tuple[Question, ...]:
    """The questions from the JSON we stored."""
    return tuple(
        Question(**{**entry, "choices": tuple(map(tuple, entry["choices"]))})
        for entry in json.loads(stored)
    )
