"""Sending by e-mail: the letter, its number on a repeat, and what a mail server's answers mean."""

from __future__ import annotations

import smtplib
from dataclasses import replace

import pytest

from data_sync.dispatch.email import EmailAdapter
from portal.domain.dispatch import Later, LockedOut, Refused, Taken
from tests.dispatch.conftest import NOON, TOLD

YARD = "yard@city.example"


@pytest.fixture
def letters() -> list:
    return []


@pytest.fixture
def adapter(city, letters):
    return EmailAdapter(
        city,
        "reports@311.example",
        YARD,
        letters.append,
        lambda name: b"\xff\xd8 picture",
        lambda: NOON,
    )


def failing(city, problem: Exception) -> EmailAdapter:
    def deliver(letter):
        raise problem

    return EmailAdapter(city, "reports@311.example", YARD, deliver, lambda name: b"", lambda: NOON)


def test_a_letter_says_all_that_the_yard_needs_in_plain_text(adapter, letters):
    assert adapter.send(replace(TOLD, department="Public Works", queue="Highway")) == Taken()
    (letter,) = letters
    assert (letter["To"], letter["Subject"]) == (YARD, "Pothole: 3 Adams St [K7M3-Q2X-9TZ]")
    assert letter.get_content_type() == "text/plain"
    lines = letter.get_content().splitlines()
    assert lines[0] == "Deep; call 617-555-0143"
    for line in (
        "Number:     K7M3-Q2X-9TZ",
        "Queue:      Highway",
        "Place:      42.320000, -71.070000",
        "Reported:   2026-11-23 07:00",
        "Where? In the lane, at the kerb",
    ):
        assert line in lines


def test_photos_are_attached_and_a_lost_one_is_left_out(city, letters):
    def read(name: str) -> bytes:
        if name == "b":
            raise FileNotFoundError
        return b"\xff\xd8"

    EmailAdapter(city, "reports@311.example", YARD, letters.append, read, lambda: NOON).send(
        replace(TOLD, photos=("a", "b"))
    )
    assert [part.get_filename() for part in letters[0].iter_attachments()] == ["photo-1.jpg"]


def test_a_repeat_has_the_same_message_id_and_a_later_letter_answers_the_first(adapter, letters):
    adapter.send(TOLD)
    adapter.send(TOLD)
    adapter.send(replace(TOLD, id="add_note:1:x", kind="add_note", words="Still there"))
    first, again, note = letters
    assert first["Message-ID"] == again["Message-ID"] != note["Message-ID"]
    assert note["In-Reply-To"] == first["Message-ID"]
    assert note.get_content().startswith("Still there")


def test_a_photo_added_later_has_a_letter_of_its_own(adapter, letters):
    adapter.send(replace(TOLD, id="add_note:1:x", kind="add_note", words="", photos=("a",)))
    assert letters[0].get_body().get_content().startswith("The resident has added a photo.")
    assert [part.get_filename() for part in letters[0].iter_attachments()] == ["photo-1.jpg"]


def test_words_of_a_resident_cannot_add_a_header(adapter, letters):
    adapter.send(replace(TOLD, address="3 Adams St\r\nBcc: all@city.example"))
    assert letters[0]["Bcc"] is None
    assert "\n" not in letters[0]["Subject"]


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), LockedOut),
        (
            smtplib.SMTPSenderRefused(530, b"Authentication required", "reports@311.example"),
            LockedOut,
        ),
        (smtplib.SMTPNotSupportedError("no TLS"), LockedOut),
        (smtplib.SMTPConnectError(554, b"no service for you"), Later),
        (smtplib.SMTPHeloError(550, b"who are you"), Later),
        (smtplib.SMTPRecipientsRefused({YARD: (550, b"no such user")}), Refused),
        (smtplib.SMTPRecipientsRefused({YARD: (450, b"greylisted")}), Later),
        (smtplib.SMTPDataError(552, b"too large"), Refused),
        (smtplib.SMTPDataError(451, b"try later"), Later),
        (smtplib.SMTPServerDisconnected("gone"), Later),
        (TimeoutError("slow"), Later),
        (ConnectionRefusedError(), Later),
    ],
)
def test_each_answer_of_a_mail_server_has_its_meaning(city, problem, expected):
    assert type(failing(city, problem).send(TOLD)) is expected


def test_a_letter_may_be_repeated_and_a_mailbox_cannot_be_asked(adapter):
    assert adapter.may_repeat("open_case")
    assert not adapter.can_look_up
