"""`python -m portal run`: migrates, starts web, sync worker and the demo's desk, keeps them alive.

The children are started by their command lines because the portal imports neither the pages nor
the sync.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from portal import jurisdictions
from portal.cli.children import Child, describe_exit, stop_all
from portal.errors import Conflict, NotReady, SettingsError
from portal.settings import Settings, count_into_folder

STOP_SECONDS = 8.0
GRACE_SECONDS = 6
"""How long a web process may take to finish its answers; shorter than STOP_SECONDS."""
LOOK_SECONDS = 0.2
ATTEMPTS = 3
THREADS_PER_WORKER = 4
MOST_HEADER_BYTES = 32_768
HEADER_SECONDS = 10
"""How large a request's header may be, and how long it may take to arrive.

Otherwise half a request could keep a connection busy."""


def run_everything(settings: Settings) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; returns the exit status.

    Raises SettingsError, Conflict or NotReady if it cannot start.
    """
    require_free_port(settings)
    with only_run_on(settings.data_dir):
        supervisor = Supervisor(settings)
        supervisor.listen_to_signals()
        try:
            supervisor.start()
            supervisor.watch()
        except Stopped:
            say("stopping …")
        finally:
            stop_all(supervisor.children, STOP_SECONDS)
    return 0


def serve_web(settings: Settings) -> None:
    """Become the web server; never returns. Raises SettingsError if the port is taken."""
    require_free_port(settings)
    prepare_metrics(settings)
    command = web_command(settings)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell


class Stopped(Exception):  # noqa: N818 - a wish, not an error
    """A signal asked us to stop."""


class Supervisor:
    """The children of one run, in the order they were started."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.children: list[Child] = []
        self._stop = threading.Event()
        self._demo = next(
            (city for city in settings.city_ids if jurisdictions.load(city).is_demonstration), None
        )
        self._desk_port = settings.desk_port or free_port()

    def listen_to_signals(self) -> None:
        """From now on, a signal makes the next pause raise Stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup asks to ignore SIGHUP.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: self._stop.set())

    def start(self) -> None:
        """Start all children and say where the portal answers.

        Pages come first, except for a demo city without a case.
        """
        prepare_metrics(self.settings)
        migrate(self.settings)
        mend_facts(self.settings)
        is_new = self._demo is not None and not has_synced(self.settings, self._demo)
        if is_new:
            self._start_desk()
            self._first_sync()
        self._start_web()
        if self._demo and not is_new:
            self._start_desk()
        if self.settings.sync_enabled:
            self._add("worker", worker_command(self._desk_url))
        if self.settings.metrics_port:
            self._add("metrics", [sys.executable, "-m", "portal", "metrics"])

    def watch(self) -> None:
        """Keep the children alive until a signal asks us to stop."""
        while True:
            self._look_after_children()

    @property
    def _desk_url(self) -> str | None:
        return f"http://127.0.0.1:{self._desk_port}" if self._demo else None

    def _add(self, name: str, command: list[str]) -> Child:
        child = Child(name, command)
        self.children.append(child)
        child.start(time.monotonic())
        return child

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _look_after_children(self) -> None:
        self._pause(LOOK_SECONDS)
        for child in self.children:
            if news := child.keep_alive(time.monotonic()):
                say(news)

    def _start_web(self) -> None:
        host, port = reachable(self.settings.host), self.settings.port
        self._wait_for(self._add("web", web_command(self.settings)), host, port)
        if status_of(host, port, "/readyz", urlsplit(self.settings.site_url).netloc) == 200:
            say(f"Citizens Connect is ready: {self.settings.site_url}")
        else:
            say(
                f"Citizens Connect answers at {self.settings.site_url}; "
                "the first sync is under way and the pages fill as it goes"
            )

    def _start_desk(self) -> None:
        self._wait_for(
            self._add("desk", desk_command(self.settings, self._desk_port)),
            "127.0.0.1",
            self._desk_port,
        )

    def _wait_for(self, child: Child, host: str, port: int) -> None:
        while status_of(host, port, "/healthz") is None:
            if child.deaths >= ATTEMPTS:
                raise NotReady(
                    f"the {child.name} could not start; its own message is above "
                    "(`python -m portal doctor` may know why)"
                )
            self._look_after_children()

    def _first_sync(self) -> None:
        say("first sync of the demo city, once only …")
        sync = self._add(
            "first sync",
            [
                sys.executable,
                "-m",
                "data_sync",
                "sync",
                str(self._demo),
                "--desk-url",
                str(self._desk_url),
            ],
        )
        while (code := sync.exit_code()) is None:
            self._pause(0.05)
        self.children.remove(sync)
        if code != 0:
            say(
                f"the first sync ended with {describe_exit(code)}; "
                "the pages come up without cases and the worker tries again"
            )


