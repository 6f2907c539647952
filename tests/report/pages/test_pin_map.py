"""The map under the pin: a pixel is a place, and the drawing says where the streets are."""

from __future__ import annotations

import pytest

from layouts.report.pin_map import STEP, PinMap, draw_map, drawn_box, move_place, zoom_to_fit
from layouts.shared.prerender import to_html
from portal.domain.bounds import Bounds
from portal.domain.distance import metres_between
from portal.queries.report.street_lines import StreetLine

LAT, LON = 42.33, -71.07


def test_a_step_north_at_the_usual_zoom_is_some_28_metres_and_back_is_back():
    # At zoom 17 a pixel is 156,543 · cos(42.33°) / 2¹⁷ = 0.883 m.
    north = move_place(LAT, LON, 17, 0, -STEP)
    assert metres_between(LAT, LON, *north) == pytest.approx(0.883 * STEP, rel=0.01)
    assert move_place(*north, 17, 0, STEP) == pytest.approx((LAT, LON), abs=2e-6)


def test_the_box_of_a_map_is_around_its_middle():
    box = drawn_box(LAT, LON, 17)
    assert box.holds(LAT, LON)
    # 1,280 pixels of 360° / 2²⁵ each.
    assert box.east - box.west == pytest.approx(1_280 * 360 / 2**25, rel=1e-3)


def test_a_city_is_seen_from_as_near_as_shows_it_whole():
    assert zoom_to_fit(Bounds(42.30, -71.10, 42.35, -71.04)) == 13
    assert zoom_to_fit(Bounds(-80, -180, 80, 180)) == 10


def test_no_place_is_outside_of_the_world():
    lat, lon = move_place(84.9, 179.9, 10, 10_000_000, -10_000_000)
    assert (lat, lon) == (85.0, 180.0)


def test_streets_are_drawn_with_their_names_and_names_are_text():
    street = StreetLine("Adams <St>", (((LAT + 0.001, LON - 0.002), (LAT + 0.001, LON + 0.002)),))
    html = to_html(draw_map(PinMap(LAT, LON, 17, streets=(street,))))
    assert "Adams &lt;St&gt;" in html
    assert 'class="street"' in html


def test_from_far_away_no_street_is_drawn():
    street = StreetLine("Adams St", (((LAT, LON), (LAT, LON + 0.002)),))
    assert "street" not in to_html(draw_map(PinMap(LAT, LON, 12, streets=(street,))))


def test_street_tiles_are_asked_for_only_where_a_host_is_named():
    assert "<img" not in to_html(draw_map(PinMap(LAT, LON, 17)))
    html = to_html(draw_map(PinMap(LAT, LON, 17, tile_url="https://tiles.example/{z}/{x}/{y}.png")))
    assert 'src="https://tiles.example/17/39660/48494.png" alt=""' in html


def test_our_own_streets_lie_beneath_the_tiles_so_that_a_host_that_is_down_leaves_a_map():
    street = StreetLine("Adams St", (((LAT, LON), (LAT, LON + 0.002)),))
    html = to_html(
        draw_map(
            PinMap(
                LAT, LON, 17, streets=(street,), tile_url="https://tiles.example/{z}/{x}/{y}.png"
            )
        )
    )
    assert 0 < html.index('class="street"') < html.index("<img")
