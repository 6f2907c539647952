"""Streets learned from the city's own cases, and found by what a visitor typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.queries.cases.address_search import find_place
from portal.queries.cases.street_names import street_index
from tests.support.examples import examples


@pytest.fixture
def index(portal, city):
    return lambda: portal.cached(street_index, city.id, city.name)


@pytest.fixture
def find(index):
    """find("oak st") → [(name, area)], the likeliest first."""
    return lambda typed, limit=5: [
        (hit.name, hit.area) for hit in find_place(index(), typed, limit)
    ]


@pytest.fixture
def street(add_case):
    """street("Oak St", 10, 12) adds a case at each number, each 0.001 degrees further north."""

    def add(
        name: str, *numbers: int, lat: float = 42.31, lon: float = -71.08, tail: str = "", **columns
    ) -> None:
        for step, number in enumerate(numbers):
            place = {"lat": round(lat + step / 1000, 6), "lon": lon}
            add_case(
                f"{name} {number} {columns.get('neighborhood')}",
                address=f"{number} {name}{tail}",
                **place,
                **columns,
            )

    return add


@pytest.fixture
def two_streets(street) -> None:
    """Massachusetts Ave and Oak St."""
    street("Massachusetts Ave", 10, 12, 20)
    street("Oak St", 10, 12, 20)


def test_street_stands_at_the_median_of_its_cases(index, street):
    street("Oak St", 10, 12, 20, neighborhood="Roxbury", tail=" Roxbury MA 02119")
    (hit,) = find_place(index(), "oak street")
    assert (hit.kind, hit.name, hit.area, hit.cases) == ("street", "Oak St", "Roxbury", 3)
    assert (hit.lat, hit.lon) == (42.311, -71.08)


def test_street_that_fewer_than_three_public_exact_cases_name_is_not_known(find, street):
    street("Oak St", 10, 12)
    street("Elm St", 1, 2, 3, visibility="held")
    street("Ash St", 1, 2, 3, place_precision="block")
    street("Fir St", 1, 2, 3, neighborhood="Roxbury")
    assert (find("oak st"), find("elm st"), find("ash st"), find("fir st")) == (
        [],
        [],
        [],
        [("Fir St", "Roxbury")],
    )


def test_letter_that_is_a_word_of_the_area_and_begins_the_streets_name_is_no_fault(find, street):
    street("Elm St", 1, 2, 3, neighborhood="E Boston")
    assert find("é") == find("e") == [("Elm St", "E Boston")]


def test_house_number_is_the_known_one_or_the_nearest_known_one_and_says_so(index, street):
    street("Oak St", 10, 13, 20)
    (known,) = find_place(index(), "10 Oak St")
    assert (known.kind, known.name, known.lat, known.is_near) == (
        "address",
        "10 Oak St",
        42.31,
        False,
    )
    (near,) = find_place(index(), "18 oak")
    assert (near.name, near.asked_number, near.known_number, near.lat, near.is_near) == (
        "20 Oak St",
        18,
        20,
        42.312,
        True,
    )
    assert find_place(index(), "9999 oak")[0].known_number == 20


def test_of_two_numbers_as_near_the_one_on_the_same_side_is_taken(index, street):
    street("Oak St", 10, 14, 17)
    assert find_place(index(), "12 oak")[0].known_number == 10
    street("Elm St", 11, 14, 30)
    assert [find_place(index(), typed)[0].known_number for typed in ("12 elm", "13 elm")] == [
        11,
        14,
    ]


def test_one_street_in_two_areas_is_two_places_and_the_area_typed_comes_first(find, street):
    street("Centre St", 1, 2, 3, 4, neighborhood="West Roxbury")
    street("Centre St", 500, 501, 502, neighborhood="Roxbury")
    assert find("centre st") == [("Centre St", "West Roxbury"), ("Centre St", "Roxbury")]
    assert find("centre st, roxbury, MA 02119") == [
        ("Centre St", "Roxbury"),
        ("Centre St", "West Roxbury"),
    ]
    assert find("500 centre st") == [("500 Centre St", "Roxbury"), ("4 Centre St", "West Roxbury")]


def test_very_name_comes_before_beginnings_and_those_before_words_in_any_order(find, street):
    street("Park St", 1, 2, 3)
    street("Park Hill Ave", 1, 2, 3, 4)
    street("Old Park Rd", 1, 2, 3, 4, 5)
    assert [name for name, _ in find("park")] == ["Park St", "Park Hill Ave", "Old Park Rd"]


@pytest.mark.parametrize(
    ("typed", "meant", "with_more_cases"),
    [
        ("elm", "Elm St", "Elm Hollow"),
        ("blue hill", "Blue Hill Ave", "Blue Hillside Rd"),
        ("park", "Park St", "Park Hill Ave"),
        ("franklin park", "Franklin Park", "Franklin Park Rd"),
        ("beacon hill", "Beacon Hill Rd", "Beacon Hill Park Rd"),
    ],
)
def test_name_without_its_type_is_the_very_name_and_one_that_ends_in_a_type_has_its_own(
    find, street, typed, meant, with_more_cases
):
    street(meant, 1, 2, 3)
    street(with_more_cases, 1, 2, 3, 4)
    assert [name for name, _ in find(typed)] == [meant, with_more_cases]


@pytest.mark.parametrize(
    "typed",
    [
        "massachusetts avenue",
        "MASSACHUSETTS AVE.",
        "massachusets ave",
        "massachusetts av",
        "mass ave",
        "massach",
        "Màssachusetts Ave",
        "masachusetts",
        "massachusetts ave smallville",
        "massachusetts aveune",
        "12 massachusetts ave ma 02115",
    ],
)
def test_spellings_that_are_forgiven(find, two_streets, typed):
    assert [name.lstrip("0123456789 ") for name, _ in find(typed)] == ["Massachusetts Ave"]


@pytest.mark.parametrize(
    "typed",
    [
        "masachusets ave",
        "masa",
        "oka",
        "st",
        "12",
        "",
        "   ",
        "&",
        "😀",
        "' or 1=1 --",
        "%",
        "\x00",
    ],
)
def test_what_is_too_far_off_is_not_guessed(find, two_streets, typed):
    assert find(typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        "oak & elm",
        "Elm Street and Oak Street",
        "corner of Oak St & Elm St, Roxbury",
        "intersection of elm/oak",
        "oak @ el",
    ],
)
def test_crossing_is_found_by_its_two_streets_in_any_order(index, add_case, typed):
    add_case(
        "1",
        address="INTERSECTION of Oak St & Elm St Roxbury MA",
        neighborhood="Roxbury",
        lat=42.33,
        lon=-71.06,
    )
    (hit,) = find_place(index(), typed)
    assert (hit.kind, hit.name, hit.area, hit.lat, hit.lon, hit.cases) == (
        "crossing",
        "Oak St & Elm St",
        "Roxbury",
        42.33,
        -71.06,
        1,
    )


def test_crossings_that_fit_alike_come_by_their_cases_then_by_name(index, add_case):
    places = [("Elm St", "Ash St", 1), ("Elm St", "Ashton St", 3), ("Elm St", "Ashby St", 1)]
    for one, other, cases in places:
        for number in range(cases):
            address = f"INTERSECTION of {one} & {other} Roxbury MA"
            at = {"neighborhood": "Roxbury", "lat": 42.33, "lon": -71.06}
            add_case(f"{other} {number}", address=address, **at)
    names = [hit.name for hit in find_place(index(), "elm st & ash")]
    assert names == ["Elm St & Ashton St", "Elm St & Ash St", "Elm St & Ashby St"] or names == [
        "Ashton St & Elm St",
        "Ash St & Elm St",
        "Ashby St & Elm St",
    ]


def test_crossing_nobody_knows_leads_to_its_first_street(find, street):
    street("Oak St", 10, 12, 20)
    assert find("oak st & elm st") == [("Oak St", None)]


def test_city_without_cases_knows_no_street(index, find):
    assert (index().streets, index().cases, index().is_all, find("oak")) == ((), 0, True, [])


def test_only_the_newest_cases_are_read_page_by_page_and_it_says_so(portal, city, street):
    street("Elm St", 1, 2, 3, opened="2026-01-01")
    street("Oak St", 1, 2, 3, opened="2026-01-02")
    made = portal.cached(street_index, city.id, city.name, 4, 2)
    assert ([known.name for known in made.streets], made.cases, made.is_all) == (
        ["Oak St"],
        4,
        False,
    )


@examples(60)
@given(
    typed=st.one_of(
        st.text(max_size=200), st.from_regex(r"[0-9]{0,4} ?(oak|st|elm|&| )*", fullmatch=True)
    )
)
def test_any_text_is_safe(portal, city, typed):
    assert isinstance(find_place(portal.cached(street_index, city.id, city.name), typed), tuple)
