"""Writing the cases of one transaction: rows, originals, revisions, search entries and alerts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, text

from portal.domain.clean_record import CleanRecord
from portal.domain.disclosure import COARSER
from portal.notifications import alerts, repeats
from portal.queries.staff import hidden_texts
from portal.services.sync.arrivals import Arrival
from portal.services.sync.case_rows import (
    AT,
    COLUMNS,
    ORIGINAL_COLUMNS,
    ORIGINAL_TEXTS,
    PLACE_FIELDS,
    Row,
    Stamp,
    case_row,
    labels_of,
    original_row,
    published_parts,
    revisions_of,
    search_text,
)
from portal.services.sync.case_states import PORTAL_SOURCE, kept_visibility
from portal.services.sync.city_notes import NotedCase, NoteRules, add_notes, save_notes
from portal.services.sync.own_copies import carry_hidden_texts
from portal.services.sync.parted import forget_hidden_parents
from portal.services.sync.visibility_changes import REVISION_COLUMNS
from portal.services.sync.vocabulary import Vocabulary
from portal.store import bulk, search_index
from portal.store.ids import reserve_case_ids

SECONDS_PER_DAY = 86_400
_SEARCHED = (
    "visibility",
    "opened_at",
    "service_id",
    "title",
    "address",
    "note",
    "closure_reason",
)
"""Columns that decide a case's entry in the search index."""
_UNSEEN = ("rev", "source", "source_id", "source_updated_at", "content_hash", "extra")
_SEEN = tuple(place for name, place in AT.items() if name not in _UNSEEN)
"""Places in a row of what the public may see, if it sees the case at all."""
_OURS_TO_KEEP = ("case_id", "source", "source_id", "opened_at", "opened_month")
"""Columns of a case reported here that an echo does not change."""


@dataclass
class _Changes:
    """What changed cases lead to, gathered to be written at once."""

    rows: list[Row] = field(default_factory=list)
    originals: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    entries: list[search_index.Entry] = field(default_factory=list)
    alerts: dict[int, alerts.Kind] = field(default_factory=dict)
    noted: list[NotedCase] = field(default_factory=list)
    public: set[int] = field(default_factory=set)
    parted: dict[int, str] = field(default_factory=dict)
    coarser: list[int] = field(default_factory=list)
    """Cases whose place is now published less precisely."""


