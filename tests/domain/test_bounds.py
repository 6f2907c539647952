"""A box in degrees holds its edges, and has a middle."""

from __future__ import annotations

import pytest

from portal.domain.bounds import Bounds

BOX = Bounds(south=42.0, west=-72.0, north=43.0, east=-71.0)


def test_the_middle_of_a_box_is_half_way():
    assert BOX.center == (42.5, -71.5)
    assert Bounds(south=-2.0, west=-6.0, north=4.0, east=2.0).center == (1.0, -2.0)


@pytest.mark.parametrize(
    ("lat", "lon", "holds"),
    [
        (42.0, -72.0, True),
        (43.0, -71.0, True),
        (42.5, -71.5, True),
        (41.9, -71.5, False),
        (43.1, -71.5, False),
        (42.5, -72.1, False),
        (42.5, -70.9, False),
    ],
)
def test_a_box_holds_its_edges_and_nothing_beyond_them(lat, lon, holds):
    assert BOX.holds(lat, lon) is holds
