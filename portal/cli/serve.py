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
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from portal import jurisdictions, private_files
from portal.cli.children import Child, describe_exit, stop_all
from portal.errors import Conflict, NotReady, SettingsError
from portal.network.inside import join_host
from portal.settings import Settings, count_into_folder

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from portal.first_start.watch import FirstStart

STOP_SECONDS = 8.0
GRACE_SECONDS = 6
"""How long a web process may take to finish its answers; shorter than STOP_SECONDS."""
LOOK_SECONDS = 0.2
ATTEMPTS = 3
MOST_HEADER_BYTES = 32_768
HEADER_SECONDS = 10
"""How large a request's header may be, and how long it may take to arrive.

Otherwise half a request could keep a connection busy."""
DATA_SYNC = [sys.executable, "-m", "data_sync"]
GRANIAN = [
    *(sys.executable, "-m", "granian", "app:create_front", "--factory", "--interface", "rsgi"),
    *("--http", "1", "--no-ws", "--respawn-failed-workers"),
]


def run_everything(settings: Settings) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; returns the exit status.

    Raises SettingsError, Conflict or NotReady if it cannot start.
    """
    require_one_desk(settings)
    if settings.desk_port and not settings.desk_url:
        require_free_port(settings, settings.desk_host, settings.desk_port, "PORTAL_DESK_PORT")
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
            supervisor.end_first_start()
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
        cities = [jurisdictions.load(city) for city in settings.city_ids]
        self._town = next((city.id for city in cities if city.desk), None)
        demos = (city.id for city in cities if city.is_demonstration and not city.desk)
        self._demo = next(demos, None)
        self._desk_port = settings.desk_port or free_port()
        self._first_start: FirstStart | None = None

    def listen_to_signals(self) -> None:
        """From now on, a signal makes the next pause raise Stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup asks to ignore SIGHUP.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: self._stop.set())

    def start(self) -> None:
        """Start all children and say where the portal answers.

        Pages come first, except for a demo city without a case: until they do, a page says how
        far it is.
        """
        self._wait_for_store()
        is_new = self._demo is not None and not has_synced(self.settings, self._demo)
        if is_new:
            self._begin_first_start()
        prepare_metrics(self.settings)
        migrate(self.settings)
        mend_facts(self.settings)
        if is_new:
            self._start_desk()
            self._first_sync()
        self._start_web()
        if self._demo and not is_new:
            self._start_desk()
        if self._town:
            self._start_town_desk(self._town)
        if self.settings.sync_enabled:
            self._add("worker", worker_command(self._desk_url))
        if self.settings.metrics_port:
            self._add("metrics", [sys.executable, "-m", "portal", "metrics"])

    def watch(self) -> None:
        """Keep the children alive until a signal asks us to stop."""
        while True:
            self._look_after_children()

    def end_first_start(self) -> None:
        """Leave the port to the web server."""
        if self._first_start:
            self._first_start.end()
            self._first_start = None

    def _wait_for_store(self) -> None:
        from portal.store.absence import find_absence, wait_for_store

        with _open_store(self.settings) as engine:
            wait_for_store(partial(find_absence, engine), self._pause, say)

    def _begin_first_start(self) -> None:
        from portal.first_start.watch import FirstStart

        self._first_start = FirstStart(self.settings, str(self._demo), say)

    @property
    def _desk_url(self) -> str | None:
        if self._town:
            own = f"http://{join_host(self.settings.desk_host, self._desk_port)}"
            return self.settings.desk_url or own
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
        self.end_first_start()
        if status_of(host, port, "/readyz", urlsplit(self.settings.site_url).netloc) == 200:
            say(f"Citizens Connect is ready: {self.settings.site_url}")
        else:
            say(
                f"Citizens Connect answers at {self.settings.site_url}; "
                "the first sync is under way and the pages fill as it goes"
            )

    def _start_desk(self) -> None:
        self._wait_for(
            self._add("desk", desk_command(self.settings, self._desk_port, self._first_start)),
            "127.0.0.1",
            self._desk_port,
        )

    def _wait_for(self, child: Child, host: str, port: int) -> None:
        while status_of(host, port, "/healthz") != 200:
            if child.deaths >= ATTEMPTS:
                raise NotReady(
                    f"the {child.name} could not start; its own message is above "
                    "(`python -m portal doctor` may know why)"
                )
            self._look_after_children()

    def _first_sync(self) -> None:
        asked = ["sync", str(self._demo), "--desk-url", str(self._desk_url), "--quiet"]
        sync = self._add("first sync", [*DATA_SYNC, *asked])
        while (code := sync.exit_code()) is None:
            self._pause(0.05)
        self.children.remove(sync)
        if code != 0:
            say(
                f"the first sync ended with {describe_exit(code)}; "
                "the pages come up without cases and the worker tries again"
            )

    def _start_town_desk(self, town: str) -> None:
        read_types_again(self.settings, town)
        if self.settings.desk_url:
            return  # it runs by itself
        command = town_command(self.settings, town, self._desk_port)
        self._wait_for(self._add("desk", command), self.settings.desk_host, self._desk_port)


