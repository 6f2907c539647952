"""Which cases a caller asked for, and in what order: the GET parameters of Open311's `requests`, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, tuple_

from data_sync.desk.errors import DeskError
from data_sync.desk.models import Case

PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000
SPAN = timedelta(days=90)
METRES_PER_DEGREE = 111_320.0
MAX_IDS = 500


@dataclass(frozen=True)
class Asked:
    """A checked question. With `updated` the order is by last change, oldest first, so that a sync can walk it."""

    conditions: tuple[ColumnElement[bool], ...]
    updated: bool
    page: int
    page_size: int
    extensions: bool
    after_id: str = ""
    updated_after: int | None = None


def understand(args: Mapping[str, str], now: datetime) -> Asked:
    """The question in GET parameters; empty ones count as absent, unknown ones are ignored. Raises DeskError naming the parameter."""
    args = {name: value.strip() for name, value in args.items() if value.strip()}
    paging = Asked((), "updated_after" in args, *_paging(args), args.get("extensions") == "true")
    if ids := args.get("service_request_id"):
        return replace(paging, conditions=(Case.request_id.in_(_list(ids)),), updated=False)
    if reference := args.get("external_reference"):
        return replace(paging, conditions=(Case.external_reference == reference,), updated=False)
    conditions = [*_words_and_codes(args), *_times(args, now), *_places(args)]
    after = epoch(args, "updated_after")
    return replace(paging, conditions=tuple(conditions), after_id=args.get("after_id", ""), updated_after=after)


def count(connection: Connection, asked: Asked) -> int:
    """How many public cases match, on all pages."""
    query = select(func.count()).select_from(Case).where(Case.is_public, *asked.conditions, *_from_here(asked))
    return connection.execute(query).scalar_one()


def cases(connection: Connection, asked: Asked) -> list[Row[Any]]:
    """One page of public cases."""
    order = (Case.updated_at, Case.request_id) if asked.updated else (Case.requested_at.desc(), Case.request_id.desc())
    query = select(Case.__table__).where(Case.is_public, *asked.conditions, *_from_here(asked)).order_by(*order)
    return list(connection.execute(query.limit(asked.page_size).offset((asked.page - 1) * asked.page_size)))


def _from_here(asked: Asked) -> list[ColumnElement[bool]]:
    """From `updated_after` on, that second included; with `after_id` strictly after that case of that second: no page is deep."""
    if asked.updated_after is None:
        return []
    if asked.after_id:
        return [tuple_(Case.updated_at, Case.request_id) > (asked.updated_after, asked.after_id)]
    return [Case.updated_at >= asked.updated_after]


def _paging(args: Mapping[str, str]) -> tuple[int, int]:
    page, size = _whole(args, "page", 1), _whole(args, "page_size", PAGE_SIZE)
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise DeskError(f"page_size is {size}; it is 1 to {MAX_PAGE_SIZE}.")
    if not 1 <= page <= 1_000_000:
        raise DeskError(f"page is {page}; pages are counted from 1.")
    return page, size


def _words_and_codes(args: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if codes := args.get("service_code"):
        conditions.append(Case.service_code.in_(_list(codes)))
    if statuses := args.get("status"):
        conditions.append(or_(*(_status(word) for word in _list(statuses))))
    if words := args.get("q"):
        pattern = "%" + words[:100].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(or_(Case.description.like(pattern, escape="\\"), Case.address.like(pattern, escape="\\")))
    return conditions


def _status(word: str) -> ColumnElement[bool]:
    if word not in ("open", "closed"):
        raise DeskError(f"status is {word!r}; it is open or closed.")
    return Case.status == "closed" if word == "closed" else Case.status != "closed"


def _times(args: Mapping[str, str], now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    before = epoch(args, "updated_before")
    if before is not None:
        conditions.append(Case.updated_at <= before)
    start, end = epoch(args, "start_date"), epoch(args, "end_date")
    if start is None and end is None and ("updated_after" in args or "updated_before" in args):
        return conditions
    span = int(SPAN.total_seconds())
    end = end if end is not None else (start + span if start is not None else int(now.timestamp()))
    start = max(start if start is not None else end - span, end - span)
    return [*conditions, Case.requested_at.between(start, end)]


def _places(args: Mapping[str, str]) -> list[ColumnElement[bool]]:
    if box := args.get("bbox"):
        west, south, east, north = numbers("bbox", box, 4)
        return [Case.lon.between(west, east), Case.lat.between(south, north)]
    if "lat" in args and "long" in args:
        (lat,), (lon,) = numbers("lat", args["lat"], 1), numbers("long", args["long"], 1)
        (radius,) = numbers("radius", args.get("radius", "100"), 1)
        return [_circle(lat, lon, radius)]
    return []


def _circle(lat: float, lon: float, metres: float) -> ColumnElement[bool]:
    east = METRES_PER_DEGREE * math.cos(math.radians(lat))
    north_off, east_off = (Case.lat - lat) * METRES_PER_DEGREE, (Case.lon - lon) * east
    box = Case.lat.between(lat - metres / METRES_PER_DEGREE, lat + metres / METRES_PER_DEGREE)
    return and_(box, north_off * north_off + east_off * east_off <= metres * metres)


def _list(value: str) -> list[str]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if len(parts) > MAX_IDS:
        raise DeskError(f"The list has {len(parts)} entries; at most {MAX_IDS}.")
    return parts


def _whole(args: Mapping[str, str], name: str, default: int) -> int:
    value = args.get(name, str(default))
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise DeskError(f"{name} is {value[:40]!r}; it is a whole number.")
    return int(value)


def epoch(args: Mapping[str, str], name: str) -> int | None:
    """A W3C-DTF time. A plus sign that arrives as a space is put back."""
    if name not in args:
        return None
    try:
        moment = datetime.fromisoformat(args[name].replace(" ", "+"))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise DeskError(f"{name} is {args[name][:40]!r}; write it like 2026-11-23T09:00:00Z.") from None


def numbers(name: str, value: str, how_many: int) -> list[float]:
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != how_many or not all(math.isfinite(number) and abs(number) <= 1e7 for number in numbers):
        raise DeskError(f"{name} is {value[:40]!r}; it is {how_many} number{'s' if how_many > 1 else ''}.")
    return numbers
