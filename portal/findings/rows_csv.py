"""The findings of a city as a CSV: a row for each, with an address of exactly its cases.

    list,service,neighborhoods,is_everywhere,first_day,last_day,cases,usual_cases,…
    unusual,Pothole,Roxbury,0,2026-11-16,2026-11-22,42,9.5,…
    slower,Street Light Out,Dorchester,0,2026-09-07,2026-11-15,130,,…

What a list does not have is empty. Shares are from 0 to 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from portal.domain.findings import Drift, Findings, Name, Silence, Surge
from portal.domain.formulas import harmless

COLUMNS: tuple[str, ...] = (
    "list",
    "service",
    "neighborhoods",
    "is_everywhere",
    "first_day",
    "last_day",
    "cases",
    "usual_cases",
    "others_cases",
    "others_usual_cases",
    "earlier_years_cases",
    "is_season",
    "silent_weeks",
    "days",
    "share_before",
    "share_since",
    "others_share_before",
    "others_share_since",
    "chance",
    "cases_url",
)


def write_findings(findings: Findings, site: str) -> bytes:
    """The CSV in UTF-8. `site`: the portal's own address, without a slash at its end."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_list_rows(findings, site))
    return text.getvalue().encode()


def _list_rows(findings: Findings, site: str) -> Iterator[dict[str, Any]]:
    for drift in findings.drifts:
        yield _start_row("faster" if drift.is_better else "slower", drift, site) | {
            "neighborhoods": _join((drift.neighborhood,)),
            "is_everywhere": 0,
            "days": drift.days,
            "share_before": _round(drift.before.here),
            "share_since": _round(drift.since.here),
            "others_share_before": _round(drift.before.elsewhere),
            "others_share_since": _round(drift.since.elsewhere),
        }
    for surge in findings.surges:
        earlier = surge.earlier
        yield (
            _start_row("unusual", surge, site)
            | _counts(surge)
            | {
                "earlier_years_cases": "" if earlier is None else _round(earlier),
                "is_season": "" if earlier is None else int(surge.is_season),
            }
        )
    for silence in findings.silences:
        more = _counts(silence) | {"silent_weeks": silence.silent_weeks}
        yield _start_row("silent", silence, site) | more


def _start_row(name: str, found: Drift | Surge | Silence, site: str) -> dict[str, Any]:
    return {
        "list": name,
        "service": harmless(found.service.name),
        "first_day": found.first_day,
        "last_day": found.last_day,
        "cases": found.cases,
        "chance": _round(found.chance),
        "cases_url": f"{site}/cases?{found.case_filter.to_query_string()}",
    }


def _counts(found: Surge | Silence) -> dict[str, Any]:
    counts = {
        "neighborhoods": _join(found.neighborhoods),
        "is_everywhere": int(found.is_everywhere),
        "usual_cases": _round(found.usual),
    }
    if isinstance(found, Silence) or not found.is_everywhere:
        counts |= {"others_cases": found.others, "others_usual_cases": _round(found.others_usual)}
    return counts


def _join(places: tuple[Name, ...]) -> str:
    return harmless("; ".join(place.name for place in places))


def _round(value: float) -> float:
    return round(value, 4)
