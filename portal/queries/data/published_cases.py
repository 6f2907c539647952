"""Cases as the API gives them: the published columns of portal.domain.published_columns, by name.

    published_cases(connection, "boston", zone, [731], ("case_id", "opened_at"))
    →  {731: {"case_id": "101", "opened_at": datetime(2026, 11, 30, 14, 5, tzinfo=UTC)}}

The files have the same columns of the facts; here they are the store's, so that a case that was
hidden a moment ago is gone. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, text

from portal.domain.case import CONTRADICTIONS, DAY_ONLY
from portal.domain.published_columns import CASE_COLUMNS
from portal.store.models import LABEL_KINDS

Case = dict[str, Any]
"""A case by the names of its published columns; None for what is unknown."""
Read = Callable[..., Any]
"""A value of the store that is there, and the city's `zone` → the value as it is published."""


def published_cases(
    connection: Connection, city_id: str, zone: ZoneInfo, keys: Sequence[int], names: Sequence[str]
) -> dict[int, Case]:
    """The named columns of public cases, by the store's own keys; none of a hidden case.

    Times are aware and in UTC, days are those of the city's zone, missing values are None.
    """
    shown = ", ".join(f"{_SQL[name]} as {name}" for name in names)
    query = text(f"select c.id as store_key, {shown} {_FROM}").bindparams(
        bindparam("keys", expanding=True)
    )
    rows = connection.execute(query, {"city": city_id, "keys": list(keys)}).all()
    labels = _label_names(connection, city_id, rows, names)
    reads = [
        labels.get if name in LABEL_KINDS else partial(_READ[name], zone=zone) for name in names
    ]
    return {
        row[0]: {
            name: None if value is None else read(value)
            for name, read, value in zip(names, reads, row[1:], strict=True)
        }
        for row in rows
    }


def _label_names(
    connection: Connection, city_id: str, rows: Sequence[Any], names: Sequence[str]
) -> dict[int, str]:
    """The names of the labels in the rows, by number: one question for all of them."""
    places = [place for place, name in enumerate(names, 1) if name in LABEL_KINDS]
    wanted = sorted({row[place] for row in rows for place in places if row[place] is not None})
    return dict(connection.execute(_LABELS, {"city": city_id, "labels": wanted}).all())


def write_time(seconds: int | None) -> str | None:
    """Epoch seconds as RFC 3339 in UTC: 2026-11-30T14:05:00Z; None of none."""
    if seconds is None:
        return None
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}Z"


def words_of_bits(bits: Mapping[str, int], value: int | None) -> str | None:
    """The words of the bits that are set, with spaces between them; None for none."""
    return " ".join(word for word, bit in bits.items() if value & bit) or None if value else None


def _read_day(seconds: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(seconds, zone).date()


_OF_KIND: dict[str, Read] = {
    "text": lambda value, zone: value or None,
    "integer": lambda value, zone: value,
    "number": lambda value, zone: value,
    "timestamp": lambda value, zone: datetime.fromtimestamp(value, UTC),
    "date": _read_day,
    "boolean": lambda value, zone: bool(value),
}
_READ: dict[str, Read] = {
    **{column.name: _OF_KIND[column.kind] for column in CASE_COLUMNS},
    "contradictions": lambda value, zone: words_of_bits(CONTRADICTIONS, value),
    "day_only": lambda value, zone: words_of_bits(DAY_ONLY, value),
}
IS_REPORTED_HERE = (
    "exists (select 1 from public_reports r"
    " where r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id)"
)
"""SQL, for a case `c`: what its resident wrote to us is in no file and in no answer."""
_SQL = {
    **{column.name: f"c.{column.name}" for column in CASE_COLUMNS},
    **{kind: f"c.{kind}_id" for kind in LABEL_KINDS},
    "opened_on": "c.opened_at",
    "closed_on": "c.closed_at",
    "service": "s.name",
    "service_code": "s.service_code",
    "service_group": "s.group_name",
    "latitude": "c.lat",
    "longitude": "c.lon",
    "note": f"case when {IS_REPORTED_HERE} then null else c.note end",
}
_FROM = (
    "from public_cases c left join public_services s"
    " on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id"
    " where c.jurisdiction_id = :city and c.id in :keys"
)
_LABELS = text(
    "select label_id, name from public_labels where jurisdiction_id = :city and label_id in :labels"
).bindparams(bindparam("labels", expanding=True))
