"""What of a case is published, by the precision its type allows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.case import CaseRecord
from portal.domain.disclosure import coarsen, disclose, drop_house_numbers, has_hidden_parts
from portal.domain.slug import make_free_slug, make_slug

DAY = datetime(2026, 1, 5, tzinfo=UTC)


def case(**fields) -> CaseRecord:
    told = {
        "source_id": "1",
        "case_id": "1",
        "service_code": "s",
        "service_name": "s",
        "status": "open",
        "opened_at": DAY,
        "updated_at": DAY,
    }
    where = {
        "address": "12A Main St #4",
        "zipcode": "02118",
        "lat": 42.32157,
        "lon": -71.06783,
        "note": "no heat at 12 Main Street",
    }
    return CaseRecord(**(told | where | fields))


def test_exact_publishes_pin_and_house_number_but_no_apartment():
    published = disclose(case(), "exact")
    assert (published.lat, published.lon) == (42.32157, -71.06783)
    assert published.address == "12A Main St [apartment hidden]"
    assert published.hidden == ("apartment",)


def test_block_publishes_the_street_and_the_middle_of_its_square():
    published = disclose(case(), "block")
    assert published.address == "Main St [apartment hidden]"
    assert published.note == "no heat at [address hidden]"
    assert published.zipcode == "02118"
    assert (published.lat, published.lon) != (42.32157, -71.06783)


def test_area_and_none_publish_no_place_at_all():
    for place in ("area", "none"):
        published = disclose(case(), place)
        assert (published.address, published.zipcode, published.lat, published.lon) == (
            None,
            None,
            None,
            None,
        )


def test_a_place_outside_the_city_is_not_published():
    assert disclose(case(), "exact", place_is_credible=False).lat is None


def test_an_original_is_needed_only_where_something_is_hidden():
    plain = case(address="12 Main St", note="a pothole")
    assert not has_hidden_parts(plain, disclose(plain, "exact"))
    assert has_hidden_parts(case(), disclose(case(), "exact"))


@given(
    st.floats(42.2, 42.4),
    st.floats(-71.2, -70.9),
    st.floats(-0.00005, 0.00005),
    st.floats(-0.00005, 0.00005),
)
def test_a_block_is_at_most_71_metres_off_and_hides_where_in_it_the_case_is(lat, lon, north, east):
    middle_lat, middle_lon = coarsen(lat, lon, "block")
    assert abs(middle_lat - lat) * 111_320 <= 51
    assert abs(middle_lon - lon) * 111_320 * 0.745 <= 51
    assert coarsen(middle_lat, middle_lon, "block") == (middle_lat, middle_lon)


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("1010-1010 Massachusetts Ave  Roxbury  MA  02118", "Massachusetts Ave Roxbury MA 02118"),
        (
            "INTERSECTION of Austin St & New Rutherford Ave",
            "INTERSECTION of Austin St & New Rutherford Ave",
        ),
        ("12 1/2 Main St & 14 Oak St", "Main St & Oak St"),
        ("1ST ST", "1ST ST"),
        ("Near 78 Oak St", "Near Oak St"),
        ("Near 5th Ave", "Near 5th Ave"),
    ],
)
def test_house_numbers_go_and_streets_stay(address, street):
    assert drop_house_numbers(address) == street


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("Elm St 12", "Elm St"),
        ("Elm St #12", "Elm St"),
        ("Elm Street, no. 12, Boston", "Elm Street, Boston"),
        ("Calle de la Rosa 12", "Calle de la Rosa"),
        ("Calle 5 #12", "Calle 5"),
        ("Avenida Juárez\u00a0núm.\u00a012", "Avenida Juárez"),
        ("Elm St １２", "Elm St"),
        ("Old Highway 9", "Old Highway 9"),
        ("5th St & 12th Ave", "5th St & 12th Ave"),
        ("Calle 5 y Calle 7", "Calle 5 y Calle 7"),
    ],
)
def test_house_numbers_after_the_street_go_too(address, street):
    assert drop_house_numbers(address) == street


BLOCK_NOTE = (
    "Elm St 12, at 42.33123, -71.08123, https://maps.app.goo.gl/abc, 8W3C+XX, call Ana Ruiz"
)


def test_a_block_tells_no_place_more_exactly_in_its_texts():
    published = disclose(case(note=BLOCK_NOTE, address="Elm St 12", title=BLOCK_NOTE), "block")
    assert published.note == (
        "[address hidden], at [location hidden], [location hidden], [location hidden],"
        " call [name hidden]"
    )
    assert published.title == published.note
    assert published.address == "Elm St"
    assert published.hidden == ("address", "location", "name")


def test_an_exact_place_keeps_its_address_and_coordinates_in_its_texts():
    assert disclose(case(note="at Elm St 12, 42.33123, -71.08123"), "exact").note == (
        "at Elm St 12, 42.33123, -71.08123"
    )


def test_coordinates_and_links_are_no_address_of_a_block():
    for address in ("42.33123, -71.08123", "https://maps.app.goo.gl/abc"):
        published = disclose(case(address=address), "block")
        assert published.address == "[location hidden]"
        assert disclose(case(address=address), "exact").address == address


def test_a_slug_is_a_name_in_an_address():
    assert make_slug("Allston / Brighton") == "allston-brighton"
    assert make_slug("Müll & Öl") == "mull-ol"
    assert make_slug("!!!") == "other"
    assert (
        make_free_slug("Pot-Hole", {"pot-hole"})
        == make_free_slug("Pot-Hole", {"pot-hole", "x"})
        != "pot-hole"
    )
