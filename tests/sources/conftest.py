"""Sources for tests: Smallville with any [[sources]] table, and a network of prepared answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_sync.reading.base import Answer, Source
from data_sync.sources import make_sources
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Network:
    """Gives one prepared answer after the other, the last one for ever.

    An answer may be a function of url and params.

    Remembers what was asked.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.urls: list[str] = []

    def __call__(
        self, url: str, params: dict[str, str] | None = None, headers: Any = None, json: Any = None
    ) -> Answer:
        self.urls.append(url)
        self.asked.append(dict(params or {}))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = answer(url, params or {}) if callable(answer) else answer
        return answer if isinstance(answer, Answer) else answer_of(answer, url)


def answer_of(
    body: Any,
    url: str = "https://city.example/api",
    status: int = 200,
    content_type: str = "application/json",
) -> Answer:
    """An answer with a body of bytes, of text, or of anything that becomes JSON."""
    if isinstance(body, str):
        body = body.encode()
    return Answer(
        status,
        content_type,
        body if isinstance(body, bytes) else json.dumps(body).encode(),
        url,
        {},
    )


@pytest.fixture
def source_of(city: Jurisdiction) -> Callable[..., Source]:
    """source_of(table, network) builds the source of a [[sources]] table in Smallville's file."""

    def build(table: dict[str, Any], network: Any = None, **options: Any) -> Source:
        return make_sources(replace(city, sources=(table,)), network or Network({}), **options)[0]

    return build


def cases_of_file(source: Source, path: Path, now: datetime = NOW) -> list[CaseRecord]:
    """Every case of a file; a row that is refused fails the test."""
    return [
        source.to_case(row, page.as_of)
        for page in source.pages_from_file(path, now=now)
        for row in page.rows
    ]
