"""A bucket gives out its tokens, and fills up again with time, up to its capacity."""

from __future__ import annotations

from portal.store.buckets import Limit, forget_full, take_token

THREE_AN_HOUR = Limit(capacity=2, per_hour=3)


def take_at(portal, city, *moments: int, name: str = "reports of Ana") -> list[bool]:
    answers = []
    for now in moments:
        with portal.transaction() as connection:
            answers.append(take_token(connection, city.id, name, THREE_AN_HOUR, now))
    return answers


def test_so_many_at_once_and_then_one_every_twenty_minutes(portal, city):
    assert take_at(portal, city, 0, 0, 0, 1_201, 1_201) == [True, True, False, True, False]


def test_a_full_bucket_does_not_run_over(portal, city):
    assert take_at(portal, city, 0, 1_000_000, 1_000_000, 1_000_000) == [True, True, True, False]


def test_buckets_of_two_people_are_two(portal, city):
    assert take_at(portal, city, 0, 0, 0) == [True, True, False]
    assert take_at(portal, city, 0, name="reports of Bo") == [True]


def test_a_clock_that_goes_back_gives_nothing(portal, city):
    assert take_at(portal, city, 5_000, 5_000, 10) == [True, True, False]


def test_a_bucket_not_used_for_a_day_is_forgotten(portal, city):
    take_at(portal, city, 0, 0, 0)
    with portal.transaction() as connection:
        forget_full(connection, 86_401)
    assert take_at(portal, city, 86_401, 86_401) == [True, True]
