"""One box for numbers, places, types of case and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.tracking_number import check_character, format_tracking_number
from portal.queries.cases.search_box import (
    SearchResults,
    cases_with_number,
    guess_meanings,
    search_city,
)
from tests.conftest import epoch
from tests.support.examples import examples

NOW = epoch("2026-03-01")
TRACKING = "K7M3Q2X9T" + check_character("K7M3Q2X9T")
MISTYPED = "K7M3Q2X8T" + TRACKING[-1]


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


def make_number(body: str) -> str:
    return body + check_character(body)


@pytest.mark.parametrize(
    "write",
    [
        str,
        str.lower,
        format_tracking_number,
        lambda number: format_tracking_number(number).replace("-", "‑").lower(),
        lambda number: format_tracking_number(number).replace("-", "\u2009"),
        lambda number: f"#{number}",
        lambda number: f"Case {format_tracking_number(number)}.",
        lambda number: f"Nr. {number}",
        lambda number: f"Closed: Pothole ({format_tracking_number(number)})",
        lambda number: f"https://smallville.example/cases/{number}?lang=es",
    ],
)
def test_tracking_number_leads_to_its_case_however_it_is_written(found, add_case, write):
    bodies = ("K7M3Q2X9T", "ABCDEFGHJ", "0A0A0A0A0", "012345678", "Z0Z0Z0Z0Z", "ST0EETLAM")
    numbers = [make_number(body.replace("L", "1")) for body in bodies]
    for number in numbers:
        add_case(number, opened="2026-01-05")
    for number in numbers:
        results = found(write(number))
        assert results.case is not None and results.case.case_id == number


def test_letters_that_look_like_digits_do_not_matter_in_a_tracking_number(found, add_case):
    number = make_number("0110A0B1C")
    add_case(number, opened="2026-01-05")
    for typed in (number.replace("0", "O").replace("1", "I"), number.replace("1", "l").lower()):
        assert found(typed).case.case_id == number


@pytest.mark.parametrize(
    "typed",
    [
        MISTYPED,
        format_tracking_number(TRACKING).replace("Q", "U"),
        TRACKING[1] + TRACKING[0] + TRACKING[2:],
        TRACKING[:4] + TRACKING[5:],
        TRACKING[:4] + "A" + TRACKING[4:],
        f"Case {MISTYPED.lower()}",
    ],
)
def test_tracking_number_with_one_mistake_offers_the_case(found, add_case, typed):
    add_case(TRACKING, opened="2026-01-05")
    results = found(typed)
    assert results.case is None
    assert [case.case_id for case in results.alike] == [TRACKING]
    assert results.tracking == "wrong"


def test_mistyped_number_of_a_private_case_offers_nothing(found, add_case):
    add_case(TRACKING, opened="2026-01-05", visibility="reporter")
    add_case("26-00000500", opened="2026-01-05")
    assert found(MISTYPED).is_empty
    assert found(MISTYPED).tracking == "wrong"


def test_private_and_unknown_tracking_numbers_are_told_alike(found, add_case):
    add_case(TRACKING, opened="2026-01-05", visibility="held")
    private, unknown = found(TRACKING), found(make_number("AAAABBBCC"))
    assert (private.tracking, unknown.tracking) == ("right", "right")
    assert private.is_empty and unknown.is_empty


def test_number_of_the_city_with_one_wrong_digit_offers_the_case_if_few_are_as_near(
    found, add_case
):
    add_case("26-00036730", opened="2026-01-05")
    for typed in ("26-00136730", "26-0036730", "26-000367300", "26-00036370", "26 00036731"):
        assert [case.case_id for case in found(typed).alike] == ["26-00036730"], typed
    for number in range(36732, 36739):
        add_case(f"26-000{number}", opened="2026-01-05")
    assert found("26-00036731").alike == ()


def test_number_without_its_year_is_found_when_the_newest_cases_are_not_the_citys(found, add_case):
    add_case("26-00036730", opened="2026-01-05")
    for number in range(60):
        add_case(make_number(f"AAAABB0{number:02}"), opened=f"2026-02-{1 + number % 20:02}")
    add_case("101005512345", opened="2026-02-27")
    assert found("36730").case.case_id == "26-00036730"


def test_number_of_the_city_without_its_year_finds_what_was_reported_here(found, add_case):
    add_case(TRACKING, opened="2026-02-05", work_order_id="26-00036730")
    assert found("36730").case.case_id == TRACKING
    assert found("26-00036730").case.case_id == TRACKING


def test_number_typed_among_the_words_of_a_list_names_its_case(portal, city, add_case):
    add_case(TRACKING, opened="2026-01-05", note="deep hole")
    for typed in (format_tracking_number(TRACKING), MISTYPED):
        (case,) = cases_with_number(portal, city, typed, NOW)
        assert case.case_id == TRACKING
    assert cases_with_number(portal, city, "deep hole", NOW) == ()


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
