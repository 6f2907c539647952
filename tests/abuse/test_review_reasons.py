"""A doubtful report waits for review and is never refused; a form's start time can't be made up."""

from __future__ import annotations

import pytest

from portal.abuse import form_time
from portal.abuse.review_reasons import MIN_SECONDS, Evidence, find_doubts


def test_somebody_who_takes_their_time_is_public_at_once():
    assert find_doubts(Evidence(is_trap_filled=False, seconds=MIN_SECONDS, is_crowded=False)) == ()


@pytest.mark.parametrize(
    ("signs", "doubt"),
    [
        (Evidence(True, 60, False), "trap"),
        (Evidence(False, MIN_SECONDS - 1, False), "quick"),
        (Evidence(False, None, False), "unmarked"),
        (Evidence(False, 60, True), "crowded"),
        (Evidence(False, 60, False, is_proof_wrong=True), "forged"),
    ],
)
def test_each_doubt_alone_holds_a_report_and_is_named(signs, doubt):
    assert find_doubts(signs) == (doubt,)


def test_all_doubts_are_named():
    assert find_doubts(Evidence(True, 0, True, is_proof_wrong=True)) == (
        "trap",
        "quick",
        "crowded",
        "forged",
    )


def test_the_moment_a_form_was_begun_is_read_back():
    assert (
        form_time.count_seconds_since("key", form_time.sign_start_time("key", 1_000), 1_030) == 30
    )


def test_a_form_can_be_sent_in_the_second_in_which_it_was_opened():
    stamp = form_time.sign_start_time("key", 1_000)
    assert form_time.count_seconds_since("key", stamp, 1_000) == 0
    assert form_time.count_seconds_since("key", stamp, 999) is None
    assert form_time.count_seconds_since("other key", stamp, 1_030) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1000",
        "1000.",
        "1000.abc",
        "x.y",
        "1000.é",
        "1000.\ud800",
        "\ud800.x",
        form_time.sign_start_time("other", 1_000),
        form_time.sign_start_time("key", 2_000),
    ],
)
def test_a_moment_that_is_not_ours_or_not_yet_is_unknown(token):
    assert form_time.count_seconds_since("key", token, 1_030) is None
