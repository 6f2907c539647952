"""Cases as a list shows them, read from the store's public views.

`CARD` and `CARD_NAMES` are the SQL of a card, for queries that read cases `c`:

    select {CARD} from public_cases c {CARD_NAMES} where c.jurisdiction_id = :city and …
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, text

from portal.domain.case import DAY_ONLY

PHOTO_NAME = 32
"""Digits of a photo's name (portal.photos.files)."""


@dataclass(frozen=True)
class CaseCard:
    """A case as a list shows it. Times are epoch seconds UTC.

    `status` is overdue where the city set a target and it has passed.
    """

    case_id: str
    service_name: str
    service_slug: str
    status: str
    opened_at: int
    closed_at: int | None
    target_at: int | None
    address: str | None
    neighborhood: str | None
    lat: float | None
    lon: float | None
    title: str | None
    note: str | None
    has_photo: bool
    hidden: tuple[str, ...]
    photo: str | None = field(default=None, kw_only=True)
    """Name of the case's main photo; None where we may show none, though the city may have one."""
    followers: int = field(default=0, kw_only=True)
    """How many people have confirmed that they follow the case, and have not stopped."""
    day_only: int = field(default=0, kw_only=True)
    """Which of its times are days without an hour: a sum of DAY_ONLY's bits."""

    known_at: int | None = field(default=None, kw_only=True)
    """The past moment as of which it is (epoch s); None for a case as it is."""

    def is_day(self, name: str) -> bool:
        """Whether a time (opened_at, closed_at, target_at) is a day without an hour."""
        return bool(self.day_only and self.day_only & DAY_ONLY.get(name, 0))


CARD = (
    "c.id, c.case_id, s.name as service_name, s.slug as service_slug, c.status,"
    " c.opened_at, c.closed_at, c.target_at, c.address, n.name as neighborhood, c.lat, c.lon,"
    " c.title, c.note, c.has_photo, c.hidden, c.followers, c.day_only,"
    # The photo from before, if there is one: b sorts after a. max() needs no sorting, and of
    # several photos it always gives the same one.
    " (select max(p.kind || p.name) from public_photos p"
    " where p.jurisdiction_id = c.jurisdiction_id and p.case_key = c.id) as photo"
)
CARD_NAMES = (
    "left join public_services s"
    " on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id"
    " left join public_labels n"
    " on n.jurisdiction_id = c.jurisdiction_id and n.label_id = c.neighborhood_id"
)
_AS_STORED = (
    "case_id",
    "opened_at",
    "closed_at",
    "target_at",
    "address",
    "neighborhood",
    "lat",
    "lon",
    "title",
    "note",
    "followers",
    "day_only",
)


def card_fields(row: Mapping[Any, Any], now: int | None) -> dict[str, Any]:
    """The arguments of a CaseCard, from a row of CARD. Without `now` no case is overdue."""
    return {
        **{name: row[name] for name in _AS_STORED},
        "service_name": row["service_name"] or "",
        "service_slug": row["service_slug"] or "",
        "status": "overdue" if _is_overdue(row, now) else row["status"],
        "has_photo": bool(row["has_photo"]),
        "photo": row["photo"][-PHOTO_NAME:] if row["photo"] else None,
        "hidden": tuple(kind for kind in (row["hidden"] or "").split(",") if kind),
    }


def card_rows(connection: Connection, city_id: str, keys: list[int]) -> list[RowMapping]:
    """The rows of public cases by the store's own keys, newest first."""
    rows = connection.execute(_BY_KEYS, {"city": city_id, "keys": keys}).mappings()
    return newest_first(rows)


def newest_first(rows: Iterable[RowMapping]) -> list[RowMapping]:
    """Rows of CARD, newest first."""
    return sorted(rows, key=lambda row: (row["opened_at"], row["id"]), reverse=True)


def cards_by_key(
    connection: Connection, city_id: str, keys: list[int], now: int | None
) -> dict[int, CaseCard]:
    """Cards of public cases by the store's own keys, which the facts have too.

    A case that is no longer public has none. Without `now` (epoch s) no case is overdue.
    """
    rows = card_rows(connection, city_id, keys)
    return {row["id"]: CaseCard(**card_fields(row, now)) for row in rows}


_BY_KEYS = text(
    f"select {CARD} from public_cases c {CARD_NAMES}"
    " where c.jurisdiction_id = :city and c.id in :keys"
).bindparams(bindparam("keys", expanding=True))


def _is_overdue(row: Mapping[Any, Any], now: int | None) -> bool:
    if now is None or row["status"] == "closed" or row["target_at"] is None:
        return False
    return row["target_at"] < now
