"""`python -m portal run` starts everything, restarts what dies, stops cleanly, starts again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.cli.serve import (
    GRACE_SECONDS,
    HEADER_SECONDS,
    MOST_HEADER_BYTES,
    STOP_SECONDS,
    desk_command,
    free_port,
    only_run_on,
    reachable,
    require_free_port,
    require_one_desk,
    status_of,
    town_command,
    web_command,
    worker_command,
)
from portal.errors import Conflict, SettingsError
from portal.settings import Settings
from tests.support.running import ROOT, Run, lives, wait_until


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    made = Run(tmp_path_factory.mktemp("run"))
    yield made
    if made.is_running:
        made.end(signal.SIGKILL)


@pytest.fixture
def run(one_run: Run) -> Run:
    """A run that answers: the previous test's if it still runs, since a start takes seconds."""
    one_run.start()
    return one_run


def test_second_run_on_a_taken_port_says_which(run: Run):
    second = subprocess.run(
        [sys.executable, "-m", "portal", "run"],
        cwd=ROOT,
        env=run.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"portal: cannot listen on 127.0.0.1 port {run.port}")
    assert second.stderr.count("\n") == 1
    assert run.answers


def test_web_server_that_is_killed_is_back_in_seconds(run: Run):
    web = next(process for process in run.descendants() if "granian" in process.cmdline())
    web.kill()
    wait_until(lambda: "web ended with SIGKILL; starting it again in 1 s" in run.said, 10)
    wait_until(lambda: run.answers, 120)


def test_supervisor_that_is_killed_frees_the_port_and_the_folder(run: Run):
    descendants = run.descendants()
    run.end(signal.SIGKILL)
    wait_until(lambda: not any(lives(process) for process in descendants), GRACE_SECONDS + 10)
    assert not run.answers
    run.start()


def test_half_a_question_and_a_heavy_one_are_let_go(run: Run):
    with socket.create_connection(("127.0.0.1", run.port)) as heavy:
        heavy.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Much: "
            + b"a" * 3 * MOST_HEADER_BYTES
            + b"\r\n\r\n"
        )
        assert heavy.recv(100).startswith(b"HTTP/1.1 431 ")
    with socket.create_connection(("127.0.0.1", run.port), timeout=HEADER_SECONDS + 10) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert half.recv(100) == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_run_stops_cleanly_leaves_no_process_and_starts_again_on_its_data(run: Run, number: int):
    descendants = run.descendants()
    assert descendants
    assert run.end(number) == 0
    assert [process for process in descendants if lives(process)] == []
    assert not run.answers
    assert "stopping …\n" in run.said  # on a busy machine it says too that it would not wait longer
    run.start()


def test_taken_port_is_refused_with_a_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port}.*PORTAL_PORT={port + 1}"):
            require_free_port(Settings(port=port))


def test_a_taken_port_of_the_desk_is_refused_with_its_own_setting():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"PORTAL_DESK_PORT={port + 1}"):
            require_free_port(Settings(), "127.0.0.1", port, "PORTAL_DESK_PORT")


def test_free_port_is_accepted():
    require_free_port(Settings(port=free_port()))


def test_data_folder_belongs_to_one_run(tmp_path: Path):
    with (
        only_run_on(tmp_path),
        pytest.raises(Conflict, match=f"process {os.getpid()}.*PORTAL_DATA_DIR"),
        only_run_on(tmp_path),
    ):
        pass


def test_data_folder_is_free_again_after_the_run(tmp_path: Path):
    for _ in range(2):
        with only_run_on(tmp_path / "var"):
            assert (tmp_path / "var" / "run.lock").exists()


def test_commands_carry_the_settings(tmp_path: Path):
    settings = Settings(port=8123, host="::1", workers=3, data_dir=tmp_path)
    web = web_command(settings)
    assert (web[web.index("--host") + 1], web[web.index("--port") + 1]) == ("::1", "8123")
    assert web[web.index("--workers") + 1] == "3"
    assert desk_command(settings, 9000)[1:] == [
        "-m",
        "data_sync",
        "demo",
        "--data-dir",
        str(tmp_path),
        "--port",
        "9000",
    ]


def test_desk_of_a_town_is_in_the_portals_data_folder(tmp_path: Path):
    command = town_command(Settings(data_dir=tmp_path), "mytown", 9000)
    assert command[2:] == [
        *("data_sync", "town", "mytown"),
        *("--data-dir", str(tmp_path), "--port", "9000"),
    ]


def test_one_city_of_a_run_may_have_a_desk():
    require_one_desk(Settings(jurisdictions="boston,demo"))
    with pytest.raises(SettingsError, match="demo and demo each have a work-order desk"):
        require_one_desk(Settings(jurisdictions="demo,demo"))


def test_worker_of_a_real_city_knows_no_desk():
    assert "--desk-url" not in worker_command(None)
    assert worker_command("http://127.0.0.1:9000")[-2:] == ["--desk-url", "http://127.0.0.1:9000"]


def test_server_on_all_addresses_is_reached_at_home():
    assert reachable("0.0.0.0") == "127.0.0.1"
    assert reachable("10.0.0.7") == "10.0.0.7"


def test_nobody_there_is_no_status():
    assert status_of("127.0.0.1", free_port(), "/healthz") is None


def test_answers_under_way_may_finish_before_the_end():
    assert GRACE_SECONDS < STOP_SECONDS < 10
