"""The columns of a facts file: name, type, origin in the store, and meaning."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 7
"""Written into every file; a file of another version is rebuilt."""

STATUS_CODES = {"open": 0, "in_progress": 1, "closed": 2}
STATUS_NAMES = tuple(STATUS_CODES)
OVERVIEW_ZOOM = 18
"""`cells` counts cases per square of this zoom, about 110 m in Boston.

Tiles of two zooms less and lower are added up from it.
"""
COUNTS_ZOOM = 14
"""`counts` counts cases per square of this zoom, about 1.8 km in Boston."""


@dataclass(frozen=True)
class Column:
    """One column of `cases`.

    `store` is SQL over the store's table of the same name, the same on SQLite and PostgreSQL.
    """

    name: str
    kind: str
    store: str
    meaning: str


_STATUS = "case status when 'open' then 0 when 'in_progress' then 1 else 2 end"
_PHOTOS = (
    "(case when photo_url is null then 0 else 1 end)"
    " + (case when closed_photo_url is null then 0 else 2 end)"
)
_PHOTO = "case when photo_url is not null or closed_photo_url is not null then 1 else 0 end"

TEXT_COLUMNS = (
    Column("work_order_id", "VARCHAR", "work_order_id", "the city's own number of the case"),
    Column("city_status", "VARCHAR", "city_status", "the city's own word for the status"),
    Column(
        "close_provenance",
        "VARCHAR",
        "close_provenance",
        "where the close time is from: source, inferred or import-suspect; empty without one",
    ),
    Column("title", "VARCHAR", "title", "the city's title, as published"),
    Column("address", "VARCHAR", "address", "the address, as published"),
    Column("zipcode", "VARCHAR", "zipcode", "the ZIP code, as published"),
    Column(
        "place_precision",
        "VARCHAR",
        "place_precision",
        "how exactly the place is published: exact, block, area or none",
    ),
    Column(
        "note",
        "VARCHAR",
        "case when source = 'portal' then null else note end",
        "what the resident wrote, as the city publishes it; empty for what was reported here",
    ),
    Column("closure_reason", "VARCHAR", "closure_reason", "what the city wrote when it closed it"),
)
"""What downloads show beside the rest; no map and no count reads them. Empty: unknown."""

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
        "first_seen_at",
        "BIGINT",
        "first_seen_at",
        "epoch seconds UTC when the portal first saw it",
    ),
    Column(
        "day_only",
        "SMALLINT",
        "day_only",
        "which of its times are days without an hour, one bit each (portal/domain/case.py)",
    ),
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
    *TEXT_COLUMNS,
    Column("photos", "TINYINT", _PHOTOS, "1: a photo of the problem, 2: of its end, 3: both"),
    Column(
        "first_shown_at",
        "BIGINT",
        "first_seen_at",
        "epoch seconds UTC when the portal first showed it",
    ),
    Column(
        "known_since",
        "BIGINT",
        "first_seen_at",
        "epoch seconds UTC since when the portal knows it as it is now",
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
"""What all cases of a row of `counts` have in common."""
COUNT_SUMS = ("cases", "placed_cases", "south", "west", "north", "east", "lon_sum", "lat_sum")
"""What a row of `counts` says of its cases."""
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
    ("batch", "BIGINT"),
    ("as_of", "BIGINT"),
    ("store_mark", "VARCHAR"),
    ("unsorted_cases", "BIGINT"),
)
"""`rev`: the public version of the data in these facts; `as_of`: when it was stored (epoch s).

`batch`: the store's batch they are from, whether or not anyone may see what it changed.
`store_mark`: which store it was, by its first case. `unsorted_cases`: added since the last sort.
"""

# Newest year first: a list finds its fifty in the first pages of the file. Within a year by place,
# so that a tile is few pages.
SORT_ORDER = "opened_month // 12 desc, quad, id"


def create_table(name: str, columns: tuple[tuple[str, str], ...]) -> str:
    """DDL of a table."""
    return f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns)})"


def case_table(name: str) -> str:
    """DDL of a table with the columns of `cases`."""
    return create_table(name, tuple((column.name, column.kind) for column in CASE_COLUMNS))


def fill_table(name: str, columns: tuple[tuple[str, str], ...]) -> str:
    """SQL that inserts rows, given as one list for each column."""
    lists = ", ".join(f"unnest(?::{kind}[])" for _, kind in columns)
    return f"insert into {name} select {lists}"


def overview_query(table: str) -> str:
    """SQL for `cells`, from a table of cases: per square, cases by status, and their mean place."""
    by_status = ", ".join(
        f"count(*) filter (status = {code}) as {name}" for name, code in STATUS_CODES.items()
    )
    return (
        f"select quad >> {2 * (24 - OVERVIEW_ZOOM)} as cell, {by_status},"
        f" avg(lon) as lon, avg(lat) as lat from {table}"
        " where quad is not null group by all order by all"
    )


def counts_query(table: str, *, by_year: bool = False) -> str:
    """SQL for `counts`, from a table of cases: a tenth of the rows, for questions that only count.

    The cases of a row are in one square and have in common all that a filter can ask but days,
    box and words. Those that are not closed share their target too, which decides what is overdue.
    `south` to `east` are the edges of the box around their places, `lon_sum` and `lat_sum` give
    its middle; where cases have no location the square is null. By year, they also share the year
    of opening in the city's zone: a third of the rows of `cases`, for days that span whole years.
    """
    shared = ", ".join(as_counted(name) for name in (("year",) if by_year else ()) + COUNTED)
    return (
        f"select {shared}, count(*)::integer as cases, count(lat)::integer as placed_cases,"
        " min(lat) as south, min(lon) as west, max(lat) as north, max(lon) as east,"
        f" sum(lon) as lon_sum, sum(lat) as lat_sum from {table} group by all"
        f" order by {'year desc, ' if by_year else ''}square"
    )


def counts_of_years_query(table: str) -> str:
    """SQL for `counts`, from a table of counts by year: a third of the rows to read."""
    sums = ", ".join(f"{_SUM_OF_SUMS[name]} as {name}" for name in COUNT_SUMS)
    return f"select {', '.join(COUNTED)}, {sums} from {table} group by all order by square"


def as_counted(name: str) -> str:
    """A column of `counts` as SQL over `cases`."""
    return f"{_WORKED_OUT[name]} as {name}" if name in _WORKED_OUT else name


_SUM_OF_SUMS = {
    "cases": "sum(cases)::integer",
    "placed_cases": "sum(placed_cases)::integer",
    "south": "min(south)",
    "west": "min(west)",
    "north": "max(north)",
    "east": "max(east)",
    "lon_sum": "sum(lon_sum)",
    "lat_sum": "sum(lat_sum)",
}
_WORKED_OUT = {
    "year": "opened_month // 12",
    "square": SQUARE_OF_CASE,
    "target_at": "case when status < 2 then target_at end",
}
