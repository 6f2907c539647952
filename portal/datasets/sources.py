"""The rows of a version, each dataset in a table of its own, in the order in which it is written.

They come from a city's facts when a day is frozen, or from the version's own files when something
in it has to go.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from sqlalchemy import Connection, text

from portal.domain.published_columns import PublishedColumn
from portal.domain.published_datasets import DATASETS, Dataset
from portal.facts.pointer import FactsFile
from portal.publication.case_rows import named, typed

KINDS = {
    "text": "VARCHAR",
    "integer": "INTEGER",
    "number": "DOUBLE",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
    "boolean": "BOOLEAN",
}
THREADS = 2
EARTH_KM = 6_371.0072
Work = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Taken:
    """What has to go from a version: cases by their number, and texts by number and column.

    `texts`: {case_id: {column: the text that stands there now}}.
    """

    cases: frozenset[str] = frozenset()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything has to go."""
        return bool(self.cases or self.texts)


@contextmanager
def open_work(folder: Path) -> Iterator[Work]:
    """A database for the rows of a version, in a folder of its own."""
    config: dict[str, Any] = {
        "threads": THREADS,
        "memory_limit": "512MB",
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": True,
    }
    work = duckdb.connect(str(folder / "work.duckdb"), config=config)
    try:
        work.execute("set timezone = 'UTC'")
        yield work
    finally:
        work.close()
        (folder / "work.duckdb").unlink(missing_ok=True)


def fill_from_facts(
    work: Work, facts: FactsFile, connection: Connection, city_id: str, zone: ZoneInfo
) -> None:
    """Take the rows of all datasets from the facts, and from what the public may see beside them.

    `connection` sees the store (portal.facts.store_rows.snapshot).
    """
    work.execute(f"attach '{quoted(facts.path)}' as facts (read_only)")
    _fill_cases(work, zone)
    _make_table(work, DATASETS["revisions"])
    _fill_revisions(work, connection, city_id)
    work.execute(
        "create table services as select service_code, name as service,"
        " group_name as service_group, slug from facts.services order by service_code, slug"
    )
    _fill_places(work, connection, city_id)
    work.execute("detach facts")
    fill_daily_counts(work)


def fill_from_files(work: Work, files: Mapping[str, Path], taken: Taken) -> None:
    """Take the rows from a version's Parquet files, by dataset, without what has to go."""
    gone = [sorted(taken.cases)]
    work.execute("create temp table gone as select unnest(?::varchar[]) as case_id", gone)
    columns = ", ".join(f"{name} varchar" for name in ("case_id", *TEXT_FIELDS))
    work.execute(f"create temp table said ({columns})")
    for case, texts in taken.texts.items():
        work.execute(
            "insert into said values (?, ?, ?, ?, ?)", [case, *map(texts.get, TEXT_FIELDS)]
        )
    for name, path in files.items():
        rows = f"read_parquet('{quoted(path)}', file_row_number = true) r"
        left = _left_of(DATASETS[name], rows)
        work.execute(f"create table {name} as {left} order by file_row_number")
    if "places" in files and "cases" in files:
        _forget_places(work)


def fill_daily_counts(work: Work) -> None:
    """Count the cases in `cases` by day, type and neighborhood."""
    keys = "service_code, service, neighborhood"
    counted = " union all ".join(
        f"select {day} as day, {keys}, {opened} as opened, {closed} as closed from cases"
        f" where {day} is not null"
        for day, opened, closed in (("opened_on", 1, 0), ("closed_on", 0, 1))
    )
    work.execute(
        f"create table daily_counts as select day, {keys}, sum(opened)::integer as opened_cases,"
        f" sum(closed)::integer as closed_cases from ({counted}) group by all"
        f" order by day, service_code, service, neighborhood"
    )


def quoted(path: Path) -> str:
    """A path within SQL's quotes."""
    return str(path).replace("'", "''")


def _fill_cases(work: Work, zone: ZoneInfo) -> None:
    columns = ", ".join(
        f"{_value(column, zone)} as {column.name}" for column in DATASETS["cases"].columns
    )
    names = named("facts.labels").replace("join services", "join facts.services", 1)
    work.execute(
        f"create table cases as select {columns} from facts.cases c {names}"
        " order by c.opened_at, c.case_id, c.id"
    )


def _value(column: PublishedColumn, zone: ZoneInfo) -> str:
    if column.kind == "timestamp":
        return f"to_timestamp({column.sql})"
    return f"({typed(column, zone)})::{KINDS[column.kind]}"


def _make_table(work: Work, dataset: Dataset) -> None:
    columns = ", ".join(f"{column.name} {KINDS[column.kind]}" for column in dataset.columns)
    work.execute(f"create table {dataset.name} ({columns})")


