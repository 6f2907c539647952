"""The sources of a city's cases: one file for each protocol or city.

for source in make_sources(city, fetch):
    for page in source.pages_updated_since(cursor, since=None, now=now): ...
"""

from __future__ import annotations

import time
from typing import Any

from data_sync.reading.base import Fetch, Source
from data_sync.reading.walk import Clock
from data_sync.sources.boston import BostonSource
from data_sync.sources.csv_file import CsvFileSource
from data_sync.sources.open311 import Open311Source
from data_sync.sources.socrata import SocrataSource
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SettingsError

KINDS = ("boston", "csv_file", "open311", "socrata")


def make_sources(
    city: Jurisdiction, fetch: Fetch, *, desk_url: str | None = None, clock: Clock = time.monotonic
) -> list[Source]:
    """The city's sources in the order of its file. `desk_url` is where `endpoint = "desk"` leads.

    Raises SettingsError that names the file, the source and the key.
    """
    sources = [_make_source(city, dict(table), fetch, desk_url, clock) for table in city.sources]
    names = [source.name for source in sources]
    if twice := [name for name in names if names.count(name) > 1]:
        raise SettingsError(
            f"{city.id}.toml: two sources are named {twice[0]!r}; "
            "rows are kept under the name, so each needs its own"
        )
    return sources


def _make_source(
    city: Jurisdiction, table: dict[str, Any], fetch: Fetch, desk_url: str | None, clock: Clock
) -> Source:
    _check_system(city, table.get("name"), table.pop("system", None))
    match table.pop("kind", None):
        case "boston":
            return BostonSource(city, table, fetch, clock)
        case "csv_file":
            return CsvFileSource(city, table, fetch)
        case "socrata":
            return SocrataSource(city, table, fetch, clock)
        case "open311":
            return Open311Source(city, table, fetch, clock, desk_url)
        case kind:
            raise SettingsError(
                f"{city.id}.toml: source {table.get('name') or '?'!r}: kind is {kind!r}; "
                f"it is one of {', '.join(KINDS)}"
            )


def _check_system(city: Jurisdiction, source: object, named: object) -> None:
    names = [system.name for system in city.systems]
    if named is not None and named not in names:
        allowed = ", ".join(names) or "none, because the file has none"
        raise SettingsError(
            f"{city.id}.toml: source {source or '?'!r}: system is {named!r}; it is one of {allowed}"
        )
