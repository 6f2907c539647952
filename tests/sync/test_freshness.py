"""Data health: what is said of each source and of the rows that could not be used."""

from __future__ import annotations

from sqlalchemy import insert

from portal.queries.sync import quarantine_by_reason, source_health
from portal.store.models import QuarantinedRow, SyncCursor, SyncRun


def add_run(portal, city, number: int, source: str, state: str, **columns) -> None:
    with portal.transaction() as connection:
        values = {
            "jurisdiction_id": city.id,
            "sync_run_id": number,
            "source": source,
            "state": state,
            "started_at": number * 100,
        }
        connection.execute(
            insert(SyncRun).values(
                **values
                | {"read": 0, "new": 0, "changed": 0, "unchanged": 0, "quarantined": 0}
                | columns
            )
        )


def test_before_the_first_sync_no_source_is_known(portal, city):
    assert portal.cached(source_health, city.id, 1_000) == ()
    assert portal.cached(quarantine_by_reason, city.id) == ()


def test_source_shows_its_last_run_and_when_one_last_ended_well(portal, city):
    add_run(
        portal,
        city,
        1,
        "city",
        "done",
        finished_at=150,
        read=10,
        new=9,
        quarantined=1,
        newest_source_at=90,
    )
    add_run(
        portal,
        city,
        2,
        "city",
        "failed",
        finished_at=250,
        message="The city's system answered 503.",
    )
    add_run(portal, city, 3, "desk", "running", read=5)
    with portal.transaction() as connection:
        connection.execute(
            insert(SyncCursor).values(
                jurisdiction_id=city.id,
                source="city",
                cursor="{}",
                newest_source_at=90,
                moved_at=150,
            )
        )
    city_health, desk = portal.cached(source_health, city.id, 1_090)
    assert (city_health.source, city_health.state) == ("city", "failed")
    assert (city_health.started_at, city_health.succeeded_at) == (200, 150)
    assert (city_health.newest_source_at, city_health.lag_seconds) == (90, 1_000)
    assert (desk.source, desk.state, desk.read, desk.succeeded_at, desk.lag_seconds) == (
        "desk",
        "running",
        5,
        None,
        None,
    )


def test_quarantine_is_counted_by_reason_most_first_without_what_was_mended(portal, city):
    rows = [
        ("a", "future_date", None),
        ("b", "future_date", None),
        ("c", "no_date", None),
        ("d", "no_date", 900),
    ]
    with portal.transaction() as connection:
        for raw_hash, reason, resolved_at in rows:
            connection.execute(
                insert(QuarantinedRow).values(
                    jurisdiction_id=city.id,
                    source="city",
                    raw_hash=raw_hash,
                    reason=reason,
                    message="",
                    raw="secret",
                    first_seen_at=1,
                    last_seen_at=2,
                    resolved_at=resolved_at,
                )
            )
    found = portal.cached(quarantine_by_reason, city.id)
    assert [(count.source, count.reason, count.rows) for count in found] == [
        ("city", "future_date", 2),
        ("city", "no_date", 1),
    ]
