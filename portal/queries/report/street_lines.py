"""The streets of a part of the city as lines, drawn from where its own cases are.

They make a map to put a pin on, without asking another host.

    streets_in(index, box)  # (StreetLine("Adams St", (((42.3201, -71.07), (42.3212, -71.07)),)),)
    nearest_address(index, 42.3209, -71.0701, 120)  # NearestAddress("3 Adams St", …, 8.2)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from portal.domain.bounds import Bounds
from portal.domain.distance import box_around, metres_between
from portal.queries.cases.street_names import Street, StreetIndex

Point = tuple[float, float]
WIDEST_GAP_METRES = 250
"""Known houses of a street farther apart are not joined: between them it may turn."""
NEIGHBORS = 2
"""Houses are on both sides; the line is drawn through the average of each house and so many
before and after it."""


@dataclass(frozen=True)
class StreetLine:
    """A street in a box. Each piece is two (lat, lon) or more, in the order of house numbers."""

    name: str
    pieces: tuple[tuple[Point, ...], ...]


class NearestAddress(NamedTuple):
    """A known house, its neighborhood (None if its cases have none), and how far away it is."""

    address: str
    area: str | None
    metres: float


def streets_in(index: StreetIndex, box: Bounds) -> tuple[StreetLine, ...]:
    """The streets with known houses in a box, by name. No house numbers known there: empty."""
    found = []
    for street in index.streets:
        houses = list(zip(street.number_lats, street.number_lons, strict=True))
        if any(box.holds(*house) for house in houses) and (pieces := _pieces(houses, box)):
            found.append(StreetLine(street.name, pieces))
    return tuple(found)


def nearest_address(
    index: StreetIndex, lat: float, lon: float, within_metres: float
) -> NearestAddress | None:
    """The known house closest to a place in degrees; None if none is within reach."""
    reach = box_around(lat, lon, 1.01 * within_metres)
    near = [street for street in index.streets if street.box and _overlap(street.box, reach)]
    houses = [
        found
        for street in near
        if (found := _nearest_house(street, lat, lon, reach, within_metres))
    ]
    return min(houses, key=lambda found: (found.metres, found.address), default=None)


def _overlap(one: Bounds, other: Bounds) -> bool:
    return (
        one.south <= other.north
        and other.south <= one.north
        and one.west <= other.east
        and other.west <= one.east
    )


def _nearest_house(
    street: Street, lat: float, lon: float, reach: Bounds, within_metres: float
) -> NearestAddress | None:
    best: NearestAddress | None = None
    for number, house_lat, house_lon in zip(
        street.numbers, street.number_lats, street.number_lons, strict=True
    ):
        if not reach.holds(house_lat, house_lon):
            continue
        metres = metres_between(lat, lon, house_lat, house_lon)
        if metres <= (best.metres if best else within_metres):
            best = NearestAddress(f"{number} {street.name}", street.area, metres)
    return best


def _pieces(houses: list[Point], box: Bounds) -> tuple[tuple[Point, ...], ...]:
    """The parts of a street that touch the box, smoothed, cut where houses are too far apart."""
    pieces: list[list[Point]] = []
    for start, end in pairwise(houses):
        if metres_between(*start, *end) > WIDEST_GAP_METRES or not (
            box.holds(*start) or box.holds(*end)
        ):
            continue
        if pieces and pieces[-1][-1] == start:
            pieces[-1].append(end)
        else:
            pieces.append([start, end])
    return tuple(_smooth(piece) for piece in pieces)


def _smooth(houses: list[Point]) -> tuple[Point, ...]:
    smooth = []
    for position in range(len(houses)):
        around = houses[max(0, position - NEIGHBORS) : position + NEIGHBORS + 1]
        lat = sum(lat for lat, _ in around) / len(around)
        lon = sum(lon for _, lon in around) / len(around)
        smooth.append((round(lat, 5), round(lon, 5)))
    return tuple(smooth)
