"""Chunks of invented cases as Arrow tables with the columns of the store's `cases`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as compute

from portal.benchmarks.invented_city import CHANNEL_SHARES, GRID, InventedCity, encode_places

SECONDS_PER_DAY = 86_400
YEARS = 11
NEVER_CLOSED = 0.015
IN_PROGRESS = 0.2
WITHOUT_PLACE = 0.04
WITH_PHOTO = 0.3
SOURCE = "benchmark"


def invent_cases(
    city: InventedCity,
    ids: np.ndarray,
    share: tuple[float, float],
    zone: ZoneInfo,
    now: int,
    rev: int,
) -> pa.Table:
    """Cases with these ids, as columns of the store's `cases`; later ids were opened later.

    `share` is the part of the eleven years they were opened in: (0.0, 1.0) is up to now.
    """
    random = np.random.default_rng(int(ids[0]))
    n = len(ids)
    opened = _opening_times(random, n, share, now)
    service = random.choice(len(city.services), n, p=city.service_share)
    took = (
        (city.median_days[service] * np.exp(random.normal(0, 1.2, n)) * SECONDS_PER_DAY)
        .astype(np.int64)
        .clip(300)
    )
    closed = opened + took
    is_open = (closed > now) | (random.random(n) < NEVER_CLOSED)
    columns = {
        **_identity(ids, rev),
        **_times(
            opened,
            closed,
            is_open,
            opened + (city.target_days[service] * SECONDS_PER_DAY).astype(np.int64),
            zone,
        ),
        "status": _status(random, is_open),
        "service_id": service + 1,
        "department_id": city.department_of[service] + 1,
        "queue_id": city.queue_of[service] + 101,
        "channel_id": random.choice(len(CHANNEL_SHARES), n, p=CHANNEL_SHARES) + 201,
        **_places(city, random, n),
        **_texts(city, random, service, is_open),
    }
    return pa.table(columns)


def _opening_times(
    random: np.random.Generator, n: int, share: tuple[float, float], now: int
) -> np.ndarray:
    span = YEARS * 365.25 * SECONDS_PER_DAY
    when = np.sort(random.uniform(*share, n))
    return np.minimum(now - span * (1 - when), now - 60).astype(np.int64)


def _identity(ids: np.ndarray, rev: int) -> dict[str, pa.Array]:
    text = pa.array(101_000_000_000 + ids).cast(pa.string())
    return {
        "id": pa.array(ids),
        "case_id": text,
        "source_id": text,
        "content_hash": text,
        "rev": pa.array(np.full(len(ids), rev)),
    }


def _times(
    opened: np.ndarray, closed: np.ndarray, is_open: np.ndarray, target: np.ndarray, zone: ZoneInfo
) -> dict[str, pa.Array]:
    updated = np.where(is_open, opened, closed)
    return {
        "opened_at": pa.array(opened),
        "closed_at": pa.array(closed, mask=is_open),
        "target_at": pa.array(target),
        "updated_at": pa.array(updated),
        "source_updated_at": pa.array(updated),
        "first_seen_at": pa.array(opened),
        "is_open": pa.array(is_open.astype(np.int16)),
        "opened_month": pa.array(_months(opened, zone)),
        "closed_month": pa.array(_months(closed, zone), mask=is_open),
        "days_open": pa.array((closed - opened) // SECONDS_PER_DAY, mask=is_open),
        "city_on_time": pa.array((closed <= target).astype(np.int16), mask=is_open),
    }


def _months(seconds: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    local = pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True)).tz_convert(zone)
    return np.asarray(local.year * 12 + local.month - 1, dtype=np.int32)


def _status(random: np.random.Generator, is_open: np.ndarray) -> pa.Array:
    code = np.where(is_open, (random.random(len(is_open)) < IN_PROGRESS).astype(np.int8), 2)
    return pa.array(["open", "in_progress", "closed"]).take(pa.array(code))


def _places(city: InventedCity, random: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Places in clumps, snapped to parcels so that addresses repeat; some cases have none."""
    x_mid, y_mid, spread = city.clumps[random.choice(len(city.clumps), n, p=city.clump_share)].T
    parcels = 4_000
    x = (np.round((x_mid + random.normal(0, 1, n) * spread) * parcels) / parcels).clip(0, 0.9999)
    y = (np.round((y_mid + random.normal(0, 1, n) * spread) * parcels) / parcels).clip(0, 0.9999)
    box = city.bounds
    lat = np.round(box.south + y * (box.north - box.south), 6)
    lon = np.round(box.west + x * (box.east - box.west), 6)
    nowhere = random.random(n) < WITHOUT_PLACE
    square = (x * GRID).astype(int), (y * GRID).astype(int)
    areas = {
        f"{kind}_id": pa.array(grid[square] + 301 + 200 * position, mask=nowhere)
        for position, (kind, grid) in enumerate(city.area_grids.items())
    }
    street = (x * parcels).astype(int) * 7 % len(city.streets)
    number = pa.array((y * parcels).astype(int) % 900 + 1).cast(pa.string())
    address = compute.call_function(
        "binary_join_element_wise", [number, city.streets.take(pa.array(street)), pa.scalar(" ")]
    )
    return {
        "lat": pa.array(lat, mask=nowhere),
        "lon": pa.array(lon, mask=nowhere),
        "quad": pa.array(encode_places(lat, lon), mask=nowhere),
        "address": compute.call_function(
            "if_else", [pa.array(nowhere), pa.scalar(None, pa.string()), address]
        ),
        **areas,
    }


def _texts(
    city: InventedCity, random: np.random.Generator, service: np.ndarray, is_open: np.ndarray
) -> dict[str, pa.Array]:
    n = len(service)
    picture = random.random(n) < WITH_PHOTO
    return {
        "note": city.notes.take(
            pa.array(random.integers(0, len(city.notes), n), mask=random.random(n) < 0.3)
        ),
        "closure_reason": city.closures.take(
            pa.array(random.integers(0, len(city.closures), n), mask=is_open)
        ),
        "photo_url": pa.array(["https://photos.example.org/1.jpg"]).take(
            pa.array(np.zeros(n, dtype=np.int32), mask=~picture)
        ),
    }
