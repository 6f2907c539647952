"""The two engines: their setup, and what readers, second writers and kills do to them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from portal.context import Portal
from portal.errors import NotReady
from portal.settings import Settings
from portal.store import data_version
from portal.store.engines import (
    BUSY_SECONDS,
    SAFE_SQLITE,
    TRUSTED_SECONDS,
    core_engine,
    optimize,
    require_safe,
    sqlite_module,
    store_url,
    write,
)
from portal.store.ids import reserve_case_ids
from tests.support.postgres import Cluster
from tests.support.stores import copy_store


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_a_sqlite_that_can_lose_commits_is_refused(version):
    with pytest.raises(NotReady, match="can lose data in WAL mode; install pysqlite3"):
        require_safe(version)


def test_the_sqlite_here_is_safe():
    assert sqlite_module().sqlite_version_info >= SAFE_SQLITE
    require_safe(SAFE_SQLITE)


@pytest.mark.parametrize("database", ["sqlite"])
def test_sqlite_keeps_what_it_has_acknowledged(portal: Portal):
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 5000,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "mmap_size": 0,
    }
    with portal.core.connect() as connection:
        assert {
            name: connection.exec_driver_sql(f"pragma {name}").scalar() for name in wanted
        } == wanted


@pytest.mark.parametrize("database", ["postgresql"])
def test_the_public_login_of_postgresql_reads_only_and_not_for_long(portal: Portal):
    with portal.public.connect() as connection:
        assert connection.exec_driver_sql("show default_transaction_read_only").scalar() == "on"
        assert connection.exec_driver_sql("show statement_timeout").scalar() == "1s"
        role = connection.exec_driver_sql(
            "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = user"
        ).one()
    assert role == (False, False, False)


@pytest.mark.parametrize("database", ["postgresql"])
def test_the_store_of_postgresql_needs_no_superuser_but_a_login_that_may_make_the_public_one(
    portal: Portal,
):
    with portal.core.connect() as connection:
        role = connection.exec_driver_sql(
            "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = user"
        ).one()
        owner = connection.exec_driver_sql(
            "select pg_get_userbyid(datdba) = user from pg_database"
            " where datname = current_database()"
        )
        assert owner.scalar_one()
    assert role == (False, False, True)


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_public_query_opens_no_transaction(portal: Portal):
    with portal.public.connect() as connection:
        first, second = (
            connection.exec_driver_sql("select statement_timestamp(), now()").one()
            for _ in range(2)
        )
    assert [started == transaction_began for started, transaction_began in (first, second)] == [
        True,
        True,
    ]


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_restarted_server_is_noticed_whether_a_connection_was_idle_or_not(
    portal: Portal, city, postgres_cluster: Cluster
):
    database = str(portal.core.url.database)
    assert portal.data_version(city.id) == 0
    postgres_cluster.hang_up_on_the_public(database)
    assert portal.data_version(city.id) == 0
    postgres_cluster.hang_up_on_the_public(database)
    time.sleep(TRUSTED_SECONDS)
    with portal.public.connect() as connection:
        assert connection.exec_driver_sql("select 1").scalar() == 1


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_writer_whose_server_has_just_restarted_writes(portal: Portal, city):
    with portal.core.begin() as connection:
        with portal.core.connect() as idle:
            number = idle.exec_driver_sql("select pg_backend_pid()").scalar_one()
        connection.exec_driver_sql(f"select pg_terminate_backend({number}, 5000)")
        with portal.transaction() as writer:
            assert data_version.advance(writer, city.id, 0, is_public=True) == 1
            assert writer.exec_driver_sql("select pg_backend_pid()").scalar_one() != number


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_look_up_of_many_cases_is_always_planned_with_its_values(
    portal: Portal,
):
    with portal.core.connect() as connection:
        connection.exec_driver_sql(
            "prepare look_up as select id from cases where source_id = any($1::text[])"
        )
        for _ in range(8):
            connection.exec_driver_sql("execute look_up('{101,102}')")
        query = (
            "select generic_plans, custom_plans from pg_prepared_statements where name = 'look_up'"
        )
        assert connection.exec_driver_sql(query).one() == (0, 8)


def test_postgresql_urls_may_be_written_either_way():
    for written in ("postgres://h/x", "postgresql://h/x", "postgresql+psycopg://h/x"):
        assert str(store_url(Settings(database_url=written))) == "postgresql+psycopg://h/x"


def test_a_reader_sees_the_last_commit_at_once_while_another_writes(portal: Portal, city, add_case):
    add_case("101")
    with portal.transaction() as connection:
        connection.execute(text("update data_versions set rev = 99, public_rev = 99"))
        began = time.monotonic()
        assert portal.data_version(city.id) == 1
        assert time.monotonic() - began < BUSY_SECONDS
    assert portal.data_version(city.id) == 99


def test_a_transaction_that_fails_leaves_nothing(portal: Portal, city, add_case):
    add_case("101")
    with pytest.raises(ZeroDivisionError), portal.transaction() as connection:
        connection.execute(text("update data_versions set rev = 99, public_rev = 99"))
        raise ZeroDivisionError
    assert portal.data_version(city.id) == 1


def test_a_second_writer_waits_for_its_turn(portal: Portal, city, add_case):
    add_case("101")

    def add_one() -> None:
        for _ in range(10):
            with portal.transaction() as connection:
                connection.execute(text("update data_versions set public_rev = public_rev + 1"))

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert portal.data_version(city.id) == 41


def test_case_ids_are_given_out_once(portal: Portal):
    with portal.transaction() as connection:
        first, second = reserve_case_ids(connection, 3), reserve_case_ids(connection, 2)
        assert reserve_case_ids(connection, 0) == []
    assert [*first, *second] == list(range(first[0], first[0] + 5))


def test_statistics_can_be_refreshed_at_any_time(portal: Portal, add_case):
    optimize(portal.core)
    add_case("101", title="zebra")
    optimize(portal.core)
    with portal.public.connect() as connection:
        assert connection.execute(text("select case_id from public_cases")).scalars().all() == [
            "101"
        ]


WRITER = """
import sys
from pathlib import Path
from sqlalchemy import text
from portal.store.engines import core_engine, write
from portal.settings import Settings
engine = core_engine(Settings(data_dir=Path(sys.argv[1])))
while True:
    with write(engine) as connection:
        connection.execute(text("update data_versions set rev = rev + 1"))
        new_word = "select 'x', rev, 'ward', 'w' || rev, 'w' || rev from data_versions"
        columns = "(jurisdiction_id, label_id, kind, name, slug)"
        connection.execute(text(f"insert into labels {columns} {new_word}"))
    print("stored", flush=True)
"""


def test_a_killed_writer_leaves_every_acknowledged_row_and_a_sound_file(tmp_path: Path):
    copy_store(tmp_path)
    engine = core_engine(Settings(data_dir=tmp_path))
    with write(engine) as connection:
        connection.execute(text("insert into data_versions values ('x', 0, 0, 0, 0)"))
    acknowledged = sum(_write_until_killed(tmp_path, rows) for rows in (1, 7, 40))
    with engine.connect() as connection:
        stored, rev = connection.execute(
            text("select count(*), (select rev from data_versions) from labels")
        ).one()
        assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"
    assert acknowledged >= 1 + 7 + 40, "a writer ended by itself"
    # At most one transaction a round was stored and not acknowledged.
    assert rev == stored
    assert acknowledged <= stored <= acknowledged + 3
    engine.dispose()


def _write_until_killed(folder: Path, rows: int) -> int:
    """Rows acknowledged by a writer that was killed after `rows` of them, wherever it was."""
    root = Path(__file__).parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout
    seen = sum(1 for _, line in zip(range(rows), writer.stdout, strict=False) if line)
    writer.send_signal(signal.SIGKILL)
    seen += len(writer.stdout.read().splitlines())
    writer.wait()
    return seen
