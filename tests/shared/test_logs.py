"""Log lines: one for each event, JSON or for a terminal, and nothing private in any."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Iterator

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from portal import logs

SECRETS = (
    "ann@example.org",
    "617-635-4500",
    "10.1.2.3",
    "2001:db8::17",
    "::1",
    "2001:db8:0:0:1:2:3:4",
    "fe80::1ff:fe23:4567:890a",
    "12 Adams St",
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where this test's logs go, as JSON; the handlers before come back at the end.

    The names that a request of an earlier test bound to its thread are gone.
    """
    structlog.contextvars.clear_contextvars()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    logs.configure_logs("DEBUG", written)
    yield written
    root.handlers = handlers
    root.setLevel(level)


def lines_of(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_names(stream):
    logs.get_logger("portal.test").info("sync", city="boston", seconds=1.5, outcome="ok")
    (line,) = lines_of(stream)
    assert line.pop("timestamp")
    assert line == {
        "event": "sync",
        "level": "info",
        "logger": "portal.test",
        "city": "boston",
        "seconds": 1.5,
        "outcome": "ok",
    }


def test_on_a_terminal_a_line_reads_as_words():
    terminal = Terminal()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.configure_logs("INFO", terminal)
        logs.get_logger("portal.test").info("sync", city="boston", outcome="took long")
    finally:
        root.handlers = handlers
        root.setLevel(level)
    assert terminal.getvalue()[8:] == ' info sync city=boston outcome="took long"\n'


def test_names_that_nobody_listed_are_dropped(stream):
    logs.get_logger("portal.test").info(
        "follow", email="ann@example.org", note="My name is Ann", city="x"
    )
    (line,) = lines_of(stream)
    assert "email" not in line
    assert "note" not in line
    assert line["city"] == "x"


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_that_names_a_person_is_in_a_line(stream, secret):
    log = logs.get_logger("portal.test")
    log.info(f"sent to {secret} today", reason=f"refused: {secret}\nsecond line")
    try:
        raise ValueError(f"refused by {secret}.")
    except ValueError:
        log.exception("a fault")
    logging.getLogger("library").warning("%s asked", secret)
    assert len(stream.getvalue().splitlines()) == 3
    assert secret not in stream.getvalue()


def test_an_exception_is_one_line_that_says_what_and_where(stream):
    try:
        raise KeyError("missing")
    except KeyError:
        logging.getLogger("library").exception("broke")
    (line,) = lines_of(stream)
    assert line["error"] == "KeyError: 'missing'"
    assert str(line["where"][-1]).startswith("shared/test_logs.py:")
    assert "test_an_exception_is_one_line" in line["where"][-1]


def test_a_database_error_does_not_quote_the_values(stream, engine):
    from sqlalchemy import text

    try:
        with engine.connect() as connection:
            connection.execute(text("select absent from nowhere where note = :n"), {"n": "CANARY"})
    except Exception:
        logs.get_logger("portal.test").exception("the store refused")
    assert "nowhere" in stream.getvalue()
    assert "CANARY" not in stream.getvalue()


def test_names_bound_to_a_request_are_in_each_of_its_lines(stream):
    with bound_contextvars(request="K7QM-2XPD", city="boston"):
        logs.get_logger("portal.test").info("inside")
        logging.getLogger("library").warning("also inside")
    logs.get_logger("portal.test").info("outside")
    assert [line.get("request") for line in lines_of(stream)] == ["K7QM-2XPD"] * 2 + [None]


def test_request_ids_are_short_and_differ():
    ids = {logs.new_request_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(one) == 9 and one[4] == "-" for one in ids)


def test_a_sentence_with_a_traceback_below_it_is_one_line_that_says_where(stream):
    try:
        raise OSError("disk is full")
    except OSError:
        text = f"town: publishing: unexpected error\n{traceback.format_exc()}"
    log = logs.get_logger("portal.test")
    logs.log_sentence(log, text)
    logs.log_sentence(log, "town: nothing to do")
    fault, sentence = lines_of(stream)
    assert fault["event"] == "town: publishing: unexpected error"
    assert fault["error"] == "OSError: disk is full"
    assert str(fault["where"][-1]).startswith("shared/test_logs.py:")
    assert (sentence["event"], sentence["level"]) == ("town: nothing to do", "warning")


def test_what_a_library_asks_for_is_no_line(stream):
    logging.getLogger("httpx2").info("HTTP Request: GET https://geocoder.example/?q=12 Adams St")
    logging.getLogger("httpx2").warning("slow")
    assert [line["event"] for line in lines_of(stream)] == ["slow"]


@pytest.mark.parametrize("kept", ["10:04:22", "2026-11-30T10:04:22", "version 0.1.0", "case 101"])
def test_a_time_or_a_number_in_a_line_is_no_address(stream, kept):
    logs.get_logger("portal.test").info(f"the next try is at {kept}.")
    assert lines_of(stream)[0]["event"] == f"the next try is at {kept}."
