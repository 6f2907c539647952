"""`python -m portal metrics`: what processes counted, added up, and what the store knows."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.cli.metrics import GAUGES, make_metrics_server
from portal.settings import Settings, count_into_folder
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
COUNTING = """
import sys
from portal import metrics
metrics.CACHE_REQUESTS.labels("page", "hit").inc(int(sys.argv[1]))
metrics.JOB_SECONDS.labels("sync", "demo", "ok").observe(2.0)
"""


@pytest.fixture
def address(portal, settings) -> Iterator[str]:
    """The address of the figures of this test's store."""
    own = settings.model_copy(update={"metrics_port": 0})
    server = make_metrics_server(own, portal)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    thread.join()
    server.server_close()


def figures_of(address: str) -> dict[str, float]:
    """Every sample with its labels, as Prometheus reads them."""
    text = urllib.request.urlopen(address, timeout=60).read().decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def count_in_a_process(folder: Path, hits: int) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-c", COUNTING, str(hits)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def test_what_two_processes_counted_is_added_up(address, settings):
    for hits in (3, 4):
        count_in_a_process(settings.metrics_folder, hits)
    figures = figures_of(address)
    assert figures['portal_cache_requests_total{cache="page",outcome="hit"}'] == 7
    assert figures['portal_job_seconds_count{city="demo",job="sync",outcome="ok"}'] == 2
    assert figures['portal_job_seconds_sum{city="demo",job="sync",outcome="ok"}'] == 4


def test_a_store_that_answers_says_so_and_an_empty_one_has_no_cases_to_tell_of(address):
    figures = figures_of(address)
    assert figures["portal_store_up"] == 1
    assert [name for name in figures if name.startswith("portal_outbox")] == []


def test_a_store_that_is_gone_takes_its_own_figures_away_and_no_others(address, settings, portal):
    count_in_a_process(settings.metrics_folder, 5)
    portal.core.dispose()
    portal.__dict__["core"] = None
    figures = figures_of(address)
    assert figures["portal_store_up"] == 0
    assert figures['portal_cache_requests_total{cache="page",outcome="hit"}'] == 5


def test_every_gauge_is_described_and_named_as_prometheus_wants():
    for name, (documentation, labels) in GAUGES.items():
        assert re.fullmatch(r"portal_[a-z_]+", name)
        assert documentation
        assert all(re.fullmatch("[a-z]+", label) for label in labels)


def test_the_folder_is_named_to_children_only_where_metrics_are_on(tmp_path, monkeypatch):
    # Set first, so that what count_into_folder writes is undone after the test.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR")
    count_into_folder(Settings(data_dir=tmp_path, metrics_port=0))
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
    count_into_folder(Settings(data_dir=tmp_path, metrics_port=9311))
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path / "metrics")


def test_the_command_waits_for_its_port_and_ends_when_told(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    environment = {name: v for name, v in os.environ.items() if not name.startswith("PORTAL_")}
    environment |= {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_METRICS_PORT": str(port)}
    command = [sys.executable, "-m", "portal", "metrics"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        wait_until(lambda: is_listening(port))
        assert figures_of(f"http://127.0.0.1:{port}/metrics")["portal_store_up"] in (0, 1)
        process.terminate()
        assert process.wait(timeout=60) == 0


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_metrics_folder_that_was_deleted_stops_no_command(tmp_path):
    folder = tmp_path / "gone"
    environment = {name: v for name, v in os.environ.items() if not name.startswith("PORTAL_")}
    environment |= {"PORTAL_DATA_DIR": str(tmp_path / "var"), "PORTAL_JURISDICTIONS": "demo"}
    environment |= {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-m", "portal", "migrate"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(folder.glob("*.db")), "the writes of the migration were counted there"


@pytest.mark.parametrize("left_behind", [b"", b"not a file of counts"])
def test_a_file_of_counts_that_was_left_half_made_costs_no_other_figure(
    address, settings, left_behind
):
    count_in_a_process(settings.metrics_folder, 3)
    (settings.metrics_folder / "counter_1.db").write_bytes(left_behind)
    figures = figures_of(address)
    assert figures['portal_cache_requests_total{cache="page",outcome="hit"}'] == 3
    assert figures["portal_store_up"] == 1
