"""What the data-health page says of a source: never better than it is."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from data_sync.reading.columns import TIMES
from layouts.shared.prerender import to_html
from layouts.sync import Health, describe_source, left_empty_words, status_page
from portal.domain.bounds import Bounds
from portal.domain.case import CONTRADICTIONS
from portal.domain.jurisdiction import Jurisdiction
from portal.queries.sync import QuarantineCount, SourceHealth

CITY = Jurisdiction(
    "smallville", "Smallville", ZoneInfo("America/New_York"), Bounds(42, -72, 43, -70)
)
NOW = 1_800_000_000
HOUR = 3_600


def source(**changed) -> SourceHealth:
    values = {
        "source": "desk", "state": "done", "started_at": NOW - 130, "finished_at": NOW - 120,
        "succeeded_at": NOW - 120,
        "newest_source_at": NOW - 300, "lag_seconds": 300, "read": 1200, "new": 3, "changed": 2,
        "unchanged": 1195, "quarantined": 0,
    }  # fmt: skip
    return SourceHealth(**values | changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "desk: synced 2 minutes ago."),
        (
            {"succeeded_at": None, "state": "failed"},
            "desk: the city’s system has not answered yet. It is asked again by itself.",
        ),
        ({"succeeded_at": None, "state": "running"}, "desk: no sync has finished yet."),
        (
            {"state": "failed", "succeeded_at": NOW - 3 * HOUR},
            "desk: the last sync that worked was 3 hours ago; the city’s system has not answered"
            " since.",
        ),
        (
            {"succeeded_at": NOW - 5 * HOUR},
            "desk: the last sync was 5 hours ago, and none has come since. What you see may be out"
            " of date.",
        ),
        (
            {"lag_seconds": 400 * 86_400},
            "desk: synced 2 minutes ago, but the newest change at the city is 13 months old.",
        ),
    ],
)
def test_a_source_is_said_to_stand_where_it_stands(changed, said):
    assert describe_source(source(**changed), NOW) == said


def test_the_page_counts_what_was_kept_aside_and_what_cannot_be_true():
    health = Health(
        (source(quarantined=4),),
        (QuarantineCount("desk", "no opening time", 4, 1, 2),),
        {"closed_before_opened": 12},
        1200,
        7,
        NOW,
    )
    drawn = to_html(status_page(CITY, health, NOW).body)
    assert "no opening time" in drawn
    assert '<th scope="row">Closed before it was opened</th><td class="figure">12</td>' in drawn
    assert "1,200 public cases, version 7" in drawn


def test_the_page_says_what_a_sync_noticed_in_its_rows():
    notes = {"left_empty:closed_at": 1, "twice": 2, "moved_hours": 6_221, "early_hours": 9}
    health = Health((source(notes=notes | {"corrected_hours": 4_682}),), (), {}, 1200, 7, NOW)
    rule = {"name": "desk", "early_hours": {"why": "The city subtracts its offset twice."}}
    drawn = to_html(status_page(replace(CITY, sources=(rule,)), health, NOW).body)
    assert "desk: Closing times: 1 could not be read and were left empty" in drawn
    assert "desk: 2 case numbers came more than once" in drawn
    assert "desk: 6,221 cases were opened some hours earlier or later" in drawn
    assert "desk: 9 rows say another hour in their text" in drawn
    assert "we corrected them. The city subtracts its offset twice." in drawn
    assert "noticed" not in to_html(status_page(CITY, Health((source(),), ()), NOW).body)


def test_every_field_that_may_be_left_empty_has_its_words():
    assert set(left_empty_words()) == {*TIMES, "lat", "lon"} - {"opened_at"}


def test_the_page_is_honest_before_anything_has_come():
    drawn = to_html(status_page(CITY, Health((), (), {}, None, None, None), NOW).body)
    assert "No sync has run yet" in drawn
    assert "Nothing has been published yet" in drawn


def test_every_contradiction_that_is_counted_has_its_words():
    from layouts.sync import contradiction_words

    assert set(contradiction_words()) == set(CONTRADICTIONS)
