"""The number of a city's last batch of changes. Pages, maps and the facts compare it to their own.

    rev = data_version.lock(connection, city.id, now) + 1
    …                                                      # write rows stamped with this rev
    data_version.set_version(connection, city.id, rev, now)

Every writer to a city locks the number's row until the transaction ends, so batches come one after
the other and all other writers wait. Lock it as late as possible, and always before the rows of
cases and reports.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.store import bulk


def lock(connection: Connection, city_id: str, now: int) -> int:
    """Lock and return a city's data version, 0 before its first batch.

    For a batch that may turn out to change nothing. `now` is in epoch seconds.
    """
    rev = _select_for_update(connection, city_id)
    if rev is None:
        connection.execute(text(_FIRST), {"city": city_id, "now": now})
        rev = _select_for_update(connection, city_id)
    return rev or 0


def set_version(connection: Connection, city_id: str, rev: int, now: int) -> None:
    """Give the city the number of a batch that changed something. The caller has called `lock`."""
    connection.execute(text(_SET), {"city": city_id, "rev": rev, "now": now})


def advance(connection: Connection, city_id: str, now: int) -> int:
    """Lock and set in one, for a batch that always changes something; returns its number."""
    return connection.execute(text(_ADVANCE), {"city": city_id, "now": now}).scalar_one()


def _select_for_update(connection: Connection, city_id: str) -> int | None:
    until_the_end = "" if bulk.is_sqlite(connection) else " for update"
    query = text(f"select rev from data_versions where jurisdiction_id = :city{until_the_end}")
    return connection.execute(query, {"city": city_id}).scalar()


_FIRST = (
    "insert into data_versions (jurisdiction_id, rev, changed_at) values (:city, 0, :now)"
    " on conflict do nothing"
)
_SET = "update data_versions set rev = :rev, changed_at = :now where jurisdiction_id = :city"
_ADVANCE = """
insert into data_versions (jurisdiction_id, rev, changed_at) values (:city, 1, :now)
on conflict (jurisdiction_id) do update set
    rev = data_versions.rev + 1, changed_at = excluded.changed_at returning rev
"""
