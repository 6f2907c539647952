"""Cities, one TOML file each. `load("boston")` reads boston.toml, or says what is wrong in it.

boston.toml: routes 3: areas has 'neighborhood=Rocksbury', which geo/boston.geojson does not; …
boston.toml: bounds: south is True; it must be a number
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SettingsError
from portal.jurisdictions.city_file import CityFile
from portal.jurisdictions.faults import list_faults
from portal.jurisdictions.references import list_broken_references

FOLDER = Path(__file__).parent


def available() -> list[str]:
    """Ids of the cities this program has a file for, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@lru_cache(maxsize=64)
def load(city: str) -> Jurisdiction:
    """The city's file as a Jurisdiction.

    Raises SettingsError if there is no such city, or with all that is wrong in its file.
    """
    if city not in available():
        raise SettingsError(
            f"there is no city {city!r}; cities here: {', '.join(available())} "
            f"(add portal/jurisdictions/{city}.toml)"
        )
    return parse(city, _read_toml(FOLDER / f"{city}.toml"))


def parse(city: str, table: dict[str, Any]) -> Jurisdiction:
    """A Jurisdiction from a parsed TOML table.

    Raises SettingsError with a line for everything that is wrong: the file, the key, the value,
    and what would be right. What one table says of another is checked once each is right alone.
    """
    try:
        city_file = CityFile.model_validate(table)
    except ValidationError as problem:
        raise _refuse(city, list_faults(problem)) from None
    if broken := list_broken_references(city_file):
        raise _refuse(city, broken)
    return city_file.to_jurisdiction(city)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        # Editors on Windows begin a file with a byte-order mark, which TOML does not know.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{path.name}: not valid TOML: {problem}") from None
    except UnicodeDecodeError as problem:
        raise SettingsError(
            f"{path.name}: not UTF-8 text at byte {problem.start:,}; save it as UTF-8"
        ) from None


def _refuse(city: str, faults: list[str]) -> SettingsError:
    return SettingsError("\n".join(f"{city}.toml: {fault}" for fault in faults))
