"""Distances that can be checked on a map."""

from __future__ import annotations

import pytest

from portal.domain.distance import box_around, metres_between


def test_a_thousandth_of_a_degree_is_111_metres_north_and_82_east_in_boston():
    assert metres_between(42.32, -71.07, 42.321, -71.07) == pytest.approx(111.32, abs=0.01)
    assert metres_between(42.32, -71.07, 42.32, -71.069) == pytest.approx(82.31, abs=0.01)
    assert metres_between(42.32, -71.07, 42.32, -71.07) == 0


def test_box_holds_the_circle_and_touches_it():
    box = box_around(42.32, -71.07, 250)
    assert metres_between(42.32, -71.07, box.north, -71.07) == pytest.approx(250)
    assert metres_between(42.32, -71.07, 42.32, box.west) == pytest.approx(250)


def test_box_stays_on_the_earth():
    box = box_around(90, 180, 1_000)
    assert (box.north, box.east) == (90, 180)
    assert -180 <= box.west < box.east
