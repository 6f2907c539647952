"""Hiding labels that no public case has any more.

They would tell of the private cases that still have them.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Engine, select, text

from portal.store import bulk
from portal.store.engines import write
from portal.store.models import Label

_HIDE = "update labels set is_public = 0 where jurisdiction_id = :city and label_id in {values}"


def hide_unused(core: Engine, city_id: str, used: Collection[int], batch: int) -> int:
    """Hide a city's labels that are not `used` by the cases of `batch`; returns how many.

    Hides nothing where the store has gone on since: a newer case may use a label, and the next
    publication looks again.
    """
    unused = sorted(_shown_labels(core, city_id) - set(used))
    if not unused:
        return 0
    with write(core) as connection:
        if _lock_version(connection, city_id) != batch:
            return 0
        bulk.change_in(connection, _HIDE, unused, city=city_id)
    return len(unused)


def _lock_version(connection: Connection, city_id: str) -> int | None:
    # A batch that is being stored locks this row; afterwards the number is another one.
    lock = "" if bulk.is_sqlite(connection) else " for update"
    version = text(f"select rev from data_versions where jurisdiction_id = :city{lock}")
    return connection.execute(version, {"city": city_id}).scalar()


def _shown_labels(core: Engine, city_id: str) -> set[int]:
    query = select(Label.label_id).where(Label.jurisdiction_id == city_id, Label.is_public == 1)
    with core.connect() as connection:
        return set(connection.execute(query).scalars())
