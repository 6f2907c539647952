"""The still map: the right tiles, circles where the cases are, links that work without a script."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layouts.cases.live_map import live_map
from layouts.cases.map import map_pane
from layouts.cases.still_map import zoom_in_query
from layouts.shared.prerender import to_html
from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_cells import MAX_ZOOM, Cell, join_near_cells, longer_side, still_zoom
from portal.queries.cases.area_drawing import AreaDrawing
from portal.queries.cases.map_views import MapView

BOSTON = Bounds(south=42.22, west=-71.20, north=42.40, east=-70.98)
CITY = Jurisdiction(id="boston", name="Boston", zone=ZoneInfo("America/New_York"), bounds=BOSTON)


def view(*cells: Cell, query: str = "", bounds: Bounds = BOSTON) -> MapView:
    return MapView(
        bounds=bounds,
        case_filter=CaseFilter.from_query_string(query),
        rev=7,
        cells=cells,
        zoom=still_zoom(bounds),
    )


def test_a_city_is_drawn_at_the_zoom_of_a_phone():
    # At zoom 10 a degree of longitude is 728 px, so Boston's 0.22 degrees are 160 px wide; at 11
    # twice that; at 12 too wide.
    assert still_zoom(BOSTON) == 11


boxes = st.tuples(
    st.floats(-80, 79), st.floats(-179, 178), st.floats(0.0001, 1), st.floats(0.0001, 1)
).map(lambda v: Bounds(south=v[0], west=v[1], north=v[0] + v[2], east=v[1] + v[3]))


@given(boxes)
def test_few_tiles_cover_any_part_of_the_world_and_one_zoom_closer_it_is_wider_than_a_phone(bounds):
    zoom = still_zoom(bounds)
    shift = morton.ZOOM - zoom
    west, north = (edge >> shift for edge in morton.mercator(bounds.north, bounds.west))
    east, south = (edge >> shift for edge in morton.mercator(bounds.south, bounds.east))
    assert 1 <= (east - west + 1) * (south - north + 1) <= 9
    assert longer_side(bounds, zoom) <= 420
    assert zoom == MAX_ZOOM or longer_side(bounds, zoom + 1) > 420


def test_a_circle_is_where_its_cases_are():
    middle = Cell(lat=42.31, lon=-71.09, cases=1240, open_cases=3)
    drawn = to_html(map_pane(CITY, view(middle)))
    assert "left:50.0%;top:50" in drawn
    assert 'aria-label="1,240 cases, zoom in"' in drawn
    assert ">1.2k</a>" in drawn


def test_a_circle_links_to_the_same_cases_around_it():
    query = zoom_in_query(
        Cell(lat=42.31, lon=-71.09, cases=4, open_cases=3), view(query="status=open")
    )
    closer_filter = CaseFilter.from_query_string(query)
    assert closer_filter.status == ("open",)
    assert closer_filter.bbox is not None
    assert closer_filter.bbox.holds(42.31, -71.09)


def test_circles_that_would_overlap_are_one_and_no_case_is_lost():
    near, nearer, far = (
        Cell(42.31, -71.09, 30, 3),
        Cell(42.312, -71.09, 10, 1),
        Cell(42.38, -71.00, 5, 5),
    )
    joined, alone = join_near_cells([nearer, near, far], BOSTON)
    assert (joined.cases, joined.open_cases) == (40, 4)
    assert joined.lat == pytest.approx(42.3105)
    assert alone == far


def test_the_pane_tells_the_script_what_to_draw():
    drawn = to_html(map_pane(CITY, view(query="status=open&q=a%22b")))
    assert 'data-filter="status=open&amp;q=a%22b"' in drawn
    assert 'data-rev="7"' in drawn


@pytest.mark.parametrize(
    ("outlines", "is_drawn"),
    [(AreaDrawing(1_100, "M0 0l9 9 9-9z"), True), (AreaDrawing(1_100, ""), False), (None, False)],
)
def test_outlines_are_under_the_circles_if_there_are_any(outlines, is_drawn):
    html = to_html(map_pane(CITY, replace(view(), outlines=outlines)))
    assert (
        ('viewBox="0 0 1000 1100"' in html)
        == ('<path d="M0 0l9 9 9-9z">' in html)
        == ("still-areas" in html)
        == is_drawn
    )


@pytest.mark.parametrize("tile_url", ["", "https://tile.example/{z}/{x}/{y}.png"])
def test_streets_are_fetched_only_if_a_tile_server_is_set(tile_url):
    tree = live_map(BOSTON, tile_url, "© Example").to_plotly_json()
    assert len(tree["props"]["children"]) == (1 if tile_url else 0)
