"""Case numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.tracking import (
    add_years,
    can_be_case_number,
    list_near_numbers,
    list_readings,
    read_number,
)


@pytest.mark.parametrize(
    "typed",
    [
        "101000295613",
        "#101 000 295-613",
        "BCS-0012",
        "SR20-01234567",
        "1O1OOO295613",
        "26-00013418",
        "WO 7701",
    ],
)
def test_numbers_look_like_numbers(typed):
    assert can_be_case_number(typed)


@pytest.mark.parametrize(
    ("typed", "can_be"),
    [
        ("7" * 64, True),
        ("7" * 65, False),
        ("777", True),
        ("77", False),
        ("abcd123", True),
        ("abcde123", False),
        ("abcdefghi123456789", True),
        ("abcdefghij123456789", False),
        ("AB-12-CD-3", True),
        ("A-1-B-2-C-3", False),
    ],
)
def test_what_may_be_a_number_ends_at_its_edges(typed, can_be):
    assert can_be_case_number(typed) == can_be


@pytest.mark.parametrize(
    "typed",
    ["", "pothole", "12 Oak Street", "one 2", "route 12", "the bin at 100 centre st", "1" * 100],
)
def test_words_and_most_addresses_do_not(typed):
    assert not can_be_case_number(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1O1-oo2", "101-002"),
        ("BOS-OO12", "BOS-0012"),
        ("l0I", "101"),
        (" 101 ", "101"),
        ("IO-12", "10-12"),
        ("IO-12", "IO-12"),
    ],
)
def test_letters_that_look_like_digits_are_read_as_digits(typed, meant):
    assert meant in list_readings(typed)


def test_word_without_a_digit_has_one_reading():
    assert list_readings("Oil") == ("Oil",)


def test_year_that_was_left_out_may_be_any_of_the_last_ones():
    assert add_years("13418", "26-00013418", [2026, 2025]) == ("26-00013418", "25-00013418")
    assert add_years("0001-3418", "SR2001-00013418", [2001, 2000]) == (
        "SR2001-00013418",
        "SR2000-00013418",
    )
    assert add_years("77", "26-00000077", [2026]) == ()


@pytest.mark.parametrize("like", ["101000295613", "1-1262691971", "BCS-0012", "", "20-1234567"])
def test_number_without_the_year_in_it_tells_nothing(like):
    assert add_years("13418", like, [2026, 2025]) == ()


LABELS = """case|Case no.|CASE #|tracking number:|Report|service request|request|reference|ticket
ref.|Nr.|No.|Num|nro.|n.º|número|numero|caso|Reporte n.º|solicitud|número de seguimiento|id|#|№|(|“|
your number is|my case:|mi caso es""".replace("\n", "|").split("|")


@pytest.mark.parametrize("label", LABELS)
def test_words_before_a_number_are_no_part_of_it(label):
    for number in ("26-00036730", "101005512345", "K7M3-Q2X-9TZ"):
        assert read_number(f"{label} {number}") == number
        assert read_number(f" {label}\u00a0{number}.”) ") == number


@pytest.mark.parametrize(
    ("pasted", "number"),
    [
        ("https://city.example/cases/26-1001?lang=es", "26-1001"),
        ("city.example/cases/K7M3Q2X9TZ/follow", "K7M3Q2X9TZ"),
        ("Closed: Street Light (26-00001001)", "26-00001001"),
        ("Do you want to follow Pothole (K7M3-Q2X-9TZ)?", "K7M3-Q2X-9TZ"),
        ("Your report 26-00001001: Pothole", "26-00001001"),
        ("Hello, my number is K7M3-Q2X-9TZ, thanks", "K7M3-Q2X-9TZ"),
        ("２６‑００００１００１", "26-00001001"),
        ("26​-00001001", "26-00001001"),
    ],
)
def test_what_people_paste_from_our_mails_and_links_has_its_number(pasted, number):
    assert read_number(pasted) == number


@pytest.mark.parametrize("typed", ["pothole", "12 Oak Street", "NO26-0001", "Case", "no", ""])
def test_words_without_a_number_stay(typed):
    assert typed in list_readings(typed)


def test_numbers_with_one_mistake_are_near_and_short_ones_have_no_neighbors():
    near = list_near_numbers("26-0100")
    assert {"26-0101", "26-1000", "26-00100", "26-010", "62-0100"} <= set(near)
    assert "26-0100" not in near
    assert list_near_numbers("13418") == list_near_numbers("pothole") == ()


@given(st.text(), st.text())
def test_any_text_is_safe(typed, like):
    can_be_case_number(typed)
    assert len(list_readings(typed)) <= 6
    assert len(list_near_numbers(typed)) <= 64 * 22
    assert len(read_number(typed)) <= 200
    add_years(typed, like, [2026])


def test_six_digits_have_neighbors_and_five_would_be_anybodys():
    assert list_near_numbers("26-0100")
    assert list_near_numbers("26-010") == ()


def test_a_number_typed_with_spaces_is_near_its_spelling_with_dashes_and_without():
    near = set(list_near_numbers("ab 12345 7"))
    assert {"AB-12345-6", "AB123456", "AB 12345 6"} <= near
    assert {"AB-12345-7", "AB123457", "AB 12345 7"}.isdisjoint(near)


def test_of_a_letter_there_is_no_neighbor():
    assert {number[:2] for number in list_near_numbers("AB123456")} == {"AB"}


def test_a_year_is_added_to_three_to_twelve_digits_that_fit_the_number():
    assert add_years("418", "26-418", [2026]) == ("26-418",)
    assert add_years("41", "26-418", [2026]) == ()
    assert add_years("1418", "26-418", [2026]) == ()
    long = "1" * 12
    assert add_years(long, f"26-{long}", [2026]) == (f"26-{long}",)
    assert add_years(f"{long}1", f"26-{long}", [2026]) == ()
    assert add_years("# l3-4I8", "SR2001-00013418", [2001]) == ("SR2001-00013418",)


def test_a_year_is_written_as_the_city_writes_it():
    assert add_years("5000", "01-5000", [2001, 1999]) == ("01-5000", "99-5000")
    assert add_years("5000", "01-5000", [2002]) == ()
    assert add_years("5000", "01-5000", []) == ()


def test_readings_come_as_typed_first_and_each_once():
    assert list_readings("BOS-OO12") == ("BOS-OO12", "B0S-0012", "BOS-0012")
    assert list_readings("26-1001") == ("26-1001",)
    assert list_readings("Case #26-1001")[1] == "26-1001"
    assert list_readings("7" * 65)[0] == "7" * 64


def test_of_what_is_pasted_two_hundred_characters_are_read():
    assert read_number("/cases/26-1001".rjust(200)) == "26-1001"
    assert read_number("/cases/26-1001".rjust(201)) == "26-100"
