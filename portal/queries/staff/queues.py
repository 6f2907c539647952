"""Is anything stuck? What waits to be sent or fetched, how old it is, and how the sync is.

For the core engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from portal.domain.dispatch import NEEDS_STAFF
from portal.queries.sync import LATE_SECONDS, SourceHealth, source_health

NEWS_SECONDS = 86_400
"""An e-mail that was given up is news for so long."""
TROUBLED_ATTEMPTS = 3
"""Photos that were tried so often, in vain, are counted as failed."""
Kind = Literal["messages", "emails", "photos", "sync"]


@dataclass(frozen=True)
class QueueState:
    """A queue: `waiting` and `failed` count what is in it.

    `oldest_at` (epoch seconds): since when the oldest waits; None of photos, and if none waits.

    Failed are messages that staff must decide about, e-mails that were given up in the last 90
    days, and photos that could not be fetched three times. For "sync", `name` is a source,
    `oldest_at` is when it was last read to its end, and `failed` is 1 if its last run failed.
    """

    kind: Kind
    waiting: int
    failed: int
    oldest_at: int | None
    is_stuck: bool
    name: str = ""


def is_anything_stuck(queues: Sequence[QueueState]) -> bool:
    """Whether a person should look."""
    return any(queue.is_stuck for queue in queues)


def queue_states(connection: Connection, city_id: str, now: int) -> tuple[QueueState, ...]:
    """Messages to the city, e-mails, photos, then each source of the sync; `now` in epoch seconds.

    Source: the store's own outbox, alerts, photos and sync runs.
    """
    values = {"city": city_id, "late": now - LATE_SECONDS, "news": now - NEWS_SECONDS}
    queues = [
        QueueState(kind, row.waiting, row.failed, row.oldest_at, bool(row.is_stuck))
        for kind, query in _QUEUES.items()
        for row in connection.execute(text(query), values)
    ]
    sources = source_health(connection, city_id, now)
    return (*queues, *(_of_source(source, now) for source in sources))


def _of_source(source: SourceHealth, now: int) -> QueueState:
    failed, is_stuck = int(source.state == "failed"), source.is_in_trouble(now)
    return QueueState("sync", 0, failed, source.succeeded_at, is_stuck, source.source)


def _count(waiting: str, failed: str, since: str, is_stuck: str, table: str) -> str:
    return (
        f"select coalesce(sum(case when {waiting} then 1 else 0 end), 0) as waiting,"
        f" coalesce(sum(case when {failed} then 1 else 0 end), 0) as failed,"
        f" min(case when {waiting} then {since} end) as oldest_at,"
        f" coalesce(max(case when {is_stuck} then 1 else 0 end), 0) as is_stuck"
        f" from {table} where jurisdiction_id = :city"
    )


_IS_OUT = "state in ('pending', 'leased', 'unknown', 'awaited')"
_NEEDS_STAFF = f"state in ({', '.join(repr(state) for state in NEEDS_STAFF)})"
_IS_PENDING = "state = 'pending'"
_HAS_FAILED = "state = 'failed'"
_IS_TROUBLED = f"state = 'pending' and attempts >= {TROUBLED_ATTEMPTS}"
_QUEUES: dict[Kind, str] = {
    "messages": _count(
        _IS_OUT,
        _NEEDS_STAFF,
        "created_at",
        f"{_NEEDS_STAFF} or ({_IS_OUT} and created_at < :late)",
        "outbox",
    ),
    "emails": _count(
        _IS_PENDING,
        _HAS_FAILED,
        "created_at",
        f"({_HAS_FAILED} and finished_at >= :news) or ({_IS_PENDING} and created_at < :late)",
        "alerts",
    ),
    "photos": _count(_IS_PENDING, _IS_TROUBLED, "cast(null as bigint)", _IS_TROUBLED, "photos")
    + f" and {_IS_PENDING}",
}
