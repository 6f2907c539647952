"""What a work-order system answers is taken within bounds, and cleaned."""

from __future__ import annotations

import pytest

from portal.domain.claims import Told, can_be_same_case, check_outcome, is_usable_number
from portal.domain.dispatch import Awaited, ForStaff, LockedOut, Refused, Taken

NOON = 1_764_000_000
METRE = 1 / 111_195


@pytest.mark.parametrize(
    ("number", "is_usable"),
    [("7", True), ("7" * 100, True), ("7" * 101, False), ("", False), ("2,6", False)],
)
def test_a_number_has_one_to_a_hundred_characters_without_a_comma(number, is_usable):
    assert is_usable_number(number) is is_usable
    for outcome in (Taken(number), Awaited(number)):
        assert (check_outcome(outcome) == outcome) is is_usable


def test_one_that_was_taken_without_a_number_stays_taken():
    assert check_outcome(Taken(None)) == Taken(None)


def test_staff_see_forty_characters_of_a_bad_number_and_how_long_it_is():
    short, long = check_outcome(Taken("," * 40)), check_outcome(Taken("," * 41))
    assert isinstance(short, ForStaff)
    assert isinstance(long, ForStaff)
    assert "“" + "," * 40 + "”" in short.reason
    assert "characters" not in short.reason.partition("”")[2]
    assert "“" + "," * 40 + "” … (41 characters)" in long.reason
    odd = check_outcome(Taken("26\n5"))
    assert isinstance(odd, ForStaff)
    assert "“26\\n5”" in odd.reason


def test_a_reason_is_cleaned_cut_and_never_empty():
    assert check_outcome(Refused(" no\x07 ")) == Refused("no")
    assert check_outcome(LockedOut("")) == LockedOut("It gave no reason.")
    assert check_outcome(Refused("x" * 1_000)) == Refused("x" * 1_000)
    assert check_outcome(Refused("x" * 1_001)) == Refused("x" * 999 + "\u2026")


@pytest.mark.parametrize(
    ("seconds", "metres", "note", "can_be"),
    [
        (0, 990, None, True),
        (0, 1_010, None, False),
        (-900, 500, None, True),
        (-901, 500, None, False),
        (-901, 98, None, True),
        (-901, 102, None, False),
        (-901, 0, "Another thing", False),
        (-901, None, "Another thing", False),
        (-901, None, None, True),
        (0, None, "Another thing", True),
    ],
)
def test_a_case_is_ours_near_in_time_or_place_and_another_if_it_says_something_else(
    seconds, metres, note, can_be
):
    ours = Told(NOON, 0.0, 0.0, "Our words of a deep hole")
    lat = None if metres is None else metres * METRE
    theirs = Told(NOON + seconds, lat, None if lat is None else 0.0, note)
    assert can_be_same_case(theirs, ours) is can_be


def test_half_a_place_is_no_place_to_compare():
    ours = Told(NOON, 0.0, 0.0, None)
    for lat, lon in ((50.0, None), (None, 50.0)):
        assert can_be_same_case(Told(NOON, lat, lon, None), ours)
        assert can_be_same_case(ours, Told(NOON, lat, lon, None))
