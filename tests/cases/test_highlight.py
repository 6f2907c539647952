"""Found words in a text, as pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.queries.cases.highlight import highlight_words


def test_words_are_found_whole_without_case_and_accents_and_the_last_may_be_a_beginning():
    assert highlight_words("The DEEP hole, deeply wrong.", "hole deep") == (
        ("The ", False),
        ("DEEP", True),
        (" ", False),
        ("hole", True),
        (", ", False),
        ("deeply", True),
        (" wrong.", False),
    )
    assert highlight_words("Olé olé-olas", "ole") == (
        ("Olé", True),
        (" ", False),
        ("olé", True),
        ("-olas", False),
    )


def test_word_that_is_not_the_last_must_be_there_as_it_is():
    assert highlight_words("holes", "hole deep") == (("holes", False),)


def test_long_text_is_cut_at_words_around_the_first_hit():
    text = "one two three " * 20 + "deep hole " + "four five six " * 20
    parts = highlight_words(text, "hole", letters=100)
    assert [piece for piece, is_hit in parts if is_hit] == ["hole"]
    assert parts[0] == parts[-1] == ("…", False)
    shown = "".join(piece for piece, _ in parts[1:-1])
    assert shown in text and 80 <= len(shown) <= 100
    assert {*shown.split()} <= {*text.split()}


def test_no_text_has_no_pieces_and_markup_stays_text():
    assert highlight_words(None, "hole") == highlight_words("", "hole") == ()
    assert highlight_words("<b>hole</b>", "b") == (
        ("<", False),
        ("b", True),
        (">hole</", False),
        ("b", True),
        (">", False),
    )
    assert highlight_words("hole", "") == (("hole", False),)


@given(st.text(), st.text(max_size=30), st.integers(20, 60))
def test_pieces_make_up_the_text_or_a_part_of_it(text, typed, letters):
    parts = highlight_words(text, typed, letters)
    shown = "".join(piece for piece, _ in parts)
    assert len(shown) <= letters + 2
    assert all(piece for piece, _ in parts)
