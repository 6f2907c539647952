"""The one definition of what we publish about a case: files, dictionary, schemas and tests use it.

    opened_at   timestamp   2026-11-30T14:05:00Z   when the case was opened

`sql` is an expression over the facts' `cases` (portal/facts/schema.py) joined with the names that
its numbers stand for (portal/publication/case_rows.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.domain.case import CONTRADICTIONS, DAY_ONLY

SCHEMA_VERSION = "1"
"""Of all published rows. A column that is added keeps it; one removed or of a new meaning does not.
"""
Kind = Literal["text", "integer", "number", "timestamp", "date", "boolean"]
"""timestamp: UTC, to the second. date: a day in the city's zone."""


@dataclass(frozen=True)
class PublishedColumn:
    """A column: its name, kind and unit, what it means, where it is from, and since which schema.

    `source`: the city's own value, or how the portal works it out.
    """

    name: str
    kind: Kind
    sql: str
    meaning: str
    source: str
    unit: str = ""
    since: str = SCHEMA_VERSION


def _words_of_bits(column: str, bits: dict[str, int]) -> str:
    words = ", ".join(
        f"case when {column} & {bit} > 0 then '{word}' end" for word, bit in bits.items()
    )
    return f"case when {column} > 0 then concat_ws(' ', {words}) end"


def _bulk(name: str, sql: str, is_from: str, kind: Kind = "text") -> PublishedColumn:
    return PublishedColumn(name, kind, sql, f"GeoReport Bulk: {is_from}.", "the case's own columns")


_STATUS = "['open', 'in_progress', 'closed'][c.status + 1]"
_CITY = "the city"
_PORTAL = "the portal"

