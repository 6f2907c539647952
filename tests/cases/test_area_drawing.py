"""The outlines of a city as one small drawing: in its shape, each ring a first point and steps."""

from __future__ import annotations

import pytest

from portal.domain.bounds import Bounds
from portal.queries.cases.area_drawing import draw_areas

# At the equator a degree is as high as it is wide: a drawing 1,000 wide is 1,000 high.
AROUND_ZERO = Bounds(south=-1.0, west=0.0, north=1.0, east=2.0)
WESTERN_HALF = [[0, -1], [1, -1], [1, 1], [0, 1], [0, -1]]
A_POND = [[0.4, 0.2], [0.6, 0.2], [0.6, 0.4], [0.4, 0.2]]


def area(*rings: list) -> dict:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_an_area_is_drawn_where_it_lies():
    drawing = draw_areas([area(WESTERN_HALF)], AROUND_ZERO)
    assert drawing.view_box == "0 0 1000 1000.1"
    assert drawing.path == "M0 1000l500 0 0-1000-500 0z"


def test_a_pond_in_an_area_and_the_parts_of_an_area_are_rings_of_their_own():
    # 0.4° east is 200 of 1,000; 0.2° north of the middle is 100 above it.
    assert (
        draw_areas([area(WESTERN_HALF, A_POND)], AROUND_ZERO).path
        == "M0 1000l500 0 0-1000-500 0zM200 400l100 0 0-100z"
    )
    parted = {"type": "MultiPolygon", "coordinates": [[WESTERN_HALF], [A_POND]]}
    assert draw_areas([parted], AROUND_ZERO).path.count("z") == 2


@pytest.mark.parametrize(
    "areas", [(), (area([[0.5, 0.5], [0.5001, 0.5], [0.5001, 0.5001], [0.5, 0.5]]),)]
)
def test_no_outlines_and_rings_too_small_to_be_seen_are_no_path(areas):
    assert draw_areas(areas, AROUND_ZERO).path == ""


def test_points_that_lie_on_a_line_between_others_are_left_out():
    bent = [[0, -1], [0.5, -1.001], [1, -1], [1, 1], [0.3, 1.0005], [0, 1], [0, -1]]
    assert draw_areas([area(bent)], AROUND_ZERO).path == "M0 1000l500 0 0-1000-500 0z"
