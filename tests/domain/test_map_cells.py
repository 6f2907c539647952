"""Circles of a map that stands still: apart where they would not cover each other, else one."""

from __future__ import annotations

import pytest

from portal.domain.bounds import Bounds
from portal.domain.map_cells import Cell, join_near_cells

BOX = Bounds(south=0, west=0, north=1, east=1)


@pytest.mark.parametrize(
    ("share", "is_one"), [(0, True), (0.05, True), (0.09, True), (0.11, False), (0.15, False)]
)
@pytest.mark.parametrize(("north", "east"), [(0, 1), (1, 0), (0, -1), (-1, 0)])
def test_circles_stay_apart_from_a_tenth_of_the_map_on(share, is_one, north, east):
    one = Cell(0.5, 0.5, cases=3, open_cases=2)
    other = Cell(0.5 + north * share, 0.5 + east * share, cases=1, open_cases=0)
    joined = join_near_cells([other, one], BOX)
    assert len(joined) == (1 if is_one else 2)
    assert sum(cell.cases for cell in joined) == 4
    assert sum(cell.open_cases for cell in joined) == 2


def test_a_circle_stands_in_the_middle_of_its_cases_and_the_largest_comes_first():
    near = [Cell(0.50, 0.50, 3, 0), Cell(0.54, 0.50, 1, 1)]
    joined = join_near_cells([*near, Cell(0.9, 0.9, 9, 9)], BOX)
    assert joined[0] == Cell(0.9, 0.9, 9, 9)
    assert (joined[1].lat, joined[1].lon) == pytest.approx((0.51, 0.50))
    assert (joined[1].cases, joined[1].open_cases) == (4, 1)
