"""A small city with a CSV, for the tests of the sync: rows in, content out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from data_sync.pull.checks import check_record
from portal.context import Portal
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync import ingest
from portal.services.sync.quarantine import RejectedRow
from portal.services.sync.sync_runs import PageCounts
from portal.store import search_index

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COLUMNS = (
    "id",
    "type",
    "state",
    "opened",
    "closed",
    "updated",
    "address",
    "lat",
    "lon",
    "area",
    "text",
)
SOURCE = {
    "kind": "csv_file",
    "name": "town",
    "columns": {
        "case_id": "id",
        "service_name": "type",
        "status": "state",
        "opened_at": "opened",
        "closed_at": "closed",
        "updated_at": "updated",
        "address": "address",
        "lat": "lat",
        "lon": "lon",
        "neighborhood": "area",
        "closure_reason": "text",
    },
    "statuses": {"open": "open", "closed": "closed"},
}


def with_csv(city: Jurisdiction) -> Jurisdiction:
    """The city with a CSV as its source."""
    return replace(city, sources=(SOURCE,))


def row(case_id: str, **columns: str) -> dict[str, str]:
    """A row of the town's CSV; what is not given is an open pothole of 5 January."""
    plain = dict.fromkeys(COLUMNS, "") | {
        "id": case_id,
        "type": "Pothole",
        "state": "open",
        "opened": "2026-01-05 10:00:00",
    }
    return plain | {"updated": "2026-01-05 10:00:00", "lat": "42.32", "lon": "-71.07"} | columns


def write_csv(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def record(case_id: str = "1", **fields: Any) -> CaseRecord:
    """A case as a source tells it; what is not given is an open pothole of 5 January."""
    day = datetime(2026, 1, 5, tzinfo=UTC)
    told = {
        "source_id": case_id,
        "case_id": case_id,
        "service_code": "Pothole",
        "service_name": "Pothole",
        "status": "open",
    }
    return CaseRecord(**(told | {"opened_at": day, "updated_at": day} | fields))


def day(number: int) -> datetime:
    """A day of January 2026."""
    return datetime(2026, 1, number, tzinfo=UTC)


def save(
    portal: Portal,
    city: Jurisdiction,
    *records: CaseRecord,
    rejected: Sequence[RejectedRow] = (),
    cursor: Any = None,
    source: str = "town",
) -> PageCounts:
    """Store one page."""
    checked = [check_record(told, city, NOW) for told in records]
    page = ingest.SourcePage(source, checked, rejected, cursor)
    with portal.transaction() as connection:
        return ingest.save_page(connection, city, page, None, NOW)


def rows_of(portal: Portal, query: str, **parameters: Any) -> list[tuple]:
    with portal.core.connect() as connection:
        return [tuple(found) for found in connection.execute(text(query), parameters)]


def public_rows_of(portal: Portal, query: str, **parameters: Any) -> list[tuple]:
    with portal.public.connect() as connection:
        return [tuple(found) for found in connection.execute(text(query), parameters)]


_LABELS = (
    "department",
    "queue",
    "channel",
    "neighborhood",
    "city_neighborhood",
    "polygon_neighborhood",
    "district",
    "tract",
    "ward",
)


def _label_join(name: str) -> str:
    return (
        f"left join labels {name}"
        f" on {name}.jurisdiction_id = c.jurisdiction_id and {name}.label_id = c.{name}_id"
    )


_CONTENT = f"""
select c.case_id, c.source, c.source_id, c.work_order_id, c.visibility, c.source_updated_at,
    c.content_hash, c.status, c.is_open,
    c.city_status, c.opened_at, c.closed_at, c.target_at, c.updated_at, c.opened_month,
    c.closed_month, c.days_open, c.close_provenance, c.day_only, c.city_on_time, c.contradictions,
    s.service_code, s.name, {", ".join(f"{name}.name" for name in _LABELS)},
    c.title, c.address, c.zipcode, c.lat, c.lon, c.quad, c.place_precision, c.note,
    c.closure_reason, c.hidden, c.photo_url, c.closed_photo_url, c.parent_case_id, c.extra,
    o.title, o.address, o.zipcode, o.lat, o.lon, o.note, o.closure_reason
from cases c
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
{" ".join(map(_label_join, _LABELS))}
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city order by c.source, c.source_id
"""


def content_of(portal: Portal, city: Jurisdiction) -> list[tuple]:
    """All that the store knows of a city's cases, without row and batch numbers and our times."""
    return rows_of(portal, _CONTENT, city=city.id)


def found_by(portal: Portal, city: Jurisdiction, words: str) -> set[str]:
    """Case ids that a visitor finds by these words.

    Without the public's time limit: a busy test machine is not the question.
    """
    with portal.core.connect() as connection:
        kind = connection.dialect.name
        parameters = search_index.parameters(connection, city.id, words)
        if parameters is None:
            return set()
        newest_first = search_index.newest_first(connection, parameters)
        query = (
            f"select c.case_id from {search_index.FROM[kind]} "
            f"where {search_index.WHERE[kind]} order by {newest_first}"
        )
        return set(
            connection.execute(search_index.statement(connection, query), parameters).scalars()
        )
