"""A type of case as its city offers it to those who report: its name and what it asks (a service of Open311 and its definition)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from portal.domain.report import Question


@dataclass(frozen=True)
class ServiceDefinition:
    """One type. `asks`: its questions are to be fetched, too."""

    code: str
    name: str
    group: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    asks: bool = False


def questions_as_json(questions: Iterable[Question]) -> str:
    """Questions as they are stored."""
    return json.dumps([asdict(question) for question in questions], sort_keys=True)


def questions_from_json(stored: str) -> tuple[Question, ...]:
    """The questions that were stored."""
    return tuple(
        Question(**{**entry, "choices": tuple(map(tuple, entry["choices"]))})
        for entry in json.loads(stored)
    )
