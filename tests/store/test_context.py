"""The portal's one object: whose city, which version, what is kept."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from portal.cache.answer_store import AnswerStore, estimate_bytes
from portal.context import Portal
from portal.errors import NotReady
from portal.secrets import derive_key, secret_key
from portal.settings import Settings


def count_cases(connection, city_id: str, asked: list[str]) -> int:
    asked.append(city_id)
    return connection.execute(
        text("select count(id) from public_cases where jurisdiction_id = :city"), {"city": city_id}
    ).scalar_one()


def endless(connection, _city_id: str) -> None:
    connection.exec_driver_sql(
        "select max(a.id) from public_cases a, public_cases b, public_cases c"
        " where a.id + b.id + c.id = 0"
    ).all()


@pytest.mark.usefixtures("many_cases")
def test_a_look_up_that_takes_too_long_is_a_sentence_for_the_visitor(portal: Portal, city):
    with pytest.raises(NotReady, match="takes too long to look up"):
        portal.cached(endless, city.id)
    assert portal.data_version(city.id) == 0


class Asked(list):
    """A list whose name in a cache key stays the same while it grows."""

    def __repr__(self) -> str:
        return "asked"


def test_a_look_up_is_kept_until_the_store_changes(portal: Portal, city, add_case):
    asked = Asked()
    assert [portal.cached(count_cases, city.id, asked) for _ in range(3)] == [0, 0, 0]
    add_case("101")
    assert [portal.cached(count_cases, city.id, asked) for _ in range(3)] == [1, 1, 1]
    assert len(asked) == 2


def test_what_takes_long_to_make_is_given_as_it_was_until_it_is_renewed(
    portal: Portal, city, add_case
):
    asked = Asked()

    def slow(connection, city_id: str, asked: list[str]) -> int:
        time.sleep(0.1)
        return count_cases(connection, city_id, asked)

    assert portal.cached_stale(slow, city.id, asked) == 0
    add_case("101")
    assert [portal.cached_stale(slow, city.id, asked) for _ in range(3)] == [0, 0, 0]
    assert [portal.renew(slow, city.id, asked).answer for _ in range(3)] == [1, 1, 1]
    assert portal.cached_stale(slow, city.id, asked) == 1
    assert len(asked) == 2


def test_what_is_made_in_no_time_is_never_old(portal: Portal, city, add_case):
    asked = Asked()
    assert portal.cached_stale(count_cases, city.id, asked) == 0
    add_case("101")
    assert [portal.cached_stale(count_cases, city.id, asked) for _ in range(3)] == [1, 1, 1]
    assert len(asked) == 2


def test_a_host_name_names_the_city_and_an_unknown_one_the_first(city):
    portal = Portal(Settings(), cities={city.id: city})
    for host in ("smallville.localhost", "SMALLVILLE.localhost:8050", "127.0.0.1:8050", "", None):
        assert portal.city(host) is city


def test_a_portal_without_facts_says_how_to_get_them(portal: Portal, city):
    with pytest.raises(NotReady, match="facts"):
        portal.facts(city.id)


def test_a_city_without_cases_has_version_zero(portal: Portal):
    assert portal.data_version("nowhere") == 0


def test_the_cache_drops_what_was_used_longest_ago():
    cache, asked = AnswerStore(max_bytes=1_000), []

    def ask(name: str) -> str:
        return cache.get_or_ask(name, lambda: asked.append(name) or name * 300)

    for name in ("a", "b", "a", "c", "a", "b"):
        ask(name)
    assert asked == ["a", "b", "c", "b"]


def test_the_cache_keeps_no_answer_larger_than_itself_and_no_error():
    cache, asked = AnswerStore(max_bytes=1_000), []
    for _ in range(2):
        cache.get_or_ask("large", lambda: asked.append(1) or "x" * 2_000)
        with pytest.raises(ZeroDivisionError):
            cache.get_or_ask("wrong", lambda: 1 // 0)
    assert len(asked) == 2


def test_twenty_thousand_numbers_weigh_hundreds_of_kilobytes():
    assert 400_000 < estimate_bytes(tuple(range(10**9, 10**9 + 20_000))) < 1_500_000


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path):
    settings = Settings(data_dir=tmp_path / "var")
    assert secret_key(settings) == secret_key(settings)
    assert len(secret_key(settings)) == 64
    assert (tmp_path / "var" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_of_the_settings_is_not_written_down(tmp_path):
    settings = Settings(data_dir=tmp_path / "var", secret_key="mine")
    assert secret_key(settings) == "mine"
    assert not (tmp_path / "var").exists()
    assert derive_key(settings, "a") != derive_key(settings, "b")
