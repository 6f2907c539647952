"""Words that staff have hidden from the public.

They are kept beside the case, and taken out again whenever it is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from portal.domain.disclosure import Published
from portal.store import bulk

Field = Literal["title", "note", "closure_reason", "address"]
FIELDS: tuple[Field, ...] = ("title", "note", "closure_reason", "address")
STAND_IN = "[hidden by the city]"
BY_STAFF = "staff"
"""In a case's list of what is hidden: staff did it, not a rule."""
Parts = Sequence[tuple[str, str]]
"""(field, words) pairs. No words: the whole text is hidden."""


def hidden_parts(
    connection: Connection, city_id: str, cases: Sequence[int]
) -> dict[int, list[tuple[str, str]]]:
    """What is hidden of these cases, by key. Most cases have nothing hidden, and no entry.

    The longest words come first, so that words within them are not hidden twice.
    """
    found: dict[int, list[tuple[str, str]]] = {}
    for case, field, part in bulk.select_in(connection, _OF_CASES, cases, city=city_id):
        found.setdefault(case, []).append((field, part))
    for parts in found.values():
        parts.sort(key=lambda hidden: -len(hidden[1]))
    return found


def hide_parts(published: Published, parts: Parts) -> Published:
    """The texts with a stand-in for what is hidden, and a note that something is."""
    texts: dict[str, str | None] = {}
    for field, part in parts:
        text = texts.get(field, getattr(published, field))
        if text:
            texts[field] = text.replace(part, STAND_IN) if part else STAND_IN
    changed = {field: text for field, text in texts.items() if text != getattr(published, field)}
    if not changed:
        return published
    return replace(published, **changed, hidden=tuple(sorted({*published.hidden, BY_STAFF})))


_OF_CASES = (
    "select case_key, field, part from hidden_texts"
    " where jurisdiction_id = :city and case_key in {values}"
)
