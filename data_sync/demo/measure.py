"""Measures the demo city's figures in Boston's own file of 2011.

    python -m data_sync.demo.measure FILE.zip figures.json

The file (a zip with one CSV) is read, counted and left where it is. Only figures are written:
shares, medians, curves, weights and the number of cases on a 100 m grid. No row, address, note or
closing reason leaves this module, and a cell with fewer than SMALLEST_CELL cases is left out.

Six months cannot show the season, so it is not in the figures: times.py assumes one.
"""

# pandas' hints say "Series or DataFrame or array" for every column of a frame.
# pyright: reportArgumentType=false, reportReturnType=false
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from data_sync.demo import catalogue
from data_sync.demo.figures import CURVE_END, DISTRICT_QUEUE
from data_sync.demo.grid import CELL_METRES, to_metres

SMALLEST_CELL = 3  # cases: below it a cell could point at one household
LONELY_METRES = 400.0
"""A cell with fewer than two others this near is one house in a wood, or wrongly geocoded."""
NO_PLACE_PIN = (42.3594, -71.0587)  # City Hall: where the city puts a case it could not place
CURVE_POINTS = 50
"""A closing-time curve has a point for every 2% of the cases that close; a rare type has fewer."""
GROUP_HOURS_FROM = 2_000  # cases: a group with fewer follows the whole city's hours
QUEUE_SHARE_FROM = 0.04  # queues that take less of a type than this are left out
HOUR = pd.Timedelta(hours=1)

SOURCE = "Analyze Boston, 311 service requests 2011 (ODC-PDDL), July to December; figures only"
CHANNELS = ("Constituent Call", "Employee Generated", "Self Service", "Citizens Connect App")
DEPARTMENTS = {
    "Public Works Department": "Public Works",
    "Inspectional Services": "Inspectional Services",
    "Parks & Recreation Department": "Parks and Recreation",
    "Transportation - Traffic Division": "Transportation",
    "Mayor's 24 Hour Hotline": "Mayor's Hotline",
    "Property Management": "Property Management",
}
NEIGHBORHOODS = {
    "Greater Mattapan": "Mattapan",
    "Allston / Brighton": "Allston-Brighton",
    "Allston": "Allston-Brighton",
    "Brighton": "Allston-Brighton",
    "South Boston / South Boston Waterfront": "South Boston",
    "Downtown / Financial District": "Downtown",
    "Fenway / Kenmore / Audubon Circle / Longwood": "Fenway",
    "Boston": "",
    "Chestnut Hill": "",
}
QUEUES = {  # names that only a database understands
    "GRAF GraffitiRemoval": "Graffiti Removal",
    "GenericeFormforOtherServiceRequestTypes": "Other Requests",
    "Reallocation From Dept": "To Be Reassigned",
    "AVRS Interface Queue": "Abandoned Vehicles",
    "Sign Shop Sign Installation": "Sign Shop",
}


def measure(cases: pd.DataFrame) -> dict:
    """All figures, as in figures.json, from the file's rows (columns as in the file, as text)."""
    cases = _with_readings(cases)
    neighborhoods = sorted(cases["hood"].loc[cases["hood"] != ""].unique())
    districts = sorted(cases["council"].loc[cases["council"] != ""].unique(), key=int)
    placed = cases[cases["row"] >= 0]
    return {
        "source": SOURCE,
        "cases": len(cases),
        "days": int((cases["open_dt"].max() - cases["open_dt"].min()).days) + 1,
        "without_place_share": _rounded(1 - len(placed) / len(cases)),
        "channels": list(CHANNELS),
        "neighborhoods": neighborhoods,
        "council_districts": districts,
        "district_queues": _district_queues(cases),
        "services": _services(cases, neighborhoods),
        "opening_hours": _opening_hours(cases),
        "closing_hours": _hour_of_week(cases["closed_dt"].dropna()),
        "grid": _grid(placed, neighborhoods, districts),
    }


def _district_queues(cases: pd.DataFrame) -> dict:
    by_hood = cases[cases["hood"] != ""].groupby("hood")
    return {name: _road_district(rows) for name, rows in by_hood}


def _grid(placed: pd.DataFrame, neighborhoods: list[str], districts: list[str]) -> dict:
    cells, cases_on_grid = _cells(placed, neighborhoods, districts)
    return {
        "cell_metres": CELL_METRES,
        "smallest_cell": SMALLEST_CELL,
        "held_back_share": _rounded(1 - cases_on_grid / len(placed)),
        "cells": cells,
    }


