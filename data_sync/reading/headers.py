"""What rows with the same columns tell: worked out once, as all rows of a table have the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data_sync.reading.labels import Wanted

TEXTS = (
    "title",
    "address",
    "zipcode",
    "note",
    "closure_reason",
    "photo_url",
    "closed_photo_url",
    "reference",
    "parent_id",
)
"""Fields that are read as they are written."""


def columns_in(tries: Wanted) -> set[str]:
    """Every column that may be read."""
    return {name for names in tries for name in ([names] if isinstance(names, str) else names)}


@dataclass(frozen=True, slots=True)
class Header:
    """What rows with these columns tell."""

    single: dict[str, str]
    """Fields with one column that may tell them, and that column."""
    tries: dict[str, Wanted]
    """All fields that may be told."""
    texts: list[str]
    extra: list[str]
    """Columns that no field uses, in alphabetical order."""

    @classmethod
    def of(
        cls, columns: tuple[str, ...], wanted: Mapping[str, Wanted], not_extra: set[str]
    ) -> Header:
        """What can be read of the wanted fields, and what is left over."""
        there = set(columns)
        tries = {
            name: tuple(names for names in of_field if columns_in((names,)) <= there)
            for name, of_field in wanted.items()
        }
        tries = {name: of_field for name, of_field in tries.items() if of_field}
        single = {
            name: of_field[0]
            for name, of_field in tries.items()
            if len(of_field) == 1 and isinstance(of_field[0], str)
        }
        texts = [name for name in TEXTS if name in tries]
        return cls(single, tries, texts, sorted(there - not_extra))
