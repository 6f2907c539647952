"""The sync's notes are kept for 90 days, a source's last runs forever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.services.forgetting import forget_expired
from portal.services.sync import quarantine, sync_runs
from portal.services.sync.quarantine import RejectedRow
from tests.sync.support import NOW, rows_of


@pytest.fixture
def run(portal, city):
    """run("town", 91) logs a run of so many days ago that ended well."""

    def log(source: str, days_ago: int, state: str = sync_runs.DONE) -> None:
        at = int((NOW - timedelta(days=days_ago)).timestamp())
        with portal.transaction() as connection:
            number = sync_runs.start_run(connection, city.id, source, at)
            sync_runs.finish_run(connection, city.id, number, state, None, at)

    return log


@pytest.fixture
def hold(portal, city):
    """hold("a", 91) keeps a row aside that was last seen so many days ago."""

    def keep(raw: str, days_ago: int) -> None:
        at = int((NOW - timedelta(days=days_ago)).timestamp())
        with portal.transaction() as connection:
            quarantine.add_rows(
                connection, city.id, "town", [RejectedRow(raw, "bad_time", "the time is none")], at
            )

    return keep


def runs_left(portal) -> list[tuple]:
    forget_expired(portal, int(NOW.timestamp()))
    return rows_of(portal, "select source, sync_run_id from sync_runs order by sync_run_id")


def test_runs_of_more_than_90_days_ago_are_forgotten(portal, run):
    for days_ago in (92, 91, 90, 1):
        run("town", days_ago)
    assert runs_left(portal) == [("town", 3), ("town", 4)]


def test_the_last_run_of_a_source_and_its_last_good_one_stay(portal, run):
    run("retired", 400)
    run("retired", 399)
    run("failing", 300)
    run("failing", 200, sync_runs.FAILED)
    run("failing", 199, sync_runs.FAILED)
    run("town", 1)
    assert runs_left(portal) == [("retired", 2), ("failing", 3), ("failing", 5), ("town", 6)]


def test_rows_kept_aside_are_forgotten_90_days_after_they_last_came(portal, hold):
    hold("long gone", 91)
    hold("comes again and again", 400)
    hold("comes again and again", 2)
    forget_expired(portal, int(NOW.timestamp()))
    assert rows_of(portal, "select raw from quarantine") == [("comes again and again",)]


def test_a_large_backlog_goes_a_part_at_a_time(portal, city, run, hold, monkeypatch):
    for number in range(3):
        hold(str(number), 100)
        run("town", 100)
    monkeypatch.setattr(quarantine, "FORGOTTEN_AT_ONCE", 2)
    monkeypatch.setattr(sync_runs, "FORGOTTEN_AT_ONCE", 2)
    assert runs_left(portal) == [("town", 3)]
    assert len(rows_of(portal, "select 1 from quarantine")) == 1
