"""Writing the cases of one transaction: rows, originals, revisions, search entries and alerts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, text

from portal.domain.clean_record import CleanRecord
from portal.domain.disclosure import COARSER
from portal.notifications import alerts
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
from portal.services.sync.vocabulary import Vocabulary
from portal.store import bulk, search_index
from portal.store.ids import reserve_case_ids

SECONDS_PER_DAY = 86_400
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
    coarser: list[int] = field(default_factory=list)
    """Cases whose place is now published less precisely."""


class CaseBatch:
    """The cases of one transaction. All rows get the same stamp."""

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

    def add(self, arrivals: list[Arrival]) -> list[int]:
        """Store cases that are seen for the first time; returns their keys."""
        rows, originals, entries = [], [], []
        cases = reserve_case_ids(self.connection, len(arrivals))
        for case, arrival in zip(cases, arrivals, strict=True):
            row, original = self._row(arrival, case)
            rows.append(tuple(row))
            if original:
                originals.append(original)
            if row[AT["visibility"]] == "public":
                entries.append(self._entry(row, None))
                self._publish_words(row)
        self.vocabulary.flush()
        bulk.insert_rows(self.connection, "cases", COLUMNS, rows)
        bulk.insert_rows(self.connection, "case_originals", ORIGINAL_COLUMNS, originals)
        search_index.index_cases(self.connection, entries)
        return cases

    def change(self, arrivals: list[Arrival]) -> None:
        """Store newer versions of cases we have, with their revisions, and queue alerts."""
        known = [(arrival, arrival.stored.id) for arrival in arrivals if arrival.stored]
        old_rows = self._old_rows([case for _, case in known])
        hidden = hidden_texts.hidden_parts(self.connection, self.stamp.city_id, list(old_rows))
        changes = _Changes()
        for arrival, case in known:
            self._change_case(arrival, old_rows[case], hidden.get(case, ()), changes)
        # Even if the city takes no more reports: those who reported before still hear from us.
        if changes.alerts:
            alerts.queue_alerts(
                self.connection, self.stamp.city_id, changes.alerts, self.stamp.rev, self.stamp.now
            )
        self.vocabulary.flush()
        self._write(changes, list(old_rows))

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
        changes.rows.append((*row[2:], self.stamp.city_id, case))
        if original:
            changes.originals.append(original)
        is_coarser = COARSER[row[_PLACE]] > COARSER[old[_PLACE]]
        if is_coarser:
            changes.coarser.append(case)
        hidden_fields = PLACE_FIELDS if is_coarser else ()
        for change in revisions_of(self.vocabulary, old, tuple(row), hidden_fields):
            changes.revisions.append(self._revision(row, change))
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
        self.vocabulary.publish_service(row[AT["service_id"]])
        self.vocabulary.publish_labels(labels_of(row))

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


_PLACE = AT["place_precision"]
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
