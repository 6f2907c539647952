"""The words of a letter to a resident."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.notifications.alerts import Alert, Told
from portal.notifications.letters import letter
from tests.conftest import smallville

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALERT = Alert(7, "closed", rev=12, created_at=int(NOON.timestamp()), attempts=0, lease="")
TOLD = Told(
    case_id="37RG4P0X00",
    service_name="Pothole",
    status="closed",
    closed_at=int(datetime(2026, 11, 22, 20, tzinfo=UTC).timestamp()),
    closure_reason="Filled with cold patch.",
    visibility="public",
    key="key of the form",
    language="en",
)


def written(alert: Alert = ALERT, told: Told = TOLD, at: datetime = NOON):
    return letter(
        smallville(),
        alert,
        told,
        "https://311.example/mine/token",
        "reports@311.example",
        "ana@example.org",
        at,
    )


def test_a_closing_names_the_case_the_day_and_the_city_s_words():
    made = written()
    assert made["Subject"] == "Closed: Pothole (37RG-4P0-X00)"
    assert made.get_content().splitlines()[:5] == [
        "Smallville has closed your report 37RG-4P0-X00: Pothole.",
        "Closed on November 22, 2026.",
        "",
        "The city wrote:",
        "Filled with cold patch.",
    ]
    assert "https://311.example/mine/token" in made.get_content().splitlines()


def test_a_closing_without_words_or_day_says_only_that():
    said = written(told=replace(TOLD, closed_at=None, closure_reason=None)).get_content()
    assert said.startswith(
        "Smallville has closed your report 37RG-4P0-X00: Pothole.\n\nAll of your report"
    )


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("received", "Your report 37RG-4P0-X00: Pothole"),
        ("reopened", "Open again: Pothole (37RG-4P0-X00)"),
    ],
)
def test_each_kind_says_itself(kind, subject):
    assert written(replace(ALERT, kind=kind))["Subject"] == subject


def test_a_letter_is_in_the_language_of_the_report():
    made = written(told=replace(TOLD, language="es"))
    assert made["Subject"] == "Cerrado: Pothole (37RG-4P0-X00)"
    assert "Cerrado el 22 de noviembre de 2026." in made.get_content()
    assert made["Content-Language"] == "es"


def test_the_same_letter_has_the_same_id_and_another_closing_another():
    later = datetime(2026, 11, 24, tzinfo=UTC)
    again = written(replace(ALERT, attempts=3), at=later)
    assert again["Message-ID"] == written()["Message-ID"]
    assert written(replace(ALERT, rev=13))["Message-ID"] != written()["Message-ID"]


def test_later_letters_answer_the_first():
    first = written(replace(ALERT, kind="received", rev=0))
    assert written()["References"] == first["Message-ID"]
    assert first["References"] is None


def test_a_type_s_name_cannot_add_a_header():
    made = written(told=replace(TOLD, service_name="Pothole\r\nBcc: all@example.org"))
    assert made["Bcc"] is None
    assert made["Subject"] == "Closed: Pothole Bcc: all@example.org (37RG-4P0-X00)"
