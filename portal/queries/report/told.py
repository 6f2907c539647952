"""What cases said when they came: when, where, and the words, before anything was hidden.

Read from the store itself: the original is no business of the public's.
"""

from __future__ import annotations

from sqlalchemy import Connection

from portal.domain.claims import Told
from portal.store import bulk

ORIGINAL = "left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id"
SAID = (
    "c.opened_at, coalesce(o.lat, c.lat) as lat, coalesce(o.lon, c.lon) as lon,"
    " coalesce(o.note, c.note) as note"
)
"""The columns of a `Told`, of a case `c` and its original `o`."""


def told_by_cases(connection: Connection, city_id: str, cases: list[int]) -> dict[int, Told]:
    """What cases said, by their keys."""
    rows = bulk.select_in(connection, _TOLD, cases, city=city_id)
    return {case: Told(*told) for case, *told in rows}


_TOLD = (
    f"select c.id, {SAID} from cases c {ORIGINAL}"
    " where c.jurisdiction_id = :city and c.id in {values}"
)
