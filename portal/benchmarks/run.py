"""The benchmark: an import, questions about a city of millions, a page of changes, and reports.

It works in a folder and databases of its own.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, time
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from portal import jurisdictions, migrations
from portal.benchmarks.boston_shape import write_file
from portal.benchmarks.downloads import measure_downloads
from portal.benchmarks.figures import Figure, time_in_milliseconds
from portal.benchmarks.generate import store_invented_cases
from portal.benchmarks.questions import Questions
from portal.benchmarks.reports import measure_reports
from portal.benchmarks.web import REPOSITORY, measure_web, with_settings
from portal.cli.serve import DATA_SYNC
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import PortalError
from portal.facts.build import rebuild
from portal.facts.publish import publish_working_file
from portal.facts.tiles import tile
from portal.filter_sql import Selection
from portal.services.sync import republish
from portal.settings import Settings
from portal.store.engines import optimize, store_url

REAL_FILE = (
    REPOSITORY.parent / "shared" / "data" / "boston" / "boston_2011_311_service_requests.zip"
)
CITY = "boston"
IMPORTED_CASES = 58_251
IMPORTS = 3
LIST_PAGES = 200
PAGE_CASES = 10_000
PAGES = 3
Say = Callable[[str], None]


def measure(settings: Settings, cases: int, say: Say) -> Iterator[Figure]:
    """All figures; `cases` is the size of the large city.

    On SQLite, or in new databases on the server of PORTAL_DATABASE_URL.
    """
    city = jurisdictions.load(CITY)
    say(f"importing a file of Boston's shape, {IMPORTS} times …")
    yield from measure_import(settings, city)
    with own_store(settings) as large:
        yield from measure_large_city(large, city, cases, say)
    say("reporting while others read …")
    with own_store(settings) as demo:
        yield from measure_reports(demo)


def measure_import(settings: Settings, city: Jurisdiction) -> Iterator[Figure]:
    """The first import, from file to published facts: the real file of 2011, or invented cases."""
    speeds: list[float] = []
    megabytes: list[float] = []
    read = 0
    for _ in range(IMPORTS):
        with own_store(settings) as empty:
            summary, peak = _sync(empty, _find_file(empty.data_dir, city))
        read = summary["read"]
        speeds.append(summary["rows_per_second"])
        megabytes.append(peak)
    name = "the real file of 2011" if REAL_FILE.exists() else "an invented file"
    yield Figure(
        f"first import, {name}, {read:,} rows", "rows/s", tuple(speeds), 8_000, at_least=True
    )
    yield Figure("first import, peak memory", "MB", tuple(megabytes), 500)


def _find_file(folder: Path, city: Jurisdiction) -> Path:
    if REAL_FILE.exists():
        return REAL_FILE
    return write_file(folder / "cases.csv", city, IMPORTED_CASES, int(time()))


def measure_large_city(
    settings: Settings, city: Jurisdiction, cases: int, say: Say
) -> Iterator[Figure]:
    """A city of `cases` invented cases: building, asking, and pages of changes."""
    now = int(time())
    portal = Portal(settings, cities={city.id: city})
    migrations.upgrade(portal.core, settings)
    say(f"inventing {cases:,} cases …")
    yield from _measure_building(portal, city, cases, now)
    say("asking …")
    yield from _measure_asking(portal, city, now)
    say("downloading …")
    yield from measure_downloads(portal.settings, city.id, cases)
    say(f"changing {PAGE_CASES:,} cases, {PAGES} times …")
    changed = tuple(_page_seconds(portal, city, now))
    yield Figure(f"a page of {PAGE_CASES:,} changed rows, to a tile", "s", changed, 5)
    portal.close()


def _measure_building(portal: Portal, city: Jurisdiction, cases: int, now: int) -> Iterator[Figure]:
    stored = _seconds(lambda: store_invented_cases(portal.core, city, cases, now))
    # Otherwise the first sync would do it, and its figure include it.
    republish.apply_rules(portal.transaction, city, now)
    optimize(portal.core)
    yield Figure(f"store {cases:,} invented cases", "rows/s", (cases / stored,), at_least=True)
    built = _seconds(lambda: rebuild(portal.core, city, portal.facts_folder))
    yield Figure(
        "build the facts from the store", "rows/s", (cases / built,), 150_000, at_least=True
    )
    published = time_in_milliseconds(lambda: publish_working_file(portal.facts_folder, city.id), 5)
    yield Figure("publish the facts", "s", tuple(taken / 1000 for taken in published), 1)


def _measure_asking(portal: Portal, city: Jurisdiction, now: int) -> Iterator[Figure]:
    with portal.public.connect() as connection:
        questions = Questions(connection, portal.facts(city.id), city, now)
        yield from questions.measure()
    queries, numbers = questions.draw_queries(LIST_PAGES), questions.draw_numbers(LIST_PAGES)
    yield from measure_web(portal.settings, city.id, queries, numbers)


def _page_seconds(portal: Portal, city: Jurisdiction, now: int) -> Iterator[float]:
    """Seconds from the start of the sync's process to a tile with the page's changes."""
    folder = portal.settings.data_dir
    for number in range(PAGES):
        first = 900_000_000 + number * PAGE_CASES
        before = write_file(
            folder / "open.csv", city, PAGE_CASES, now, first_number=first, all_open=True
        )
        _sync(portal.settings, before)
        after = write_file(folder / "closed.csv", city, PAGE_CASES, now, first_number=first)
        rev = portal.facts(city.id).rev
        started = perf_counter()
        summary, _ = _sync(portal.settings, after)
        shown = tile(portal.facts(city.id), 0, 0, 0, Selection(CaseFilter(), city.zone))
        if shown["rev"] <= rev or summary["changed"] < PAGE_CASES * 0.9:
            raise PortalError(f"the page did not arrive: {summary}")
        yield perf_counter() - started


@contextmanager
def own_store(settings: Settings) -> Iterator[Settings]:
    """The same settings with an empty store in a temporary folder; removed afterwards.

    On PostgreSQL the store is a database of its own.
    """
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        ours = {"data_dir": Path(folder), "secret_key": secrets.token_hex(16)}
        own = settings.model_copy(update={**ours, "public_database_url": ""})
        with _own_database(store_url(settings)) as url:
            yield own.model_copy(update={"database_url": url})


@contextmanager
def _own_database(server: URL) -> Iterator[str]:
    """The address of a new database on a PostgreSQL server; empty for SQLite."""
    if server.get_backend_name() != "postgresql":
        yield ""
        return
    name = f"portal_bench_{secrets.token_hex(4)}"
    _on_server(server, f"create database {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _on_server(server, f"drop database if exists {name} with (force)")
        _on_server(server, f"drop role if exists portal_public_{name}")


def _on_server(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _sync(settings: Settings, file: Path) -> tuple[dict[str, Any], float]:
    """The summary of a sync from a file, in a process of its own, and its peak memory in MB."""
    given = {
        "DATA_DIR": settings.data_dir,
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
    }
    command = with_settings(given, [*DATA_SYNC, "sync", CITY, "--from-file", str(file), "--json"])
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = running.stdout.read().splitlines()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode or not lines:
        raise PortalError(f"the sync of {file.name} ended with {running.returncode}")
    return json.loads(lines[-1]), used.ru_maxrss / 1000


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
