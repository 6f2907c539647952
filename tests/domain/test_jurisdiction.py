"""What a city's file says of a place: some positions stand for none."""

from __future__ import annotations

import pytest

from tests.conftest import smallville


@pytest.mark.parametrize(
    ("lat", "lon", "is_none"),
    [
        (0, 0, True),
        (0, -71.07, False),
        (42.32, 0, False),
        (-1, 0, False),
        (0, -1, False),
        (1, 0, False),
        (0, 1, False),
        (42.34, -71.05, True),
        (42.35, -71.05, False),
        (42.34, -71.06, False),
        (42.32, -71.07, False),
    ],
)
def test_null_island_and_the_city_s_own_pins_are_no_place_and_all_others_are(lat, lon, is_none):
    assert smallville().is_no_place(lat, lon) == is_none


def test_the_first_rule_that_matches_name_or_code_decides_and_without_one_all_is_public():
    city = smallville()
    assert not city.rule_for("x", "Needle Cleanup").public
    assert not city.rule_for("NEEDLE", "Cleanup").public
    assert city.rule_for("HOUSING", "Complaint").place == "block"
    plain = city.rule_for("Pothole", "Pothole")
    assert (plain.public, plain.place) == (True, "exact")
