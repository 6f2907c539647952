"""What an operator watches, by hand: three runs, four messages, two e-mails."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from portal.queries.operations import GAUGES, Sample, measure_store
from portal.store.follower_models import Alert
from portal.store.models import DataVersion, SyncCursor, SyncRun
from portal.store.report_models import OutboxMessage

AT = 1_700_000_000


def measured(portal, city) -> list[Sample]:
    with portal.core.connect() as connection:
        return list(measure_store(connection, [city.id], AT))


def test_an_empty_store_has_no_figures(portal, city):
    assert measured(portal, city) == []


@pytest.fixture
def busy_store(portal, city) -> None:
    """Two sources, one of which failed last; messages in three states; an e-mail that waits."""
    runs = [(1, "csv", "done", 900), (2, "csv", "done", 600), (3, "desk", "failed", 10)]
    with portal.transaction() as connection:
        for number, source, state, ago in runs:
            values = {"sync_run_id": number, "source": source, "state": state}
            times = {"started_at": AT - ago - 5, "finished_at": AT - ago}
            connection.execute(insert(SyncRun).values(jurisdiction_id=city.id, **values, **times))
        cursor = {"source": "csv", "cursor": "x", "newest_source_at": AT - 7_200, "moved_at": AT}
        connection.execute(insert(SyncCursor).values(jurisdiction_id=city.id, **cursor))
        connection.execute(
            insert(DataVersion).values(
                jurisdiction_id=city.id, rev=12, changed_at=AT, public_rev=7, public_changed_at=AT
            )
        )
        for number, (state, ago) in enumerate(
            [("pending", 30), ("pending", 90), ("stuck", 60), ("sent", 9_000)], 1
        ):
            connection.execute(
                insert(OutboxMessage).values(
                    jurisdiction_id=city.id,
                    id=f"m{number}",
                    case_key=number,
                    kind="open_case",
                    payload="{}",
                    system="desk",
                    state=state,
                    created_at=AT - ago,
                    not_before=AT,
                    attempts=0,
                )
            )
        for number, (state, ago) in enumerate([("pending", 15), ("sent", 500)], 1):
            connection.execute(
                insert(Alert).values(
                    jurisdiction_id=city.id,
                    case_key=number,
                    kind="closed",
                    rev=1,
                    receiver="",
                    state=state,
                    created_at=AT - ago,
                    not_before=AT,
                    attempts=0,
                )
            )


@pytest.mark.usefixtures("busy_store")
def test_every_figure_is_what_was_stored(portal, city):
    town = city.id
    assert sorted(measured(portal, city)) == sorted(
        [
            Sample("portal_sync_age_seconds", (town, "csv"), 600),
            Sample("portal_sync_lag_seconds", (town, "csv"), 7_200),
            Sample("portal_outbox_messages", (town, "desk", "pending"), 2),
            Sample("portal_outbox_messages", (town, "desk", "stuck"), 1),
            Sample("portal_outbox_messages", (town, "desk", "sent"), 1),
            Sample("portal_outbox_oldest_seconds", (town, "desk"), 90),
            Sample("portal_alerts", (town, "pending"), 1),
            Sample("portal_alerts", (town, "sent"), 1),
            Sample("portal_alerts_oldest_seconds", (town,), 15),
            Sample("portal_store_version", (town,), 12),
        ]
    )


@pytest.mark.usefixtures("busy_store")
def test_every_figure_has_its_gauge_with_as_many_labels(portal, city):
    for sample in measured(portal, city):
        assert len(sample.labels) == len(GAUGES[sample.name][1])
    assert {sample.name for sample in measured(portal, city)} == set(GAUGES)
