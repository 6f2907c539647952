"""One typing mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.spelling import is_one_mistake_away


@pytest.mark.parametrize(
    "typed",
    ["becon", "beaccon", "beicon", "baecon", "beaco", "beaconn", "eacon", "xbeacon", "beacno"],
)
def test_one_mistake_is_forgiven(typed):
    assert is_one_mistake_away(typed, "beacon")


@pytest.mark.parametrize("typed", ["beacon", "bacn", "nocaeb", "", "b", "beacons!", "baecno"])
def test_none_and_two_are_not_one(typed):
    assert not is_one_mistake_away(typed, "beacon")


@given(st.text("ab", max_size=5), st.text("ab", max_size=5))
def test_agrees_with_trying_every_mistake(typed, meant):
    gone = {typed[:i] + typed[i + 1 :] for i in range(len(typed))}
    more = {typed[:i] + letter + typed[i:] for i in range(len(typed) + 1) for letter in "ab"}
    other = {typed[:i] + letter + typed[i + 1 :] for i in range(len(typed)) for letter in "ab"}
    swapped = {typed[:i] + typed[i + 1] + typed[i] + typed[i + 2 :] for i in range(len(typed) - 1)}
    assert is_one_mistake_away(typed, meant) == (
        meant != typed and meant in gone | more | other | swapped
    )
