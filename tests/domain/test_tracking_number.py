"""A tracking number forgives how it is typed and notices what is mistyped."""

from __future__ import annotations

import itertools

import pytest

from portal.domain.tracking_number import (
    ALPHABET,
    LENGTH,
    check_character,
    correct_tracking_number,
    format_tracking_number,
    looks_like_tracking_number,
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


def test_every_single_mistake_is_corrected_to_the_number_that_was_meant():
    for place, letter in itertools.product(range(LENGTH), ALPHABET + "U"):
        wrong = NUMBER[:place] + letter + NUMBER[place + 1 :]
        assert (NUMBER in correct_tracking_number(wrong)) == (wrong != NUMBER)
        assert NUMBER in correct_tracking_number(NUMBER[:place] + letter + NUMBER[place:])
    for place in range(LENGTH):
        assert NUMBER in correct_tracking_number(NUMBER[:place] + NUMBER[place + 1 :])
    for place in range(LENGTH - 1):
        swapped = NUMBER[:place] + NUMBER[place + 1] + NUMBER[place] + NUMBER[place + 2 :]
        assert NUMBER in correct_tracking_number(swapped)


def test_corrections_are_right_numbers_and_few():
    for wrong in ("K7M3Q2X8TZ", "K7M3Q2X9T", "K7M3Q2X9TZZ"):
        near = correct_tracking_number(wrong)
        assert 0 < len(near) <= 40
        assert all(parse_tracking_number(number) == number for number in near)
    assert correct_tracking_number(NUMBER) == ()
    assert correct_tracking_number("K7M3UU29TZ") == correct_tracking_number("") == ()


@pytest.mark.parametrize(
    "typed",
    ["K7M3-Q2X-8TZ", "k7m3q2x8tz", "ABCD-EFG-HJK", "K7M3Q2X9T", "K7M3 Q2X 9TZ", "K7M3-UQ-2X9T"],
)
def test_a_mistyped_number_is_seen_for_one(typed):
    assert looks_like_tracking_number(typed)


@pytest.mark.parametrize(
    "words",
    [
        "broken lamp",
        "100 centre",
        "1200 Elm Ave",
        "graffiti",
        "dead animal",
        "26-00036730",
        "",
        "K7M3",
    ],
)
def test_words_and_addresses_of_ten_letters_are_no_numbers(words):
    assert not looks_like_tracking_number(words)


def test_a_letter_too_many_at_either_end_is_left_out():
    for letter in ALPHABET:
        assert NUMBER in correct_tracking_number(NUMBER + letter)
        assert NUMBER in correct_tracking_number(letter + NUMBER)


def test_a_letter_missing_at_either_end_is_found():
    assert NUMBER in correct_tracking_number(NUMBER[1:])
    assert NUMBER in correct_tracking_number(NUMBER[:-1])
