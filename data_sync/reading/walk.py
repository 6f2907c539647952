"""How a live source is read: page by page after the last row seen, resuming where it stopped.

A walk goes from 48 hours before the newest time it has seen to the end, because cities publish
late. It may be interrupted after any page: the cursor says where to go on. A source may have
several parts (a table per year); one that fails does not hold up the others. The cursor can be
written as JSON:

    {"<part>": {"newest": time of the newest row seen, never in the future,
                "done_at": when a walk last reached the end,
                "reconciled_at": when all open cases were last read again,
                "walk": how far an unfinished walk has come}}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from data_sync.reading.base import Cursor, Page, Row
from portal.domain.claims import is_usable_number
from portal.errors import SourceError

LAG = timedelta(hours=48)
RECONCILE_EVERY = timedelta(days=7)
MAX_PAGES, MAX_SECONDS = 2_000, 1_800.0
NO_REST = timedelta(0)

Clock = Callable[[], float]
"""Seconds that only ever grow, such as time.monotonic."""
Position = list[str]


@dataclass(frozen=True)
class PageRequest:
    """The next page wanted: rows of a part changed after `start` (None: all).

    It begins after the row at the position `after`.
    """

    part: str
    start: datetime | None
    after: Position | None
    with_open: bool
    """Also every case that is open, whenever it changed."""


@dataclass(frozen=True)
class Reply:
    """Rows in the order of their positions; `more` says whether to ask again."""

    rows: list[Row]
    more: bool


@dataclass
class Budget:
    """What one run may read.

    A run that uses it up stops between two pages, and the next run goes on there.
    """

    clock: Clock
    pages: int = MAX_PAGES
    seconds: float = MAX_SECONDS
    _ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends_at = self.clock() + self.seconds

    def allows_page(self) -> bool:
        """Whether there is room for one more page; counts it."""
        self.pages -= 1
        return self.pages >= 0 and self.clock() < self._ends_at


class EndlessGuard:
    """Notices a server that hands out the same page again: no walk would ever end there."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen: set[tuple[str, ...]] = set()

    def is_repeat(self, ids: list[str]) -> bool:
        """Whether a page with these first ids has been seen in this run."""
        first = tuple(ids[:20])
        if not first or first not in self._seen:
            self._seen.add(first)
            return False
        return True

    def refuse_repeat(self, ids: list[str]) -> None:
        """Raises SourceError for a page that was seen before."""
        if self.is_repeat(ids):
            raise SourceError(
                f"{self._source}: the same page comes again and again; it starts with {ids[0]!r}",
                reason="endless_page",
            )


@dataclass(frozen=True)
class KeysetWalk:
    """Reads parts by position.

    `newest` tells a row's newest time, `rest` how long a finished part is left alone.
    """

    source: str
    ask: Callable[[PageRequest], Reply]
    position: Callable[[str, Row], Position]
    newest: Callable[[str, Row], datetime | None]
    rest: Callable[[str], timedelta]
    clock: Clock

    def pages(
        self, parts: list[str], cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """Pages of every part in turn, each with the cursor to keep once it is stored.

        Raises the SourceError of a part that failed at the end, after the other parts.
        """
        state: Cursor = dict(cursor or {})
        budget = Budget(self.clock)
        faults = []
        for part in parts:
            try:
                yield from self._pages_of(part, state, since, now, budget)
            except SourceError as fault:
                faults.append(fault)
        if faults:
            raise faults[0]

    def _pages_of(
        self, part: str, state: Cursor, since: datetime | None, now: datetime, budget: Budget
    ) -> Iterator[Page]:
        mine: dict[str, Any] = dict(state.get(part, {}))
        if since is None and self._is_resting(part, mine, now):
            return
        walk = mine.get("walk") if since is None else None
        walk = dict(walk) if walk else self._new_walk(mine, since, now)
        guard = EndlessGuard(f"{self.source}: {part}")
        more = True
        while more and budget.allows_page():
            start, after = _parse_time(walk["start"]), _usable(walk["after"])
            reply = self.ask(PageRequest(part, start, after, walk["with_open"]))
            more = reply.more and bool(reply.rows)
            if reply.rows:
                guard.refuse_repeat(["/".join(self.position(part, row)) for row in reply.rows[:20]])
                walk = self._advance(part, walk, reply.rows, now)
            mine = {**mine, "walk": walk} if more else self._end(mine, walk, now)
            state[part] = mine
            yield Page(rows=reply.rows, cursor=dict(state), as_of=now)

    def _is_resting(self, part: str, mine: dict[str, Any], now: datetime) -> bool:
        done_at = _parse_time(mine.get("done_at"))
        return (
            "walk" not in mine
            and done_at is not None
            and timedelta(0) <= now - done_at < self.rest(part)
        )

    def _new_walk(
        self, mine: dict[str, Any], since: datetime | None, now: datetime
    ) -> dict[str, Any]:
        """A walk from where the last one ended, or earlier: nothing is skipped for a later `since`.

        What an unfinished walk has not come to is read again.
        """
        newest = _parse_time(mine.get("newest"))
        reconciled_at = _parse_time(mine.get("reconciled_at"))
        start = None if newest is None else min(newest, now) - LAG
        if since is not None:
            start = since if start is None else min(start, since)
        if unfinished := mine.get("walk"):
            began = _parse_time(unfinished["start"])
            start = None if began is None or start is None else min(start, began)
        is_due = reconciled_at is None or now - reconciled_at >= RECONCILE_EVERY
        return {
            "start": _format_time(start),
            "after": None,
            "newest": mine.get("newest"),
            "with_open": start is not None and is_due,
        }

    def _advance(
        self, part: str, walk: dict[str, Any], rows: list[Row], now: datetime
    ) -> dict[str, Any]:
        """The walk after these rows: after the last one whose position can be asked for."""
        positions = (_usable(self.position(part, row)) for row in reversed(rows))
        return {
            **walk,
            "after": next(filter(None, positions), walk["after"]),
            "newest": self._newest(part, walk["newest"], rows, now),
        }

    def _newest(self, part: str, before: str | None, rows: list[Row], now: datetime) -> str | None:
        moments = [
            moment
            for row in rows
            if (moment := self.newest(part, row)) is not None and moment <= now
        ]
        if earlier := _parse_time(before):
            moments.append(earlier)
        return _format_time(max(moments, default=None))

    @staticmethod
    def _end(mine: dict[str, Any], walk: dict[str, Any], now: datetime) -> dict[str, Any]:
        """What is remembered of a part whose walk has reached the end."""
        has_reconciled = walk["with_open"] or walk["start"] is None
        return {
            "newest": walk["newest"],
            "done_at": _format_time(now),
            "reconciled_at": _format_time(now) if has_reconciled else mine.get("reconciled_at"),
        }


def _usable(position: Position | None) -> Position | None:
    """A position that a question can name; None for one that would make the city refuse it."""
    parts = [part for part in position or () if part]
    return position if parts and all(map(is_usable_number, parts)) else None


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _format_time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
