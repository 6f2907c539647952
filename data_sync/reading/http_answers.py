"""HTTP answers as sources read them: JSON or an error that says what came instead."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from data_sync.reading.base import Answer
from portal.errors import SourceError


def json_of(answer: Answer, source: str) -> Any:
    """The parsed body. Raises SourceError with the first words of anything that is not JSON, such as a page of apology with status 200."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as problem:
        raise not_usable(answer, source, "JSON", problem) from problem


def not_usable(
    answer: Answer, source: str, wanted: str, problem: Exception | None = None
) -> SourceError:
    """The error for an answer that is not what was asked for; `problem` says where its reader stopped."""
    words = first_words(answer.body)
    kind = (
        "HTML"
        if words.lstrip().lower().startswith(("<!doctype html", "<html"))
        else answer.content_type or "something else"
    )
    where = f" ({problem})" if isinstance(problem, ValueError) and kind != "HTML" else ""
    return SourceError(
        f"{source}: {answer.url} answered {answer.status} with {kind} instead of {wanted}: {words!r}{where}",
        reason="bad_answer",
    )


def refuse_failure(answer: Answer, source: str) -> None:
    """Raises SourceError unless the answer's status is one of success."""
    if not 200 <= answer.status < 300:
        raise SourceError(
            f"{source}: {answer.url} answered {answer.status}: {first_words(answer.body)!r}",
            reason="bad_answer",
        )


def refuse_other_host(answer: Answer, asked: str, source: str) -> None:
    """Raises SourceError when the answer comes from another host than the one asked."""
    if urlsplit(answer.url).hostname != urlsplit(asked).hostname:
        raise SourceError(
            f"{source}: {asked} was answered by another host: {answer.url}", reason="other_host"
        )


def first_words(body: bytes) -> str:
    """The start of a body, fit for a message."""
    return " ".join(body[:200].decode("utf-8", "replace").split())[:120]
