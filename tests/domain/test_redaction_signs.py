"""The quick look that decides which searches for personal data a text is worth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.redaction_signs import PARTS, Signs

ALL_PARTS = [(kind, part) for kind, parts in PARTS.items() for part in parts]


def test_a_plain_text_is_worth_no_search():
    assert not Signs.of("pothole at the corner".replace(" at ", " by "), False).are_any


def test_each_part_is_a_sign_of_its_kind_alone_between_words_and_within_one(subtests):
    for kind, part in ALL_PARTS:
        with subtests.test(part=part):
            assert Signs.of(f"see {part} now", False).has(kind)
            assert Signs.of(f"x{part}y", False).has(kind)


@given(
    st.lists(st.sampled_from([part for _, part in ALL_PARTS] + [" ", "\n", "o", "1"]), max_size=9)
)
def test_the_quick_look_misses_nothing_that_stands_in_the_text(pieces):
    text = "".join(pieces)
    signs = Signs.of(text, False)
    for kind, parts in PARTS.items():
        assert signs.has(kind) == any(part in text for part in parts)


def test_a_number_in_words_needs_three_digits_that_differ():
    assert Signs.of("one, two and one.three", False).may_spell_a_number
    assert not Signs.of("it was done by one or two, one by one", False).may_spell_a_number
