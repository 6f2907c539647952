"""The text of our e-mails to residents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.notifications.alerts import Alert, AlertCase
from portal.notifications.emails import Envelope, build_email
from tests.conftest import smallville

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALERT = Alert(7, "closed", rev=12, created_at=int(NOON.timestamp()), attempts=0, lease="")
CASE = AlertCase(
    case_id="37RG4P0X00",
    service_name="Pothole",
    status="closed",
    closed_at=int(datetime(2026, 11, 22, 20, tzinfo=UTC).timestamp()),
    closure_reason="Filled with cold patch.",
    visibility="public",
    key="key of the form",
    language="en",
)


def build(alert: Alert = ALERT, case: AlertCase = CASE, at: datetime = NOON):
    envelope = Envelope("reports@311.example", "ana@example.org", at)
    return build_email(smallville(), alert, case, "https://311.example/mine/token", envelope)


def test_a_closing_names_the_case_the_day_and_the_city_s_words():
    email = build()
    assert email["Subject"] == "Closed: Pothole (37RG-4P0-X00)"
    assert email.get_content().splitlines()[:5] == [
        "Smallville has closed your report 37RG-4P0-X00: Pothole.",
        "Closed on November 22, 2026.",
        "",
        "The city wrote:",
        "Filled with cold patch.",
    ]
    assert "https://311.example/mine/token" in email.get_content().splitlines()


def test_a_closing_without_words_or_day_says_only_that():
    text = build(case=replace(CASE, closed_at=None, closure_reason=None)).get_content()
    assert text.startswith(
        "Smallville has closed your report 37RG-4P0-X00: Pothole.\n\nAll of your report"
    )


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("received", "Your report 37RG-4P0-X00: Pothole"),
        ("message", "The city wrote about Pothole (37RG-4P0-X00)"),
        ("reopened", "Open again: Pothole (37RG-4P0-X00)"),
    ],
)
def test_each_kind_has_its_own_subject(kind, subject):
    assert build(replace(ALERT, kind=kind))["Subject"] == subject


def test_an_email_is_in_the_language_of_the_report():
    email = build(case=replace(CASE, language="es"))
    assert email["Subject"] == "Cerrado: Pothole (37RG-4P0-X00)"
    assert "Cerrado el 22 de noviembre de 2026." in email.get_content()
    assert email["Content-Language"] == "es"


def test_the_same_email_has_the_same_id_and_another_closing_another():
    later = datetime(2026, 11, 24, tzinfo=UTC)
    again = build(replace(ALERT, attempts=3), at=later)
    assert again["Message-ID"] == build()["Message-ID"]
    assert build(replace(ALERT, rev=13))["Message-ID"] != build()["Message-ID"]


def test_an_id_is_32_hexadecimal_digits_at_the_senders_own_host():
    local, host = build()["Message-ID"].strip("<>").split("@")
    assert (len(local), int(local, 16) > 0) == (32, True)
    assert f"@{host}" in build()["From"]


def test_later_emails_refer_to_the_first():
    first = build(replace(ALERT, kind="received", rev=0))
    assert build()["References"] == first["Message-ID"]
    assert first["References"] is None


def test_a_type_s_name_cannot_add_a_header():
    email = build(case=replace(CASE, service_name="Pothole\r\nBcc: all@example.org"))
    assert email["Bcc"] is None
    assert email["Subject"] == "Closed: Pothole Bcc: all@example.org (37RG-4P0-X00)"
