"""A case's sentences and timeline: what the city says, by whose clock.

Nothing that cannot be true is told as if it were.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from layouts.cases.case import CaseView, case_page
from layouts.cases.case_status import describe_status
from layouts.cases.case_timeline import change_sentences, field_words
from layouts.shared.prerender import to_html
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction
from portal.queries.cases.case_detail import CaseChange, CaseDetail
from portal.queries.cases.linked_cases import LinkedCases
from portal.store.public_views import PUBLISHED_FIELDS

CITY = Jurisdiction("boston", "Boston", ZoneInfo("America/New_York"), Bounds(42, -72, 43, -70))
DAY = 86_400
NOW = int(datetime(2026, 11, 23, 17, 0, tzinfo=UTC).timestamp())


def case(**changed) -> CaseDetail:
    values = dict.fromkeys(CaseDetail.__dataclass_fields__) | {
        "case_id": "101", "service_name": "Pothole", "service_slug": "pothole", "status": "open",
        "opened_at": NOW - 3 * DAY,
        "address": "Adams St", "has_photo": False, "hidden": (), "updated_at": NOW,
        "first_seen_at": NOW, "place_precision": "exact",
        "contradictions": 0, "changes": (), "notes": (),
    }  # fmt: skip
    return CaseDetail(**values | changed)  # pyright: ignore[reportArgumentType]


def drawn_page(shown: CaseDetail, **more) -> str:
    return to_html(case_page(CITY, CaseView(shown, "https://311.example", **more), NOW).body)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Open for 3 days. The city has set no target for it."),
        (
            {"department": "Public Works"},
            "Open for 3 days. Public Works has it. The city has set no target for it.",
        ),
        (
            {"target_at": NOW + 4 * DAY},
            "Open for 3 days. The city aims to close it by Friday, 27 November.",
        ),
        (
            {"status": "overdue", "target_at": NOW - 2 * DAY},
            "Open for 3 days. The city aimed to close it by Saturday, 21 November: by its own clock"
            " it is 2 days late.",
        ),
        (
            {"status": "in_progress"},
            "In work; opened 3 days ago. The city has set no target for it.",
        ),
        (
            {"status": "closed", "closed_at": NOW - DAY},
            "The city closed this on 22 November, 2 days after it was opened.",
        ),
        ({"status": "closed"}, "The city says this is closed, but not when."),
        (
            {"department": "Public Works", "is_reported_here": True},
            "Open for 3 days. It was reported here; the city’s work-order system does not have it"
            " yet. The city has set no target for it.",
        ),
        (
            {"department": "Public Works", "is_reported_here": True, "sent_at": NOW - DAY},
            "Open for 3 days. Public Works has it. The city has set no target for it.",
        ),
        (
            {"status": "closed", "closed_at": NOW - 9 * DAY},
            "The city says this was closed before it was opened; one of the two times is wrong.",
        ),
    ],
)
def test_where_a_case_stands_is_a_sentence(changed, said):
    assert describe_status(case(**changed), CITY, NOW) == said


def test_the_very_second_of_the_target_is_in_time_and_the_next_is_not():
    def said(**changed) -> str:
        return describe_status(case(**changed), CITY, NOW).rpartition(". ")[2]

    early, at_target, late = (
        said(status="closed", closed_at=NOW - DAY, target_at=NOW - DAY + seconds)
        for seconds in (3_600, 0, -1)
    )
    assert early == at_target != late
    still_time = said(target_at=NOW + 3_600)
    assert said(target_at=NOW) == still_time != said(target_at=NOW - 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"opened_at": NOW - DAY // 2, "day_only": 1},
            "Opened today. The city has set no target for it.",
        ),
        (
            {"opened_at": NOW - DAY // 2, "day_only": 1, "status": "in_progress"},
            "In work; opened today. The city has set no target for it.",
        ),
        (
            {"opened_at": NOW - 13 * DAY // 8, "day_only": 1},
            "Open for 2 days. The city has set no target for it.",
        ),
        (
            {"status": "closed", "opened_at": NOW - 60, "closed_at": NOW - 60, "day_only": 2},
            "The city closed this on 23 November, the day it was opened.",
        ),
        (
            {"status": "closed", "opened_at": NOW - DAY, "closed_at": NOW - 40_000, "day_only": 2},
            "The city closed this on 23 November, 1 day after it was opened.",
        ),
        (
            {"status": "overdue", "target_at": NOW - 12 * 3_600 - 1, "day_only": 4},
            "Open for 3 days. The city aimed to close it by Sunday, 22 November: by its own clock"
            " it is 1 day late.",
        ),
    ],
)
def test_where_a_case_stands_is_told_in_days_where_the_city_tells_days(changed, said):
    assert describe_status(case(**changed), CITY, NOW) == said


def test_a_day_without_an_hour_is_shown_without_an_hour():
    closed = {"status": "closed", "opened_at": NOW - 9 * DAY, "closed_at": NOW - DAY}
    drawn = drawn_page(case(**closed, target_at=NOW - DAY, day_only=7))
    assert '<time datetime="2026-11-14">14 November</time>' in drawn
    assert '<time datetime="2026-11-22">22 November</time>' in drawn
    assert "12:00" not in drawn and "T17:00:00Z" not in drawn
    assert "12:00" in drawn_page(case(**closed))


def test_reports_of_the_same_problem_lead_to_each_other():
    drawn = drawn_page(
        case(), relatives=LinkedCases(case(case_id="7"), (case(case_id="8"), case(case_id="9")), 12)
    )
    assert (
        'The city counts this report with another: <a href="/cases/7">Pothole, case 7</a>.' in drawn
    )
    assert "The city counts 12 more reports with this one." in drawn and 'href="/cases/9"' in drawn
    assert "The city counts" not in drawn_page(case(), relatives=LinkedCases())


def test_a_report_made_here_says_whether_it_was_sent_to_the_city():
    here, sent = case(is_reported_here=True), case(is_reported_here=True, sent_at=NOW - DAY)
    assert "Reported here" in drawn_page(here) and "Sent to the city" not in drawn_page(here)
    assert "Sent to the city’s work-order system, which has it" in drawn_page(sent)
    assert "Reported here" not in drawn_page(case()) and "Sent to" not in drawn_page(case())


def test_the_timeline_is_in_the_order_things_happened():
    changes = (
        CaseChange("status", "open", "in_progress", NOW - 2 * DAY),
        CaseChange("queue", None, "PWDx", NOW - DAY),
    )
    drawn = drawn_page(case(changes=changes, status="closed", closed_at=NOW - 100))
    timeline = drawn[drawn.index("timeline") :]
    order = [
        timeline.index(text)
        for text in ("Opened", "Status changed from", "Queue set to", "Closed by the city")
    ]
    assert order == sorted(order)


def test_what_was_hidden_is_said():
    assert "We have hidden a phone number here." in drawn_page(case(hidden=("phone",)))


def test_a_resident_cannot_write_markup():
    drawn = drawn_page(case(note="<script>alert(1)</script>", service_name="<b>x</b>"))
    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_every_published_field_that_can_change_has_its_words_or_is_our_bookkeeping():
    # A pin that moved is one sentence, for both of its degrees.
    bookkeeping = {"lat", "lon", "visibility", "contradictions", "close_provenance"}
    with_sentence = {field for field, _ in change_sentences()}
    assert set(PUBLISHED_FIELDS) - set(field_words()) - with_sentence == bookkeeping


def test_changes_are_told_in_words_and_what_was_seen_at_once_stands_together():
    seen = NOW - DAY
    changes = (
        CaseChange("target_at", str(NOW), str(NOW + DAY), seen),
        CaseChange("lat", "42.1", "42.2", seen),
        CaseChange("lon", "-71.1", "-71.2", seen),
        CaseChange("photo", None, "yes", seen),
        CaseChange("contradictions", "0", "4", NOW - 60),
    )
    drawn = drawn_page(case(changes=changes))
    timeline = drawn[drawn.index("timeline") :]
    assert timeline.count("<li>") == 2
    assert "The city’s target changed from <strong><time" in timeline
    assert timeline.count("The city moved its pin on the map") == 1
    assert "A photo was added" in timeline
    assert "42.1" not in timeline
