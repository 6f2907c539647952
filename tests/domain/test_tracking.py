"""Case numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.tracking import add_years, can_be_case_number, list_readings


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


@given(st.text(), st.text())
def test_any_text_is_safe(typed, like):
    can_be_case_number(typed)
    assert len(list_readings(typed)) <= 3
    add_years(typed, like, [2026])
