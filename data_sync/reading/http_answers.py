"""HTTP answers as sources read them: JSON, or an error that says what came instead."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from data_sync.reading.base import Answer
from portal.errors import SourceError


def parse_json(answer: Answer, source: str) -> Any:
    """The parsed body.

    Raises SourceError with the first words of anything that is not JSON, such as an apology in HTML
    with status 200.
    """
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as problem:
        raise unusable_answer(answer, source, "JSON", problem) from problem


def unusable_answer(
    answer: Answer, source: str, wanted: str, problem: Exception | None = None
) -> SourceError:
    """The error for an answer that is not `wanted`; `problem` says where its reader stopped."""
    words = first_words(answer.body)
    is_html = words.lstrip().lower().startswith(("<!doctype html", "<html"))
    kind = "HTML" if is_html else answer.content_type or "something else"
    where = f" ({problem})" if isinstance(problem, ValueError) and not is_html else ""
    return SourceError(
        f"{source}: {answer.url} answered {answer.status} with {kind} instead of {wanted}: "
        f"{words!r}{where}",
        reason="bad_answer",
    )


def require_success(answer: Answer, source: str) -> None:
    """Raises SourceError unless the answer has a status of success."""
    if not 200 <= answer.status < 300:
        raise SourceError(
            f"{source}: {answer.url} answered {answer.status}: {first_words(answer.body)!r}",
            reason="bad_answer",
        )


def require_same_host(answer: Answer, asked: str, source: str) -> None:
    """Raises SourceError if the answer comes from another host than the one asked."""
    if urlsplit(answer.url).hostname != urlsplit(asked).hostname:
        raise SourceError(
            f"{source}: {asked} was answered by another host: {answer.url}", reason="other_host"
        )


def first_words(body: bytes) -> str:
    """The start of a body, fit for a message."""
    return " ".join(body[:200].decode("utf-8", "replace").split())[:120]
