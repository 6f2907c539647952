"""Child processes are restarted when they die, stop when asked, and never outlive us."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from portal.cli.children import LONGEST_PAUSE, Child, describe_exit, stop_all
from tests.support.waiting import wait_until

SLEEPS = "import time; time.sleep(60)"
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(60)"
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def child():
    """A function that starts a child; all are gone after the test."""
    started = []

    def start(code: str) -> Child:
        started.append(Child("web", python(code)))
        started[-1].start(now=0.0)
        return started[-1]

    yield start
    for one in started:
        one.kill()


def test_running_child_has_no_exit_code_and_is_left_alone(child):
    web = child(SLEEPS)
    pid = web.pid
    assert web.exit_code() is None
    assert web.keep_alive(now=1.0) is None
    assert web.pid == pid


def test_dead_child_is_restarted_after_one_second_then_two(child):
    web = child("raise SystemExit(3)")
    wait_until(lambda: web.exit_code() == 3)
    assert web.keep_alive(now=10.0) == "web ended with exit status 3; starting it again in 1 s"
    assert web.keep_alive(now=10.9) is None and web.pid is None
    assert web.keep_alive(now=11.0) is None and web.pid is not None
    wait_until(lambda: web.exit_code() == 3)
    assert web.keep_alive(now=12.0) == "web ended with exit status 3; starting it again in 2 s"


def test_pause_never_grows_beyond_a_minute(child):
    web = child("raise SystemExit(1)")
    web.deaths = 30
    wait_until(lambda: web.exit_code() is not None)
    web.keep_alive(now=0.0)
    assert web.restart_at == LONGEST_PAUSE


def test_child_that_was_steady_for_a_minute_starts_counting_anew(child):
    web = child("raise SystemExit(1)")
    web.deaths = 5
    wait_until(lambda: web.exit_code() is not None)
    web.keep_alive(now=60.0)
    assert web.deaths == 1


def test_children_that_heed_sigterm_stop_at_once(child):
    both = [child(SLEEPS), child(SLEEPS)]
    started = time.monotonic()
    stop_all(both, seconds=60)
    assert time.monotonic() - started < 30
    assert all(one.exit_code() == -15 for one in both)


def test_child_that_ignores_sigterm_is_killed_when_its_time_is_over(tmp_path):
    marker = tmp_path / "deaf"
    web = Child(
        "web",
        python(
            IGNORES_SIGTERM.replace(
                "print('deaf', flush=True)", f"open({str(marker)!r}, 'w').close()"
            )
        ),
    )
    web.start(now=0.0)
    wait_until(marker.exists)
    stop_all([web], seconds=0.3)
    assert web.exit_code() == -9


def test_grandchildren_end_with_their_dead_parent(child, tmp_path):
    note = tmp_path / "pid"
    web = child(
        "import pathlib, subprocess, sys; "
        f"p = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]); "
        f"pathlib.Path({str(note)!r}).write_text(str(p.pid)); raise SystemExit(1)"
    )
    wait_until(lambda: web.exit_code() == 1)
    grandchild = int(note.read_text())
    wait_until(
        lambda: (
            not psutil.pid_exists(grandchild)
            or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
        )
    )


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process that its parent has died"
)
def test_child_ends_when_the_supervisor_is_killed_outright():
    supervisor = subprocess.Popen(
        python(
            "import sys, time\nfrom portal.cli.children import Child\n"
            f"child = Child('web', [sys.executable, '-c', {SLEEPS!r}])\n"
            "child.start(0.0)\nprint(child.pid, flush=True)\ntime.sleep(60)"
        ),
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    wait_until(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    )


def test_exit_is_described_in_words():
    assert describe_exit(1) == "exit status 1"
    assert describe_exit(-9) == "SIGKILL"
