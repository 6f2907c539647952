"""Which cases a caller asks for, and in what order: the checked GET parameters of `requests`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, and_, func, or_, select, tuple_

from data_sync.desk.errors import DeskError
from data_sync.desk.models import HAS_REFERENCE, Case
from portal.open311.values import (
    MAX_PAGE,
    MAX_PAGE_SIZE,
    SPAN_SECONDS,
    read_list,
    read_numbers,
    read_time,
    read_whole_number,
)

PAGE_SIZE = 50
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class CaseQuery:
    """A checked question.

    `by_change` orders by last change, oldest first, so that a sync can walk the cases; otherwise
    the newest report is first. `is_look_up` asks for cases by their numbers; `after_id` continues
    a walk without skipping pages.
    """

    conditions: tuple[ColumnElement[bool] | TextClause, ...]
    page: int
    page_size: int
    extensions: bool
    by_change: bool = False
    is_look_up: bool = False
    after_id: str = ""


def read_query(given: Mapping[str, str], now: datetime) -> CaseQuery:
    """The question in GET parameters. Empty ones count as absent, unknown ones are ignored.

    Raises BadRequest or DeskError, which name the parameter.
    """
    args = {name: value.strip() for name, value in given.items() if value.strip()}
    ids = read_list(args, "service_request_id")
    page, size = _paging(args, default_size=len(ids) or PAGE_SIZE)
    shown = (page, size, args.get("extensions") == "true")
    if ids:
        return CaseQuery((Case.request_id.in_(ids),), *shown, is_look_up=True)
    if reference := args.get("external_reference"):
        known = HAS_REFERENCE, Case.external_reference == reference
        return CaseQuery(known, *shown, is_look_up=True)
    conditions = (*_words_and_codes(args), *_times(args, now), *_places(args))
    by_change = "updated_after" in args
    after_id = args.get("after_id", "") if by_change else ""
    return CaseQuery(conditions, *shown, by_change=by_change, after_id=after_id)


def count_cases(connection: Connection, asked: CaseQuery, *, with_private: bool = False) -> int:
    """How many cases match, on all pages."""
    return connection.execute(
        select(func.count()).select_from(Case).where(*_conditions(asked, with_private))
    ).scalar_one()


def list_cases(
    connection: Connection, asked: CaseQuery, *, with_private: bool = False
) -> list[Row[Any]]:
    """One page of cases."""
    order = (
        (Case.updated_at, Case.request_id)
        if asked.by_change
        else (Case.requested_at.desc(), Case.request_id.desc())
    )
    query = select(Case.__table__).where(*_conditions(asked, with_private)).order_by(*order)
    return list(
        connection.execute(query.limit(asked.page_size).offset((asked.page - 1) * asked.page_size))
    )


def _conditions(asked: CaseQuery, with_private: bool) -> list[ColumnElement[bool] | TextClause]:
    public_only: list[ColumnElement[bool]] = [] if with_private else [Case.is_public.is_(True)]
    return [*public_only, *asked.conditions]


def _paging(args: Mapping[str, str], default_size: int) -> tuple[int, int]:
    return read_whole_number(args, "page", 1, MAX_PAGE), read_whole_number(
        args, "page_size", default_size, MAX_PAGE_SIZE
    )


def _words_and_codes(args: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if codes := read_list(args, "service_code"):
        conditions.append(Case.service_code.in_(codes))
    if statuses := read_list(args, "status"):
        conditions.append(or_(*(_status(word) for word in statuses)))
    if words := args.get("q", "")[:100]:
        conditions.append(
            or_(
                Case.description.contains(words, autoescape=True),
                Case.address.contains(words, autoescape=True),
            )
        )
    return conditions


def _status(word: str) -> ColumnElement[bool]:
    if word not in ("open", "closed"):
        raise DeskError(f"status is {word[:40]!r}; it is open or closed.")
    return Case.status == "closed" if word == "closed" else Case.status != "closed"


def _times(args: Mapping[str, str], now: datetime) -> list[ColumnElement[bool]]:
    """Conditions on the times of change and of report; a span of report is at most 90 days."""
    after = read_time(args, "updated_after")
    before = read_time(args, "updated_before")
    start = read_time(args, "start_date")
    end = read_time(args, "end_date")
    conditions = [] if after is None else [_from_here(after, args.get("after_id", ""))]
    if before is not None:
        conditions.append(Case.updated_at <= before)
    if after is not None and start is None and end is None:
        return conditions
    if start is None:
        end = int(now.timestamp()) if end is None else end
        start = end - SPAN_SECONDS
    end = start + SPAN_SECONDS if end is None else min(end, start + SPAN_SECONDS)
    return [*conditions, Case.requested_at.between(start, end)]


def _from_here(after: int, after_id: str) -> ColumnElement[bool]:
    """From that second on; with `after_id`, strictly after that case of that second."""
    return (
        tuple_(Case.updated_at, Case.request_id) > (after, after_id)
        if after_id
        else Case.updated_at >= after
    )


def _places(args: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if box := args.get("bbox"):
        west, south, east, north = read_numbers("bbox", box, 4)
        conditions += [Case.lon.between(west, east), Case.lat.between(south, north)]
    if "lat" in args and "long" in args:
        (lat,) = read_numbers("lat", args["lat"], 1)
        (lon,) = read_numbers("long", args["long"], 1)
        (metres,) = read_numbers("radius", args.get("radius", "100"), 1)
        conditions.append(_circle(lat, lon, metres))
    return conditions


def _circle(lat: float, lon: float, metres: float) -> ColumnElement[bool]:
    north = (Case.lat - lat) * METRES_PER_DEGREE
    east = (Case.lon - lon) * (METRES_PER_DEGREE * math.cos(math.radians(lat)))
    band = Case.lat.between(lat - metres / METRES_PER_DEGREE, lat + metres / METRES_PER_DEGREE)
    return and_(band, north * north + east * east <= metres * metres)
