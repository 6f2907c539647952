"""Answers are checked against their question, and written as work-order systems read them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.answers import (
    find_answer_problem,
    find_unasked,
    format_for_system,
    keep_asked,
    pair_with_prompts,
)
from portal.domain.report import Question

CHOICES = (("s", "Small"), ("l", "Large"))
LINE = Question("q", "How deep?")
NUMBER = Question("n", "How deep?", "number", is_required=True)
MOMENT = Question("t", "Since when?", "datetime")
TEXT = Question("x", "What else?", "text")
ONE = Question("o", "How large?", "singlevaluelist", choices=CHOICES)
MANY = Question("m", "Which?", "multivaluelist", choices=CHOICES)
SAID = Question("i", "Crews come on Mondays.", is_required=True, is_asked=False)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("question", "answers", "wrong"),
    [
        (NUMBER, (), "missing"),
        (LINE, (), None),
        (SAID, (), None),
        (NUMBER, ("3",), None),
        (NUMBER, ("-0,5",), None),
        (NUMBER, ("3 inches",), "number"),
        (NUMBER, ("1e9",), "number"),
        (NUMBER, ("1,500",), "number"),
        (NUMBER, ("٣",), "number"),
        (NUMBER, ("3", "4"), "several"),
        (MOMENT, ("2026-11-23",), None),
        (MOMENT, ("2026-11-23", "14:05"), None),
        (MOMENT, ("2026-02-30",), "datetime"),
        (MOMENT, ("14:05",), "datetime"),
        (MOMENT, ("2026-11-23", "25:00"), "datetime"),
        (MOMENT, ("2026-11-23", "14:05", "14:06"), "datetime"),
        (MOMENT, ("yesterday",), "datetime"),
        (MOMENT, ("0001-01-01",), "datetime"),
        (ONE, ("s",), None),
        (ONE, ("s", "l"), "several"),
        (ONE, ("huge",), "choice"),
        (MANY, ("s", "l"), None),
        (MANY, ("s", "huge"), "choice"),
        (LINE, ("x" * 501,), "long"),
        (TEXT, ("x" * 4_000,), None),
        (TEXT, ("x" * 4_001,), "long"),
    ],
)
def test_an_answer_is_what_its_question_wants_or_it_is_said_why_not(question, answers, wrong):
    assert find_answer_problem(question, answers) == wrong


def test_answers_are_read_in_the_words_and_the_order_of_the_questions():
    answers = {"gone": ("7",), "m": ("s", "l"), "t": ("2026-11-23T14:05:00-05:00",), "q": ("5",)}
    said = (
        ("How deep?", "5"),
        ("Since when?", "2026-11-23 14:05"),
        ("Which?", "Small, Large"),
        ("gone", "7"),
    )
    assert pair_with_prompts((LINE, MOMENT, MANY, ONE), answers) == said


def test_an_answer_nobody_asked_for_is_named():
    assert find_unasked((LINE, SAID), {"q": ("3",)}) is None
    assert find_unasked((LINE, SAID), {"i": ("3",)}) == "i"
    assert find_unasked((LINE,), {"q": ("3",), "z": ("1",)}) == "z"


def test_answers_to_another_type_are_left_out():
    assert keep_asked((LINE,), {"q": ("3",), "z": ("1",)}) == {"q": ("3",)}


def test_answers_are_written_as_systems_read_them():
    answers = {
        "n": ("0,5",),
        "t": ("2026-11-23", "14:05"),
        "m": ("s", "s", "l"),
        "q": ("1,5 or so",),
    }
    assert format_for_system((LINE, NUMBER, MOMENT, MANY), answers, NEW_YORK) == {
        "n": ("0.5",),
        "t": ("2026-11-23T14:05:00-05:00",),
        "m": ("s", "l"),
        "q": ("1,5 or so",),
    }


def test_a_day_without_a_time_stays_a_day():
    assert format_for_system((MOMENT,), {"t": ("2026-11-23",)}, NEW_YORK) == {"t": ("2026-11-23",)}


@given(
    st.sampled_from([LINE, NUMBER, MOMENT, TEXT, ONE, MANY]),
    st.lists(st.text(max_size=20), max_size=3).map(tuple),
)
def test_whatever_is_answered_is_refused_or_can_be_written(question, answers):
    if answers and find_answer_problem(question, answers) is None:
        assert (
            len(format_for_system((question,), {question.code: answers}, NEW_YORK)[question.code])
            >= 1
        )
