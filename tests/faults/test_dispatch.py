"""Reports are taken and sent while the portal is killed and the city's system fails and lies.

After every round, and in the end when all is well again: whatever was acknowledged is here once and
there once; a number that the system made up is with staff, and no public case has changed. A short
run by itself; `make faults` makes a long one and writes its table into docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from portal.context import Portal
from portal.photos import files
from portal.services.report.confirming import confirm_arrival
from portal.services.report.outbox import undelivered_messages
from portal.services.shared.photos_sweep import UNSENT_SECONDS, sweep_photos
from portal.settings import Settings
from portal.store.engines import write
from tests.faults.mortal import POINTS, clock, has_photo, photo_of, town
from tests.faults.work_orders import WorkOrders

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "8"))
REPORTS_A_ROUND = int(os.environ.get("FAULT_REPORTS", "6"))
ROUND_SECONDS = 2.0 + REPORTS_A_ROUND / 10
LAST_SECONDS = 60.0 + ROUNDS * REPORTS_A_ROUND / 20
"""How long everything that still waits may take in the end."""
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


class Nursery:
    """The program that runs rounds; `acknowledged` are the numbers of reports by their keys."""

    def __init__(self, settings: Settings, url: str) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.faults.mortal",
            str(settings.data_dir),
            settings.database_url,
            url,
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.acknowledged: dict[str, str] = {}
        self.refused: Counter[str] = Counter()

    def live(self, keys: list[str], **chosen: object) -> int:
        """One round; how its process ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(
            json.dumps({"keys": keys, "seconds": ROUND_SECONDS, **chosen}) + "\n"
        )
        for line in self.process.stdout:
            word, *rest = line.split()
            if word == "ack":
                assert (
                    self.acknowledged.setdefault(rest[0], rest[1]) == rest[1]
                )  # the same key is the same report
            elif word == "not":
                self.refused[rest[0]] += 1
            else:
                return int(rest[0])
        raise AssertionError("the nursery is gone")

    def close(self) -> None:
        self.process.kill()
        self.process.wait(30)


@pytest.fixture
def orders() -> Iterator[WorkOrders]:
    made = WorkOrders(seed=2009)
    yield made
    made.close()


@pytest.fixture
def nursery(settings, orders) -> Iterator[Nursery]:
    made = Nursery(settings, orders.url)
    yield made
    made.close()