CASE_COLUMNS = (
    PublishedColumn("case_id", "text", "c.case_id", "The number residents see and type.", _CITY),
    PublishedColumn(
        "work_order_id",
        "text",
        "nullif(c.work_order_id, '')",
        "The city's own number of a case that was reported through the portal.",
        _CITY,
    ),
    PublishedColumn(
        "status",
        "text",
        _STATUS,
        "open, in_progress or closed.",
        "the portal, from the city's status",
    ),
    PublishedColumn(
        "city_status",
        "text",
        "nullif(c.city_status, '')",
        "The city's own word for the status.",
        _CITY,
    ),
    PublishedColumn("opened_at", "timestamp", "c.opened_at", "When the case was opened.", _CITY),
    PublishedColumn(
        "closed_at",
        "timestamp",
        "c.closed_at",
        "When the city says it was closed. Empty while open, and where the city gives no time.",
        _CITY,
    ),
    PublishedColumn(
        "target_at",
        "timestamp",
        "c.target_at",
        "By when the city aims to close it: its SLA target.",
        _CITY,
    ),
    PublishedColumn(
        "updated_at", "timestamp", "c.updated_at", "When the city last touched it.", _CITY
    ),
    PublishedColumn(
        "first_seen_at",
        "timestamp",
        "c.first_seen_at",
        "When the portal first saw it.",
        _PORTAL,
    ),
    PublishedColumn(
        "opened_on",
        "date",
        "c.opened_at",
        "The day it was opened, in the city's time zone.",
        "the portal, from opened_at",
    ),
    PublishedColumn(
        "closed_on",
        "date",
        "c.closed_at",
        "The day it was closed, in the city's time zone.",
        "the portal, from closed_at",
    ),
    PublishedColumn(
        "days_open",
        "integer",
        "c.days_open",
        "Whole days of 24 hours from opened_at to closed_at. Empty while open.",
        "the portal, from opened_at and closed_at",
        unit="days",
    ),
    PublishedColumn(
        "close_provenance",
        "text",
        "nullif(c.close_provenance, '')",
        "How we know closed_at: source (the city says so), inferred (we saw it close), or"
        " import-suspect (the same minute as many others).",
        _PORTAL,
    ),
    PublishedColumn(
        "city_on_time",
        "boolean",
        "c.city_on_time::boolean",
        "The city's own verdict whether it met its target. Never worked out by us.",
        _CITY,
    ),
    PublishedColumn("service", "text", "s.name", "Type of case.", _CITY),
    PublishedColumn(
        "service_code", "text", "s.service_code", "The city's code of the type.", _CITY
    ),
    PublishedColumn(
        "service_group", "text", "s.group_name", "The group the city puts the type in.", _CITY
    ),
    *(
        PublishedColumn(kind, "text", f"{kind}.name", meaning, source)
        for kind, meaning, source in (
            ("department", "The department in charge.", _CITY),
            ("queue", "The city's queue or team.", _CITY),
            ("channel", "How it was reported, such as by phone or app.", _CITY),
            (
                "neighborhood",
                "Neighborhood.",
                "the city's label; where it gives none, the city's boundaries",
            ),
            (
                "district",
                "Council district.",
                "the city's label; where it gives none, the city's boundaries",
            ),
            ("ward", "Ward.", _CITY),
            ("tract", "Census tract.", "the portal, from the place and the city's boundaries"),
        )
    ),
    PublishedColumn(
        "address",
        "text",
        "nullif(c.address, '')",
        "Address, as exact as place_precision allows.",
        _CITY,
    ),
    PublishedColumn("zipcode", "text", "nullif(c.zipcode, '')", "ZIP code.", _CITY),
    PublishedColumn(
        "latitude",
        "number",
        "c.lat",
        "Latitude in WGS84, as exact as place_precision allows. Empty: no place.",
        _CITY,
        unit="degrees",
    ),
    PublishedColumn(
        "longitude", "number", "c.lon", "Longitude in WGS84, likewise.", _CITY, unit="degrees"
    ),
    PublishedColumn(
        "place_precision",
        "text",
        "c.place_precision",
        "How exactly the place is published: exact, block (the middle of a 100 m square, no house"
        " number), area (no place but its areas) or none.",
        "the portal, by the city's rule for the type",
    ),
    PublishedColumn("title", "text", "nullif(c.title, '')", "The city's title.", _CITY),
    PublishedColumn(
        "note",
        "text",
        "nullif(c.note, '')",
        "What the resident wrote, where the city's own data has it; personal data is taken out."
        " Empty for cases reported through the portal.",
        _CITY,
    ),
    PublishedColumn(
        "closure_reason",
        "text",
        "nullif(c.closure_reason, '')",
        "What the city wrote when it closed the case; personal data is taken out.",
        _CITY,
    ),
    PublishedColumn(
        "has_photo",
        "boolean",
        "c.has_photo = 1",
        "Whether the city published a photo of the problem or of its end.",
        _CITY,
    ),
    PublishedColumn(
        "followers",
        "integer",
        "c.followers",
        "How many people follow the case through the portal.",
        _PORTAL,
        unit="people",
    ),
    PublishedColumn(
        "contradictions",
        "text",
        _words_of_bits("c.contradictions", CONTRADICTIONS),
        "What cannot be true of the row, as words with spaces between them: "
        + ", ".join(CONTRADICTIONS)
        + ".",
        _PORTAL,
    ),
    PublishedColumn(
        "day_only",
        "text",
        _words_of_bits("c.day_only", DAY_ONLY),
        "Which of its times are days without an hour: " + ", ".join(DAY_ONLY) + ".",
        _PORTAL,
    ),
)
CASE_COLUMN_NAMES = tuple(column.name for column in CASE_COLUMNS)

BULK_COLUMNS = (
    _bulk("service_request_id", "c.case_id", "case_id"),
    _bulk("requested_datetime", "c.opened_at", "opened_at", "timestamp"),
    _bulk(
        "updated_datetime",
        "greatest(c.opened_at, coalesce(c.closed_at, c.updated_at))",
        "closed_at where there is one, else updated_at; never before opened_at",
        "timestamp",
    ),
    _bulk("closed_date", "c.closed_at", "closed_at", "timestamp"),
    _bulk("status_description", _STATUS, "status"),
    _bulk("status_notes", "nullif(c.closure_reason, '')", "closure_reason"),
    _bulk("source", "channel.name", "channel"),
    _bulk("service_name", "s.name", "service"),
    _bulk("service_subtype", "null::varchar", "always empty: our cities have one level of types"),
    _bulk("description", "nullif(c.note, '')", "note"),
    _bulk("agency_responsible", "department.name", "department"),
    _bulk(
        "address",
        "nullif(concat_ws(', ', nullif(c.address, ''), neighborhood.name, nullif(c.zipcode, '')),"
        " '')",
        "address, neighborhood and zipcode",
    ),
    _bulk("lat", "c.lat", "latitude", "number"),
    _bulk("long", "c.lon", "longitude", "number"),
)
"""The columns of the GeoReport Bulk format, in its order (https://wiki.open311.org/GeoReport/bulk).
"""
