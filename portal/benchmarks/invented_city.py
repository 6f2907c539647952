"""An invented city for benchmarks: services, areas, streets and phrases, shaped like real 311 data.

About 180 services whose shares fall off like 1/rank, lognormal closing times around each service's
own median, cases in clumps along streets, growing over eleven years. All words are made up: there
is no row of any city in here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from portal.domain.bounds import Bounds
from portal.domain.morton import MAX_LATITUDE, ZOOM

SERVICES = 180
DEPARTMENTS = 14
QUEUES = 60
AREAS = {"neighborhood": 24, "district": 9, "tract": 180, "ward": 22}
CHANNEL_NAMES = ("Phone call", "App", "Web form", "Employee", "Text message", "Letter")
CHANNEL_SHARES = (0.44, 0.27, 0.14, 0.11, 0.03, 0.01)
CLUMPS = 140
STREETS = 1_200
PHRASES = 6_000
GRID = 200
"""Squares along each side of the grid that says in which area a place is."""
_THINGS = (
    "Pothole,Street light,Graffiti,Missed pickup,Fallen tree,Traffic signal,Sidewalk,Rodent,"
    "Illegal parking,Litter,Abandoned bike,Hydrant,Storm drain,Park bench,Street sign,Snow,Needle,"
    "Noise,Permit,Heating"
)
_JOBS = "repair,removal,inspection,request,complaint,collection,cleaning,replacement,survey"
_WORDS = [
    "large", "small", "broken", "missing", "corner", "near", "school", "church", "store",
    "playground", "deep", "dark", "loud", "blocked", "leaking", "cracked", "leaning",
    "overflowing", "since", "last", "week", "again", "still", "please", "crosswalk", "bus",
    "stop", "bike", "lane", "hydrant",
    "bin", "mattress", "branch", "puddle", "ice", "glass", "sign", "pole", "wire", "grate",
    "curb", "ramp",
]  # fmt: skip


@dataclass(frozen=True)
class InventedCity:
    """What all chunks share. Arrays are indexed by label or service, from 0."""

    bounds: Bounds
    services: list[str]
    service_share: np.ndarray
    median_days: np.ndarray
    target_days: np.ndarray
    department_of: np.ndarray
    queue_of: np.ndarray
    clumps: np.ndarray
    clump_share: np.ndarray
    area_grids: dict[str, np.ndarray]
    streets: pa.Array
    notes: pa.Array
    closures: pa.Array


def invent_city(bounds: Bounds, seed: int) -> InventedCity:
    """An invented city inside the bounds: the same for the same seed."""
    random = np.random.default_rng(seed)
    services = [f"{thing} {job}" for job in _JOBS.split(",") for thing in _THINGS.split(",")]
    services = services[:SERVICES]
    share = 1 / np.arange(1, SERVICES + 1)
    median = random.lognormal(1.2, 1.3, SERVICES)
    weight = random.pareto(1.3, CLUMPS) + 0.3
    spread = random.uniform(0.006, 0.045, CLUMPS)
    return InventedCity(
        bounds=bounds,
        services=services,
        service_share=share / share.sum(),
        median_days=median,
        target_days=np.maximum(1, np.round(median * random.uniform(0.8, 3, SERVICES))),
        department_of=random.integers(0, DEPARTMENTS, SERVICES),
        queue_of=random.integers(0, QUEUES, SERVICES),
        clumps=np.column_stack([random.normal(0.5, 0.2, (CLUMPS, 2)).clip(0.03, 0.97), spread]),
        clump_share=weight / weight.sum(),
        area_grids={
            kind: _nearest(random.uniform(0, 1, (count, 2))) for kind, count in AREAS.items()
        },
        streets=pa.array(
            [
                f"{_name(random)} {suffix}"
                for suffix in random.choice(["St", "Ave", "Rd", "Sq", "Ter"], STREETS)
            ]
        ),
        notes=pa.array(_phrases(random, "")),
        closures=pa.array(_phrases(random, "Case closed. ")),
    )


def _nearest(centers: np.ndarray) -> np.ndarray:
    """The nearest center to each square of a grid over the city: areas like those on a map."""
    middle = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(middle, middle, indexing="ij")
    return ((x[..., None] - centers[:, 0]) ** 2 + (y[..., None] - centers[:, 1]) ** 2).argmin(-1)


def _name(random: np.random.Generator) -> str:
    return "".join(
        random.choice(
            ["ka", "lo", "mi", "ter", "ber", "wick", "ford", "dor", "al", "hyde", "oak", "elm"], 3
        )
    ).capitalize()


def _phrases(random: np.random.Generator, start: str) -> list[str]:
    return [
        start + " ".join(random.choice(_WORDS, length)).capitalize() + "."
        for length in random.integers(3, 14, PHRASES)
    ]


def encode_places(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Morton codes of many places: portal.domain.morton.encode, for arrays."""
    side = 1 << ZOOM
    sine = np.sin(np.radians(lat.clip(-MAX_LATITUDE, MAX_LATITUDE)))
    x = ((lon + 180) / 360 * side).astype(np.uint64)
    y = ((0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)) * side).astype(np.uint64)
    return (_spread(x) | _spread(y) << np.uint64(1)).astype(np.int64)


_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _spread(value: np.ndarray) -> np.ndarray:
    """Every bit moved to twice its position."""
    for shift, mask in _SPREAD:
        value = (value | value << np.uint64(shift)) & np.uint64(mask)
    return value
