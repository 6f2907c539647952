"""A filter as SQL over the store's public views. `c` is the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from portal.domain.filters import CaseFilter
from portal.facts.where import WORD_FIELDS, midnight

_BOX = "c.lat between :south and :north and c.lon between :west and :east"


def store_conditions(
    connection: Connection, city_id: str, case_filter: CaseFilter, zone: ZoneInfo, now: int
) -> tuple[str, dict[str, Any]]:
    """(SQL, parameters) that let a filter's cases of a city through, all but its words (portal.queries.cases.text_search).

    The same cases as portal.facts.where.conditions. `now` (epoch s) decides what is overdue; a slug nobody bears lets nothing through.
    """
    parts: list[str] = ["c.jurisdiction_id = :city"]
    values: dict[str, Any] = {"city": city_id}
    for field in WORD_FIELDS:
        if slugs := getattr(case_filter, field):
            parts.append(_one_of(f"c.{field}_id", _ids(connection, city_id, field, slugs)))
    if case_filter.status:
        parts.append(_status(case_filter.status))
        values["now"] = now
    if case_filter.photo:
        parts.append(f"c.has_photo = {int(case_filter.photo == 'yes')}")
    more, dates = opening_days(case_filter, zone)
    if box := case_filter.bbox:
        more.append(_BOX)
        values |= {"south": box.south, "north": box.north, "west": box.west, "east": box.east}
    return " and ".join(parts + more), values | dates


def opening_days(case_filter: CaseFilter, zone: ZoneInfo) -> tuple[list[str], dict[str, Any]]:
    """The filter's days of opening, both included, in the city's zone."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    if case_filter.start:
        parts.append("c.opened_at >= :opened_from")
        values["opened_from"] = midnight(case_filter.start, zone)
    if case_filter.end:
        parts.append("c.opened_at < :opened_before")
        values["opened_before"] = midnight(case_filter.end + timedelta(days=1), zone)
    return parts, values


def _ids(connection: Connection, city_id: str, field: str, slugs: tuple[str, ...]) -> list[int]:
    places = {f"slug{number}": slug for number, slug in enumerate(slugs)}
    among = ", ".join(f":{place}" for place in places)
    if field == "service":
        query = f"select service_id from public_services where jurisdiction_id = :city and slug in ({among})"
    else:
        query = f"select label_id from public_labels where jurisdiction_id = :city and kind = '{field}' and slug in ({among})"
    return list(connection.execute(text(query), {"city": city_id, **places}).scalars())


def _one_of(column: str, ids: list[int]) -> str:
    """Ids are the store's own numbers, so they may stand in the SQL: the planner then knows how many."""
    return f"{column} in ({', '.join(str(int(number)) for number in ids)})" if ids else "1 = 0"


def _status(words: tuple[str, ...]) -> str:
    stored = [f"'{word}'" for word in words if word != "overdue"]
    parts = [f"c.status in ({', '.join(stored)})"] if stored else []
    if "overdue" in words:
        parts.append("(c.is_open = 1 and c.target_at < :now)")
    # Said once more as a plain word, so that the index of open cases serves where nothing else is asked for.
    open_alone = "c.is_open = 1 and " if "closed" not in words else ""
    return f"{open_alone}({' or '.join(parts)})"
