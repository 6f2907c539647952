"""A store that is away when a process starts: it says in one line what it waits for, and waits."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from callbacks.shared.warm_up import FIRST_PAGES, warm_up
from portal.cli.serve import Stopped, Supervisor, migrate
from portal.context import Portal
from portal.errors import NotReady
from portal.settings import Settings
from portal.store.absence import find_absence, wait_for_store
from tests.support.postgres import Cluster
from tests.support.waiting import wait_until

NOBODY = "postgresql://clerk:hush@127.0.0.1:1/portal"
_numbers = count(1)


@pytest.fixture
def settings(postgres_cluster: Cluster, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a new database, whose store has no tables yet."""
    name = f"absence_{next(_numbers)}"
    postgres_cluster.make_database(name)
    more = {"secret_key": "test", "jurisdictions": "demo", "tile_url": "none"}
    yield Settings(data_dir=tmp_path, database_url=postgres_cluster.url(name), **more)
    postgres_cluster.drop_database(name)


def start_worker(settings: Settings) -> subprocess.Popen[str]:
    more = {
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_DATA_DIR": str(settings.data_dir),
        "PORTAL_JURISDICTIONS": "demo",
    }
    command = [sys.executable, "-m", "data_sync", "worker"]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=os.environ | more, text=True, **piped)


def test_a_worker_waits_for_a_store_that_starts_later_and_for_its_tables(
    postgres_cluster: Cluster, settings
):
    """It ended with a traceback."""
    postgres_cluster.halt()
    is_halted = True
    with start_worker(settings) as worker:
        assert worker.stdout is not None
        says = (json.loads(line)["event"] for line in iter(worker.stdout.readline, ""))
        try:
            said = next(says)
            assert said.startswith("waiting for the store: PostgreSQL at ")
            assert said.endswith("does not answer; start it, or correct PORTAL_DATABASE_URL")
            postgres_cluster.start()
            is_halted = False
            assert "run python -m portal migrate" in next(says)
            migrate(settings)
            assert next(says) == "the store answers; going on"
            assert "nothing can be sent" in next(says)
        finally:
            worker.send_signal(signal.SIGTERM)
            if is_halted:
                postgres_cluster.start()
    assert worker.returncode == 0


def test_a_web_process_starts_at_once_without_its_store_and_gets_ready_when_it_comes(
    postgres_cluster: Cluster, settings, caplog
):
    """It asked the store for the first pages, in vain, and never again."""
    caplog.set_level(logging.WARNING)
    asked: list[str] = []
    server = Flask(__name__)
    for address in FIRST_PAGES:
        server.add_url_rule(address, address, partial(_note, asked, address))
    migrate(settings)
    portal = Portal(settings)
    postgres_cluster.halt()
    try:
        warm_up(server, portal, seconds=60.0)
        lines = [record.msg["event"] for record in caplog.records]
        assert len(lines) == 1
        assert lines[0].startswith("waiting for the store: PostgreSQL at 127.0.0.1:")
        assert asked == []
    finally:
        postgres_cluster.start()
    wait_until(lambda: len(asked) == len(FIRST_PAGES))
    portal.close()


def _note(asked: list[str], address: str) -> str:
    asked.append(address)
    return ""


def test_a_run_waits_for_its_store_until_it_is_stopped(settings, capsys):
    """It gave up at once; a machine that starts both brought up one."""
    supervisor = Supervisor(settings.model_copy(update={"database_url": NOBODY}))
    supervisor._stop.set()
    with pytest.raises(Stopped):
        supervisor.start()
    assert capsys.readouterr().out == (
        "waiting for the store: PostgreSQL at 127.0.0.1:1 does not answer; "
        "start it, or correct PORTAL_DATABASE_URL\n"
    )


def test_only_what_may_pass_is_waited_for(postgres_cluster: Cluster, settings):
    url = make_url(settings.database_url).set(drivername="postgresql+psycopg")
    for change in ({"port": 1}, {"host": "x.invalid"}):
        assert find_absence(create_engine(url.set(**change)))
    for change in ({"password": "hush"}, {"database": "not-there"}):
        with pytest.raises(NotReady):
            find_absence(create_engine(url.set(**change)))
    assert find_absence(create_engine(url)) is None


def test_a_reason_is_said_once_and_another_one_again():
    said: list[str] = []
    reasons = iter(["away", "away", "starting up", None])
    assert wait_for_store(lambda: next(reasons), lambda _: None, said.append)
    assert said == [
        "waiting for the store: away",
        "waiting for the store: starting up",
        "the store answers; going on",
    ]
    assert wait_for_store(lambda: None, lambda _: None, said.append)
    assert not wait_for_store(lambda: "away", lambda _: True, said.append)
    assert len(said) == 4


def test_a_command_says_in_one_line_that_the_store_is_away(tmp_path):
    more = {"PORTAL_DATABASE_URL": NOBODY, "PORTAL_DATA_DIR": str(tmp_path)}
    words = [sys.executable, "-m", "data_sync", "sync", "demo"]
    done = subprocess.run(words, env=os.environ | more, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "PostgreSQL at 127.0.0.1:1 does not answer; start it, or correct PORTAL_DATABASE_URL\n"
    )
