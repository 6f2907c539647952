"""Rows in: one file per protocol or city. `make_sources` builds what a city's file names."""

from __future__ import annotations

import time

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
    """The city's sources in the order of its file. `desk_url` stands in for `endpoint = "desk"`.

    Raises SettingsError naming the file, the source and the key.
    """
    sources: list[Source] = []
    for table in city.sources:
        table = dict(table)
        _check_system(city, table.get("name"), table.pop("system", None))
        kind = table.pop("kind", None)
        if kind == "boston":
            sources.append(BostonSource(city, table, fetch, clock))
        elif kind == "csv_file":
            sources.append(CsvFileSource(city, table, fetch))
        elif kind == "socrata":
            sources.append(SocrataSource(city, table, fetch, clock))
        elif kind == "open311":
            sources.append(Open311Source(city, table, fetch, clock, desk_url))
        else:
            raise SettingsError(
                f"{city.id}.toml: source {table.get('name') or '?'!r}: kind is {kind!r}; it is one of {', '.join(KINDS)}"
            )
    names = [source.name for source in sources]
    if twice := [name for name in names if names.count(name) > 1]:
        raise SettingsError(
            f"{city.id}.toml: two sources are named {twice[0]!r}; rows are kept under the name, so each needs its own"
        )
    return sources


def _check_system(city: Jurisdiction, source: object, named: object) -> None:
    names = [system.name for system in city.systems]
    if named is not None and named not in names:
        allowed = ", ".join(names) or "none, because the file has none"
        raise SettingsError(
            f"{city.id}.toml: source {source or '?'!r}: system is {named!r}; it is one of {allowed}"
        )