def web_command(settings: Settings) -> list[str]:
    """The command line of the web server: processes that read requests whole (decision 19)."""
    options = {
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "workers-kill-timeout": GRACE_SECONDS,
        "http1-buffer-size": MOST_HEADER_BYTES,
        "http1-header-read-timeout": HEADER_SECONDS * 1000,
        "log-level": "warning",  # it only speaks if something is wrong
    }
    pairs = ((f"--{name}", str(value)) for name, value in options.items())
    return [*GRANIAN, *(part for pair in pairs for part in pair)]


def desk_command(settings: Settings, port: int, first: FirstStart | None = None) -> list[str]:
    """The command line of the demo city: its work-order desk, and the life in it.

    At its first start it says into a file how far it is.
    """
    told = ["--progress-file", str(first.file)] if first else []
    return [*DATA_SYNC, "demo", "--data-dir", str(settings.data_dir), "--port", str(port), *told]


def town_command(settings: Settings, town: str, port: int) -> list[str]:
    """The command line of the work-order desk of a town that has no other."""
    place = ["--data-dir", str(settings.data_dir), "--port", str(port)]
    return [*DATA_SYNC, "town", town, *place]


def worker_command(desk_url: str | None) -> list[str]:
    """The command line of the sync worker."""
    return [*DATA_SYNC, "worker", *(["--desk-url", desk_url] if desk_url else [])]


def prepare_metrics(settings: Settings) -> None:
    """Start counting from zero; an earlier run's counts are gone, as after any restart."""
    count_into_folder(settings)
    folder = settings.metrics_folder
    private_files.make_folder(folder)
    for path in folder.glob("*.db"):
        path.unlink(missing_ok=True)


def migrate(settings: Settings) -> None:
    """Bring the store to this version's tables, and try the public login.

    Raises NotReady, which says what to run.
    """
    from portal import migrations
    from portal.migrations.public_login import try_public_login

    with _open_store(settings) as engine:
        migrations.upgrade(engine, settings)
        if engine.dialect.name == "postgresql":
            try_public_login(settings, engine)


def mend_facts(settings: Settings) -> None:
    """Rebuild facts that cannot be read, or do not fit the store as after a restored backup."""
    from portal.facts.build import repair

    with _open_store(settings) as engine:
        for city_id in settings.city_ids:
            reason = repair(engine, jurisdictions.load(city_id), settings.data_dir / "facts")
            if reason:
                say(f"{city_id}: the facts {reason} and have been rebuilt")


def read_types_again(settings: Settings, town: str) -> None:
    """Have the next sync ask the town's desk for all types and questions: its file may be new."""
    from portal.services.sync.definitions import read_again

    with _open_store(settings) as engine:
        read_again(engine, town)


def has_synced(settings: Settings, city: str | None) -> bool:
    """Whether a sync of the city has ever finished; False before the store has tables."""
    from sqlalchemy import select
    from sqlalchemy.exc import DBAPIError

    from portal.store.models import SyncRun

    is_ended = SyncRun.jurisdiction_id == city, SyncRun.finished_at.is_not(None)
    ended = select(SyncRun.sync_run_id).where(*is_ended).limit(1)
    try:
        with _open_store(settings) as engine, engine.connect() as connection:
            return connection.execute(ended).first() is not None
    except DBAPIError:
        return False


@contextmanager
def _open_store(settings: Settings) -> Iterator[Engine]:
    from portal.store.engines import core_engine

    engine = core_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def only_run_on(data_dir: Path) -> Iterator[None]:
    """Lock the data folder for this run; a killed run leaves no lock.

    Raises Conflict if another run has it.
    """
    private_files.make_folder(data_dir)
    with private_files.open_file(data_dir / "run.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _explain_lock(lock, data_dir) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _explain_lock(lock: IO[Any], data_dir: Path) -> Conflict:
    lock.seek(0)
    return Conflict(
        f"another run (process {lock.read().strip()}) works on {data_dir}; "
        "stop it, or choose another folder with PORTAL_DATA_DIR"
    )


def require_free_port(
    settings: Settings, host: str = "", port: int = 0, name: str = "PORTAL_PORT"
) -> None:
    """Raises SettingsError, which names the port, if a server could not listen there.

    It is the web server's, unless the host, the port and the setting of another are given.
    """
    host, port = host or settings.host, port or settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise SettingsError(
                f"cannot listen on {host} port {port}: {problem.strerror}; "
                "stop the program that does, "
                f"or choose another with {name}={port + 1}"
            ) from problem


def require_one_desk(settings: Settings) -> None:
    """Raises SettingsError if several of the cities have a work-order desk here."""
    cities = [jurisdictions.load(city) for city in settings.city_ids]
    with_desk = [city.id for city in cities if city.desk or city.is_demonstration]
    if len(with_desk) > 1:
        raise SettingsError(
            f"{' and '.join(with_desk)} each have a work-order desk here; run one of them, with "
            f"PORTAL_JURISDICTIONS={with_desk[0]}"
        )


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
