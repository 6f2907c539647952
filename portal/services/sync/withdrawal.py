"""Withdrawing cases that the city does not know any more: kept with their history, and out of the public's sight."""

from __future__ import annotations

from sqlalchemy import Connection

from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync import ingest
from portal.store import bulk, data_version, search_index


def withdraw(
    connection: Connection, city: Jurisdiction, source: str, source_ids: list[str], now: int
) -> int:
    """Withdraw the cases of a source; returns how many. They come back when the source shows them again.

    One that staff hold stays held, and is not for the public when it is released.
    """
    query = (
        "select id, opened_at, visibility, source_updated_at from cases where jurisdiction_id = :city and source = :source"
        " and visibility in ('public', 'service') and source_id in {values}"
    )
    rev = data_version.lock(connection, city.id, now) + 1
    cases = bulk.select_in(connection, query, source_ids, city=city.id, source=source)
    hold_back = f"update cases set visibility = '{ingest.HELD_PRIVATE}' where jurisdiction_id = :city and source = :source"
    of_held = f" and visibility = '{ingest.HELD}' and source_id in {{values}}"
    bulk.change_in(connection, hold_back + of_held, source_ids, city=city.id, source=source)
    if not cases:
        return 0
    hide = "update cases set visibility = 'withdrawn', rev = :rev where jurisdiction_id = :city and id in {values}"
    bulk.change_in(connection, hide, [case for case, *_ in cases], city=city.id, rev=rev)
    revisions = [
        (city.id, case, rev, "visibility", was, "withdrawn", now, updated, None)
        for case, _, was, updated in cases
    ]
    bulk.insert_rows(connection, "case_revisions", ingest.REVISION_COLUMNS, revisions)
    shown = [(case, opened_at) for case, opened_at, was, _ in cases if was == "public"]
    search_index.index_cases(
        connection,
        [
            search_index.Entry(city.id, case, opened_at, "", False, opened_at)
            for case, opened_at in shown
        ],
    )
    data_version.set_version(connection, city.id, rev, now)
    return len(cases)
