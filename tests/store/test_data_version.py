"""The number of a city's last batch: batches come one after the other, from every writer."""

from __future__ import annotations

import threading

from sqlalchemy import text

from portal.store import data_version
from tests.support.queries import rows_of

NOW = 1_795_435_200


def rows(portal) -> list[tuple]:
    query = "select jurisdiction_id, rev, changed_at from data_versions order by 1"
    return rows_of(portal.core, query)


def test_a_city_without_batches_is_at_zero_and_its_first_batch_is_the_first(portal, city):
    with portal.transaction() as connection:
        assert data_version.lock(connection, city.id, NOW) == 0
        assert data_version.lock(connection, city.id, NOW + 1) == 0
        assert data_version.advance(connection, city.id, NOW + 2, is_public=True) == 1
    with portal.transaction() as connection:
        assert data_version.advance(connection, "elsewhere", NOW + 3, is_public=True) == 1
    assert rows(portal) == [("elsewhere", 1, NOW + 3), (city.id, 1, NOW + 2)]


def test_a_batch_that_changed_something_sets_the_version_and_another_does_not(portal, city):
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, NOW) + 1
        data_version.set_version(connection, city.id, rev, NOW + 1, is_public=True)
    with portal.transaction() as connection:
        assert data_version.lock(connection, city.id, NOW + 2) == 1
    assert rows(portal) == [(city.id, 1, NOW + 1)]


def test_batches_of_eight_writers_at_once_have_numbers_of_their_own(portal, city):
    numbers: list[int] = []

    def write() -> None:
        for _ in range(5):
            with portal.transaction() as connection:
                numbers.append(data_version.advance(connection, city.id, NOW, is_public=True))

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(numbers) == list(range(1, 41))


def test_a_batch_that_failed_leaves_its_number_to_the_next(portal, city):
    try:
        with portal.transaction() as connection:
            data_version.advance(connection, city.id, NOW, is_public=True)
            raise RuntimeError("in the middle")
    except RuntimeError:
        pass
    with portal.transaction() as connection:
        assert data_version.advance(connection, city.id, NOW, is_public=True) == 1


def public_version(portal) -> tuple:
    with portal.public.connect() as connection:
        query = text("select rev, changed_at from public_data_versions")
        return tuple(connection.execute(query).one())


def test_the_public_sees_public_changes_counted_and_dated_and_no_others(portal, city):
    with portal.transaction() as connection:
        assert data_version.advance(connection, city.id, NOW, is_public=False) == 1
    assert public_version(portal) == (0, 0)
    with portal.transaction() as connection:
        assert data_version.advance(connection, city.id, NOW + 1, is_public=True) == 2
    with portal.transaction() as connection:
        assert data_version.advance(connection, city.id, NOW + 2, is_public=False) == 3
    assert public_version(portal) == (1, NOW + 1)
    assert rows(portal) == [(city.id, 3, NOW + 2)]
    assert portal.data_version(city.id) == 1
