"""Who is doubtful is held for a look, never refused; and the moment a form was begun cannot be made up."""

from __future__ import annotations

import pytest

from portal.abuse import form_time
from portal.abuse.verdict import LEAST_SECONDS, Signs, doubts


def test_somebody_who_takes_their_time_is_public_at_once():
    assert doubts(Signs(is_trap_filled=False, seconds=LEAST_SECONDS, is_crowded=False)) == ()


@pytest.mark.parametrize(
    ("signs", "doubt"),
    [
        (Signs(True, 60, False), "trap"),
        (Signs(False, LEAST_SECONDS - 1, False), "quick"),
        (Signs(False, None, False), "unmarked"),
        (Signs(False, 60, True), "crowded"),
        (Signs(False, 60, False, is_proof_wrong=True), "forged"),
    ],
)
def test_each_doubt_alone_holds_a_report_and_is_named(signs, doubt):
    assert doubts(signs) == (doubt,)


def test_all_doubts_are_named():
    assert doubts(Signs(True, 0, True, is_proof_wrong=True)) == (
        "trap",
        "quick",
        "crowded",
        "forged",
    )


def test_the_moment_a_form_was_begun_is_read_back():
    assert form_time.seconds_since("key", form_time.begun("key", 1_000), 1_030) == 30


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1000",
        "1000.",
        "1000.abc",
        "x.y",
        "1000.é",
        form_time.begun("other", 1_000),
        form_time.begun("key", 2_000),
    ],
)
def test_a_moment_that_is_not_ours_or_not_yet_is_unknown(token):
    assert form_time.seconds_since("key", token, 1_030) is None
