"""One-time codes: the standard's own examples, each good once, and clocks that differ a little."""

from __future__ import annotations

import base64

import pytest

from portal.auth import one_time

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ],
)
def test_the_examples_of_rfc_6238(moment, code):
    assert one_time.compute_code(SECRET, moment // 30) == code


@pytest.mark.parametrize(
    ("seconds", "is_good"), [(-61, False), (-29, True), (0, True), (29, True), (61, False)]
)
def test_a_clock_may_be_half_a_minute_off(seconds, is_good):
    code = one_time.compute_code(SECRET, (1111111110 + seconds) // 30)
    assert (one_time.find_step(SECRET, code, 1111111110, after=0) is not None) == is_good


def test_a_code_is_good_once():
    step = one_time.find_step(SECRET, "287 082", 59, after=0)
    assert step == 1
    assert one_time.find_step(SECRET, "287082", 59, after=step) is None


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "é", "x" * 5_000, "287083", "\ud800"])
def test_what_is_no_code_is_wrong(typed):
    assert one_time.find_step(SECRET, typed, 59, after=0) is None


def test_a_recovery_code_is_known_however_it_is_typed():
    code = one_time.generate_recovery_codes()[0]
    assert one_time.digest_code(f" {code[:5].upper()}-{code[5:]} ") == one_time.digest_code(code)


def test_an_authenticator_is_told_the_city_and_the_name():
    assert one_time.build_app_address("ABC", "Small ville", "Ana & Bo") == (
        "otpauth://totp/Small%20ville%3A%20Ana%20%26%20Bo?secret=ABC&issuer=Small%20ville"
    )


def test_secrets_and_recovery_codes_are_long_and_never_the_same():
    assert len(base64.b32decode(one_time.generate_secret())) == 20
    codes = one_time.generate_recovery_codes()
    assert [len(code) for code in codes] == [10] * 8
    assert len(set(codes + one_time.generate_recovery_codes())) == 16


def test_a_stored_recovery_code_is_32_hexadecimal_digits_of_its_own():
    digests = {one_time.digest_code(code) for code in ("abcde12345", "abcde12346", "")}
    assert {len(digest) for digest in digests} == {32}
    assert len(digests) == 3
