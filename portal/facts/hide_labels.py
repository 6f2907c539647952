"""Labels that no public case bears any more: out of the public's sight, or they would tell of the private cases that still do."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, select, text

from portal.store import bulk
from portal.store.engines import write
from portal.store.models import Label


def hide_others(core: Engine, city_id: str, borne: Collection[int], rev: int) -> int:
    """Hide the labels that are not among those `borne` by the cases of batch `rev`; returns how many.

    Where the store has gone on since, nothing is hidden: a newer case may bear what was not borne, and the next publishing looks again.
    """
    with core.connect() as connection:
        shown = set(
            connection.execute(
                select(Label.label_id).where(Label.jurisdiction_id == city_id, Label.is_public == 1)
            ).scalars()
        )
    if not (others := sorted(shown - set(borne))):
        return 0
    with write(core) as connection:
        # A batch that is being stored holds this row; after it the number is another one.
        lock = "" if bulk.is_sqlite(connection) else " for update"
        version = text(f"select rev from data_versions where jurisdiction_id = :city{lock}")
        if connection.execute(version, {"city": city_id}).scalar() != rev:
            return 0
        bulk.change_in(
            connection,
            "update labels set is_public = 0 where jurisdiction_id = :city and label_id in {values}",
            others,
            city=city_id,
        )
    return len(others)
