"""The table of one source in a city's file, read key by key; errors name the file and the key."""

from __future__ import annotations

from typing import Any, TypeVar

from portal.errors import SettingsError

Kind = TypeVar("Kind", str, int, bool, list, dict)


class SourceTable:
    """Takes the keys of a `[[sources]]` table one by one; `finish` refuses what nobody took."""

    def __init__(self, city_id: str, table: dict[str, Any]) -> None:
        self.where = f"{city_id}.toml: source {table.get('name') or '?'!r}"
        self._left = dict(table)

    def take(self, key: str, kind: type[Kind], default: Kind | None = None) -> Kind:
        """The key's value; without a default it must be there. Raises SettingsError."""
        value = self._left.pop(key, default)
        if value is None:
            raise SettingsError(f"{self.where}: the key {key!r} is missing")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise SettingsError(f"{self.where}: {key} is {value!r}; it must be {_KIND_WORDS[kind]}")
        return value

    def finish(self) -> None:
        """Raises SettingsError for a key that means nothing to this kind of source."""
        if self._left:
            raise SettingsError(f"{self.where}: unknown key {min(self._left)!r}")


_KIND_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
