"""One table of a city's file, read key by key: a wrong, missing or unknown key is named with its file, and what it should be."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, TypeVar

from portal.errors import SettingsError

Kind = TypeVar("Kind", str, bool, list)
LANGUAGE = re.compile("[a-z]{2,3}")


class Keys:
    """Takes the keys of a table one by one; `finish` refuses what nobody took. `where` is "demo.toml: routes 3"."""

    def __init__(self, where: str, table: Any) -> None:
        self.where = where
        if not isinstance(table, dict):
            raise self.wrong(f'is {table!r}; it is a table of keys, such as {{ key = "value" }}')
        self._left = dict(table)

    def wrong(self, what: str) -> SettingsError:
        """The error that says where it is."""
        return SettingsError(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        """Whether the key is there and was not taken yet."""
        return key in self._left

    def text(self, key: str, default: str | None = None) -> str:
        """A text, not blank unless the default is; without a default it must be there."""
        value = self._take(key, str, default)
        if not value.strip() and default is None:
            raise self.wrong(f"{key} is empty; write what it is")
        return value.strip()

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        return self._take(key, bool, default)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where it is absent."""
        values = self._take(key, list, [])
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.wrong(f'{key} is {values!r}; it must be a list of texts, such as ["…", "…"]')
        return tuple(value.strip() for value in values)

    def one_of(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """A text that is one of those allowed."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(
                f"{key} is {value!r}; it is one of {', '.join(allowed) or 'none, because the file has none'}"
            )
        return value

    def pattern(self, key: str, default: str | None = None) -> str:
        """A regular expression."""
        value = self.text(key, default)
        try:
            re.compile(value, re.IGNORECASE)
        except re.error as problem:
            raise self.wrong(
                f"{key} is {value!r}, which is no regular expression: {problem}; a plain word such as 'pothole' is one"
            ) from None
        return value

    def words(self, key: str, is_needed: bool = False) -> dict[str, str]:
        """A sentence as text, which is English, or as a table of languages: { en = "…", es = "…" }."""
        value = self._left.pop(key, None)
        if value is None and not is_needed:
            return {}
        said = {"en": value} if isinstance(value, str) else value
        if not isinstance(said, dict) or not said or not all(map(_is_said, said.items())):
            raise self.wrong(
                f'{key} is {value!r}; it must be a sentence, or one in each language: {{ en = "…", es = "…" }}'
            )
        return {language: sentence.strip() for language, sentence in said.items()}

    def address(self, key: str) -> str:
        """An address of the web; empty where it is absent."""
        value = self.text(key, "")
        if value and not value.startswith("https://"):
            raise self.wrong(f"{key} is {value!r}; it begins with https://")
        return value

    def finish(self) -> None:
        """Raises SettingsError for a key that nobody took."""
        if self._left:
            raise self.wrong(
                f"unknown key {min(self._left)!r}; docs/cities.md lists those there are"
            )

    def _take(self, key: str, kind: type[Kind], default: Kind | None) -> Kind:
        value = self._left.pop(key, default)
        if value is None:
            raise self.wrong(f"the key {key!r} is missing")
        if not isinstance(value, kind):
            raise self.wrong(f"{key} is {value!r}; it must be {_KIND_WORDS[kind]}")
        return value


def _is_said(pair: tuple[Any, Any]) -> bool:
    language, sentence = pair
    return (
        bool(LANGUAGE.fullmatch(language)) and isinstance(sentence, str) and bool(sentence.strip())
    )


_KIND_WORDS: dict[type, str] = {str: "text", bool: "true or false", list: "a list"}
