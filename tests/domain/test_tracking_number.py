"""A tracking number forgives how it is typed and notices what is mistyped."""

from __future__ import annotations

import itertools

import pytest

from portal.domain.tracking_number import (
    ALPHABET,
    LENGTH,
    check_character,
    format_tracking_number,
    make_tracking_number,
    parse_tracking_number,
)

NUMBER = "K7M3Q2X9T" + check_character("K7M3Q2X9T")


@pytest.mark.parametrize(
    "number", [NUMBER, "0000000000", "ZZZZZZZZZ" + check_character("ZZZZZZZZZ")]
)
def test_every_single_wrong_character_is_noticed(number):
    for place, letter in itertools.product(range(LENGTH), ALPHABET):
        wrong = number[:place] + letter + number[place + 1 :]
        assert (parse_tracking_number(wrong) == wrong) == (letter == number[place])


def test_every_swap_of_two_neighbours_is_noticed():
    # The check is linear: what a swap changes hangs on the two characters and their places alone.
    for place, (one, other) in itertools.product(
        range(LENGTH - 2), itertools.permutations(ALPHABET, 2)
    ):
        body = "0" * place + one + other + "0" * (LENGTH - 3 - place)
        swapped = "0" * place + other + one + "0" * (LENGTH - 3 - place)
        assert check_character(body) != check_character(swapped)
    for body_end in itertools.product(ALPHABET, repeat=2):
        body = "0" * (LENGTH - 3) + "".join(body_end)
        check = check_character(body)
        if check != body[-1]:
            assert parse_tracking_number(body[:-1] + check + body[-1]) is None


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        format_tracking_number,
        " ".join,
        lambda number: f"  {number[:4]} – {number[4:]}\t",
    ],
)
def test_a_number_is_read_however_it_is_written(write):
    assert parse_tracking_number(write(NUMBER)) == NUMBER


def test_letters_that_look_like_digits_are_taken_for_them():
    number = "01" + "0" * 7 + check_character("01" + "0" * 7)
    assert {
        parse_tracking_number(number.replace("0", zero).replace("1", one))
        for zero in "0Oo"
        for one in "1IiLl"
    } == {number}


def test_groups_are_easy_to_read_out_and_other_numbers_stay_as_they_are():
    assert [len(group) for group in format_tracking_number(NUMBER).split("-")] == [4, 3, 3]
    assert format_tracking_number("101005512345") == "101005512345"


@pytest.mark.parametrize(
    "typed", ["", "K7M3", "101005512345", "U" * 10, "é" * 10, "K7M3Q2X9T!", "0" * 4_000]
)
def test_what_is_no_number_is_none(typed):
    assert parse_tracking_number(typed) is None


def test_numbers_are_random_and_right():
    numbers = {make_tracking_number() for _ in range(500)}
    assert len(numbers) == 500
    assert all(parse_tracking_number(number) == number for number in numbers)
