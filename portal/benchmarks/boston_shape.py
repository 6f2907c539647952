"""Files of invented cases with the columns of Boston's export of 2011.

To measure an import where the real file is not at hand.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import numpy as np

from portal.benchmarks.invented_cases import invent_cases
from portal.benchmarks.invented_city import CHANNEL_NAMES, invent_city
from portal.domain.jurisdiction import Jurisdiction

COLUMNS = (
    "case_enquiry_id", "open_dt", "target_dt", "closed_dt", "ontime", "case_status",
    "closure_reason", "case_title", "subject", "reason", "type", "queue", "department",
    "submittedphoto", "closedphoto", "location", "fire_district", "pwd_district",
    "city_council_district", "police_district", "neighborhood", "neighborhood_services_district",
    "ward", "precinct", "location_street_name", "location_zipcode", "latitude", "longitude",
    "source",
)  # fmt: skip
SEED = 2011


def write_file(
    path: Path,
    city: Jurisdiction,
    cases: int,
    now: int,
    *,
    first_number: int = 1,
    all_open: bool = False,
) -> Path:
    """Write a CSV of `cases` cases from the last eleven years, and return its path.

    With `all_open`, the same cases before any was closed. A file is as new as the newest time in
    it, and its last case is closed at `now`: so the closed file is newer than the open one.
    """
    invented = invent_city(city.bounds, SEED)
    table = invent_cases(
        invented, np.arange(first_number, first_number + cases), (0.0, 1.0), city.zone, now, rev=0
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*COLUMNS], restval="")
        writer.writeheader()
        rows = table.to_pylist()
        rows[-1]["closed_at"] = now
        for case in rows:
            writer.writerow(_row(case, invented.services[case["service_id"] - 1], city, all_open))
    return path


def _row(case: dict, service: str, city: Jurisdiction, all_open: bool) -> dict[str, object]:
    closed_at = None if all_open else case["closed_at"]
    return {
        "case_enquiry_id": case["case_id"],
        "open_dt": _wall_clock(case["opened_at"], city),
        "target_dt": _wall_clock(case["target_at"], city),
        "closed_dt": _wall_clock(closed_at, city),
        "ontime": "OVERDUE" if case["city_on_time"] == 0 else "ONTIME",
        "case_status": "Closed" if closed_at else "Open",
        "closure_reason": case["closure_reason"] if closed_at else "",
        "case_title": service,
        "type": service,
        "queue": f"Queue {case['queue_id']}",
        "department": f"Department {case['department_id']}",
        "location_street_name": case["address"],
        "latitude": case["lat"],
        "longitude": case["lon"],
        "source": CHANNEL_NAMES[case["channel_id"] - 201],
    }


def _wall_clock(moment: int | None, city: Jurisdiction) -> str:
    return (
        "" if moment is None else f"{datetime.fromtimestamp(moment, city.zone):%Y-%m-%d %H:%M:%S}"
    )
