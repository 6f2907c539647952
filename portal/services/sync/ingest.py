"""Storing a page of a source: cases, revisions, originals, search, quarantine, counters and the cursor, in one transaction.

What a source says of a case converges: of all versions of it, the one with the greatest (source time, content hash) stands, in whatever
order, how often and in what pages they come (docs/adr/0005-convergence.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from portal.domain.case import CaseRecord
from portal.domain.clean_record import CleanRecord
from portal.domain.disclosure import COARSER
from portal.domain.jurisdiction import Jurisdiction, ServiceRule
from portal.notifications import alerts
from portal.queries.staff import hidden_texts
from portal.services.sync import quarantine, service_names, sync_runs
from portal.services.sync.case_rows import (
    AT,
    COLUMNS,
    ORIGINAL_COLUMNS,
    ORIGINAL_TEXTS,
    PLACE_FIELDS,
    Row,
    case_row,
    labels_of,
    original_row,
    published_parts,
    revisions_of,
    search_text,
    visibility_of,
)  # fmt: skip
from portal.services.sync.quarantine import RejectedRow
from portal.services.sync.sync_runs import PageCounts
from portal.services.sync.vocabulary import Words
from portal.store import bulk, data_version, search_index
from portal.store.ids import reserve_case_ids

PORTAL_SOURCE = "portal"
"""`source` of the cases born here."""
NOTHING_YET = ""
"""`content_hash` of a case born here that a system has given a number, until its first echo."""
HELD, HELD_PRIVATE = "held", "held_private"
"""Held by staff; the second is a city's own case that its source has made private meanwhile, so that no release shows it."""
KEPT_VISIBILITY = ("reporter", HELD, HELD_PRIVATE)
"""The reporter's and the moderator's word: no sync lifts it."""
REVISION_COLUMNS = (
    "jurisdiction_id",
    "id",
    "rev",
    "field",
    "old_value",
    "new_value",
    "seen_at",
    "source_updated_at",
    "sync_run_id",
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What decides whether an arriving record is newer than the case we have."""

    id: int
    source_updated_at: int
    content_hash: str
    visibility: str
    place_precision: str
    source: str
    is_unmerged_birth: bool
    """Born here, and its echo has not come back yet."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of the page with its rule and the case it belongs to."""

    clean: CleanRecord
    rule: ServiceRule
    stored: Stored | None
    kept_as: str | None = None
    """Its visibility, where the type's rule does not decide it."""

    @property
    def version(self) -> tuple[int, str]:
        return self.clean.updated_at, self.clean.content_hash


def save_page(
    connection: Connection,
    city: Jurisdiction,
    source_name: str,
    records: list[CleanRecord],
    cursor: dict[str, Any] | None,
    sync_run_id: int | None,
    now: datetime,
    rejected: Iterable[RejectedRow] = (),
) -> PageCounts:
    """Store a page in the caller's write transaction. All of it or, when the transaction fails, nothing."""
    epoch, rejected = int(now.timestamp()), list(rejected)
    last_rev = data_version.lock(connection, city.id, epoch)
    words = Words(connection, city)
    arrivals = _arrivals(connection, city, source_name, records, words)
    new = [arrival for arrival in arrivals if arrival.stored is None]
    changed = [
        arrival for arrival in arrivals if arrival.stored and _is_change(arrival, arrival.stored)
    ]
    renamed = service_names.settle(connection, city, words, records)
    rev = last_rev + 1 if new or changed or renamed else last_rev
    batch = _Batch(connection, city, source_name, words, rev, epoch, sync_run_id)
    batch.add(new)
    batch.change(changed)
    _move_times(connection, city.id, arrivals)
    if rev > last_rev:
        data_version.set_version(connection, city.id, rev, epoch)
    quarantine.hold(connection, city.id, source_name, rejected, epoch)
    quarantine.resolve(
        connection,
        city.id,
        source_name,
        [arrival.clean.record.source_id for arrival in arrivals],
        epoch,
    )
    counts = PageCounts(
        read=len(records) + len(rejected),
        new=len(new),
        changed=len(changed),
        unchanged=len(records) - len(new) - len(changed),
        quarantined=len(rejected),
        rev=rev,
    )
    newest = max((min(epoch, clean.updated_at) for clean in records), default=None)
    sync_runs.count_page(connection, city.id, sync_run_id, counts, newest)
    sync_runs.move_cursor(connection, city.id, source_name, cursor, newest, epoch)
    return counts


def open_case(
    connection: Connection, city: Jurisdiction, clean: CleanRecord, visibility: str, now: datetime
) -> int:
    """Store a case that is born here, as a batch of its own in the caller's write transaction; returns its key.

    `visibility`: "public" for what the type's rule makes of it, else what is stored.
    """
    epoch = int(now.timestamp())
    rev = data_version.advance(connection, city.id, epoch)
    words = Words(connection, city)
    service_names.settle(connection, city, words, [clean])
    rule = words.rule(clean.record.service_code, clean.record.service_name)
    kept = None if visibility == "public" else visibility
    return _Batch(connection, city, PORTAL_SOURCE, words, rev, epoch, None).add(
        [Arrival(clean, rule, None, kept)]
    )[0]


def _arrivals(
    connection: Connection,
    city: Jurisdiction,
    source: str,
    records: list[CleanRecord],
    words: Words,
) -> list[Arrival]:
    """The newest version of each case in the page, with the case we have."""
    newest: dict[str, tuple[tuple[int, str], CleanRecord]] = {}
    for clean in records:
        version = clean.updated_at, clean.content_hash
        key = clean.record.source_id
        if key not in newest or version > newest[key][0]:
            newest[key] = version, clean
    stored = _stored(connection, city, source, [clean.record for _, clean in newest.values()])
    return [
        Arrival(
            clean, words.rule(clean.record.service_code, clean.record.service_name), stored.get(key)
        )
        for key, (_, clean) in newest.items()
    ]


_STORED = (
    "select {key}, id, source_updated_at, content_hash, visibility, place_precision, source, work_order_id"
    " from cases where jurisdiction_id = :city and source = :source and {key} in {{values}}"
)


def _stored(
    connection: Connection, city: Jurisdiction, source: str, records: list[CaseRecord]
) -> dict[str, Stored]:
    """The cases these records are about, by source id: of this source, or born here and echoed by it."""

    def find(key: str, of_source: str, values: list[str]) -> dict[str, Stored]:
        rows = bulk.select_in(
            connection, _STORED.format(key=key), values, city=city.id, source=of_source
        )
        apart = (
            _of_other_systems(connection, city, source, [row[1] for row in rows])
            if key == "work_order_id"
            else set()
        )
        return {
            row[0]: Stored(*row[1:7], is_unmerged_birth=_is_unmerged(row[3], *row[6:]))
            for row in rows
            if row[1] not in apart
        }

    found = find("source_id", source, [record.source_id for record in records])
    born_here = find(
        "work_order_id",
        PORTAL_SOURCE,
        [record.source_id for record in records if record.source_id not in found],
    )
    references = {
        record.reference: record.source_id
        for record in records
        if record.reference and record.source_id not in found
    }
    echoed = {
        references[case_id]: stored
        for case_id, stored in find("case_id", PORTAL_SOURCE, list(references)).items()
    }
    return found | echoed | born_here


def _of_other_systems(
    connection: Connection, city: Jurisdiction, source: str, cases: list[int]
) -> set[int]:
    """Those cases born here that went to a system the source does not read: it may give a case of its own the same number."""
    others = city.systems_apart_from(source)
    if not others:
        return set()
    sent = "select case_key, system from outbox where jurisdiction_id = :city and number = 1 and case_key in {values}"
    return {
        case
        for case, system in bulk.select_in(connection, sent, cases, city=city.id)
        if system in others
    }


def _is_unmerged(content_hash: str, source: str, work_order_id: str | None) -> bool:
    """Born here, and no source has spoken of it; a number alone may come from the system that took it (sending.py)."""
    return source == PORTAL_SOURCE and (work_order_id is None or content_hash == NOTHING_YET)


def _is_change(arrival: Arrival, stored: Stored) -> bool:
    if stored.is_unmerged_birth:
        return True
    version = stored.source_updated_at, stored.content_hash
    if arrival.clean.content_hash == stored.content_hash:
        return arrival.version >= version and _is_published_otherwise(arrival, stored)
    return arrival.version > version


def _is_published_otherwise(arrival: Arrival, stored: Stored) -> bool:
    """Same content, but the city's rules have changed, or it had been withdrawn."""
    visibility = _kept_visibility(
        visibility_of(arrival.clean, arrival.rule), stored.visibility, stored.source
    )
    return arrival.rule.place != stored.place_precision or visibility != stored.visibility


class _Batch:
    """The rows of one transaction: all get the same rev."""

    def __init__(
        self,
        connection: Connection,
        city: Jurisdiction,
        source: str,
        words: Words,
        rev: int,
        now: int,
        sync_run_id: int | None,
    ) -> None:
        self.connection, self.city, self.source, self.words = connection, city, source, words
        self.rev, self.now, self.sync_run_id = rev, now, sync_run_id

    def add(self, arrivals: list[Arrival]) -> list[int]:
        """Cases seen for the first time; their keys."""
        rows, originals, entries = [], [], []
        cases = reserve_case_ids(self.connection, len(arrivals))
        for case, arrival in zip(cases, arrivals, strict=True):
            row, original = self._row(arrival, case)
            rows.append(tuple(row))
            originals += [original] if original else []
            if row[AT["visibility"]] == "public":
                entries.append(self._entry(row, None))
                self._show_words(row)
        self.words.flush()
        bulk.insert_rows(self.connection, "cases", COLUMNS, rows)
        bulk.insert_rows(self.connection, "case_originals", ORIGINAL_COLUMNS, originals)
        search_index.index_cases(self.connection, entries)
        return cases

    def change(self, arrivals: list[Arrival]) -> None:
        """Newer versions of cases we have: rows, revisions, originals and search entries."""
        known = [(arrival, arrival.stored.id) for arrival in arrivals if arrival.stored]
        old_rows = self._old_rows([case for _, case in known])
        hidden = hidden_texts.of_cases(self.connection, self.city.id, list(old_rows))
        updates, originals, revisions, entries, coarsened = [], [], [], [], []
        turns: dict[int, alerts.Kind] = {}
        for arrival, case in known:
            old = old_rows[case]
            if old[AT["source"]] == PORTAL_SOURCE and self.source != PORTAL_SOURCE:
                arrival = replace(
                    arrival, clean=self._with_what_the_resident_said(arrival.clean, old)
                )
            row, original = self._row(arrival, case, hidden.get(case, ()))
            self._keep(row, old, arrival)
            if row[AT["visibility"]] == "public":
                self._show_words(row)
            updates.append((*row[2:], self.city.id, case))
            originals += [original] if original else []
            is_coarser = COARSER[row[_PLACE]] > COARSER[old[_PLACE]]
            coarsened += [case] if is_coarser else []
            changes = revisions_of(self.words, old, tuple(row), PLACE_FIELDS if is_coarser else ())
            revisions += [self._revision(row, change) for change in changes]
            turns |= {case: turn} if (turn := _turn(old, row)) else {}
            if entry := self._changed_entry(old, row):
                entries.append(entry)
        if turns:  # also where no reports are taken any more: who reported before is told
            alerts.owe(self.connection, self.city.id, turns, self.rev, self.now)
        self.words.flush()
        self._write(updates, originals, revisions, entries, coarsened, list(old_rows))

    def _write(
        self,
        updates: list,
        originals: list,
        revisions: list,
        entries: list,
        coarsened: list[int],
        touched: list[int],
    ) -> None:
        bulk.execute_many(self.connection, _UPDATE, updates)
        bulk.change_in(self.connection, _FORGET_ORIGINALS, touched, city=self.city.id)
        bulk.insert_rows(self.connection, "case_originals", ORIGINAL_COLUMNS, originals)
        forget_exact_places(self.connection, self.city.id, coarsened)
        bulk.insert_rows(self.connection, "case_revisions", REVISION_COLUMNS, revisions)
        search_index.index_cases(self.connection, entries)

    def _row(
        self, arrival: Arrival, case: int, hidden: hidden_texts.Parts = ()
    ) -> tuple[list[Any], Row | None]:
        published = hidden_texts.without(published_parts(arrival.clean, arrival.rule), hidden)
        original = original_row(self.city.id, case, arrival.clean, published)
        row = case_row(
            self.city.id,
            self.source,
            arrival.clean,
            published,
            arrival.rule,
            self.words,
            self.rev,
            self.now,
        )
        row[AT["id"]] = case
        row[AT["visibility"]] = arrival.kept_as or row[AT["visibility"]]
        return row, original

    def _keep(self, row: list[Any], old: Row, arrival: Arrival) -> None:
        """What a known case does not change: when it was first seen, who follows it; for a case born here, its number and its privacy."""
        row[AT["first_seen_at"]], row[AT["followers"]] = (
            old[AT["first_seen_at"]],
            old[AT["followers"]],
        )
        row[AT["visibility"]] = _kept_visibility(
            row[AT["visibility"]], old[AT["visibility"]], old[AT["source"]]
        )
        if old[AT["source"]] != self.source:
            for name in ("case_id", "source", "source_id", "opened_at", "opened_month"):
                row[AT[name]] = old[AT[name]]
            row[AT["work_order_id"]] = arrival.clean.record.source_id
            if row[AT["days_open"]] is not None:
                row[AT["days_open"]] = max(0, row[AT["closed_at"]] - row[AT["opened_at"]]) // 86_400

    def _with_what_the_resident_said(self, clean: CleanRecord, old: Row) -> CleanRecord:
        """The echo of a case born here, with the texts and the place that the city did not send back."""
        query = text(
            f"select {', '.join(ORIGINAL_TEXTS)} from case_originals where jurisdiction_id = :city and id = :id"
        )
        original = self.connection.execute(
            query, {"city": self.city.id, "id": old[AT["id"]]}
        ).first()
        ours = dict(
            zip(ORIGINAL_TEXTS, original or [old[AT[name]] for name in ORIGINAL_TEXTS], strict=True)
        ) | {"photo_url": old[AT["photo_url"]]}
        missing = {
            name: value
            for name, value in ours.items()
            if value is not None and getattr(clean.record, name) is None
        }
        return replace(clean, record=replace(clean.record, **missing))

    def _old_rows(self, ids: list[int]) -> dict[int, Row]:
        query = f"select {', '.join(COLUMNS)} from cases where jurisdiction_id = :city and id in {{values}}"
        return {
            row[AT["id"]]: row
            for row in bulk.select_in(self.connection, query, ids, city=self.city.id)
        }

    def _show_words(self, row: list[Any]) -> None:
        self.words.show_service(row[AT["service_id"]])
        self.words.show(labels_of(row))

    def _revision(self, row: list[Any], change: tuple[str, str | None, str | None]) -> Row:
        return (
            self.city.id,
            row[AT["id"]],
            self.rev,
            *change,
            self.now,
            row[AT["source_updated_at"]],
            self.sync_run_id,
        )

    def _entry(self, row: list[Any] | Row, old_opened_at: int | None) -> search_index.Entry:
        words = search_text(self.words.service_name(row[AT["service_id"]]), tuple(row))
        return search_index.Entry(
            self.city.id,
            row[AT["id"]],
            row[AT["opened_at"]],
            words,
            row[AT["visibility"]] == "public",
            old_opened_at,
        )

    def _changed_entry(self, old: Row, row: list[Any]) -> search_index.Entry | None:
        was_public = old[AT["visibility"]] == "public"
        if not was_public and row[AT["visibility"]] != "public":
            return None
        searched = (
            "visibility",
            "opened_at",
            "service_id",
            "title",
            "address",
            "note",
            "closure_reason",
        )
        if all(old[AT[name]] == row[AT[name]] for name in searched):
            return None
        return self._entry(row, old[AT["opened_at"]] if was_public else None)


def _kept_visibility(wanted: str, before: str, source: str) -> str:
    """What a case keeps that its resident or staff took out of sight; of one that staff hold, whether its source still shows it."""
    if before not in KEPT_VISIBILITY:
        return wanted
    if before not in (HELD, HELD_PRIVATE) or source == PORTAL_SOURCE:
        return before
    return HELD if wanted == "public" else HELD_PRIVATE


def _turn(old: Row, row: Row | list[Any]) -> alerts.Kind | None:
    """What the resident is to be told of."""
    was_closed, is_closed = old[AT["status"]] == "closed", row[AT["status"]] == "closed"
    if was_closed == is_closed:
        return None
    return "closed" if is_closed else "reopened"


def forget_exact_places(connection: Connection, city_id: str, ids: list[int]) -> None:
    """Remove from the history what would still tell where a case was, now that its place is published more coarsely."""
    fields = ", ".join(f"'{field}'" for field in PLACE_FIELDS)
    bulk.change_in(
        connection,
        f"delete from case_revisions where jurisdiction_id = :city and field in ({fields}) and id in {{values}}",
        ids,
        city=city_id,
    )


def _move_times(connection: Connection, city_id: str, arrivals: list[Arrival]) -> None:
    """Cases that say the same at a later time: only the time moves, nothing published changes."""
    later: dict[int, list[int]] = {}
    for arrival in arrivals:
        stored = arrival.stored
        if (
            stored
            and stored.content_hash == arrival.clean.content_hash
            and arrival.version[0] > stored.source_updated_at
        ):
            later.setdefault(arrival.version[0], []).append(stored.id)
    for moment, ids in later.items():
        bulk.change_in(
            connection,
            "update cases set source_updated_at = :moment where jurisdiction_id = :city and id in {values}",
            ids,
            city=city_id,
            moment=moment,
        )


_UPDATE = f"update cases set {', '.join(f'{name} = ?' for name in COLUMNS[2:])} where jurisdiction_id = ? and id = ?"
_FORGET_ORIGINALS = "delete from case_originals where jurisdiction_id = :city and id in {values}"
_PLACE = AT["place_precision"]