@pytest.mark.faults
def test_what_was_acknowledged_is_here_once_and_there_once(
    portal, settings, database, add_case, orders, nursery
):
    add_case("101", note="It was there before")
    before = _row_of(portal, "101")
    die, ended = random.Random(311), Counter()  # noqa: S311
    began, unanswered = time.monotonic(), list[str]()
    for number in range(ROUNDS):
        keys = [*unanswered, *(f"report-{number}-{place}" for place in range(REPORTS_A_ROUND))]
        kind = ("kill", "kill", "kill", "full", "locked", "down")[number % 6]
        orders.is_down = kind == "down"
        if kind == "kill":
            point = POINTS[number // 2 % len(POINTS)]
            code = nursery.live(keys, point=point, nth=die.randint(1, REPORTS_A_ROUND))
        elif kind == "full" and database == "sqlite":
            code = nursery.live(keys, room=_largest_file(settings) + die.randint(1, 60_000))
        elif kind == "locked" and database == "sqlite":
            with _locked(portal, 1.0):
                code = nursery.live(keys)
        else:
            code = nursery.live(keys)
        ended["killed" if code == -signal.SIGKILL else kind] += 1
        assert code in (0, -signal.SIGKILL)
        unanswered = [key for key in keys if key not in nursery.acknowledged]
        check_whole(portal, database, nursery.acknowledged, orders)
        check_numbers(portal, orders)
        assert _row_of(portal, "101") == before
    orders.is_down, orders.is_well = False, True
    nursery.live(unanswered, seconds=LAST_SECONDS)
    flagged = decide_as_staff(portal, orders)
    check_all_arrived(portal, nursery.acknowledged, orders)
    assert _row_of(portal, "101") == before
    assert set(flagged) <= orders.lied_about
    assert sum(orders.lies.values()) > 0
    assert len(nursery.acknowledged) == ROUNDS * REPORTS_A_ROUND
    assert ended["killed"] >= ROUNDS // 4
    if "FAULT_ROUNDS" in os.environ:
        write_table(
            database,
            ROUNDS,
            ended["killed"],
            len(nursery.acknowledged),
            orders,
            len(flagged),
            time.monotonic() - began,
        )


@pytest.mark.faults
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_sender_that_did_not_ask_first_would_be_found(add_case, orders, nursery):
    add_case("101")
    nursery.live([f"report-{number}" for number in range(8)], seconds=10.0, is_blind=True)
    assert max(orders.cases.values()) > 1


def check_whole(
    portal: Portal, database: str, acknowledged: dict[str, str], orders: WorkOrders
) -> None:
    """The store is sound: each report has its case and message, nothing twice, and sent is sent."""
    portal.core.dispose()
    with portal.core.connect() as connection:
        if database == "sqlite":
            assert connection.exec_driver_sql("pragma quick_check").scalar() == "ok"
        born = (
            connection.execute(text("select case_id from cases where source = 'portal'"))
            .scalars()
            .all()
        )
        told = (
            connection.execute(text("select case_key from outbox where kind = 'open_case'"))
            .scalars()
            .all()
        )
        reports = connection.execute(text("select case_key from reports")).scalars().all()
        sent = connection.execute(text(_SENT)).scalars().all()
        photos = connection.execute(text(_PHOTOS)).all()
        newest = connection.execute(text("select max(rev) from cases")).scalar()
        assert newest == connection.execute(text("select rev from data_versions")).scalar()
    assert len(photos) == len(reports)
    assert [
        (key, name) for key, name in photos if name != (photo_of(key) if has_photo(key) else None)
    ] == []
    assert [
        name for _, name in photos if name and not files.is_whole(portal.photos_folder, name)
    ] == []
    assert len(born) == len(set(born))
    assert sorted(told) == sorted(reports)
    assert len(reports) == len(born)
    assert set(acknowledged.values()) <= set(born)
    assert [reference for reference, cases in orders.cases.items() if cases > 1] == []
    assert set(sent) <= set(orders.cases)


def check_numbers(portal: Portal, orders: WorkOrders) -> None:
    """Each number that we believe is its own case's, and no case has another's."""
    with portal.core.connect() as connection:
        known = connection.execute(text(_NUMBERS)).all()
    orders.known = [number for _, number in known]
    assert [(case, number) for case, number in known if number != orders.number_of(case)] == []


def decide_as_staff(portal: Portal, orders: WorkOrders) -> list[str]:
    """Staff look into the system for what is stuck, and say what they found; our numbers of it."""
    with portal.core.connect() as connection:
        stuck = [m for m in undelivered_messages(connection, town().id) if m.needs_staff]
    for message in stuck:
        assert orders.cases[message.case_id] == 1
        number = orders.number_of(message.case_id)
        with portal.transaction() as connection:
            confirm_arrival(connection, town(), message.id, number, int(clock()))
    more = decide_as_staff(portal, orders) if stuck else []
    return [message.case_id for message in stuck] + more


def _row_of(portal: Portal, case_id: str) -> tuple:
    """All that the store has of a public case."""
    with portal.public.connect() as connection:
        query = text("select * from public_cases where case_id = :case")
        return tuple(connection.execute(query, {"case": case_id}).one())


def check_all_arrived(portal: Portal, acknowledged: dict[str, str], orders: WorkOrders) -> None:
    with portal.core.connect() as connection:
        states = {
            row[0]: row[1]
            for row in connection.execute(text("select state, count(*) from outbox group by state"))
        }
        born = (
            connection.execute(text("select case_id from cases where source = 'portal'"))
            .scalars()
            .all()
        )
        marked = connection.execute(
            text("select count(*) from reports where sent_at is not null")
        ).scalar()
    assert states == {"sent": len(born)}
    assert marked == len(born)
    assert orders.cases == Counter(born)
    assert set(born) == set(acknowledged.values())
    later = int(clock()) + 2 * UNSENT_SECONDS
    assert sweep_photos(portal, later).given_up == 0, "every photo found its report"
    assert set(files.list_names(portal.photos_folder, later)) == {
        photo_of(key) for key in acknowledged if has_photo(key)
    }


def _largest_file(settings: Settings) -> int:
    return max(path.stat().st_size for path in settings.data_dir.iterdir() if path.is_file())


@contextmanager
def _locked(portal: Portal, seconds: float) -> Iterator[None]:
    """Somebody else holds the store for so many seconds."""
    holds = threading.Event()

    def hold() -> None:
        with write(portal.core):
            holds.set()
            time.sleep(seconds)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(60)
    yield
    holder.join()


def write_table(
    database: str,
    rounds: int,
    kills: int,
    reports: int,
    orders: WorkOrders,
    flagged: int,
    seconds: float,
) -> None:
    """Put this run's line into the page; the other database's stays."""
    twice = sum(cases - 1 for cases in orders.cases.values())
    failed = sum(count for way, count in orders.ways.items() if way not in ("fine", "token"))
    lies = sum(orders.lies.values())
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database]
    lost = reports - len(orders.cases)
    minutes = f"{seconds / 60:.0f}"
    counts = (f"{reports:,}", f"{failed:,}", f"{lies:,}", f"{flagged:,}")
    cells = (name, rounds, kills, *counts, lost, twice, 0, minutes)
    line = f"| {' | '.join(map(str, cells))} |"
    page = PAGE.read_text(encoding="utf-8")
    page, replaced = re.subn(rf"^\| {name} \|.*$", line, page, flags=re.MULTILINE)
    assert replaced == 1
    PAGE.write_text(page, encoding="utf-8")


# As many lines as reports, where none has two photos.
_PHOTOS = """
select r.idempotency_key, p.name
from reports r
left join photos p on p.jurisdiction_id = r.jurisdiction_id and p.case_key = r.case_key
"""
_NUMBERS = """
select case_id, work_order_id from cases where source = 'portal' and work_order_id is not null
union all
select c.case_id, o.work_order_id
from outbox o
join cases c on c.jurisdiction_id = o.jurisdiction_id and c.id = o.case_key
where o.work_order_id is not null
"""
_SENT = """
select c.case_id
from outbox o
join cases c on c.jurisdiction_id = o.jurisdiction_id and c.id = o.case_key
where o.state = 'sent' and o.kind = 'open_case'
"""
