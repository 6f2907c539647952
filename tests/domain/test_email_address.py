"""What can be written on an envelope, and nothing that could be more than one address."""

from __future__ import annotations

import pytest

from portal.domain.email_address import is_email_address, is_nowhere


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
