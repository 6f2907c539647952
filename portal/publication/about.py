"""What a file says of itself: which cases, as of when, where from, and what its columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.domain.published_columns import SCHEMA_VERSION, PublishedColumn

KINDS_OF_FRICTIONLESS = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "timestamp": "datetime",
    "date": "date",
    "boolean": "boolean",
}
ORDER = "Newest first; above 20,000 rows: newest year of opening first, and by place within a year."
LEFT_OUT = (
    "Private reports, and reports that nobody at the city has looked at yet. Names, e-mail"
    " addresses and phone numbers. What residents wrote to us."
)


@dataclass(frozen=True)
class Download:
    """A download: its sentence, city, filter, addresses, number of rows, and version of the data.

    `known_on`: the day whose knowledge the rows are, empty for today. `data_as_of` (epoch s):
    when the newest change in them was stored. `version` counts the public changes.
    """

    title: str
    city: str
    time_zone: str
    filter: str
    known_on: str
    permalink: str
    rows: int
    data_as_of: int
    version: int


def describe(download: Download) -> dict[str, Any]:
    """The same as a file has it: simple values by name."""
    return {
        "title": download.title,
        "city": download.city,
        "time_zone": download.time_zone,
        "filter": download.filter,
        "known_on": download.known_on,
        "permalink": download.permalink,
        "rows": download.rows,
        "data_as_of": datetime.fromtimestamp(download.data_as_of, UTC).isoformat(),
        "data_version": download.version,
        "schema_version": SCHEMA_VERSION,
        "order": ORDER,
        "left_out": LEFT_OUT,
    }


def table_schema(columns: Sequence[PublishedColumn]) -> dict[str, Any]:
    """The columns as a Frictionless Table Schema."""
    return {"fields": [_field(column) for column in columns], "missingValues": [""]}


def _field(column: PublishedColumn) -> dict[str, Any]:
    field = {
        "name": column.name,
        "type": KINDS_OF_FRICTIONLESS[column.kind],
        "description": column.meaning,
        "source": column.source,
        "since": column.since,
    }
    if column.kind == "timestamp":
        field["format"] = "%Y-%m-%dT%H:%M:%SZ"
    if column.unit:
        field["unit"] = column.unit
    return field
