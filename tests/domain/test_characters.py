"""Whatever someone pastes, a pattern sees the characters of a plain keyboard."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.characters import Folded, fold

EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]


def of_category(*names: str) -> list[str]:
    return [letter for letter in EVERY_CHARACTER if unicodedata.category(letter) in names]


def test_every_dash_of_unicode_is_a_hyphen():
    assert {fold(dash) for dash in [*of_category("Pd"), "−", "⁃", "➖"]} == {"-"}


def test_every_space_of_unicode_is_a_space():
    assert {fold(space) for space in [*of_category("Zs", "Zl", "Zp"), "\u2800", "\u3164"]} == {" "}


def test_every_digit_of_unicode_is_one_of_ours():
    for digit in of_category("Nd"):
        assert fold(digit) == str(unicodedata.digit(digit))
    assert fold("⑥①⑦") == fold("６１７") == fold("٦١٧") == fold("६१७") == fold("⁶₁⒎") == "617"


def test_what_cannot_be_seen_is_left_out():
    assert {fold(mark) for mark in of_category("Cf", "Mn", "Me")} == {""}
    assert fold("6\u200b1\u00ad7\ufe0f\u20e3") == "617"


@pytest.mark.parametrize(
    ("pasted", "typed"),
    [
        ("ａｎａ＠ｅｘ．ｏｒｇ", "ana@ex.org"),
        ("№ 4", "# 4"),
        ("617·555", "617.555"),
        ("1⁄2", "1/2"),
    ],
)
def test_wide_letters_and_signs_are_plain_ones(pasted, typed):
    assert fold(pasted) == typed


def test_letters_of_other_languages_stay():
    assert fold("Llámeme mañana\nÉlan Ünal 東京") == "Llámeme mañana\nÉlan Ünal 東京"


@given(st.text())
def test_each_folded_character_knows_where_it_came_from(text):
    folded = Folded.of(text)
    assert folded.text == fold(text)
    assert len(folded.starts) == len(folded.text) + 1
    assert folded.starts[-1] == len(text)
    for place, letter in enumerate(folded.text):
        assert fold(text[folded.starts[place]]) == letter
    assert fold(folded.text) == folded.text
