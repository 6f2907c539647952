"""Who lives in the demo city's tracts: invented, and written beside its boundaries.

    python -m data_sync.demo.census portal/jurisdictions/geo/demo_census.jsonl

Nothing here is anyone's count. Tracts of a neighborhood are alike, as they are in real cities.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from portal.jurisdictions.land_files import GEO_FOLDER

SEED = 311


def invent_census(tracts: Sequence[str]) -> str:
    """A line of JSON for each tract, named as its neighborhood and a number."""
    chance = np.random.default_rng(SEED)
    hoods = sorted({tract.rpartition(" ")[0] for tract in tracts})
    usual = {hood: chance.normal(0, 1, 3) for hood in hoods}
    rows = [_invent_row(tract, usual[tract.rpartition(" ")[0]], chance) for tract in tracts]
    return "\n".join([*map(json.dumps, rows), ""])


def _invent_row(tract: str, usual: np.ndarray, chance: np.random.Generator) -> dict[str, object]:
    older, owners, income = usual + chance.normal(0, 0.7, 3)
    return {
        "tract": tract,
        "people": round(float(np.exp(chance.normal(8.1, 0.3)))),
        "over_65": round(0.12 * float(np.exp(0.35 * older)), 3),
        "owner_occupied": round(1 / (1 + float(np.exp(0.6 - 0.7 * owners))), 3),
        "household_income": round(62_000 * float(np.exp(0.3 * income))),
    }


def list_tracts() -> list[str]:
    """The names of the demo city's tracts, in the order of their file."""
    layer = json.loads((GEO_FOLDER / "demo_tracts.geojson").read_bytes())
    return [feature["properties"]["name"] for feature in layer["features"]]


def main(paths: list[str]) -> None:
    """Write the file."""
    Path(paths[0]).write_text(invent_census(list_tracts()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
