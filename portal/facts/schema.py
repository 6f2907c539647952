"""The columns of a facts file: name, type, where each comes from in the store, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 4
"""Stands in every file; a file of another version is rebuilt."""

STATUS_CODES = {"open": 0, "in_progress": 1, "closed": 2}
STATUS_NAMES = tuple(STATUS_CODES)
OVERVIEW_ZOOM = 18
"""`cells` counts cases per square of this zoom (about 110 m in Boston); tiles of two zooms less and lower are added up from it."""


COUNTS_ZOOM = 14
"""`counts` counts cases per square of this zoom (about 1.8 km in Boston)."""


@dataclass(frozen=True)
class Column:
    """One column of `cases`: `store` is SQL over the store's table of the same name, the same on SQLite and PostgreSQL."""

    name: str
    kind: str
    store: str
    meaning: str


_STATUS = "case status when 'open' then 0 when 'in_progress' then 1 else 2 end"
_PHOTO = "case when photo_url is not null or closed_photo_url is not null then 1 else 0 end"

CASE_COLUMNS = (
    Column(
        "id", "BIGINT", "id", "the store's own key of the case; grows with arrival, is never shown"
    ),
    Column("case_id", "VARCHAR", "case_id", "the number residents see and type"),
    Column("opened_at", "BIGINT", "opened_at", "epoch seconds UTC when the case was opened"),
    Column(
        "closed_at",
        "BIGINT",
        "closed_at",
        "epoch seconds UTC when the city says it was closed; empty while open or unknown",
    ),
    Column(
        "target_at",
        "BIGINT",
        "target_at",
        "epoch seconds UTC by which the city aims to close it (SLA target)",
    ),
    Column("updated_at", "BIGINT", "updated_at", "epoch seconds UTC when the city last touched it"),
    Column(
        "status",
        "TINYINT",
        _STATUS,
        "0 open, 1 in progress, 2 closed; overdue is worked out when asked, from target_at",
    ),
    Column(
        "city_on_time",
        "TINYINT",
        "city_on_time",
        "the city's own verdict: 1 on time, 0 late, empty none; never recomputed",
    ),
    Column("service", "INTEGER", "service_id", "type of case: `services.service_id`"),
    Column("department", "INTEGER", "department_id", "`labels.label_id` of kind department"),
    Column("queue", "INTEGER", "queue_id", "`labels.label_id` of kind queue"),
    Column(
        "channel", "INTEGER", "channel_id", "how it was reported: `labels.label_id` of kind channel"
    ),
    Column(
        "neighborhood",
        "INTEGER",
        "neighborhood_id",
        "`labels.label_id` of kind neighborhood: the city's label, else by polygon",
    ),
    Column(
        "district", "INTEGER", "district_id", "council district: `labels.label_id` of kind district"
    ),
    Column("tract", "INTEGER", "tract_id", "census tract: `labels.label_id` of kind tract"),
    Column("ward", "INTEGER", "ward_id", "`labels.label_id` of kind ward"),
    Column("lat", "DOUBLE", "lat", "published latitude, WGS84 degrees; empty: no location"),
    Column("lon", "DOUBLE", "lon", "published longitude, WGS84 degrees"),
    Column(
        "quad",
        "BIGINT",
        "quad",
        "Morton code of the place at zoom 24: a map tile is one range of it",
    ),
    Column(
        "opened_month",
        "INTEGER",
        "opened_month",
        "year × 12 + month − 1 of opening, in the city's zone",
    ),
    Column("closed_month", "INTEGER", "closed_month", "the same of closing; empty while open"),
    Column(
        "days_open",
        "INTEGER",
        "days_open",
        "whole elapsed days from opened to closed; empty while open, never zero for an open case",
    ),
    Column(
        "contradictions",
        "SMALLINT",
        "contradictions",
        "what cannot be true of the row, one bit each (portal/domain/case.py)",
    ),
    Column(
        "followers",
        "INTEGER",
        "followers",
        "how many people have confirmed that they follow it and have not stopped",
    ),
    Column(
        "has_photo",
        "TINYINT",
        _PHOTO,
        "1 where the city published a photo of the problem or of its end",
    ),
)

