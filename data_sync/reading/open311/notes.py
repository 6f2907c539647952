"""What a city writes to the public on the way: the notes of a GeoReport request.

    "notes": [{"datetime": "2026-11-20T09:00:00Z", "type": "note", "summary": "Note",
               "description": "A crew comes on Monday."}]

Servers write them as a list, as one, or as texts alone, in the request or in its extension. Notes
that say only that a request was opened, and notes marked as internal, are nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from data_sync.reading.base import Row
from data_sync.reading.values import to_text
from portal.domain.case import CityNote

ReadTime = Callable[[str], datetime | None]
CLOSED, REOPENED, NOTE = "closed", "reopened", "note"
_TIME_KEYS = ("datetime", "created_at", "updated_datetime", "date")
_WORD_KEYS = ("description", "comment", "text", "note")
_KINDS = {
    "closed": CLOSED,
    "close": CLOSED,
    "fixed": CLOSED,
    "closing": CLOSED,
    "reopened": REOPENED,
    "reopen": REOPENED,
}
_SILENT = {"opened", "open", "created", "received", "submitted"}
_NOT_PUBLIC = {"internal", "private", "staff", "confidential"}
_BARE_SUMMARIES = {"note", "comment", "update", "activity", "message", "public note"}
_NO = {"false", "0", "no"}


def read_notes(
    row: Row, extended: Row, read_time: ReadTime, nothing: frozenset[str]
) -> list[CityNote]:
    """All notes of a request, oldest first where they have times; closings are of kind "closed".

    `nothing` are the city's words for no value.
    """
    written = row.get("notes") or extended.get("notes")
    if isinstance(written, dict):
        inner = written.get("note")
        written = inner if isinstance(inner, list) else [written]
    if isinstance(written, str):
        written = [written]
    if not isinstance(written, list):
        return []
    notes = [note for item in written if (note := _read(item, read_time, nothing))]
    if all(note.said_at for note in notes):
        notes.sort(key=lambda note: note.said_at.timestamp() if note.said_at else 0)
    return notes


def last_closing(notes: list[CityNote]) -> str | None:
    """The words of the newest closing; None if there is none."""
    return next((note.words for note in reversed(notes) if note.kind == CLOSED), None)


def public_notes(notes: list[CityNote], status_notes: str | None) -> tuple[CityNote, ...]:
    """The notes without the closings, and with what an open request says of its status.

    Why a case was closed is a field of its own.
    """
    shown = [note for note in notes if note.kind != CLOSED]
    if status_notes and all(note.words != status_notes for note in notes):
        shown.append(CityNote(NOTE, status_notes))
    return tuple(shown)


def _read(item: Any, read_time: ReadTime, nothing: frozenset[str]) -> CityNote | None:
    if isinstance(item, str):
        item = {"description": item}
    if not isinstance(item, dict) or _is_internal(item):
        return None
    kind = _first(item, ("type",), nothing).lower()
    summary = _first(item, ("summary",), nothing)
    words = _words(kind, summary, _first(item, _WORD_KEYS, nothing))
    if not words:
        return None
    raw = _first(item, _TIME_KEYS, nothing)
    return CityNote(_KINDS.get(kind, NOTE), words, read_time(raw) if raw else None)


def _is_internal(item: Row) -> bool:
    marks = {to_text(item.get(name)).strip().lower() for name in ("type", "visibility")}
    shown = {to_text(item.get(name)).strip().lower() for name in ("public", "is_public")}
    return bool(marks & _NOT_PUBLIC or shown & _NO)


def _words(kind: str, summary: str, description: str) -> str:
    """A summary that says more than the kind stands before the description."""
    is_bare = summary.lower() in {kind, *_KINDS, *_SILENT, *_BARE_SUMMARIES}
    says_more = bool(summary) and not is_bare and kind not in _SILENT
    parts = [summary if says_more else "", "" if summary == description else description]
    if is_bare and summary == description:
        return ""
    return ": ".join(filter(None, parts))


def _first(item: Row, names: tuple[str, ...], nothing: frozenset[str]) -> str:
    texts: Iterator[str] = (to_text(item.get(name)).strip() for name in names)
    return next((text for text in texts if text and text not in nothing), "")
