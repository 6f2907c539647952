"""The numbers of a city's changes: of all of them, and of those that anyone may see.

    rev = data_version.lock(connection, city.id, now) + 1
    …                                                      # write rows stamped with this rev
    data_version.set_version(connection, city.id, rev, now, is_public=True)

`rev` counts every batch and is on the rows that it touched. `public_rev` counts the batches that
changed something public. Pages, tiles, the facts and whoever asks from outside know only the
second: what is hidden must not move anything that can be seen, not even a number.

Every writer to a city locks the row of both until the transaction ends, so batches come one after
the other and all other writers wait. Lock it as late as possible, and always before the rows of
cases and reports.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.store import bulk


def lock(connection: Connection, city_id: str, now: int) -> int:
    """Lock a city's versions and return the number of its last batch, 0 before the first.

    For a batch that may turn out to change nothing. `now` is in epoch seconds.
    """
    rev = _select_for_update(connection, city_id)
    if rev is None:
        connection.execute(text(_FIRST), {"city": city_id, "now": now})
        rev = _select_for_update(connection, city_id)
    return rev or 0


def set_version(
    connection: Connection, city_id: str, rev: int, now: int, *, is_public: bool
) -> None:
    """Give the city the number of a batch that changed something. The caller has called `lock`.

    `is_public`: anyone may see some of what changed, before or after.
    """
    statement = text(_SET_PUBLIC if is_public else _SET)
    connection.execute(statement, {"city": city_id, "rev": rev, "now": now})


def advance(connection: Connection, city_id: str, now: int, *, is_public: bool) -> int:
    """Lock and set in one, for a batch that always changes something; returns its number."""
    seen = int(is_public)
    values = {"city": city_id, "now": now, "seen": seen, "seen_at": seen * now}
    return connection.execute(text(_ADVANCE), values).scalar_one()


def _select_for_update(connection: Connection, city_id: str) -> int | None:
    until_the_end = "" if bulk.is_sqlite(connection) else " for update"
    query = text(f"select rev from data_versions where jurisdiction_id = :city{until_the_end}")
    return connection.execute(query, {"city": city_id}).scalar()


_FIRST = (
    "insert into data_versions (jurisdiction_id, rev, changed_at) values (:city, 0, :now)"
    " on conflict do nothing"
)
_SET = "update data_versions set rev = :rev, changed_at = :now where jurisdiction_id = :city"
_SET_PUBLIC = """
update data_versions set rev = :rev, changed_at = :now,
    public_rev = public_rev + 1, public_changed_at = :now where jurisdiction_id = :city
"""
_ADVANCE = """
insert into data_versions (jurisdiction_id, rev, changed_at, public_rev, public_changed_at)
values (:city, 1, :now, :seen, :seen_at)
on conflict (jurisdiction_id) do update set
    rev = data_versions.rev + 1, changed_at = excluded.changed_at,
    public_rev = data_versions.public_rev + excluded.public_rev,
    public_changed_at = case when excluded.public_rev = 1
        then excluded.public_changed_at else data_versions.public_changed_at end
returning rev
"""
