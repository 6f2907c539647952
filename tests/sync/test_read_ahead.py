"""A second process that reads ahead: the same items in order, its errors, and none left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from data_sync.pull.checks import check_record
from data_sync.pull.read_ahead import read_ahead
from portal.errors import SourceError
from tests.sync.support import NOW, day, record


def test_items_come_in_order_from_another_process():
    items = list(read_ahead(lambda: iter([(number, os.getpid()) for number in range(5)])))
    assert [number for number, _ in items] == [0, 1, 2, 3, 4]
    assert {process for _, process in items}.isdisjoint({os.getpid()})


def test_an_error_comes_after_the_items_before_it_with_its_reason():
    def broken() -> Iterator[int]:
        yield 1
        raise SourceError("town.zip: breaks off", reason="damaged_file")

    items = read_ahead(broken)
    assert next(items) == 1
    with pytest.raises(SourceError, match="town.zip: breaks off") as fault:
        next(items)
    assert fault.value.reason == "damaged_file"


def test_nobody_is_left_behind_when_the_reader_stops_early():
    def endless() -> Iterator[int]:
        while True:
            yield os.getpid()

    items = read_ahead(endless)
    child = next(items)
    items.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_child_that_is_killed_is_told_as_what_it_is():
    def killed() -> Iterator[int]:
        yield 1
        os.kill(os.getpid(), signal.SIGKILL)
        yield 2

    items = read_ahead(killed)
    next(items)
    with pytest.raises(SourceError, match="ended from outside"):
        next(items)


def test_a_checked_record_arrives_as_it_was_sent(city):
    sent = check_record(
        record(
            note="é\n", closed_at=day(7), status="closed", extra={"a": "b"}, lat=42.32, lon=-71.07
        ),
        city,
        NOW,
    )
    assert list(read_ahead(lambda: iter([sent]))) == [sent]