def _fill_revisions(work: Work, connection: Connection, city_id: str) -> None:
    """What residents wrote to us is in no file, so neither is what became of it."""
    own = list(connection.execute(text(_OWN_NOTES), {"city": city_id}).scalars())
    renamed = " ".join(f"when '{old}' then '{new}'" for old, new in RENAMED.items())
    work.execute(
        "insert into revisions select c.case_id, to_timestamp(r.seen_at),"
        f" case r.field {renamed} else r.field end, {_said('old_value')}, {_said('new_value')},"
        " to_timestamp(r.source_updated_at)"
        " from facts.revisions r join facts.cases c on c.id = r.id"
        f" where r.field in {REVISED} and not (r.field = 'note' and r.id in"
        " (select unnest(?::bigint[]))) order by all",
        [own],
    )


def _said(column: str) -> str:
    """SQL of a value of a revision: times as elsewhere in the files."""
    moment = f"make_timestamp(try_cast({column} as bigint) * 1000000)"
    return (
        f"case when field in {TIME_FIELDS} then strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')"
        f" else {column} end"
    )


def _fill_places(work: Work, connection: Connection, city_id: str) -> None:
    query = "select label_id, geometry from public_boundaries where jurisdiction_id = :city"
    areas = [
        (label, area_km2(json.loads(geometry)))
        for label, geometry in connection.execute(text(query), {"city": city_id})
    ]
    work.execute("create temp table areas (label_id integer, area_km2 double)")
    if areas:
        work.executemany("insert into areas values (?, ?)", areas)
    work.execute(
        "create table places as select kind, name, slug, area_km2 from facts.labels"
        " left join areas using (label_id)"
        " where kind in ('neighborhood', 'district', 'ward', 'tract') order by kind, slug, name"
    )


def _left_of(dataset: Dataset, rows: str) -> str:
    """SQL of a dataset's rows without what has to go, and with what is said now."""
    columns = ", ".join(f"r.{name}" for name in dataset.column_names)
    if dataset.name == "cases":
        columns = ", ".join(
            f"coalesce(said.{name}, r.{name}) as {name}" if name in TEXT_FIELDS else f"r.{name}"
            for name in dataset.column_names
        )
        rows = f"{rows} left join said using (case_id)"
    if dataset.name not in ("cases", "revisions"):
        return f"select {columns} from {rows}"
    left = f"select {columns} from {rows} where r.case_id not in (select case_id from gone)"
    if dataset.name == "cases":
        return left
    # What a hidden text was before and after tells what is hidden.
    return f"{left} and not (field in {TEXT_FIELDS} and r.case_id in (select case_id from said))"


def _forget_places(work: Work) -> None:
    """Leave out places without a boundary that no case is in any more."""
    used = " union ".join(
        f"select '{kind}', {kind} from cases where {kind} is not null"
        for kind in ("neighborhood", "district", "ward", "tract")
    )
    work.execute(f"delete from places where area_km2 is null and (kind, name) not in ({used})")


def area_km2(geometry: Mapping[str, Any]) -> float:
    """The area of a GeoJSON Polygon or MultiPolygon, in km² on a sphere, to a thousandth."""
    shapes = geometry["coordinates"]
    polygons = [shapes] if geometry["type"] == "Polygon" else shapes
    return round(sum(_polygon_km2(rings) for rings in polygons), 3)


def _polygon_km2(rings: Sequence[Sequence[Sequence[float]]]) -> float:
    outer, *holes = (_ring_km2(ring) for ring in rings)
    return outer - sum(holes)


def _ring_km2(ring: Sequence[Sequence[float]]) -> float:
    # Sinusoidal projection: it keeps areas.
    points = [
        (math.radians(lon) * math.cos(math.radians(lat)) * EARTH_KM, math.radians(lat) * EARTH_KM)
        for lon, lat, *_ in ring
    ]
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return abs(math.fsum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs)) / 2


TEXT_FIELDS = ("title", "note", "closure_reason", "address")
TIME_FIELDS = ("opened_at", "closed_at", "target_at")
RENAMED = {"lat": "latitude", "lon": "longitude"}
REVISED = (
    "status", "city_status", "opened_at", "closed_at", "target_at", "close_provenance",
    "city_on_time", "service", "department", "queue", "channel", "neighborhood", "district",
    "ward", "address", "zipcode", "title", "note", "closure_reason", "lat", "lon",
    "photo", "closed_photo",
)  # fmt: skip
_OWN_NOTES = (
    "select distinct r.id from case_revisions r join cases c"
    " on c.jurisdiction_id = r.jurisdiction_id and c.id = r.id"
    " where r.jurisdiction_id = :city and r.field = 'note' and c.source = 'portal'"
)