class CaseBatch:
    """The cases of one transaction. All rows get the same stamp.

    `is_seen`: the public sees something of what was added and changed so far, or saw it before.
    """

    def __init__(
        self,
        connection: Connection,
        vocabulary: Vocabulary,
        stamp: Stamp,
        sync_run_id: int | None,
    ) -> None:
        self.connection = connection
        self.vocabulary = vocabulary
        self.stamp = stamp
        self.sync_run_id = sync_run_id
        self.is_seen = False

    def add(self, arrivals: list[Arrival]) -> list[int]:
        """Store cases that are seen for the first time; returns their keys."""
        rows, originals, entries, noted = [], [], [], []
        cases = reserve_case_ids(self.connection, len(arrivals))
        hidden = self._carry_hidden_words(cases, arrivals)
        for case, arrival in zip(cases, arrivals, strict=True):
            parts = hidden.get(arrival.copy_of or 0, ())
            row, original = self._row(arrival, case, parts)
            rows.append(tuple(row))
            if arrival.clean.record.notes:
                noted.append(_noted(case, arrival, parts))
            if original:
                originals.append(original)
            if row[AT["visibility"]] == "public":
                entries.append(self._entry(row, None))
                self._publish_words(row)
                self.is_seen = True
        self.vocabulary.flush()
        bulk.insert_rows(self.connection, "cases", COLUMNS, rows)
        bulk.insert_rows(self.connection, "case_originals", ORIGINAL_COLUMNS, originals)
        add_notes(self.connection, self.stamp, noted)
        search_index.index_cases(self.connection, entries)
        return cases

    def _carry_hidden_words(
        self, cases: list[int], arrivals: list[Arrival]
    ) -> dict[int, list[tuple[str, str]]]:
        """What is hidden of reports that new cases repeat is hidden of these too; by report."""
        city_id = self.stamp.city_id
        reports = [arrival.copy_of for arrival in arrivals if arrival.copy_of is not None]
        for case, arrival in zip(cases, arrivals, strict=True):
            if arrival.copy_of is not None:
                carry_hidden_texts(self.connection, city_id, arrival.copy_of, case)
        return hidden_texts.hidden_parts(self.connection, city_id, reports)

    def change(self, arrivals: list[Arrival]) -> None:
        """Store newer versions of cases we have, with their revisions, and queue alerts."""
        known = [(arrival, arrival.stored.id) for arrival in arrivals if arrival.stored]
        old_rows = self._old_rows([case for _, case in known])
        hidden = hidden_texts.hidden_parts(self.connection, self.stamp.city_id, list(old_rows))
        changes = _Changes()
        for arrival, case in known:
            self._change_case(arrival, old_rows[case], hidden.get(case, ()), changes)
        self._save_notes(changes)
        self.vocabulary.flush()
        self._write(changes, list(old_rows))
        self._queue_alerts(changes.alerts)

    def _queue_alerts(self, events: dict[int, alerts.Kind]) -> None:
        """Even if the city takes no more reports: those who reported before still hear from us."""
        if not events:
            return
        city_id = self.stamp.city_id
        # A repeat that is closed together with its parent gets one e-mail.
        events |= repeats.events_of_repeats(self.connection, city_id, events)
        alerts.queue_alerts(self.connection, city_id, events, self.stamp.rev, self.stamp.now)

    def _save_notes(self, changes: _Changes) -> None:
        saved = save_notes(self.connection, self.stamp, changes.noted)
        self.is_seen = self.is_seen or not saved.reworded.isdisjoint(changes.public)
        for case in saved.told:
            changes.alerts.setdefault(case, "message")

    def _change_case(
        self, arrival: Arrival, old: Row, hidden: hidden_texts.Parts, changes: _Changes
    ) -> None:
        case = old[AT["id"]]
        if old[AT["source"]] == PORTAL_SOURCE and self.stamp.source != PORTAL_SOURCE:
            arrival = replace(arrival, clean=self._fill_from_report(arrival.clean, old))
        row, original = self._row(arrival, case, hidden)
        self._keep_ours(row, old, arrival)
        if row[AT["visibility"]] == "public":
            self._publish_words(row)
            changes.public.add(case)
        changes.noted.append(_noted(case, arrival, hidden, old[AT["source_updated_at"]]))
        changes.rows.append((*row[2:], self.stamp.city_id, case))
        self.is_seen = self.is_seen or _is_seen(old, row)
        if original:
            changes.originals.append(original)
        is_coarser = COARSER[row[_PLACE]] > COARSER[old[_PLACE]]
        if is_coarser:
            changes.coarser.append(case)
        hidden_fields = PLACE_FIELDS if is_coarser else ()
        for change in revisions_of(self.vocabulary, old, tuple(row), hidden_fields):
            changes.revisions.append(self._revision(row, change))
        if old[_PARENT] and not row[_PARENT]:
            changes.parted[case] = old[_PARENT]
        if kind := _alert_kind(old, row):
            changes.alerts[case] = kind
        if entry := self._changed_entry(old, row):
            changes.entries.append(entry)

    def _write(self, changes: _Changes, touched: list[int]) -> None:
        city_id = self.stamp.city_id
        bulk.execute_many(self.connection, _UPDATE, changes.rows)
        bulk.change_in(self.connection, _DELETE_ORIGINALS, touched, city=city_id)
        bulk.insert_rows(self.connection, "case_originals", ORIGINAL_COLUMNS, changes.originals)
        forget_exact_places(self.connection, city_id, changes.coarser)
        bulk.insert_rows(self.connection, "case_revisions", REVISION_COLUMNS, changes.revisions)
        forget_hidden_parents(self.connection, city_id, changes.parted)
        search_index.index_cases(self.connection, changes.entries)

    def _row(
        self, arrival: Arrival, case: int, hidden: hidden_texts.Parts = ()
    ) -> tuple[list[Any], Row | None]:
        published = hidden_texts.hide_parts(published_parts(arrival.clean, arrival.rule), hidden)
        original = original_row(self.stamp.city_id, case, arrival.clean, published)
        row = case_row(self.stamp, arrival.clean, published, arrival.rule, self.vocabulary)
        row[AT["id"]] = case
        row[AT["visibility"]] = arrival.set_visibility or row[AT["visibility"]]
        return row, original

    def _keep_ours(self, row: list[Any], old: Row, arrival: Arrival) -> None:
        """Carry over what a source does not decide about a case we have."""
        row[AT["first_seen_at"]] = old[AT["first_seen_at"]]
        row[AT["followers"]] = old[AT["followers"]]
        row[AT["visibility"]] = kept_visibility(
            row[AT["visibility"]], old[AT["visibility"]], old[AT["source"]]
        )
        if old[AT["source"]] == self.stamp.source:
            return
        for name in _OURS_TO_KEEP:
            row[AT[name]] = old[AT[name]]
        row[AT["work_order_id"]] = arrival.clean.record.source_id
        if row[AT["days_open"]] is not None:
            seconds = max(0, row[AT["closed_at"]] - row[AT["opened_at"]])
            row[AT["days_open"]] = seconds // SECONDS_PER_DAY

    def _fill_from_report(self, clean: CleanRecord, old: Row) -> CleanRecord:
        """Fill an echo with the texts and the place that the city did not send back."""
        values = {"city": self.stamp.city_id, "id": old[AT["id"]]}
        original = self.connection.execute(text(_ORIGINAL_TEXTS), values).first()
        texts = original or [old[AT[name]] for name in ORIGINAL_TEXTS]
        ours = dict(zip(ORIGINAL_TEXTS, texts, strict=True)) | {"photo_url": old[AT["photo_url"]]}
        missing = {
            name: value
            for name, value in ours.items()
            if value is not None and getattr(clean.record, name) is None
        }
        return replace(clean, record=replace(clean.record, **missing))

    def _old_rows(self, ids: list[int]) -> dict[int, Row]:
        rows = bulk.select_in(self.connection, _OLD_ROWS, ids, city=self.stamp.city_id)
        return {row[AT["id"]]: row for row in rows}

    def _publish_words(self, row: list[Any]) -> None:
        spellings = row[AT["spellings"]]
        self.vocabulary.publish_service(row[AT["service_id"]], spellings)
        self.vocabulary.publish_labels(labels_of(row), spellings)

    def _revision(self, row: list[Any], change: tuple[str, str | None, str | None]) -> Row:
        return (
            self.stamp.city_id,
            row[AT["id"]],
            self.stamp.rev,
            *change,
            self.stamp.now,
            row[AT["source_updated_at"]],
            self.sync_run_id,
        )

    def _entry(self, row: list[Any] | Row, old_opened_at: int | None) -> search_index.Entry:
        words = search_text(self.vocabulary.service_name(row[AT["service_id"]]), tuple(row))
        return search_index.Entry(
            self.stamp.city_id,
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
        if all(old[AT[name]] == row[AT[name]] for name in _SEARCHED):
            return None
        return self._entry(row, old[AT["opened_at"]] if was_public else None)


def _is_seen(old: Row, row: list[Any]) -> bool:
    """Whether the public sees a difference: not where only hidden words or the source's time is
    another."""
    if "public" not in (old[AT["visibility"]], row[AT["visibility"]]):
        return False
    return any(old[place] != row[place] for place in _SEEN)


def _noted(case: int, arrival: Arrival, hidden: hidden_texts.Parts, known_at: int = 0) -> NotedCase:
    record = arrival.clean.record
    rules = NoteRules(arrival.rule.place, record.note, hidden)
    return NotedCase(case, record.notes, rules, arrival.clean.updated_at, known_at)


def _alert_kind(old: Row, row: Row | list[Any]) -> alerts.Kind | None:
    """What to e-mail the resident and followers about, if anything."""
    was_closed = old[AT["status"]] == "closed"
    is_closed = row[AT["status"]] == "closed"
    if was_closed == is_closed:
        return None
    return "closed" if is_closed else "reopened"


def forget_exact_places(connection: Connection, city_id: str, ids: list[int]) -> None:
    """Delete the revisions that would still tell the exact place of cases, by key.

    For cases whose place is now published less precisely.
    """
    bulk.change_in(connection, _DELETE_PLACES, ids, city=city_id)


def move_source_times(connection: Connection, city_id: str, arrivals: list[Arrival]) -> None:
    """Note the later time of records that say the same as before.

    Nothing published changes, so this is no batch.
    """
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
        bulk.change_in(connection, _MOVE_TIME, ids, city=city_id, moment=moment)


_PLACE, _PARENT = AT["place_precision"], AT["parent_case_id"]
_UPDATE = (
    f"update cases set {', '.join(f'{name} = ?' for name in COLUMNS[2:])}"
    " where jurisdiction_id = ? and id = ?"
)
_OLD_ROWS = (
    f"select {', '.join(COLUMNS)} from cases where jurisdiction_id = :city and id in {{values}}"
)
_ORIGINAL_TEXTS = (
    f"select {', '.join(ORIGINAL_TEXTS)} from case_originals"
    " where jurisdiction_id = :city and id = :id"
)
_DELETE_ORIGINALS = "delete from case_originals where jurisdiction_id = :city and id in {values}"
_PLACE_FIELDS = ", ".join(f"'{name}'" for name in PLACE_FIELDS)
_DELETE_PLACES = (
    "delete from case_revisions"
    f" where jurisdiction_id = :city and field in ({_PLACE_FIELDS}) and id in {{values}}"
)
_MOVE_TIME = (
    "update cases set source_updated_at = :moment where jurisdiction_id = :city and id in {values}"
)
