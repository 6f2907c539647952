"""What an operator watches: how old the sync is, what waits for the city, which alerts wait.

Read with the core engine, for `python -m portal metrics` alone. No figure names a person, a case
or a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from portal.store.follower_models import Alert
from portal.store.models import DataVersion, SyncCursor, SyncRun
from portal.store.report_models import OutboxMessage

WAITING = ("pending", "leased", "unknown", "awaited", "stuck")
"""States of an outbox message that the city still has to get or to confirm."""


class Sample(NamedTuple):
    """One value of a gauge; `labels` in the order of `GAUGES`."""

    name: str
    labels: tuple[str, ...]
    value: float


GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "portal_sync_age_seconds": (
        "Seconds since a source was last read to its end",
        ("city", "source"),
    ),
    "portal_sync_lag_seconds": (
        "Seconds from the newest change a source told us of until now",
        ("city", "source"),
    ),
    "portal_outbox_messages": (
        "Messages to work-order systems, by state",
        ("city", "system", "state"),
    ),
    "portal_outbox_oldest_seconds": (
        "Age of the oldest message that still has to arrive, seconds",
        ("city", "system"),
    ),
    "portal_alerts": ("E-mails to residents, by state", ("city", "state")),
    "portal_alerts_oldest_seconds": (
        "Age of the oldest e-mail that still has to go out, seconds",
        ("city",),
    ),
    "portal_store_version": ("Number of the last batch stored", ("city",)),
}


def measure_store(connection: Connection, cities: Sequence[str], now: int) -> Iterator[Sample]:
    """Every gauge's values for these cities; `now` in epoch seconds. An empty store has none."""
    yield from _measure_sync_age(connection, cities, now)
    yield from _measure_sync_lag(connection, cities, now)
    yield from _measure_outbox(connection, cities, now)
    yield from _measure_alerts(connection, cities, now)
    yield from _measure_versions(connection, cities)


def _measure_sync_age(connection: Connection, cities: Sequence[str], now: int) -> Iterator[Sample]:
    query: Any = (
        select(
            SyncRun.jurisdiction_id, SyncRun.source, func.max(SyncRun.finished_at).label("ended_at")
        )
        .where(SyncRun.jurisdiction_id.in_(cities), SyncRun.state == "done")
        .group_by(SyncRun.jurisdiction_id, SyncRun.source)
    )
    for row in connection.execute(query):
        labels = (row.jurisdiction_id, row.source)
        yield Sample("portal_sync_age_seconds", labels, now - row.ended_at)


def _measure_sync_lag(connection: Connection, cities: Sequence[str], now: int) -> Iterator[Sample]:
    query = select(SyncCursor).where(
        SyncCursor.jurisdiction_id.in_(cities), SyncCursor.newest_source_at.is_not(None)
    )
    for row in connection.execute(query.with_only_columns(*SyncCursor.__table__.columns)):
        labels = (row.jurisdiction_id, row.source)
        yield Sample("portal_sync_lag_seconds", labels, now - row.newest_source_at)


def _measure_outbox(connection: Connection, cities: Sequence[str], now: int) -> Iterator[Sample]:
    place = OutboxMessage.jurisdiction_id, OutboxMessage.system
    of_cities = OutboxMessage.jurisdiction_id.in_(cities)
    count = select(*place, OutboxMessage.state, func.count()).where(of_cities)
    for city, system, state, messages in connection.execute(
        count.group_by(*place, OutboxMessage.state)
    ):
        yield Sample("portal_outbox_messages", (city, system, state), messages)
    oldest = select(*place, func.min(OutboxMessage.created_at)).where(
        of_cities, OutboxMessage.state.in_(WAITING)
    )
    for city, system, created_at in connection.execute(oldest.group_by(*place)):
        yield Sample("portal_outbox_oldest_seconds", (city, system), now - created_at)


def _measure_alerts(connection: Connection, cities: Sequence[str], now: int) -> Iterator[Sample]:
    of_cities = Alert.jurisdiction_id.in_(cities)
    count = select(Alert.jurisdiction_id, Alert.state, func.count()).where(of_cities)
    for city, state, alerts in connection.execute(
        count.group_by(Alert.jurisdiction_id, Alert.state)
    ):
        yield Sample("portal_alerts", (city, state), alerts)
    oldest = select(Alert.jurisdiction_id, func.min(Alert.created_at)).where(
        of_cities, Alert.state.in_(("pending", "leased"))
    )
    for city, created_at in connection.execute(oldest.group_by(Alert.jurisdiction_id)):
        yield Sample("portal_alerts_oldest_seconds", (city,), now - created_at)


def _measure_versions(connection: Connection, cities: Sequence[str]) -> Iterator[Sample]:
    query = select(DataVersion.jurisdiction_id, DataVersion.rev)
    for row in connection.execute(query.where(DataVersion.jurisdiction_id.in_(cities))):
        yield Sample("portal_store_version", (row.jurisdiction_id,), row.rev)
