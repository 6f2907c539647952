"""How far the demo city is, in numbers and in words."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from portal.first_start.building import (
    CASES,
    Building,
    Made,
    note_made,
    read_made,
    seconds_left,
)
from portal.first_start.watch import describe_line, describe_seconds

ALL_MADE = Made(CASES, 58_820)


@pytest.mark.parametrize(
    ("building", "sentence", "step"),
    [
        (Building(), "0 of 60,000", "Making up its cases: 0 of 60,000."),
        (Building(Made(35_000)), "0 of 60,000", "Making up its cases: 35,000 of 60,000."),
        (Building(ALL_MADE, 34_000), "34,000 of 58,820", "The portal is reading its cases"),
        (Building(ALL_MADE, 58_820), "58,820 of 58,820", "The portal has all cases."),
        (Building(ALL_MADE, 58_823), "58,823 of 58,823", "The portal has all cases."),
    ],
)
def test_the_sentence_counts_what_the_portal_has(building, sentence, step):
    assert building.describe() == f"The demonstration city is being built: {sentence}"
    assert building.describe_step().startswith(step)


def test_what_the_desk_wrote_is_read_and_only_we_can_read_it(tmp_path: Path):
    file = tmp_path / "progress.json"
    assert read_made(file) == Made()
    for made in (Made(1_000), ALL_MADE):
        note_made(file, made)
        assert read_made(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", json.dumps({"of": 1}), "\x00"])
def test_a_file_that_says_nothing_is_nothing_made(tmp_path: Path, text: str):
    file = tmp_path / "progress.json"
    file.write_text(text)
    assert read_made(file) == Made()


def test_the_time_left_follows_the_pace_so_far():
    # All cases made (0.2 of the work) and half of them read (0.3): half of the work in 30 s.
    half = Building(ALL_MADE, 29_410)
    assert seconds_left(half, Building(), 30.0) == pytest.approx(30.0)
    assert seconds_left(Building(), Building(), 30.0) is None
    # Of a start that was broken off at half, only what is new counts.
    assert seconds_left(half, half, 30.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "About a minute left"),
        (0, "About 10 seconds left"),
        (31, "About 30 seconds left"),
        (44.9, "About 40 seconds left"),
        (45, "About a minute left"),
        (89.9, "About a minute left"),
        (90, "About 2 minutes left"),
        (200, "About 3 minutes left"),
    ],
)
def test_the_time_left_is_said_roughly(seconds, words):
    assert describe_seconds(seconds) == words


def test_a_line_of_the_terminal_says_what_is_done_until_the_portal_reads():
    first = describe_line(Building(Made(35_000)), "About a minute left")
    assert first == (
        "The demonstration city is being built: 0 of 60,000."
        " Making up its cases: 35,000 of 60,000. About a minute left."
    )
    later = describe_line(Building(ALL_MADE, 34_000), "About 30 seconds left")
    assert later == (
        "The demonstration city is being built: 34,000 of 58,820. About 30 seconds left."
    )
