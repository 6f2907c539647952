"""Who may sign in at the desk: how many wrong passwords, from where, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from data_sync.desk import accounts
from data_sync.desk.errors import DeskError, TooManyFailures
from data_sync.desk.models import SignInFailure, write

PASSWORD = "fifteen letters"


@pytest.fixture
def ana(desk):
    accounts.add_staff(desk, " Ana ", PASSWORD)


def failed(desk, clock, times: int, name: str = "Ana", address: str = "::1") -> None:
    at = int(clock().timestamp())
    rows = [{"name": name, "address": address, "at": at} for _ in range(times)]
    with write(desk) as connection:
        connection.execute(insert(SignInFailure), rows)


def is_let_in(desk, now, password: str = PASSWORD, address: str = "::1") -> bool:
    try:
        return accounts.sign_in(desk, "Ana", password, address=address, now=now) is not None
    except TooManyFailures:
        return False


@pytest.mark.parametrize(
    ("times", "whose", "is_open"),
    [
        (7, {}, True),
        (8, {}, False),
        (8, {"name": "Ben"}, True),
        (8, {"address": "::2"}, True),
        (99, {"name": "Ben"}, True),
        (100, {"name": "Ben"}, False),
        (99, {"address": "::2"}, True),
        (100, {"address": "::2"}, False),
        (100, {"name": "Ben", "address": "::2"}, True),
    ],
    ids=str,
)
def test_eight_failures_of_one_person_shut_the_door_and_a_hundred_of_a_name_or_an_address(
    desk, clock, ana, times, whose, is_open
):
    failed(desk, clock, times, **whose)
    assert is_let_in(desk, clock()) is is_open


def test_the_door_opens_after_a_quarter_of_an_hour_and_old_failures_are_forgotten(desk, clock, ana):
    failed(desk, clock, 8)
    quarter = timedelta(minutes=15)
    assert not is_let_in(desk, clock() + quarter - timedelta(seconds=1))
    assert is_let_in(desk, clock() + quarter)
    assert not is_let_in(desk, clock() + quarter, password="another sentence")
    with desk.connect() as connection:
        kept = connection.execute(select(func.count()).select_from(SignInFailure)).scalar_one()
    assert kept == 1


def test_a_session_is_of_an_account_and_ends_with_a_new_password(desk, clock, ana):
    key = accounts.sign_in(desk, "Ana", PASSWORD, address="::1", now=clock())
    assert accounts.is_signed_in(desk, "Ana", key)
    for name, other in (("Ana", "x"), ("Ben", key), ("Ben", None), (None, None), ("Ana", None)):
        assert not accounts.is_signed_in(desk, name, other)
    accounts.add_staff(desk, "Ana", PASSWORD)
    assert not accounts.is_signed_in(desk, "Ana", key)


def test_a_name_has_a_hundred_characters_and_a_password_fifteen(desk):
    accounts.add_staff(desk, "x", PASSWORD)
    accounts.add_staff(desk, "x" * 100, PASSWORD)
    with pytest.raises(DeskError, match="1 to 100"):
        accounts.add_staff(desk, "x" * 101, PASSWORD)
    with pytest.raises(DeskError, match="has 14 characters; at least 15"):
        accounts.add_staff(desk, "Ana", PASSWORD[:14])


def test_an_account_is_removed_once_and_another_one_stays(desk, clock, ana):
    accounts.add_staff(desk, "Ben", PASSWORD)
    accounts.remove_staff(desk, "Ben ")
    with pytest.raises(DeskError, match="no account 'Ben'"):
        accounts.remove_staff(desk, "Ben")
    assert is_let_in(desk, clock())
