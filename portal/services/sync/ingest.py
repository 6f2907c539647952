"""Storing a page of a source: cases, revisions, search, quarantine, counts and the cursor.

    page = SourcePage("town-csv", records, rejected, cursor={"line": 5000})
    with portal.transaction() as connection:
        counts = save_page(connection, city, page, sync_run_id, now)

All in one transaction. Cases converge: of all versions of a case, the one with the greatest (source
time, content hash) wins, in whatever order, pages and repetitions they come
(docs/adr/0005-convergence.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync import quarantine, service_names, sync_runs
from portal.services.sync.arrivals import Arrival, find_arrivals
from portal.services.sync.case_batch import CaseBatch, move_source_times
from portal.services.sync.case_rows import Stamp
from portal.services.sync.case_states import PORTAL_SOURCE
from portal.services.sync.notes import note_rows
from portal.services.sync.quarantine import RejectedRow
from portal.services.sync.sync_runs import PageCounts
from portal.services.sync.vocabulary import Vocabulary
from portal.services.sync.wrong_numbers import take_back_numbers
from portal.store import data_version


@dataclass(frozen=True)
class SourcePage:
    """What a page of a source brings, after its rows were checked.

    `cursor` is where the source resumes after this page; None leaves the stored one as it is.
    `is_own`: it was asked for with our key, for reports of ours. What else it shows may be private
    at the city, and is not stored.
    """

    source: str
    records: list[CleanRecord]
    rejected: Sequence[RejectedRow] = ()
    cursor: dict[str, Any] | None = None
    is_own: bool = False


def save_page(
    connection: Connection,
    city: Jurisdiction,
    page: SourcePage,
    sync_run_id: int | None,
    now: datetime,
) -> PageCounts:
    """Store a page inside the caller's write transaction: all of it, or nothing if that fails."""
    epoch = int(now.timestamp())
    last_rev = data_version.lock(connection, city.id, epoch)
    vocabulary = Vocabulary(connection, city)
    taken_back = take_back_numbers(connection, city, page.source, page.records, last_rev + 1)
    arrivals = find_arrivals(connection, city, page.source, page.records, vocabulary)
    new = [arrival for arrival in arrivals if arrival.is_new and not page.is_own]
    changed = [arrival for arrival in arrivals if arrival.is_change]
    renamed = service_names.rename_services(connection, city, vocabulary, page.records)
    rev = last_rev + 1 if new or changed or renamed or taken_back else last_rev
    stamp = Stamp(city.id, page.source, rev, epoch)
    batch = CaseBatch(connection, vocabulary, stamp, sync_run_id)
    batch.add(new)
    batch.change(changed)
    move_source_times(connection, city.id, arrivals)
    if rev > last_rev:
        is_seen = renamed or batch.is_seen or "public" in taken_back
        data_version.set_version(connection, city.id, rev, epoch, is_public=is_seen)
    _update_quarantine(connection, city.id, page, arrivals, epoch)
    seen = _leave_out_hidden(page.records, arrivals)
    newest = max((min(epoch, clean.updated_at) for clean in seen), default=None)
    seen_page = replace(page, records=seen)
    public_counts = _count(seen_page, [*filter(_is_seen, new)], [*filter(_is_seen, changed)], rev)
    notes = note_rows(seen, filter(_is_seen, arrivals), city.zone)
    sync_runs.count_page(connection, city.id, sync_run_id, public_counts, newest)
    sync_runs.add_notes(connection, city.id, sync_run_id, notes)
    sync_runs.move_cursor(connection, city.id, page.source, page.cursor, newest, epoch)
    counts = _count(page, new, changed, rev)
    return replace(counts, numbers=public_counts.numbers, notes=notes)


def _count(page: SourcePage, new: list[Arrival], changed: list[Arrival], rev: int) -> PageCounts:
    return PageCounts(
        read=len(page.records) + len(page.rejected),
        new=len(new),
        changed=len(changed),
        unchanged=len(page.records) - len(new) - len(changed),
        quarantined=len(page.rejected),
        rev=rev,
        outside=sum(not clean.place_is_credible for clean in page.records),
        numbers=[clean.record.source_id for clean in page.records],
    )


def _leave_out_hidden(records: list[CleanRecord], arrivals: list[Arrival]) -> list[CleanRecord]:
    """The records of cases that the public sees, or saw before: a run's numbers are public."""
    hidden = {one.clean.record.source_id for one in arrivals if not _is_seen(one)}
    return [clean for clean in records if clean.record.source_id not in hidden]


def _is_seen(arrival: Arrival) -> bool:
    return "public" in (arrival.visibility, arrival.stored and arrival.stored.visibility)


def open_case(
    connection: Connection, city: Jurisdiction, clean: CleanRecord, visibility: str, now: datetime
) -> int:
    """Store a case that is reported here, inside the caller's write transaction; returns its key.

    It is a batch of its own. `visibility` is stored as it is, except that "public" means what the
    service's rule allows.
    """
    epoch = int(now.timestamp())
    rule = city.rule_for(clean.record.service_code, clean.record.service_name)
    arrival = Arrival(clean, rule, None, None if visibility == "public" else visibility)
    # A hidden case renames no service that the public knows.
    rev = data_version.advance(connection, city.id, epoch, is_public=_is_seen(arrival))
    vocabulary = Vocabulary(connection, city)
    service_names.rename_services(connection, city, vocabulary, [clean])
    stamp = Stamp(city.id, PORTAL_SOURCE, rev, epoch)
    batch = CaseBatch(connection, vocabulary, stamp, sync_run_id=None)
    (case,) = batch.add([arrival])
    return case


def _update_quarantine(
    connection: Connection, city_id: str, page: SourcePage, arrivals: list[Arrival], now: int
) -> None:
    quarantine.add_rows(connection, city_id, page.source, page.rejected, now)
    arrived = [arrival.clean.record.source_id for arrival in arrivals]
    quarantine.resolve_rows(connection, city_id, page.source, arrived, now)
