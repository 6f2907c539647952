"""Signing in takes all three, allows a few tries, and does not last forever."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.auth import accounts, one_time
from portal.errors import BadRequest, NotAllowed, NotFound
from portal.store.buckets import Limit
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


def fail(sign_in, code: str = "000000", **tried) -> str:
    """What someone is told who gets no further, such as one who guesses."""
    with pytest.raises(NotAllowed) as refusal:
        sign_in(code, **({"password": "guess"} | tried))
    return str(refusal.value)


def test_name_password_and_code_let_in(enrol, sign_in, portal, city):
    token = sign_in(code_of(enrol(role="manager")))
    found = who(portal, city, token)
    assert (found.name, found.is_manager) == ("Ana", True)


def test_each_part_alone_is_not_enough_and_all_sound_the_same(enrol, sign_in):
    right = {"code": code_of(enrol()), "password": PASSWORD}
    wrongs = (
        {"name": "Bo"},
        {"password": "another sentence"},
        {"code": "000000"},
        {"password": "", "code": ""},
    )
    assert len({fail(sign_in, **(right | wrong)) for wrong in wrongs}) == 1


def test_a_code_lets_in_once(enrol, sign_in):
    code = code_of(enrol())
    sign_in(code)
    fail(sign_in, code, password=PASSWORD)


def test_a_recovery_code_lets_in_once(enrol, sign_in):
    code = enrol().recovery_codes[3]
    sign_in(code)
    fail(sign_in, code, password=PASSWORD)


def test_after_eight_tries_from_one_address_even_the_right_ones_wait(enrol, sign_in):
    made = enrol()
    for _ in range(8):
        fail(sign_in)
    assert "wait" in fail(sign_in, code_of(made), password=PASSWORD)
    assert sign_in(code_of(made), address="198.51.100.1")
    assert sign_in(code_of(made, NOON + 900), now=NOON + 900)


def test_tries_count_for_half_of_an_ipv6_address_which_is_one_household(enrol, sign_in):
    made = enrol()
    for number in range(8):
        fail(sign_in, address=f"2606:4700:1:2:{number:x}::1")
    assert "wait" in fail(
        sign_in, code_of(made), password=PASSWORD, address="2606:4700:1:2:ffff::1"
    )
    assert sign_in(code_of(made), address="2606:4700:1:3::1")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "unknown", ""])
def test_where_all_visitors_have_the_proxys_address_none_locks_another_out(enrol, sign_in, address):
    """Eight wrong tries of anyone shut a named member of staff out."""
    made = enrol()
    for _ in range(20):
        fail(sign_in, address=address)
    assert sign_in(code_of(made), address=address)


def test_guessing_one_name_from_many_addresses_ends_too(enrol, sign_in):
    made = enrol()
    for number in range(100):
        fail(sign_in, address=f"198.18.{number}.1")
    assert "wait" in fail(sign_in, code_of(made), password=PASSWORD, address="198.18.200.1")


def test_who_guesses_many_names_from_one_address_waits(enrol, sign_in, monkeypatch):
    monkeypatch.setattr(accounts, "PER_NAME_OR_ADDRESS", Limit(3, 6))
    made = enrol()
    answers = [fail(sign_in, name=f"Somebody {number}") for number in range(4)]
    assert ["wait" in answer for answer in answers] == [False, False, False, True]
    assert "wait" in fail(sign_in, code_of(made), password=PASSWORD)
    assert sign_in(code_of(made), address="198.51.100.1")


@pytest.mark.parametrize(
    ("limit", "tried"),
    [
        ("PER_NAME_AND_ADDRESS", {}),
        ("PER_NAME_OR_ADDRESS", {"address": "203.0.113.8"}),
        ("PER_NAME_OR_ADDRESS", {"name": "Bo"}),
    ],
    ids=["both", "name", "address"],
)
def test_a_try_that_one_bucket_refuses_is_counted_in_the_others(
    enrol, sign_in, monkeypatch, limit, tried
):
    enrol()
    monkeypatch.setattr(accounts, limit, Limit(1, 1))
    fail(sign_in)
    assert "wait" in fail(sign_in, **tried)


class MeanwhilePortal:
    """A portal where something happens between the first transaction and the second."""

    def __init__(self, portal, meanwhile) -> None:
        self.portal, self.meanwhile, self.transactions = portal, meanwhile, 0
        self.settings = portal.settings

    def transaction(self):
        self.transactions += 1
        if self.transactions == 2:
            self.meanwhile()
        return self.portal.transaction()


@pytest.mark.parametrize("with_recovery_code", [False, True])
@pytest.mark.parametrize("change", ["new password", "removed"])
def test_the_old_password_opens_nothing_in_the_moment_of_a_new_one(
    enrol, portal, city, with_recovery_code, change
):
    made = enrol()

    def meanwhile() -> None:
        if change == "new password":
            enrol(password="another long sentence")
            return
        with portal.transaction() as connection:
            accounts.remove_account(connection, city.id, "Ana")

    code = made.recovery_codes[0] if with_recovery_code else code_of(made)
    between = MeanwhilePortal(portal, meanwhile)
    with pytest.raises(NotAllowed, match="do not belong together"):
        accounts.sign_in(between, city.id, "Ana", PASSWORD, code, "203.0.113.7", NOON)
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from staff_sessions")).scalar() == 0


def test_a_code_typed_twice_in_one_moment_lets_in_once(enrol, sign_in, portal, city):
    code = code_of(enrol())
    between = MeanwhilePortal(portal, lambda: sign_in(code))
    with pytest.raises(NotAllowed, match="do not belong together"):
        accounts.sign_in(between, city.id, "Ana", PASSWORD, code, "203.0.113.7", NOON)


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
    fail(sign_in, code_of(old, NOON + 60), password="another long sentence", now=NOON + 60)


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


def test_a_name_of_a_hundred_characters_and_passwords_of_15_and_1_000_are_taken(enrol):
    for name, password in (("x", "x" * 15), ("x" * 100, "x" * 1_000)):
        assert enrol(name, password=password).secret


def test_signing_out_ends_one_session_and_no_other(enrol, sign_in, portal, city):
    made = enrol()
    first, second = sign_in(code_of(made)), sign_in(made.recovery_codes[0])
    with portal.transaction() as connection:
        accounts.sign_out(connection, city.id, first)
        accounts.sign_out(connection, "elsewhere", second)
    assert who(portal, city, first) is None
    assert who(portal, city, second)


def test_a_page_a_minute_later_is_worth_a_note_and_takes_old_sessions_away(
    enrol, sign_in, portal, city
):
    made = enrol()
    old, new = sign_in(code_of(made)), sign_in(made.recovery_codes[0], now=NOON + 10)
    with portal.transaction() as connection:
        due = [
            accounts.is_touch_due(connection, city.id, old, NOON + seconds) for seconds in (59, 60)
        ]
        kept = text("select count(*) from staff_sessions")
        accounts.touch_session(connection, city.id, new, NOON + accounts.IDLE_SECONDS)
        before = connection.execute(kept).scalar()
        accounts.touch_session(connection, city.id, new, NOON + accounts.IDLE_SECONDS + 1)
        after = connection.execute(kept).scalar()
    assert (due, before, after) == ([False, True], 2, 1)
