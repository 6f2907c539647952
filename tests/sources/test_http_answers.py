"""An answer that is not what was asked for is refused with what came instead."""

from __future__ import annotations

import pytest

from data_sync.reading.base import Answer
from data_sync.reading.http_answers import (
    first_words,
    parse_json,
    require_same_host,
    require_success,
)
from portal.errors import SourceError

URL = "https://data.example/cases.json"


def answer(body: bytes = b"", status: int = 200, kind: str = "text/html", url: str = URL) -> Answer:
    return Answer(status, kind, body, url, {})


@pytest.mark.parametrize(
    ("status", "is_success"),
    [(199, False), (200, True), (204, True), (299, True), (300, False), (404, False)],
)
def test_success_is_from_200_to_299(status, is_success):
    if is_success:
        require_success(answer(status=status), "town")
        return
    with pytest.raises(SourceError, match=f"town: {URL} answered {status}: 'Sorry'"):
        require_success(answer(b" Sorry\n", status), "town")


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (b"<!DOCTYPE html><p>Sorry", "application/json", "with HTML instead of JSON"),
        (b"\n <HTML>", "application/json", "with HTML instead of JSON"),
        (b"Sorry", "text/plain", "with text/plain instead of JSON: 'Sorry' (Expecting value"),
        (b"", "", "with something else instead of JSON: '' (Expecting value"),
        (b"[" * 100_000, "application/json", "with application/json instead of JSON"),
    ],
)
def test_what_came_instead_of_json_is_shown(body, kind, shown):
    with pytest.raises(SourceError) as refused:
        parse_json(answer(body, kind=kind), "town")
    assert shown in str(refused.value)
    assert refused.value.reason == "bad_answer"
    says_where = "char 0" in str(refused.value)
    assert says_where == (body in (b"Sorry", b""))


def test_json_is_read_whatever_it_is_called():
    assert parse_json(answer(b'{"a": [1]}'), "town") == {"a": [1]}


def test_the_first_words_are_a_hundred_and_twenty_characters_of_one_line():
    assert first_words(b"a\n\tb  c") == "a b c"
    assert first_words(b"x" * 300) == "x" * 120
    assert first_words(b" " * 199 + b"xyz") == "x"
    assert first_words(b"caf\xc3\xa9 \xff") == "café \ufffd"


def test_another_host_may_not_answer_and_another_page_of_it_may():
    require_same_host(answer(url="https://data.example/other"), URL, "town")
    with pytest.raises(SourceError) as refused:
        require_same_host(answer(url="https://elsewhere.example/"), URL, "town")
    assert refused.value.reason == "other_host"
