"""Withdrawing cases that the city no longer has.

They are kept with their history, but the public no longer sees them.
"""

from __future__ import annotations

from sqlalchemy import Connection

from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync.case_states import HELD, HELD_PRIVATE
from portal.services.sync.visibility_changes import add_visibility_changes
from portal.store import bulk, data_version, search_index


def withdraw_cases(
    connection: Connection, city: Jurisdiction, source: str, source_ids: list[str], now: int
) -> int:
    """Withdraw cases of a source; returns how many. They come back if the source shows them again.

    A case that staff hold stays on hold, and is not published when it is released.
    """
    rev = data_version.lock(connection, city.id, now) + 1
    cases = bulk.select_in(connection, _SHOWN, source_ids, city=city.id, source=source)
    bulk.change_in(connection, _MAKE_PRIVATE, source_ids, city=city.id, source=source)
    if not cases:
        return 0
    bulk.change_in(connection, _WITHDRAW, [case for case, *_ in cases], city=city.id, rev=rev)
    gone = [(case, was, "withdrawn", updated) for case, _, was, updated in cases]
    add_visibility_changes(connection, city.id, rev, gone, now)
    search_index.index_cases(
        connection,
        [
            search_index.Entry(city.id, case, opened_at, "", False, opened_at)
            for case, opened_at, was, _ in cases
            if was == "public"
        ],
    )
    is_seen = any(was == "public" for _, _, was, _ in cases)
    data_version.set_version(connection, city.id, rev, now, is_public=is_seen)
    return len(cases)


_SHOWN = (
    "select id, opened_at, visibility, source_updated_at from cases"
    " where jurisdiction_id = :city and source = :source"
    " and visibility in ('public', 'service') and source_id in {values}"
)
_MAKE_PRIVATE = (
    f"update cases set visibility = '{HELD_PRIVATE}'"
    f" where jurisdiction_id = :city and source = :source and visibility = '{HELD}'"
    " and source_id in {values}"
)
_WITHDRAW = (
    "update cases set visibility = 'withdrawn', rev = :rev"
    " where jurisdiction_id = :city and id in {values}"
)
