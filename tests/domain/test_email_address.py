"""What can be written on an envelope, and nothing that could be more than one address."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTPUTF8

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.email_address import (
    is_email_address,
    is_nowhere,
    mailbox_of,
    read_email_address,
)


@pytest.mark.parametrize(
    "typed",
    [
        "ana@example.org",
        "ana.b+city@mail.example.org",
        "añá@exámple.org",
        "a@b.co",
        f"{'a' * 64}@example.org",
    ],
)
def test_addresses(typed):
    assert is_email_address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example",
        "a b@example.org",
        "ana@example.org\nBcc: all@example.org",
        "ana@example.org\r",
        "ana@example.org, bo@example.org",
        "<ana@example.org>",
        '"ana"@example.org',
        "ana@example.org\x00",
        "ana@@example.org",
        "a\u2028b@example.org",
        f"{'a' * 250}@example.org",
    ],
)
def test_no_addresses(typed):
    assert not is_email_address(typed)


def test_nobody_is_at_a_host_of_invalid_and_only_there():
    assert all(map(is_nowhere, ["a@example.invalid", "a@INVALID.invalid.", "a@b.Invalid"]))
    assert not any(
        map(
            is_nowhere,
            ["invalid@example.org", "a.invalid@b.org", "a@notinvalid", "a@invalid.org", ""],
        )
    )


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ana@example.org\u200b", "ana@example.org"),
        ("\ufeffana@example.org", "ana@example.org"),
        ("\u202aana@example.org\u202c", "ana@example.org"),
        ("ana\u00ad@example.org", "ana@example.org"),
        ("\u00a0ana@example.org\u3000\r\n", "ana@example.org"),
        ("mailto:ana@example.org", "ana@example.org"),
        ("MAILTO:ana%2Bcity@example.org?subject=Pothole", "ana+city@example.org"),
        (" ana@example.org.", "ana@example.org"),
        ("ana@example.org,", "ana@example.org"),
        ("(ana@example.org)", "ana@example.org"),
        ("<ana@example.org>", "ana@example.org"),
        ("<mailto:ana@example.org>", "ana@example.org"),
        ("Ana <ana@example.org>", "ana@example.org"),
        ('"Ortiz, Ana" <ana@example.org>', "ana@example.org"),
        ("“ana@example.org”", "ana@example.org"),
        ("'ana@example.org'", "ana@example.org"),
        ("Ana@EXAMPLE.Org", "Ana@example.org"),
        ("ana@exámple.org", "ana@xn--exmple-qta.org"),
        ("ana@EXA\u0301MPLE.org", "ana@xn--exmple-qta.org"),
        ("cafe\u0301@example.org", "café@example.org"),
        ("ana＠example。org", "ana@example.org"),
        ("o'brien+311@mail.example.org", "o'brien+311@mail.example.org"),
        ("!#$%&*+-/=?^_`{|}~@example.org", "!#$%&*+-/=?^_`{|}~@example.org"),
    ],
)
def test_what_cannot_be_seen_or_meant_is_taken_off(typed, address):
    assert read_email_address(typed) == address
    assert read_email_address(address) == address
    assert is_email_address(address)


@pytest.mark.parametrize(
    "typed",
    [
        "a@[.org",
        "a@[127.0.0.1]",
        "a(b@c.org",
        "a@b(c).org",
        "ana@example..org",
        "ana..b@example.org",
        ".ana@example.org",
        "ana.@example.org",
        "ana@-example.org",
        "ana@example-.org",
        "ana@exam_ple.org",
        "ana@exam ple.org",
        "ana @example.org",
        "ana@192.0.2.7",
        "ana@example.o",
        "ana@" + "a" * 64 + ".org",
        "a" * 65 + "@example.org",
        "é" * 33 + "@example.org",
        "ana@straße.de",
        "ana@🦊.org",
        "🦊@example.org",
        "ana@example.org; bo@example.org",
        "ana@example.org bo@example.org",
        "Ana <ana@example.org>, Bo <bo@example.org>",
        "Ana <ana@example.org",
        "mailto:",
        "@",
        "@.",
        "a@b@c.org",
        "\ud800@example.org",
        "ana@\ud800.org",
        "ana\x7f@example.org",
        "ana@example.org\nBcc: all@example.org",
        "x" * 100_000 + "@example.org",
    ],
)
def test_what_no_mail_server_takes_is_refused(typed):
    assert read_email_address(typed) is None


@given(st.text(max_size=80) | st.from_regex(r"[\x20-\x7e]{0,20}@[\x20-\x7e]{0,20}", fullmatch=True))
def test_whatever_is_typed_is_an_address_that_an_email_can_bear_or_none(typed):
    address = read_email_address(typed)
    if address is not None:
        email = EmailMessage()
        email["To"] = address
        email.set_content("Filled.")
        assert email["To"].addresses[0].addr_spec == address
        assert email.as_bytes(policy=SMTPUTF8).count(b"\n") == len(email.as_string().splitlines())
        assert read_email_address(address) == address
        assert mailbox_of(address)


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Ana@example.org", "ana@example.org"),
        ("ana+1@example.org", "ana@example.org"),
        ("ana+1+2@example.org", "ana@example.org"),
        ("+ana@example.org", "+ana@example.org"),
        ("A.n.a+x@gmail.com", "ana@gmail.com"),
        ("a.na@googlemail.com", "ana@gmail.com"),
        ("a.na@example.org", "a.na@example.org"),
    ],
)
def test_many_spellings_lead_to_one_mailbox(address, mailbox):
    assert mailbox_of(address) == mailbox
