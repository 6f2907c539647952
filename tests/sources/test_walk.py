"""How live sources are walked: where they start, where they go on, when they stop."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from data_sync.reading.walk import MAX_PAGES, KeysetWalk, PageRequest, Reply
from portal.errors import SourceError

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Table:
    """A table of (id, time) rows that hands out three at a time, in the order of their ids."""

    def __init__(self, *rows: tuple[str, datetime], fails_at: int = 0) -> None:
        self.rows, self.asked, self.fails_at = list(rows), [], fails_at

    def ask(self, request: PageRequest) -> Reply:
        self.asked.append(request)
        if len(self.asked) == self.fails_at:
            raise SourceError("table: broken", reason="bad_answer")
        rows = [
            {"id": key, "at": at}
            for key, at in self.rows
            if request.start is None or at > request.start
        ]
        rows = [row for row in rows if request.after is None or row["id"] > request.after[0]]
        return Reply(rows[:3], more=len(rows) >= 3)


def walk_of(ask, rest=timedelta(0), clock=lambda: 0.0) -> KeysetWalk:
    return KeysetWalk(
        "table", ask, lambda _, row: [row["id"]], lambda _, row: row["at"], lambda _: rest, clock
    )


def run(walk: KeysetWalk, cursor=None, since=None, now=NOW, parts=("t",)):
    return list(walk.pages(list(parts), cursor, since=since, now=now))


def ids(pages) -> list[str]:
    return [row["id"] for page in pages for row in page.rows]


def old(*keys: str) -> list[tuple[str, datetime]]:
    return [(key, NOW - 1000 * HOUR) for key in keys]


def test_a_first_walk_reads_everything_and_every_page_has_its_cursor():
    pages = run(walk_of(Table(*old("a", "b", "c", "d")).ask))
    assert [[row["id"] for row in page.rows] for page in pages] == [["a", "b", "c"], ["d"]]
    assert pages[0].cursor != pages[1].cursor
    assert json.loads(json.dumps(pages[-1].cursor)) == pages[-1].cursor
    assert all(page.as_of == NOW for page in pages)


def test_the_next_walk_reads_again_what_is_newer_than_two_days_before_the_newest():
    newest = NOW - 10 * HOUR
    table = Table(("a", newest - 49 * HOUR), ("b", newest - 47 * HOUR), ("c", newest))
    cursor = run(walk_of(table.ask))[-1].cursor
    assert ids(run(walk_of(table.ask), cursor)) == ["b", "c"]


def test_a_walk_that_was_interrupted_goes_on_after_the_last_page_stored():
    table = Table(*old("a", "b", "c", "d", "e"))
    first = run(walk_of(table.ask))[0]
    assert ids(run(walk_of(table.ask), first.cursor)) == ["d", "e"]


def test_a_date_in_the_future_does_not_move_the_cursor_past_now():
    table = Table(("a", NOW + 900 * HOUR), ("b", NOW - HOUR))
    cursor = run(walk_of(table.ask))[-1].cursor
    assert cursor is not None
    assert cursor["t"]["newest"] == (NOW - HOUR).isoformat()


def test_an_earlier_start_can_be_asked_for():
    table = Table(("a", NOW - 500 * HOUR), ("b", NOW - 100 * HOUR), ("c", NOW))
    cursor = run(walk_of(table.ask))[-1].cursor
    assert ids(run(walk_of(table.ask), cursor, since=NOW - 200 * HOUR)) == ["b", "c"]
    assert ids(run(walk_of(table.ask), cursor)) == ["c"]


def test_a_later_start_skips_nothing_that_the_next_walk_would_have_read():
    newest = NOW - 100 * HOUR
    table = Table(("a", newest - 40 * HOUR), ("b", newest), ("c", NOW - 1 * HOUR))
    first = Table(*table.rows[:2])
    cursor = run(walk_of(first.ask))[-1].cursor
    late = run(walk_of(table.ask), cursor, since=NOW - 2 * HOUR)
    assert ids(late) == ["a", "b", "c"]
    assert table.asked[0].start == newest - 48 * HOUR


@pytest.mark.parametrize("hours", [(500, 2), (2, 500), (500, 500, 2), (2, 2)])
def test_starts_asked_for_one_after_the_other_leave_no_gap(hours):
    rows = [(f"{age:04}", NOW - age * HOUR) for age in (1, 10, 50, 100, 300, 400, 600)]
    cursor, seen = None, set()
    for age in hours:
        pages = run(walk_of(Table(*rows).ask), cursor, since=NOW - age * HOUR)
        cursor, seen = pages[-1].cursor, seen | set(ids(pages))
    wanted = {key for key, at in rows if at > NOW - max(hours) * HOUR}
    assert wanted <= seen


@pytest.mark.parametrize("before", [None, "an older walk"])
def test_a_start_asked_for_in_the_middle_of_a_walk_loses_none_of_the_walk_s_rows(before):
    """It did: the walk's own start was forgotten, and the rows it had not come to with it."""
    table = Table(*old("a", "b", "c", "d", "e"), ("f", NOW - HOUR))
    cursor = None
    if before:
        cursor = {"t": {"newest": (NOW - 1100 * HOUR).isoformat()}}
    interrupted = run(walk_of(table.ask), cursor)[0].cursor
    pages = run(walk_of(table.ask), interrupted, since=NOW - 2 * HOUR)
    assert set(ids(pages)) >= {"d", "e", "f"}
    assert "walk" not in pages[-1].cursor["t"]


