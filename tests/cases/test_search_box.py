"""One box for numbers, places, types of case and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.queries.cases.search_box import SearchResults, guess_meanings, search_city
from tests.conftest import epoch
from tests.support.examples import examples

NOW = epoch("2026-03-01")


@pytest.fixture
def found(portal, city):
    return lambda typed: search_city(portal, city, typed, NOW)


@pytest.mark.parametrize(
    ("typed", "guesses"),
    [
        ("101000295613", ("number", "words")),
        ("26-00013418", ("number", "words")),
        ("12 Oak Street", ("place", "words")),
        ("100 centre", ("place", "words")),
        ("1000 Oak", ("number", "place", "words")),
        ("oak & elm", ("place", "words")),
        ("Oak Street", ("place", "words")),
        ("pothole", ("words", "place")),
        ("", ()),
        ("!?", ()),
    ],
)
def test_what_was_typed_is_understood_likeliest_first(typed, guesses):
    assert guess_meanings(typed) == guesses


@pytest.mark.parametrize(
    "typed",
    ["26-00013418", "26 00013418", "#2600013418", "26-OOO134I8", "13418", "00013418", " 13418 "],
)
def test_number_leads_to_its_case_and_to_nothing_else(found, add_case, typed):
    add_case("26-00013418", opened="2026-01-05", note="13418")
    results = found(typed)
    assert results.case is not None and results.case.case_id == "26-00013418"
    assert (results.cases, results.places, results.services, results.areas) == ((), (), (), ())


def test_number_without_its_year_that_fits_two_cases_shows_both_newest_first(found, add_case):
    add_case("25-00000500", opened="2025-05-05")
    add_case("26-00000500", opened="2026-01-05")
    add_case("26-00000501", opened="2026-01-06")
    results = found("500")
    assert results.case is None
    assert [case.case_id for case in results.numbered] == ["26-00000500", "25-00000500"]


def test_private_and_unknown_numbers_find_the_same_nothing(found, add_case):
    add_case("26-00000500", opened="2026-01-05")
    add_case("26-00000777", opened="2026-01-05", visibility="held", note="secret")
    for typed in ("26-00000777", "777", "26-00000778", "secret"):
        assert found(typed).is_empty


def test_words_find_cases_newest_first_with_the_words_marked(found, add_case):
    add_case("101", opened="2026-01-05", note="A deep hole.")
    add_case("102", opened="2026-01-06", title="Hole", address="1 Deep St")
    results = found("deep hole")
    assert [case.card.case_id for case in results.cases] == ["102", "101"]
    assert results.cases[1].note == (
        ("A ", False),
        ("deep", True),
        (" ", False),
        ("hole", True),
        (".", False),
    )
    assert results.cases[0].address == (("1 ", False), ("Deep", True), (" St", False))
    assert results.cases[0].note == ()
    assert not results.has_more


def test_no_more_than_twenty_cases_and_it_says_that_there_are_more(found, add_case):
    for number in range(21):
        add_case(str(number), note="hole")
    results = found("hole")
    assert (len(results.cases), results.has_more) == (20, True)


def test_place_is_found_beside_the_cases_that_name_it(found, add_case):
    for number in (10, 12, 14):
        add_case(f"A{number}", address=f"{number} Oak St", neighborhood="Roxbury")
    results = found("12 oak st")
    assert [(place.name, place.area) for place in results.places] == [("12 Oak St", "Roxbury")]
    assert [case.card.case_id for case in results.cases] == ["A12"]


def test_word_that_is_in_cases_is_not_taken_for_a_mistyped_street(found, add_case):
    for number in (10, 12, 14):
        add_case(f"A{number}", address=f"{number} Deer St")
    assert [place.name for place in found("deep").places] == ["Deer St"]
    add_case("1", note="Deep hole.")
    assert found("deep").places == ()
    assert [place.name for place in found("deep st").places] == ["Deer St"]


def test_areas_and_services_are_found_by_name(found, add_case):
    add_case("1", service="Street light outage", neighborhood="West Roxbury", district="7")
    add_case("2", service="Street cleaning", neighborhood="Roxbury")
    add_case("3", service="Needle pickup", visibility="service")
    assert [area.path for area in found("roxbury").areas] == ["roxbury", "west-roxbury"]
    assert [area.path for area in found("district 7").areas] == ["district-7"]
    assert [service.slug for service in found("street light").services] == ["street-light-outage"]
    assert [service.slug for service in found("a street").services] == [
        "street-cleaning",
        "street-light-outage",
    ]
    assert found("needle").services == ()


def test_a_type_or_a_neighborhood_with_a_typing_mistake_is_meant_where_nothing_else_is(
    found, add_case
):
    add_case("1", service="Graffiti", neighborhood="Roxbury")
    add_case("2", service="Rat Bite", note="grafiti is what they wrote")
    assert [area.path for area in found("roxbery").areas] == ["roxbury"]
    assert found("rax").areas == ()
    assert found("grafiti").services == (), "a case holds the word as it stands"
    assert [service.slug for service in found("graffitti").services] == ["graffiti"]
    assert found("cat").services == (), "short words are too near to others"


@pytest.mark.parametrize("typed", [None, "", "   ", "\x00", "!", "😀"])
def test_nothing_typed_finds_nothing(found, add_case, typed):
    add_case("101")
    assert found(typed).is_empty


def test_city_without_cases_finds_nothing(found):
    assert found("oak st") == SearchResults("oak st")
    assert found("13418") == SearchResults("13418")


@examples(40)
@given(typed=st.one_of(st.text(max_size=300), st.text("0123456789-#OIl' \"*%\\", max_size=60)))
def test_any_text_is_safe_and_bounded(portal, city, typed):
    results = search_city(portal, city, typed, NOW)
    assert len(results.typed) <= 120
