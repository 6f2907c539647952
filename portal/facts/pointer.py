"""The pointer: the small file that names a city's published facts, replaced in one step.

current-boston.json  →  facts-boston-17-0a1b2c3d.duckdb
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.facts.schema import SCHEMA_VERSION


@dataclass(frozen=True)
class FactsFile:
    """A published version: `rev` counts public changes, the last of them at `as_of` (epoch s).

    `batch` is the store's batch it is from, `mark` which store that is.
    """

    path: Path
    rev: int
    batch: int
    as_of: int
    mark: str


def newest(folder: Path, city_id: str) -> FactsFile | None:
    """What the pointer names; None where nothing is published or the pointer cannot be read."""
    try:
        named = json.loads(pointer_path(folder, city_id).read_text(encoding="utf-8"))
        if named["schema_version"] != SCHEMA_VERSION:
            return None
        numbers = int(named["rev"]), int(named["batch"]), int(named["as_of"])
        found = FactsFile(folder / named["file"], *numbers, str(named["store_mark"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.path.is_file() else None


def pointer_path(folder: Path, city_id: str) -> Path:
    """The file that names the published version."""
    return folder / f"current-{city_id}.json"


def write_pointer(file: FactsFile) -> dict[str, Any]:
    """What the pointer says to name this version."""
    return {
        "file": file.path.name,
        "rev": file.rev,
        "batch": file.batch,
        "as_of": file.as_of,
        "store_mark": file.mark,
        "schema_version": SCHEMA_VERSION,
    }
