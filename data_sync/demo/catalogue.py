"""The demo city's types of case: measured ones that make sense to the public, in plain words.

catalogue.toml says what we call a type, what it is for, which types of the city's file it gathers,
and which drawn scene stands for its photos. What is not there and not left out here is folded into
"Something Else".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OTHER = "Something Else"


@dataclass(frozen=True)
class CatalogueType:
    """One public type.

    `gathers` are the names of the city's file, `scene` is a drawing of photos.py.
    """

    name: str
    group: str
    description: str
    scene: str
    gathers: tuple[str, ...]


# Bookkeeping between offices, bulletins and counter visits: no resident ever reported one of these.
LEFT_OUT = frozenset(
    {
        "Notification",
        "Alert Boston",
        "Utility Call-In",
        "Walk-In Service Inquiry",
        "Phone Bank Service Inquiry",
        "Miscellaneous Event",
        "No-Tow Complaint Confirmation",
        "Corporate or Community Group Service Day Clean Up",
        "New Tree Warrantee Inspection",
        "Heat/Fuel Assistance",
        "Space Savers",
    }
)

# A complaint about a person is never public, whatever the reporter ticks.
NEVER_PUBLIC = frozenset({"Comment About an Employee"})


def _read_types(file: Path) -> tuple[CatalogueType, ...]:
    tables: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["types"]
    return tuple(CatalogueType(**{**table, "gathers": tuple(table["gathers"])}) for table in tables)


TYPES = _read_types(Path(__file__).with_suffix(".toml"))
OTHER_TYPE = CatalogueType(OTHER, "Other", "Anything that fits nowhere else.", "generic", ())

_BY_FILE_NAME = {gathered: kind for kind in TYPES for gathered in kind.gathers}


def public_type(file_type: str) -> CatalogueType | None:
    """The public type that gathers a type of the city's file; None if it is left out."""
    if file_type in LEFT_OUT:
        return None
    return _BY_FILE_NAME.get(file_type, OTHER_TYPE)


def scene_of(service_name: str) -> str:
    """The drawn scene (a name of photos.py) for a service."""
    return next((kind.scene for kind in TYPES if kind.name == service_name), OTHER_TYPE.scene)
