"""Days until a share is over, worked out by hand and by a slower way."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.survival import days_until_share


def test_those_not_over_are_neither_quick_nor_left_out():
    # Five things. Day 2: one of 5 ends, 4/5 are left. One is watched for 3 days only.
    # Day 4: one of the remaining 3 ends, 4/5 · 2/3 = 8/15 are left.
    # Day 6: one of 2 ends, 8/15 · 1/2 = 4/15 are left. The last is still there after 9 days.
    ended, not_ended = {2: 1, 4: 1, 6: 1}, {3: 1, 9: 1}
    assert days_until_share(ended, not_ended, (20, 25, 46, 47, 73, 74)) == (2, 4, 4, 6, 6, None)


def test_half_of_four_is_two():
    assert days_until_share({1: 1, 2: 1, 3: 1, 4: 1}, {}, (25, 50, 75, 100)) == (1, 2, 3, 4)


def test_nothing_ended_reaches_no_share():
    assert days_until_share({}, {0: 3, 7: 2}, (25, 50)) == (None, None)
    assert days_until_share({}, {}, (25,)) == (None,)


def test_one_seen_to_be_there_for_a_whole_day_counts_among_those_who_could_have_ended_on_it():
    assert days_until_share({1: 1}, {1: 1}, (50, 51)) == (1, None)
    assert days_until_share({1: 1}, {0: 1}, (50, 51)) == (1, 1)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=40),
    st.lists(st.integers(1, 100), min_size=1, max_size=5),
)
def test_agrees_with_the_product_over_single_things(things, shares):
    left, days = Fraction(1), {}
    for day in range(1, 13):
        there = [thing for thing in things if thing[0] >= day]
        if there:
            left *= 1 - Fraction(
                sum(1 for last, is_over in there if last == day and is_over), len(there)
            )
        for share in shares:
            if 1 - left >= Fraction(share, 100):
                days.setdefault(share, day)
    ended = Counter(last for last, is_over in things if is_over)
    not_ended = Counter(last for last, is_over in things if not is_over)
    assert days_until_share(ended, not_ended, shares) == tuple(days.get(share) for share in shares)
