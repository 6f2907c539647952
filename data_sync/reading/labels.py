"""Labels of a row (types, departments, areas) under the names that a city's file gives them.

renames = { department = { "66" = "Streets" } }
strip = { queue = "^[A-Z]{2,4}x?_" }              # PWDx_Snow Cases → Snow Cases
calm = ["service_name"]                           # HEAT/HOT WATER → Heat/Hot Water
abbreviations = ["MBTA"]                          # stays MBTA
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from data_sync.reading.base import Row
from data_sync.reading.nothing import NOTHING
from data_sync.reading.values import to_text

_LABELS_KEPT = 20_000
_NUMBERED = re.compile(r"(?:ward|district)?\s*0*([0-9]+)(?:\.0*)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with")
)

Wanted = tuple[str | tuple[str, ...], ...]
"""Columns tried in turn; each is one name, or several that are joined."""


@dataclass(frozen=True)
class Naming:
    """How a city's file wants labels written, by field."""

    renames: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    strip: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions of what is left out."""
    calm: Iterable[str] = ()
    """Fields in which a name all in capitals gets capitals at the start of its words only."""
    abbreviations: Iterable[str] = ()
    """Words that stay in capitals."""

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(self.abbreviations)

    def name_of(self, name: str, written: str) -> str:
        """What the city's file calls what is written in a field, on one line."""
        label = " ".join(written.split())
        renames = self.renames.get(name, {})
        if label in renames:
            return renames[label]
        if pattern := self.strip.get(name):
            label = " ".join(re.sub(pattern, "", label).replace("_", " ").split()) or label
            label = renames.get(label, label)
        return self._calmed(label) if name in self.calm else label

    def _calmed(self, label: str) -> str:
        """A name without shouting: only where no letter of it is small."""
        if label != label.upper() or not any(map(str.isalpha, label)):
            return label
        return _WORD.sub(lambda word: self._calm_word(word[0], word.start()), label)

    def _calm_word(self, word: str, start: int) -> str:
        if word in self._kept:
            return word
        small = word.lower()
        return small if start and small in _SMALL_WORDS else small[:1].upper() + small[1:]


class LabelReader:
    """Reads a label and names it, once for each spelling.

    A page then has one string for each label, not ten thousand.
    """

    def __init__(
        self, name: str, tries: Wanted, naming: Naming, nothing: frozenset[str] = NOTHING
    ) -> None:
        self.field = name
        self._tries = tries
        self._naming = naming
        self._nothing = nothing
        self._single = tries[0] if len(tries) == 1 and type(tries[0]) is str else ""
        self._known: dict[str, str | None] = {}

    def read(self, row: Row) -> str | None:
        """The label; None if it is blank."""
        raw = row.get(self._single)
        if type(raw) is not str:
            raw = first_value(row, self._tries, self._nothing) or ""
        try:
            return self._known[raw]
        except KeyError:
            return self._learn(raw)

    def _learn(self, raw: str) -> str | None:
        if len(self._known) > _LABELS_KEPT:
            self._known.clear()
        label = " ".join(raw.split())
        named: str | None = None
        if label and label not in self._nothing:
            is_numbered = self.field in ("district", "ward")
            named = bare_number(label) if is_numbered else self._naming.name_of(self.field, label)
        self._known[raw] = named or None
        return self._known[raw]


def first_value(row: Row, tries: Wanted, nothing: frozenset[str] = NOTHING) -> str | None:
    """The first of the columns that is not blank, as stripped text; no word for nothing.

    Joined columns count if all are filled.
    """
    for name in tries:
        if type(name) is str:
            value = row.get(name)
            if type(value) is str:
                if (text := value.strip()) and text not in nothing:
                    return text
            elif value is not None and (text := to_text(value).strip()) and text not in nothing:
                return text
        else:
            parts = [to_text(row.get(part)).strip() for part in name]
            if all(part and part not in nothing for part in parts):
                return " & ".join(parts)
    return None


def bare_number(label: str) -> str | None:
    """A ward or district by its bare number: 'Ward 03', '3' and '3.0' are '3'; other names stay.

    None for '0', which is how cities write none.
    """
    match = _NUMBERED.fullmatch(label)
    if not match:
        return label
    return None if match[1] == "0" else match[1]
