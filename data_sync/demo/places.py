"""Where the demo city's cases happen: cells by density, then a house on an invented street."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_sync.demo.figures import Figures
from data_sync.demo.grid import CELL_METRES, to_degrees
from data_sync.demo.texts import STREETS

HOUSES = 10  # on each side of a street in a cell
BLOCK_CELLS = 12  # cells after which a street ends and another begins
CORNER_SHARE = 0.12  # of the cases: at a corner, not at a house
STREET_BEND = 28.0  # meters that a street leaves its straight line
HOUSE_OFFSET = 9.0  # meters from the middle of the street


@dataclass(frozen=True)
class Places:
    """Places as arrays, one entry a place.

    A house is (cell, along, slot, side): the same house has the same address and point.
    """

    cell: np.ndarray  # index into figures.cells
    along: np.ndarray  # 0: on the street running east, 1: on that running north, 2: at the corner
    slot: np.ndarray  # 0 … HOUSES - 1
    side: np.ndarray  # 0 or 1

    def take(self, index: np.ndarray) -> Places:
        """The places at the index, in its order."""
        return Places(self.cell[index], self.along[index], self.slot[index], self.side[index])

    def put(self, index: np.ndarray, others: Places) -> None:
        """Replace the places at the index."""
        for own, new in (
            (self.cell, others.cell),
            (self.along, others.along),
            (self.slot, others.slot),
            (self.side, others.side),
        ):
            own[index] = new


def draw_places(
    figures: Figures, factors: np.ndarray, count: int, rng: np.random.Generator
) -> Places:
    """Places by density; `factors` say how over-represented a type is in each neighborhood."""
    cases = figures.cells[:, 2]
    hoods = figures.cells[:, 3]
    # The last factor, 1.0, is for a cell without a label (-1).
    weights = np.cumsum(cases * np.append(factors, 1.0)[hoods])
    cell = np.searchsorted(weights, rng.random(count) * weights[-1], side="right")
    along = np.where(rng.random(count) < CORNER_SHARE, 2, rng.integers(0, 2, count))
    return Places(cell, along, rng.integers(0, HOUSES, count), rng.integers(0, 2, count))


def next_door(places: Places, rng: np.random.Generator) -> Places:
    """The places as someone else gives them: the same house, the next, or the one across."""
    slot = np.clip(places.slot + rng.choice([0, 0, 0, -1, 1], len(places.slot)), 0, HOUSES - 1)
    return Places(places.cell, places.along, slot, places.side ^ (rng.random(len(slot)) < 0.2))


def points(figures: Figures, places: Places) -> tuple[np.ndarray, np.ndarray]:
    """(lat, lon) in degrees, to the meter; always inside the place's cell."""
    corner_east, corner_north = figures.cell_corners[places.cell].T
    step = (places.slot + 0.5) * CELL_METRES / HOUSES
    offset = np.where(places.side == 1, HOUSE_OFFSET, -HOUSE_OFFSET)
    crossing = places.along == 2
    middle = CELL_METRES / 2
    east = corner_east + np.where(places.along == 0, step, middle + np.where(crossing, 0, offset))
    north = corner_north + np.where(places.along == 1, step, middle + np.where(crossing, 0, offset))
    bend_east = STREET_BEND * np.sin(north / 260 + corner_east / 90)
    bend_north = STREET_BEND * np.sin(east / 310 + corner_north / 70)
    lat, lon = to_degrees(
        east + np.where(places.along != 0, bend_east, 0),
        north + np.where(places.along != 1, bend_north, 0),
    )
    return np.round(lat, 5), np.round(lon, 5)


def addresses(figures: Figures, places: Places) -> list[str]:
    """An address for each place: "214 Heronmoor St, Roxbury".

    At a corner, "Heronmoor St & Larkgate Ave, Roxbury".
    """
    rows, columns, _, hoods, _ = figures.cells[places.cell].T
    east_street, north_street = _street_numbers(rows, columns)
    position = np.where(places.along == 0, columns, rows) % BLOCK_CELLS
    house = 1 + 2 * (position * HOUSES + places.slot) + places.side
    towns = ["", *figures.neighborhoods]
    return [
        _address(int(way), STREETS[e], STREETS[n], int(number), towns[hood + 1])
        for way, e, n, number, hood in zip(
            places.along, east_street, north_street, house, hoods, strict=True
        )
    ]


def _street_numbers(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The streets running east and north through a cell, never the same one twice.

    Each stretch of BLOCK_CELLS has its own.
    """
    east = (rows * 37 + (columns // BLOCK_CELLS) * 101) % len(STREETS)
    north = (columns * 53 + (rows // BLOCK_CELLS) * 211 + 7) % len(STREETS)
    return east, np.where(north == east, (north + 1) % len(STREETS), north)


def _address(way: int, east_street: str, north_street: str, number: int, town: str) -> str:
    street = (
        f"{number} {east_street}",
        f"{number} {north_street}",
        f"{east_street} & {north_street}",
    )[way]
    return f"{street}, {town}" if town else street
