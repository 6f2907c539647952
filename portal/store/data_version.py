"""The number of a city's last batch, by which pages, maps and the facts learn that something changed. Inside the caller's transaction.

Whoever writes to a city takes it, and holds its row until the transaction ends: batches come one after the other, everybody else waits
for as long. So it is taken as late as can be, and always before the rows of cases and reports.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.store import bulk


def lock(connection: Connection, city_id: str, now: int) -> int:
    """The city's data version, for a batch that may turn out to change nothing; 0 before the first."""
    held = _held(connection, city_id)
    if held is None:
        made = "insert into data_versions (jurisdiction_id, rev, changed_at) values (:city, 0, :now) on conflict do nothing"
        connection.execute(text(made), {"city": city_id, "now": now})
        held = _held(connection, city_id)
    return held or 0


def publish(connection: Connection, city_id: str, rev: int, now: int) -> None:
    """Give the city the number of a batch that `lock` was taken for, and that did change something."""
    moved = "update data_versions set rev = :rev, changed_at = :now where jurisdiction_id = :city"
    connection.execute(text(moved), {"city": city_id, "rev": rev, "now": now})


def advance(connection: Connection, city_id: str, now: int) -> int:
    """Both at once, for a batch that changes something in any case; returns its number."""
    return connection.execute(text(_ADVANCE), {"city": city_id, "now": now}).scalar_one()


def _held(connection: Connection, city_id: str) -> int | None:
    until_the_end = "" if bulk.is_sqlite(connection) else " for update"
    query = text(f"select rev from data_versions where jurisdiction_id = :city{until_the_end}")
    return connection.execute(query, {"city": city_id}).scalar()


_ADVANCE = """
insert into data_versions (jurisdiction_id, rev, changed_at) values (:city, 1, :now)
on conflict (jurisdiction_id) do update set rev = data_versions.rev + 1, changed_at = excluded.changed_at returning rev
"""
