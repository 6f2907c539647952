"""Signing in takes all three, allows a few tries, and does not last forever."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.auth import accounts, one_time
from portal.errors import BadRequest, NotAllowed, NotFound
from tests.staff.conftest import NOON, PASSWORD


@pytest.fixture
def sign_in(portal, city):
    """sign_in(code) → the token of Ana's session."""

    def begin(
        code: str,
        name: str = "Ana",
        password: str = PASSWORD,
        address: str = "203.0.113.7",
        now: int = NOON,
    ) -> str:
        return accounts.sign_in(portal, city.id, name, password, code, address, now)

    return begin


def code_of(enrolment, now: int = NOON) -> str:
    return one_time.compute_code(enrolment.secret, now // 30)


def who(portal, city, token: str, now: int = NOON):
    with portal.core.connect() as connection:
        return accounts.find_session_owner(connection, city.id, token, now)


def test_name_password_and_code_let_in(enrol, sign_in, portal, city):
    token = sign_in(code_of(enrol(role="manager")))
    found = who(portal, city, token)
    assert (found.name, found.is_manager) == ("Ana", True)


def test_each_part_alone_is_not_enough_and_all_sound_the_same(enrol, sign_in):
    code = code_of(enrol())
    said = set()
    for wrong in (
        {"name": "Bo"},
        {"password": "another sentence"},
        {"code": "000000"},
        {"password": "", "code": ""},
    ):
        with pytest.raises(NotAllowed) as refusal:
            sign_in(**({"code": code} | wrong))
        said.add(str(refusal.value))
    assert len(said) == 1


def test_a_code_lets_in_once(enrol, sign_in):
    code = code_of(enrol())
    sign_in(code)
    with pytest.raises(NotAllowed):
        sign_in(code)


def test_a_recovery_code_lets_in_once(enrol, sign_in):
    code = enrol().recovery_codes[3]
    sign_in(code)
    with pytest.raises(NotAllowed):
        sign_in(code)


def test_after_eight_tries_from_one_address_even_the_right_ones_wait(enrol, sign_in):
    made = enrol()
    for _ in range(8):
        with pytest.raises(NotAllowed):
            sign_in("000000", password="guess")
    with pytest.raises(NotAllowed, match="wait"):
        sign_in(code_of(made))
    assert sign_in(code_of(made), address="198.51.100.1")
    assert sign_in(code_of(made, NOON + 900), now=NOON + 900)


@pytest.mark.parametrize(
    ("seconds", "is_in"),
    [(0, True), (accounts.IDLE_SECONDS, True), (accounts.IDLE_SECONDS + 1, False)],
)
def test_a_session_ends_an_hour_after_its_last_page(enrol, sign_in, portal, city, seconds, is_in):
    token = sign_in(code_of(enrol()))
    assert (who(portal, city, token, NOON + seconds) is not None) == is_in


def test_a_session_ends_after_twelve_hours_however_busy(enrol, sign_in, portal, city):
    token = sign_in(code_of(enrol()))
    for minutes in range(30, 12 * 60 + 1, 30):
        with portal.transaction() as connection:
            accounts.touch_session(connection, city.id, token, NOON + 60 * minutes)
    assert who(portal, city, token, NOON + accounts.MAX_SESSION_SECONDS)
    assert who(portal, city, token, NOON + accounts.MAX_SESSION_SECONDS + 1) is None


def test_a_new_password_ends_the_sessions_and_the_old_second_factor(enrol, sign_in, portal, city):
    old = enrol()
    token = sign_in(code_of(old))
    enrol(password="another long sentence")
    assert who(portal, city, token) is None
    with pytest.raises(NotAllowed):
        sign_in(code_of(old, NOON + 60), password="another long sentence", now=NOON + 60)


def test_who_is_taken_away_is_out_at_once(enrol, sign_in, portal, city):
    token = sign_in(code_of(enrol()))
    with portal.transaction() as connection:
        accounts.remove_account(connection, city.id, "Ana")
        with pytest.raises(NotFound):
            accounts.remove_account(connection, city.id, "Ana")
    assert who(portal, city, token) is None


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("x" * 101, PASSWORD), ("Ana", "fourteen chars"), ("Ana", "x" * 1_001)],
)
def test_an_account_needs_a_name_and_a_long_password(enrol, name, password):
    with pytest.raises(BadRequest):
        enrol(name, password=password)


@pytest.mark.parametrize("token", ["", "x", "é", "x" * 10_000, "\x00"])
def test_a_bad_token_opens_no_session(portal, city, token):
    assert who(portal, city, token) is None


def test_nothing_that_opens_an_account_is_in_the_store(enrol, sign_in, portal):
    made = enrol()
    token = sign_in(code_of(made))
    with portal.core.connect() as connection:
        kept = " ".join(
            str(row)
            for table in ("staff", "staff_sessions")
            for row in connection.execute(text(f"select * from {table}"))
        )
    for secret in (PASSWORD, made.secret, token, *made.recovery_codes):
        assert secret not in kept