def test_open_cases_that_an_interrupted_walk_was_to_read_again_are_still_read():
    table = Table(("a", NOW), ("b", NOW), ("c", NOW), ("d", NOW))
    cursor = run(walk_of(table.ask))[-1].cursor
    later = NOW + timedelta(days=8)
    interrupted = run(walk_of(table.ask), cursor, now=later)[0].cursor
    run(walk_of(table.ask), interrupted, since=later - 2 * HOUR, now=later)
    assert table.asked[-1].with_open


def test_open_cases_are_asked_for_again_once_a_week():
    table = Table(("a", NOW))
    cursor = run(walk_of(table.ask))[-1].cursor
    for days in (1, 6, 8, 9):
        cursor = run(walk_of(table.ask), cursor, now=NOW + timedelta(days=days))[-1].cursor
    assert [ask.with_open for ask in table.asked] == [False, False, False, True, False]


def test_a_part_that_was_read_to_its_end_is_left_alone_for_its_rest():
    table = Table(("a", NOW))
    walk = walk_of(table.ask, rest=HOUR)
    cursor = run(walk)[-1].cursor
    assert run(walk, cursor, now=NOW + HOUR / 2) == []
    assert ids(run(walk, cursor, now=NOW + 2 * HOUR)) == ["a"]
    assert ids(run(walk, cursor, now=NOW - HOUR)) == ["a"], (
        "a clock that was set back does not stop the sync"
    )


def test_an_empty_table_moves_the_cursor_with_an_empty_page():
    (page,) = run(walk_of(Table().ask, rest=HOUR))
    assert page.rows == []
    assert run(walk_of(Table().ask, rest=HOUR), page.cursor) == []


def test_a_part_that_fails_does_not_hold_up_the_others():
    table = Table(*old("a"), fails_at=1)
    pages = []
    with pytest.raises(SourceError, match="broken"):
        for page in walk_of(table.ask).pages(["bad", "good"], None, since=None, now=NOW):
            pages.append(page)
    assert ids(pages) == ["a"]
    assert list(pages[-1].cursor) == ["good"]


def test_a_page_that_comes_again_and_again_ends_the_walk():
    same = Reply([{"id": "a", "at": NOW}], more=True)
    with pytest.raises(
        SourceError, match="the same page comes again and again; it starts with 'a'"
    ) as refused:
        run(walk_of(lambda ask: same))
    assert refused.value.reason == "endless_page"


def test_a_run_stops_between_two_pages_when_its_time_is_up_and_the_next_goes_on():
    seconds = iter([0.0, 10.0, 5000.0, *[6000.0] * 10])
    table = Table(*old("a", "b", "c", "d"))
    pages = run(walk_of(table.ask, clock=lambda: next(seconds)))
    assert ids(pages) == ["a", "b", "c"]
    assert ids(run(walk_of(table.ask), pages[-1].cursor)) == ["d"]


def test_a_run_reads_only_so_many_pages():
    def endless(request: PageRequest) -> Reply:
        key = f"{int(request.after[0]) + 1 if request.after else 0:09}"
        return Reply([{"id": key, "at": NOW}], more=True)

    assert len(run(walk_of(endless))) == MAX_PAGES