SQUARE_OF_CASE = f"quad >> {2 * (24 - COUNTS_ZOOM)}"
COUNTED = (
    "square",
    "target_at",
    "status",
    "service",
    "neighborhood",
    "district",
    "department",
    "channel",
    "has_photo",
)
"""What the cases of a row of `counts` agree in."""
COUNT_SUMS = ("cases", "placed_cases", "south", "west", "north", "east", "lon_sum", "lat_sum")
"""What a row of `counts` tells of them."""
CASE_NAMES = tuple(column.name for column in CASE_COLUMNS)

SERVICE_COLUMNS = (
    ("service_id", "INTEGER"),
    ("service_code", "VARCHAR"),
    ("name", "VARCHAR"),
    ("slug", "VARCHAR"),
    ("group_name", "VARCHAR"),
)
LABEL_COLUMNS = (
    ("label_id", "INTEGER"),
    ("kind", "VARCHAR"),
    ("name", "VARCHAR"),
    ("slug", "VARCHAR"),
)
DICTIONARIES = {"services": SERVICE_COLUMNS, "labels": LABEL_COLUMNS}
META_COLUMNS = (
    ("schema_version", "INTEGER"),
    ("city_id", "VARCHAR"),
    ("rev", "BIGINT"),
    ("as_of", "BIGINT"),
    ("store_mark", "VARCHAR"),
    ("unsorted_cases", "BIGINT"),
)
"""`rev`: the store's batch these facts hold; `as_of`: when that batch was stored; `store_mark`: which store it was (its first case)."""

# Newest year first: the feed finds its fifty in the first pages of the file; within a year by place, so that a tile is few pages.
SORT_ORDER = "opened_month // 12 desc, quad, id"


def create_table(name: str, columns: tuple[tuple[str, str], ...]) -> str:
    """DDL of a table."""
    return f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns)})"


def case_table(name: str) -> str:
    """DDL of a table with the columns of `cases`."""
    return create_table(name, tuple((column.name, column.kind) for column in CASE_COLUMNS))


def fill_table(name: str, columns: tuple[tuple[str, str], ...]) -> str:
    """SQL that inserts rows handed over as one list for each column."""
    return f"insert into {name} select {', '.join(f'unnest(?::{kind}[])' for _, kind in columns)}"


def overview_query(table: str) -> str:
    """Cases by status and the mean place of all of them, per overview square, from a table of cases."""
    by_status = ", ".join(
        f"count(*) filter (status = {code}) as {name}" for name, code in STATUS_CODES.items()
    )
    return (
        f"select quad >> {2 * (24 - OVERVIEW_ZOOM)} as cell, {by_status}, avg(lon) as lon, avg(lat) as lat "
        f"from {table} where quad is not null group by all order by all"
    )


def counts_query(table: str, *, by_year: bool = False) -> str:
    """Cases that agree in all that a filter's words, status and photo can ask, per square: a tenth of the rows, for whoever only counts.

    Cases that are not closed agree in their target too, since that decides what is overdue. `south` to `east` are the edges of the box
    that holds their places, `lon_sum` and `lat_sum` tell the middle of these; of cases without a location the square is empty.
    By year, they agree in the year of opening as well (in the city's zone): a third of the rows, for days that span whole years.
    """
    agree = ", ".join(as_counted(name) for name in (("year",) if by_year else ()) + COUNTED)
    return (
        f"select {agree}, count(*)::integer as cases, count(lat)::integer as placed_cases, min(lat) as south, min(lon) as west, "
        f"max(lat) as north, max(lon) as east, sum(lon) as lon_sum, sum(lat) as lat_sum from {table} group by all "
        f"order by {'year desc, ' if by_year else ''}square"
    )


def counts_of_years_query(table: str) -> str:
    """`counts` from a table of counts by year: a third of the rows to go through."""
    sums = {"cases": "sum(cases)::integer", "placed_cases": "sum(placed_cases)::integer", "south": "min(south)", "west": "min(west)",
            "north": "max(north)", "east": "max(east)", "lon_sum": "sum(lon_sum)", "lat_sum": "sum(lat_sum)"}  # fmt: skip
    told = ", ".join(f"{sums[name]} as {name}" for name in COUNT_SUMS)
    return f"select {', '.join(COUNTED)}, {told} from {table} group by all order by square"


def as_counted(name: str) -> str:
    """A column of `counts` as SQL over `cases`."""
    return f"{_WORKED_OUT[name]} as {name}" if name in _WORKED_OUT else name


_WORKED_OUT = {
    "year": "opened_month // 12",
    "square": SQUARE_OF_CASE,
    "target_at": "case when status < 2 then target_at end",
}
