"""How the map of a page's address looks."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.map_look import MapLook
from portal.errors import BadRequest


@pytest.mark.parametrize(
    ("search", "look"),
    [
        (None, MapLook()),
        ("?status=open&z=14.5&lat=42.33&lon=-71.06", MapLook(14.5, 42.33, -71.06)),
        ("map=density&areas=district", MapLook(cases="density", areas="district")),
        ("sort=closest&lat=42.33&lon=-71.06&z=3", MapLook(zoom=3)),
        ("sort=oldest&lat=42.33&lon=-71.06", MapLook(None, 42.33, -71.06)),
    ],
)
def test_look_of_an_address(search, look):
    assert MapLook.from_query_string(search) == look


@pytest.mark.parametrize(
    ("search", "named"),
    [
        ("z=abc&lat=1&lon=2", "“z”.*“abc”"),
        ("z=23", "“z”"),
        ("z=-1", "“z”"),
        ("lat=nan", "“lat”"),
        ("lat=91", "“lat”"),
        ("lon=1e9", "“lon”"),
        ("map=3d", "“3d”"),
        ("areas=ward", "“ward”"),
    ],
)
def test_look_that_no_map_has_is_refused_by_name(search, named):
    with pytest.raises(BadRequest, match=named):
        MapLook.from_query_string(search)


def test_a_map_is_seen_where_it_is_about_as_wide_as_a_phone():
    # At zoom 8 a degree of longitude is 256 · 256 / 360 = 182 pixels: 390 pixels are 2.14 degrees,
    # and around the equator 250 pixels are 1.37 degrees.
    seen = MapLook(8, 0, 10).visible_bounds
    assert seen is not None
    assert (seen.west, seen.east) == pytest.approx((8.929, 11.071), abs=0.001)
    assert (seen.south, seen.north) == pytest.approx((-0.687, 0.687), abs=0.001)


@pytest.mark.parametrize("search", ["", "z=12", "lat=1&lon=2", "z=12&lat=1"])
def test_an_address_without_all_three_says_nothing_of_the_place(search):
    assert MapLook.from_query_string(search).visible_bounds is None


NUMBERS = st.one_of(st.text(), st.floats().map(str), st.floats(0, 22).map(str))


@given(zoom=NUMBERS, lat=NUMBERS, lon=NUMBERS)
def test_any_text_is_a_refusal_or_a_look_at_some_part_of_the_earth(zoom, lat, lon):
    try:
        look = MapLook.from_query_string(urlencode({"z": zoom, "lat": lat, "lon": lon}))
    except BadRequest:
        return
    seen = look.visible_bounds
    assert seen is None or (seen.south < seen.north and seen.west < seen.east)


@given(
    st.builds(
        MapLook,
        zoom=st.none() | st.sampled_from([3.0, 14.5, 22.0]),
        lat=st.none() | st.sampled_from([42.33, -1.5]),
        lon=st.none() | st.sampled_from([-71.06, 0.25]),
        cases=st.sampled_from(["circles", "density"]),
        areas=st.sampled_from(["neighborhood", "district", "none"]),
    )
)
def test_a_look_is_read_as_it_was_written(look):
    assert MapLook.from_query_string(look.to_query_string()) == look


@pytest.mark.parametrize(
    ("last", "beyond"),
    [
        ("z=0", "z=-0.1"),
        ("z=22", "z=22.1"),
        ("lat=90", "lat=90.1"),
        ("lat=-90", "lat=-90.1"),
        ("lon=180", "lon=180.1"),
        ("lon=-180", "lon=-180.1"),
        ("z=1", "z=nan"),
        ("map=density", f"map={'x' * 41}"),
        ("areas=none", f"areas={'x' * 41}"),
    ],
)
def test_a_look_goes_to_the_edge_of_the_earth_and_no_farther(last, beyond):
    MapLook.from_query_string(last)
    with pytest.raises(BadRequest) as refused:
        MapLook.from_query_string(beyond)
    assert "x" * 41 not in str(refused.value)


@pytest.mark.parametrize("cases", ["circles", "density"])
@pytest.mark.parametrize("areas", ["neighborhood", "district"])
@pytest.mark.parametrize("zoom", [None, 14.5])
def test_an_address_says_only_what_is_not_usual(cases, areas, zoom):
    query = MapLook(zoom, cases=cases, areas=areas).to_query_string()
    assert ("map=" in query, "areas=" in query, "z=14.5" in query) == (
        cases != "circles",
        areas != "neighborhood",
        zoom is not None,
    )
    assert MapLook(14.0, 42.3, -71.1).to_query_string() == "z=14&lat=42.30000&lon=-71.10000"


@pytest.mark.parametrize(("zoom", "lat", "lon"), [(None, 1, 1), (5, None, 1), (5, 1, None)])
def test_a_map_without_all_of_its_place_shows_no_part_of_the_earth(zoom, lat, lon):
    assert MapLook(zoom, lat, lon).visible_bounds is None
    assert MapLook(5, 1, 1).visible_bounds
