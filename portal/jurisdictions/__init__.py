"""Cities: a TOML file each. `load("boston")` reads boston.toml and says exactly what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import BoundaryLayer, Jurisdiction, PhotoSource, Pin, ServiceRule
from portal.errors import SettingsError
from portal.jurisdictions.keys import LANGUAGE
from portal.jurisdictions.reporting import reporting_part

FOLDER = Path(__file__).parent


def available() -> list[str]:
    """Ids of the cities this program has a file for."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@lru_cache(maxsize=64)
def load(city: str) -> Jurisdiction:
    """The city's file as a Jurisdiction. Raises SettingsError that names the file, the key and the value."""
    path = FOLDER / f"{city}.toml"
    if city not in available():
        raise SettingsError(
            f"there is no city {city!r}; cities here: {', '.join(available())} (add portal/jurisdictions/{city}.toml)"
        )
    try:
        return parse(city, tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{path.name}: not valid TOML: {problem}") from problem


def parse(city: str, table: dict[str, Any]) -> Jurisdiction:
    """A Jurisdiction from a parsed TOML table; unknown keys and missing ones raise SettingsError."""
    table = dict(table)
    try:
        boundaries = tuple(BoundaryLayer(**layer) for layer in table.pop("boundaries", ()))
        jurisdiction = Jurisdiction(
            id=city,
            name=table.pop("name"),
            zone=ZoneInfo(table.pop("zone")),
            bounds=Bounds(**table.pop("bounds")),
            host_names=tuple(table.pop("host_names", ())),
            language=_language(table.pop("language", Jurisdiction.language)),
            sources=tuple(table.pop("sources", ())),
            no_place_pins=tuple(Pin(**pin) for pin in table.pop("no_place_pins", ())),
            neighborhood_aliases=table.pop("neighborhood_aliases", {}),
            boundaries=boundaries,
            service_rules=tuple(
                _service_rule(city, **rule) for rule in table.pop("service_rules", ())
            ),
            photos=_photos(**table.pop("photos")) if "photos" in table else None,
            licence=table.pop("licence", ""),
            data_url=table.pop("data_url", ""),
            is_demonstration=table.pop("is_demonstration", False),
            **reporting_part(city, table, boundaries),
        )
    except (KeyError, TypeError, ZoneInfoNotFoundError) as problem:
        raise SettingsError(f"{city}.toml: {problem.__class__.__name__}: {problem}") from problem
    if table:
        raise SettingsError(f"{city}.toml: unknown key {sorted(table)[0]!r}")
    return jurisdiction


def _language(code: Any) -> str:
    if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
        raise TypeError(f"language is {code!r}; it must be a code such as en or es")
    return code


def _service_rule(city: str, **rule: Any) -> ServiceRule:
    try:
        re.compile(rule["match"])
    except re.error as problem:
        raise SettingsError(
            f"{city}.toml: service_rules: match is {rule['match']!r}, which is no regular expression: {problem}"
        ) from None
    return ServiceRule(**rule)


def _photos(hosts: list[str], days: int = PhotoSource.days) -> PhotoSource:
    if (
        not isinstance(days, int)
        or days < 1
        or not all(isinstance(host, str) and "/" not in host for host in hosts)
    ):
        raise TypeError(
            f"photos: hosts are names without https:// and days is a whole number, not {hosts!r} and {days!r}"
        )
    return PhotoSource(tuple(hosts), days)
