"""Places as numbers: a box is covered whole, however many ranges it may be made of."""

from __future__ import annotations

import bisect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import morton
from tests.support.examples import examples

STEPS = 70
"""A cover has 64 cells at most: so many steps along each side look into every row of them."""


def is_covered(code: int, ranges: list[tuple[int, int]]) -> bool:
    place = bisect.bisect_right([start for start, _ in ranges], code) - 1
    return place >= 0 and ranges[place][0] <= code < ranges[place][1]


def some_between(first: int, last: int) -> list[int]:
    """Every number from first to last, or some all along, always with both ends."""
    step = max(1, (last - first) // STEPS)
    return [*range(first, last, step), last]


def uncovered(box: tuple[float, float, float, float], max_ranges: int) -> list[tuple[int, int]]:
    """Cells of the box that no range of its cover has, by looking at them one by one."""
    south, west, north, east = box
    ranges = morton.cover(*box, max_ranges=max_ranges)
    assert 1 <= len(ranges) <= max_ranges
    assert all(start < end for start, end in ranges)
    assert ranges == sorted(ranges)
    left, top = morton.mercator(north, west)
    right, bottom = morton.mercator(south, east)
    return [
        (x, y)
        for x in some_between(left, right)
        for y in some_between(top, bottom)
        if not is_covered(morton.interleave(x, y), ranges)
    ]


@st.composite
def boxes(draw) -> tuple[float, float, float, float]:
    """From a few meters to the whole globe, its edges included."""
    side = 10.0 ** draw(st.floats(-5, 2.4))
    south = draw(st.floats(-90, 90))
    west = draw(st.floats(-180, 180))
    north = min(90.0, south + side * draw(st.floats(0.01, 1)))
    return south, west, north, min(180.0, west + side)


@examples(60)
@given(box=boxes(), max_ranges=st.sampled_from([1, 2, 8, 64]))
def test_every_cell_of_a_box_is_in_its_cover(box, max_ranges):
    assert uncovered(box, max_ranges) == []


@pytest.mark.parametrize(
    "box",
    [
        (42.22, -71.20, 42.40, -70.98),
        (33.70, -118.67, 34.34, -118.15),
        (-41.4, 174.6, -41.2, 174.9),
        (-90, -180, 90, 180),
        (0, 0, 0, 0),
        (89, 179, 90, 180),
        (-90, -180, -89, -179),
        (-0.01, -0.01, 0.01, 0.01),
    ],
    ids=["Boston", "Los Angeles", "Wellington", "globe", "a point", "top", "bottom", "middle"],
)
@pytest.mark.parametrize("max_ranges", [1, 8])
def test_boxes_anywhere_on_the_globe_are_covered(box, max_ranges):
    assert uncovered(box, max_ranges) == []


def test_a_cover_is_not_much_larger_than_its_box():
    """Else it would be right, and of no use: the whole globe covers every box."""
    box = (42.22, -71.20, 42.40, -70.98)
    cells = sum(end - start for start, end in morton.cover(*box))
    left, top = morton.mercator(box[2], box[1])
    right, bottom = morton.mercator(box[0], box[3])
    assert cells < 4 * (right - left + 1) * (bottom - top + 1)


@given(lat=st.floats(-85, 85), lon=st.floats(-180, 180), zoom=st.integers(0, morton.ZOOM))
def test_a_place_is_in_its_tile_and_in_no_neighbor_of_it(lat, lon, zoom):
    x, y = (part >> (morton.ZOOM - zoom) for part in morton.mercator(lat, lon))
    start, end = morton.tile_range(zoom, x, y)
    assert start <= morton.encode(lat, lon) < end
    last = (1 << zoom) - 1
    for other in {(min(last, x + 1), y), (x, min(last, y + 1)), (max(0, x - 1), y)} - {(x, y)}:
        begin, stop = morton.tile_range(zoom, *other)
        assert not begin <= morton.encode(lat, lon) < stop


def test_the_grid_is_web_mercator():
    """The middle of the map, its edges, and a place by the published formula."""
    side = 1 << morton.ZOOM
    assert morton.mercator(0, 0) == (side // 2, side // 2)
    assert morton.mercator(90, -180) == (0, 0)
    assert morton.mercator(-90, 180) == (side - 1, side - 1)
    lat, lon = 34.05, -118.24
    angle = math.radians(lat)
    y = (1 - math.asinh(math.tan(angle)) / math.pi) / 2 * side
    assert morton.mercator(lat, lon) == (int((lon + 180) / 360 * side), int(y))
