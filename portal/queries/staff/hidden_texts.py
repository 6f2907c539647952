"""Words that the public must not read: what staff have hidden, and what a resident told the city.

They are kept beside the case, and taken out again whenever it is published, in whichever of its
texts and however they come back (portal.domain.quoted_words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from portal.domain.disclosure import Published
from portal.domain.quoted_words import hide_quotes, is_telling, normal_words
from portal.store import bulk

Field = Literal["title", "note", "closure_reason", "address"]
FIELDS: tuple[Field, ...] = ("title", "note", "closure_reason", "address")
EVERYWHERE = "*"
"""Stands for the field of words that belong to no text of the case, such as a note to the city."""
CITY_NOTES = "city_notes"
"""Stands for what the city wrote to the public on the way: all its notes together."""
STAND_IN = "[hidden by the city]"
BY_STAFF = "staff"
"""In a case's list of what is hidden: staff did it, not a rule."""
FEW_LETTERS = 6
"""A single hidden word shorter than this is looked for in its own text only."""
Parts = Sequence[tuple[str, str]]
"""(field, words) pairs. No words: the whole text is hidden."""


def hidden_parts(
    connection: Connection, city_id: str, cases: Sequence[int]
) -> dict[int, list[tuple[str, str]]]:
    """What is hidden of these cases, by key. Most cases have nothing hidden, and no entry.

    Includes the resident's notes to the city, and the words of texts that are hidden whole. The
    longest words come first, so that words within them are not hidden twice.
    """
    found: dict[int, list[tuple[str, str]]] = {}
    for case, field, part in bulk.select_in(connection, _OF_CASES, cases, city=city_id):
        found.setdefault(case, []).append((field, part))
    whole = [case for case, parts in found.items() if any(not part for _, part in parts)]
    for case, *texts in bulk.select_in(connection, _ORIGINALS, whole, city=city_id):
        hidden = {field for field, part in found[case] if not part}
        of_field = zip(FIELDS, texts, strict=True)
        found[case] += [
            (EVERYWHERE, words) for field, words in of_field if field in hidden and words
        ]
    for case, note in bulk.select_in(connection, _NOTES, cases, city=city_id):
        found.setdefault(case, []).append((EVERYWHERE, note))
    for parts in found.values():
        parts.sort(key=lambda hidden: -len(hidden[1]))
    return found


def hide_parts(published: Published, parts: Parts) -> Published:
    """The texts with a stand-in for what is hidden, and a note that something is."""
    if not parts:
        return published
    changed = {
        field: hidden
        for field in FIELDS
        if (text := getattr(published, field))
        and (hidden := hide_in_text(text, parts, field)) != text
    }
    if not changed:
        return published
    return replace(published, **changed, hidden=tuple(sorted({*published.hidden, BY_STAFF})))


def hide_in_text(text: str, parts: Parts, field: str = EVERYWHERE) -> str:
    """One text of a case with a stand-in for what is hidden; `field` is the text's name.

    A text that is none of FIELDS, such as an update by the city, has no field.
    """
    for hidden_in, words in parts:
        if hidden_in == field and not words:
            return STAND_IN
        if hidden_in == field and field != EVERYWHERE:
            text = hide_quotes(text.replace(words, STAND_IN), words, STAND_IN)
        elif _is_looked_for(hidden_in, words, text):
            text = hide_quotes(text, words, STAND_IN)
    return text


def _is_looked_for(hidden_in: str, words: str, text: str) -> bool:
    """Whether words that are hidden in one text are looked for in another.

    Of a note, only if nobody else would say the same: not "Still there" in a longer text.
    """
    normal = normal_words(words)
    if hidden_in == EVERYWHERE:
        return is_telling(words) or normal == normal_words(text)
    return " " in normal or len(normal) >= FEW_LETTERS


_OF_CASES = (
    "select case_key, field, part from hidden_texts"
    " where jurisdiction_id = :city and case_key in {values}"
)
_ORIGINALS = (
    f"select id, {', '.join(FIELDS)} from case_originals"
    " where jurisdiction_id = :city and id in {values}"
)
_NOTES = (
    "select case_key, note from report_notes"
    " where jurisdiction_id = :city and note <> '' and case_key in {values}"
)
