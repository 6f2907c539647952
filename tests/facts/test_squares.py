"""Squares that were counted once make larger ones, and the box around their cases."""

from __future__ import annotations

from portal.domain.bounds import Bounds
from portal.facts.schema import COUNTS_ZOOM
from portal.facts.squares import Square, box_of, cells_of

WORLD = (0, 1 << 48)
NOWHERE = Square(None, 5, 2, 0, None, None, None, None, None, None)
"""Five cases without a location."""
THREE = Square(8, 3, 1, 3, 42.31, -71.09, 42.33, -71.07, -213.24, 126.96)
ONE = Square(9, 1, 1, 1, 42.35, -71.05, 42.35, -71.05, -71.05, 42.35)
FAR = Square(64, 2, 0, 2, 42.20, -71.10, 42.21, -71.09, -142.19, 84.41)


def test_four_squares_make_one_of_the_next_zoom_in_the_middle_of_all_cases():
    (cell, lon, lat, cases, still_open), far = cells_of(
        [FAR, ONE, NOWHERE, THREE], COUNTS_ZOOM - 1, WORLD
    )
    assert (cell, round(lon, 4), round(lat, 4), cases, still_open) == (2, -71.0725, 42.3275, 4, 2)
    assert far[0] == 16


def test_at_their_own_zoom_squares_stay_apart():
    assert [cell[0] for cell in cells_of([FAR, ONE, THREE], COUNTS_ZOOM, WORLD)] == [8, 9, 64]


def test_squares_outside_of_the_range_are_left_out():
    shift = 2 * (24 - COUNTS_ZOOM)
    assert [
        cell[0] for cell in cells_of([FAR, ONE, THREE], COUNTS_ZOOM, (9 << shift, 64 << shift))
    ] == [9]


def test_the_box_holds_all_that_have_a_location():
    assert box_of([NOWHERE, THREE, ONE]) == Bounds(42.31, -71.09, 42.35, -71.05)


def test_of_nothing_there_is_no_cell_and_no_box():
    assert (
        cells_of([NOWHERE], 10, WORLD),
        box_of([NOWHERE]),
        cells_of([], 10, WORLD),
        box_of([]),
    ) == ([], None, [], None)
