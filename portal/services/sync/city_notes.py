"""Storing what the city writes to the public about its cases, as the public may read it.

A note is redacted like any text of its case, and loses the words that staff or the resident keep
from the public. A note that only gives back what the resident wrote is kept and not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.domain.case import CityNote
from portal.domain.disclosure import disclose_text
from portal.domain.jurisdiction import PlacePrecision
from portal.domain.quoted_words import has_words_of, normal_words
from portal.queries.staff.hidden_texts import CITY_NOTES, STAND_IN, Parts, hide_in_text
from portal.services.sync.case_rows import Stamp
from portal.store import bulk
from portal.store.models import CaseNote

COLUMNS = tuple(CaseNote.__table__.columns.keys())


@dataclass(frozen=True, slots=True)
class NoteRules:
    """What decides how a case's notes are published. `own_words`: what its resident wrote."""

    place: PlacePrecision
    own_words: str | None
    hidden: Parts


@dataclass(frozen=True, slots=True)
class NotedCase:
    """A case with the notes that its source gives, for `save_notes`.

    `told_at` is the source's time of this version, `known_at` of the one we had (epoch s).
    """

    case: int
    notes: Sequence[CityNote]
    rules: NoteRules
    told_at: int
    known_at: int


@dataclass(frozen=True, slots=True)
class SavedNotes:
    """Keys of cases: `told` if the city has written since, `reworded` if what is shown differs."""

    told: list[int]
    reworded: set[int]


@dataclass(frozen=True, slots=True)
class _Stored:
    kind: str
    said_at: int
    words: str
    rev: int
    shown: str


def publish_words(words: str, rules: NoteRules) -> str:
    """A note as the public reads it; empty if nothing of it is the city's own and public."""
    if _is_given_back(words, rules.own_words):
        return ""
    published = hide_in_text(disclose_text(words, rules.place)[0] or "", rules.hidden, CITY_NOTES)
    return published if normal_words(published.replace(STAND_IN, "")) else ""


def add_notes(connection: Connection, stamp: Stamp, cases: Sequence[NotedCase]) -> None:
    """Store the notes of cases that are new."""
    rows = [row for noted in cases for row in _rows(stamp, noted, [])]
    bulk.insert_rows(connection, "case_notes", COLUMNS, rows)


def save_notes(connection: Connection, stamp: Stamp, cases: Sequence[NotedCase]) -> SavedNotes:
    """Store the notes of cases that have changed in place of those they had."""
    keys = [noted.case for noted in cases]
    known = _stored_notes(connection, stamp.city_id, keys)
    if not known and not any(noted.notes for noted in cases):
        return SavedNotes([], set())
    rows, told, reworded = [], [], set()
    for noted in cases:
        before = known.get(noted.case, [])
        new = _rows(stamp, noted, before)
        rows += new
        if [row[3:6] for row in new] != [(old.kind, old.said_at, old.shown) for old in before]:
            reworded.add(noted.case)
        pairs = zip(noted.notes, new, strict=True)
        if any(_is_news(note, row, stamp, noted) for note, row in pairs):
            told.append(noted.case)
    bulk.change_in(connection, _DELETE, keys, city=stamp.city_id)
    bulk.insert_rows(connection, "case_notes", COLUMNS, rows)
    return SavedNotes(told, reworded)


def republish_notes(connection: Connection, city_id: str, rules: dict[int, NoteRules]) -> None:
    """Publish the notes of cases again, from their originals, by these rules."""
    rows = bulk.select_in(connection, _ORIGINALS, list(rules), city=city_id)
    changed = []
    for case, number, said in rows:
        shown = publish_words(said, rules[case])
        changed.append((shown, said if said != shown else None, city_id, case, number))
    bulk.execute_many(connection, _UPDATE, changed)


def _is_given_back(words: str, own_words: str | None) -> bool:
    if not own_words:
        return False
    return normal_words(words) == normal_words(own_words) or has_words_of(own_words, words)


def _rows(stamp: Stamp, noted: NotedCase, known: list[_Stored]) -> list[bulk.Row]:
    rows = []
    for number, note in enumerate(noted.notes, 1):
        said_at, rev = _moment(stamp, noted, note, known)
        shown = publish_words(note.words, noted.rules)
        original = note.words if note.words != shown else None
        row = (stamp.city_id, noted.case, number, note.kind, said_at, shown, original, rev)
        rows.append(row)
    return rows


def _is_news(note: CityNote, row: bulk.Row, stamp: Stamp, noted: NotedCase) -> bool:
    """Whether a note is new to us, and new: not one of old that a source begins to show."""
    values = dict(zip(COLUMNS, row, strict=True))
    is_new = values["rev"] == stamp.rev and _written_at(noted, note) > noted.known_at
    return is_new and bool(values["words"])


def _written_at(noted: NotedCase, note: CityNote) -> int:
    """When a note was written; one without a time as late as its case says (epoch s)."""
    return int(note.said_at.timestamp()) if note.said_at else noted.told_at


def _moment(
    stamp: Stamp, noted: NotedCase, note: CityNote, known: list[_Stored]
) -> tuple[int, int]:
    """When a note was written, and the data version it came with.

    One without a time was written when the case first came with it.
    """
    said_at = min(_written_at(noted, note), stamp.now)
    for before in known:
        is_same = (before.kind, before.words) == (note.kind, note.words)
        if is_same and (note.said_at is None or before.said_at == said_at):
            return before.said_at, before.rev
    return said_at, stamp.rev


def _stored_notes(
    connection: Connection, city_id: str, cases: list[int]
) -> dict[int, list[_Stored]]:
    found: dict[int, list[_Stored]] = {}
    for case, *values in bulk.select_in(connection, _KNOWN, cases, city=city_id):
        found.setdefault(case, []).append(_Stored(*values))
    return found


_OF_CASES = "from case_notes where jurisdiction_id = :city and case_key in {values}"
_KNOWN = (
    "select case_key, kind, said_at, coalesce(original, words), rev, words"
    f" {_OF_CASES} order by number"
)
_ORIGINALS = f"select case_key, number, coalesce(original, words) {_OF_CASES}"
_DELETE = f"delete {_OF_CASES}"
_UPDATE = (
    "update case_notes set words = ?, original = ?"
    " where jurisdiction_id = ? and case_key = ? and number = ?"
)