def web_command(settings: Settings) -> list[str]:
    """The command line of the web server: processes with a few threads each (decision 8).

    It only speaks if something is wrong.
    """
    command = [
        sys.executable,
        "-m",
        "granian",
        "app:create_server",
        "--factory",
        "--interface",
        "wsgi",
        "--http",
        "1",
        "--no-ws",
    ]
    command += [
        "--host",
        settings.host,
        "--port",
        str(settings.port),
        "--workers",
        str(settings.workers),
    ]
    command += [
        "--blocking-threads",
        str(THREADS_PER_WORKER),
        "--workers-kill-timeout",
        str(GRACE_SECONDS),
        "--respawn-failed-workers",
    ]
    command += [
        "--http1-buffer-size",
        str(MOST_HEADER_BYTES),
        "--http1-header-read-timeout",
        str(HEADER_SECONDS * 1000),
    ]
    return [*command, "--log-level", "warning"]


def desk_command(settings: Settings, port: int) -> list[str]:
    """The command line of the demo city: its work-order desk, and the life in it."""
    return [
        sys.executable,
        "-m",
        "data_sync",
        "demo",
        "--data-dir",
        str(settings.data_dir),
        "--port",
        str(port),
    ]


def worker_command(desk_url: str | None) -> list[str]:
    """The command line of the sync worker."""
    return [
        sys.executable,
        "-m",
        "data_sync",
        "worker",
        *(["--desk-url", desk_url] if desk_url else []),
    ]


def prepare_metrics(settings: Settings) -> None:
    """Start counting from zero; an earlier run's counts are gone, as after any restart."""
    count_into_folder(settings)
    folder = settings.metrics_folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.db"):
        path.unlink(missing_ok=True)


def migrate(settings: Settings) -> None:
    """Bring the store to this version's tables."""
    from portal import migrations
    from portal.store.engines import core_engine

    engine = core_engine(settings)
    migrations.upgrade(engine, settings)
    engine.dispose()


def mend_facts(settings: Settings) -> None:
    """Rebuild facts that do not fit the store, as after a restored backup."""
    from portal.facts import publish
    from portal.store.engines import core_engine

    engine = core_engine(settings)
    for city_id in settings.city_ids:
        if publish.rebuild_if_ahead(
            engine, jurisdictions.load(city_id), settings.data_dir / "facts"
        ):
            say(f"{city_id}: the facts did not fit the store and have been rebuilt")
    engine.dispose()


def has_synced(settings: Settings, city: str | None) -> bool:
    """Whether a sync of the city has ever finished."""
    from sqlalchemy import select

    from portal.store.engines import core_engine
    from portal.store.models import SyncRun

    engine = core_engine(settings)
    ended = (
        select(SyncRun.sync_run_id)
        .where(SyncRun.jurisdiction_id == city, SyncRun.finished_at.is_not(None))
        .limit(1)
    )
    with engine.connect() as connection:
        found = connection.execute(ended).first() is not None
    engine.dispose()
    return found


@contextmanager
def only_run_on(data_dir: Path) -> Iterator[None]:
    """Lock the data folder for this run; a killed run leaves no lock.

    Raises Conflict if another run has it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise Conflict(
                f"another run (process {lock.read().strip()}) works on {data_dir}; "
                "stop it, or choose another folder with PORTAL_DATA_DIR"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def require_free_port(settings: Settings) -> None:
    """Raises SettingsError, which names the port, if the web server could not listen there."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as problem:
            raise SettingsError(
                f"cannot listen on {settings.host} port {settings.port}: {problem.strerror}; "
                "stop the program that does, "
                f"or choose another with PORTAL_PORT={settings.port + 1}"
            ) from problem


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def reachable(host: str) -> str:
    """The address where we reach a server that binds `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def status_of(host: str, port: int, path: str, host_name: str | None = None) -> int | None:
    """The HTTP status of a GET, without a proxy; None if there is no answer in two seconds."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": host_name} if host_name else {})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def say(sentence: str) -> None:
    """Print a line at once, even into a log file."""
    print(sentence, flush=True)