def read_file(path: Path) -> pd.DataFrame:
    """The rows of the only CSV in a zip, every column as text."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        with archive.open(name) as file:
            return pd.read_csv(file, dtype=str, keep_default_na=False)


def _with_readings(cases: pd.DataFrame) -> pd.DataFrame:
    """The rows of public types, with the columns to count.

    service, hood, council, row and column (-1: no place), hours to close.
    """
    kinds = cases["type"].map(catalogue.public_type)
    cases = cases[kinds.notna()].assign(service=kinds.map(lambda kind: kind.name if kind else ""))
    for column in ("open_dt", "target_dt", "closed_dt"):
        cases[column] = pd.to_datetime(cases[column], errors="coerce")
    cases["hours"] = (cases["closed_dt"] - cases["open_dt"]) / HOUR
    cases["hood"] = cases["neighborhood"].str.strip().replace(NEIGHBORHOODS)
    cases["council"] = cases["city_council_district"].str.strip().replace("0", "")
    return _with_cells(cases)


def _with_cells(cases: pd.DataFrame) -> pd.DataFrame:
    lat, lon = cases["latitude"].astype(float), cases["longitude"].astype(float)
    placed = ~((lat == NO_PLACE_PIN[0]) & (lon == NO_PLACE_PIN[1]))
    east, north = to_metres(lat, lon)
    cases["row"] = np.where(placed, north // CELL_METRES, -1).astype(int)
    cases["column"] = np.where(placed, east // CELL_METRES, -1).astype(int)
    return cases


def _services(cases: pd.DataFrame, neighborhoods: list[str]) -> list[dict]:
    """One entry per public type, most common first; "Something Else" last."""
    # Open cases were open when the file was written: at its newest closing, as far as we know.
    seen_until = cases["closed_dt"].max()
    shares_of_hoods = cases["hood"].value_counts(normalize=True)
    entries = [
        _service(rows, kind, len(cases), seen_until, shares_of_hoods, neighborhoods)
        for kind in (*catalogue.TYPES, catalogue.OTHER_TYPE)
        if len(rows := cases[cases["service"] == kind.name])
    ]
    return sorted(
        entries,
        key=lambda entry: (entry["name"] == catalogue.OTHER, -entry["share"], entry["name"]),
    )


def _service(
    rows: pd.DataFrame,
    kind: catalogue.CatalogueType,
    all_cases: int,
    seen_until,
    shares_of_hoods: pd.Series,
    neighborhoods: list[str],
) -> dict:
    hood_shares = rows["hood"].value_counts(normalize=True)
    open_for = ((seen_until - rows["open_dt"]) / HOUR).where(rows["hours"].isna())
    return {
        "name": kind.name,
        "group": kind.group,
        "description": kind.description,
        "public": kind.name not in catalogue.NEVER_PUBLIC,
        "department": _department(rows),
        "queues": _queues(rows),
        "share": round(len(rows) / all_cases, 6),
        "sla_hours": _sla_hours(rows),
        "closing_hours": closing_curve(
            rows["hours"].fillna(open_for).to_numpy(), rows["hours"].notna().to_numpy()
        ),
        "channel_shares": [_rounded((rows["source"] == channel).mean()) for channel in CHANNELS],
        "neighborhood_factors": [
            _factor(hood_shares.get(name, 0.0), shares_of_hoods[name], len(rows))
            for name in neighborhoods
        ],
    }


def closing_curve(hours: np.ndarray, closed: np.ndarray) -> dict:
    """How long the cases of a type stay open; open ones count as not yet closed (Kaplan–Meier).

    `hours` are elapsed to the closing, or to the last time we looked; `closed` says which. Returns
    `closes`, the share that ever closes, and `hours`, by which equal steps of that share up to
    CURVE_END have closed. If nothing closed, `closes` is 0.0 and `hours` is empty.
    """
    order = np.lexsort((~closed, hours))
    hours, closed = hours[order], closed[order]
    at_risk = np.arange(len(hours), 0, -1)
    shut = 1 - np.cumprod(1 - closed / at_risk)
    if not closed.any():
        return {"closes": 0.0, "hours": []}
    closes = float(shut[-1])
    points = min(CURVE_POINTS, max(10, len(hours) // 10))
    at = np.searchsorted(shut, np.linspace(0, CURVE_END, points + 1) * closes - 1e-9)
    return {
        "closes": _rounded(closes),
        "hours": [_three_figures(hours[min(i, len(hours) - 1)]) for i in at],
    }


def _sla_hours(rows: pd.DataFrame) -> float | None:
    """The median hours from opening to target; None if most cases of the type have none."""
    hours = ((rows["target_dt"] - rows["open_dt"]) / HOUR).dropna()
    return None if len(hours) * 2 < len(rows) else float(max(1, round(hours.median())))


def _department(rows: pd.DataFrame) -> str:
    names = rows["subject"].map(DEPARTMENTS).dropna()
    return str(_commonest(names)) if len(names) else DEPARTMENTS["Mayor's 24 Hour Hotline"]


def _queues(rows: pd.DataFrame) -> list[list]:
    """[[queue, share]] of a type, most common first; all road districts count as one."""
    names = (
        rows["queue"]
        .map(queue_name)
        .where(~rows["queue"].str.contains("_District ", regex=False), DISTRICT_QUEUE)
    )
    shares = names.value_counts(normalize=True)
    kept = (
        shares[shares >= QUEUE_SHARE_FROM] if (shares >= QUEUE_SHARE_FROM).any() else shares.head(1)
    )
    pairs = [[str(name), _rounded(share)] for name, share in (kept / kept.sum()).items()]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def queue_name(queue: str) -> str:
    """A queue in plain words: no department code, no "(INTERNAL)", no underscores."""
    words = (
        queue.split("_", 1)[-1]
        .replace("(INTERNAL)", "")
        .replace("(Internal)", "")
        .replace("\\", "/")
    )
    name = " ".join(words.replace("_", " ").split())
    return QUEUES.get(name, name)


def _road_district(rows: pd.DataFrame) -> str:
    named = rows["queue"][rows["queue"].str.contains("PWDx_District ", regex=False)]
    return queue_name(_commonest(named))


def _opening_hours(cases: pd.DataFrame) -> dict[str, list[int]]:
    """168 weights (Monday midnight first) for the whole city ("") and for each large group."""
    groups = cases["service"].map({kind.name: kind.group for kind in catalogue.TYPES})
    large = [name for name, size in groups.value_counts().items() if size >= GROUP_HOURS_FROM]
    return {"": _hour_of_week(cases["open_dt"])} | {
        str(name): _hour_of_week(cases["open_dt"][groups == name]) for name in sorted(large)
    }


def _hour_of_week(times: pd.Series) -> list[int]:
    """Cases in each hour of the week, in 10,000ths; fewer than SMALLEST_CELL count as none."""
    counts = np.bincount(times.dt.day_of_week * 24 + times.dt.hour, minlength=168)
    counts[counts < SMALLEST_CELL] = 0
    return [int(round(10_000 * count / max(1, counts.sum()))) for count in counts]


def _cells(
    placed: pd.DataFrame, neighborhoods: list[str], districts: list[str]
) -> tuple[dict[str, list[list[int]]], int]:
    """{row: [[column, cases, neighborhood, council district]]}, and the cases in them.

    Labels are by majority, as indexes; -1 is unknown.
    """
    sizes = placed.groupby(["row", "column"]).size()
    kept = _in_company(sizes[sizes >= SMALLEST_CELL])
    cells: dict[str, list[list[int]]] = {}
    for (row, column), rows in placed.groupby(["row", "column"], sort=True):  # type: ignore[misc]
        if (row, column) in kept.index:
            labels = [_majority(rows["hood"], neighborhoods), _majority(rows["council"], districts)]
            cells.setdefault(str(row), []).append([int(column), len(rows), *labels])
    return cells, int(kept.sum())


def _in_company(sizes: pd.Series) -> pd.Series:
    """The cells (index row, column) with at least two others within LONELY_METRES."""
    places = np.array(sizes.index.to_list())
    reach = LONELY_METRES / CELL_METRES
    near = [int((np.abs(places - place).max(axis=1) <= reach).sum()) - 1 for place in places]
    return sizes[np.array(near, dtype=int) >= 2]


def _majority(labels: pd.Series, names: list[str]) -> int:
    known = labels[labels != ""]
    return names.index(_commonest(known)) if len(known) else -1


def _commonest(values: pd.Series) -> str:
    """The most common value; of equals the first by name, so that every run gives the same."""
    counts = values.value_counts()
    return min(counts[counts == counts.max()].index)


def _factor(share: float, city_share: float, cases: int) -> float:
    """How over-represented a type is in a neighborhood; pulled toward 1 if there are few cases."""
    weight = cases / (cases + 100)
    return round(1 + weight * (share / city_share - 1), 2)


def _rounded(share: float) -> float:
    return round(float(share), 4)


def _three_figures(hours: float) -> float:
    """Hours to three significant figures: no curve should point at one case's minutes."""
    return float(f"{hours:.3g}")


def write_figures(figures: dict, out: Path) -> None:
    """Write figures.json: one line per service and per grid row, for readable diffs."""
    out.write_text(_lines(figures, 0) + "\n", encoding="utf-8")


def _lines(value, depth: int) -> str:
    if depth < 3 and isinstance(value, dict) and value:
        body = ",\n".join(
            f"{json.dumps(key)}:{_lines(item, depth + 1)}" for key, item in value.items()
        )
        return "{\n" + body + "\n}"
    if depth < 2 and isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(_compact(item) for item in value) + "\n]"
    return _compact(value)


def _compact(value) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main(arguments: Iterable[str]) -> int:
    """Measure FILE and write figures; 2 if the arguments are wrong."""
    paths = list(arguments)
    if len(paths) != 2:
        print("use: python -m data_sync.demo.measure FILE.zip figures.json", file=sys.stderr)
        return 2
    figures = measure(read_file(Path(paths[0])))
    write_figures(figures, Path(paths[1]))
    cells = sum(map(len, figures["grid"]["cells"].values()))
    print(f"{figures['cases']} cases measured, {len(figures['services'])} services, {cells} cells")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
