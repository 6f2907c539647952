"""`python -m portal metrics`: figures for Prometheus, on an address of their own.

Processes count into files of the data folder (portal.metrics); what the store knows is
looked up when Prometheus asks: how old the sync is, what waits for the city, which alerts wait.
A store that does not answer takes its own figures away, and `portal_store_up` says 0.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal import logs, private_files
from portal.context import Portal
from portal.queries import operations
from portal.settings import Settings, settings_from_environment
from portal.store.unwritable import SENTENCES, find_cause

log = logs.get_logger(__name__)

RETRY_SECONDS = 30.0


@click.command()
def metrics() -> None:
    """Serve figures for Prometheus on PORTAL_METRICS_HOST and PORTAL_METRICS_PORT."""
    settings = settings_from_environment()
    logs.configure_logs(settings.log_level)
    server = wait_for_port(settings, Portal(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


def wait_for_port(settings: Settings, portal: Portal) -> WSGIServer:
    """The server, as soon as no other program uses its port: figures are worth waiting for."""
    while True:
        try:
            return make_metrics_server(settings, portal)
        except OSError as problem:
            way_out = "set PORTAL_METRICS_PORT to a free port, or to 0"
            log.warning("metrics not served", error=str(problem), reason=way_out)
            time.sleep(RETRY_SECONDS)


def make_metrics_server(settings: Settings, portal: Portal) -> WSGIServer:
    """A server that listens already. Raises OSError if the port is taken."""
    registry = CollectorRegistry()
    registry.register(StoreFigures(portal))
    private_files.make_folder(settings.metrics_folder)
    registry.register(CountedFigures(settings.metrics_folder))
    return make_server(
        settings.metrics_host,
        settings.metrics_port,
        make_wsgi_app(registry),
        ThreadingServer,
        handler_class=QuietHandler,
    )


class ThreadingServer(ThreadingMixIn, WSGIServer):
    """Answers side by side, so that one slow reader does not keep another waiting."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each question."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: Prometheus asks every few seconds."""


class CountedFigures(Collector):
    """What the processes of this machine counted, added up over their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def describe(self) -> Iterable[Metric]:
        """Nothing: which figures there are is known only once something was counted."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Every figure; a file that a killed process left half made is passed over."""
        files = [str(path) for path in sorted(self.folder.glob("*.db")) if _is_whole(path)]
        return MultiProcessCollector.merge(files, accumulate=True)


def _is_whole(path: Path) -> bool:
    try:
        MultiProcessCollector.merge([str(path)], accumulate=True)
    except Exception:
        log.warning("counts not read", reason=path.name)
        return False
    return True


class StoreFigures(Collector):
    """Gauges that are looked up in the store at the moment they are asked for."""

    def __init__(self, portal: Portal, clock: Callable[[], float] = time.time) -> None:
        self.portal = portal
        self.clock = clock

    def describe(self) -> Iterable[Metric]:
        """The gauges without values, so that registering asks nothing of the store."""
        return [_gauge(name) for name in GAUGES]

    def collect(self) -> Iterator[Metric]:
        """Every gauge with its values; of a store that does not answer, `portal_store_up` alone."""
        up = _gauge("portal_store_up")
        families = {name: _gauge(name) for name in GAUGES if name != "portal_store_up"}
        try:
            for sample in self._measure_store():
                families[sample.name].add_metric(sample.labels, sample.value)
        except Exception as problem:
            if cause := find_cause(problem):
                log.warning("store not measured", reason=SENTENCES[cause])
            else:
                log.exception("store not measured")
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from families.values()

    def _measure_store(self) -> list[operations.Sample]:
        with self.portal.core.connect() as connection:
            cities = list(self.portal.cities)
            return list(operations.measure_store(connection, cities, int(self.clock())))


def _gauge(name: str) -> GaugeMetricFamily:
    documentation, labels = GAUGES[name]
    return GaugeMetricFamily(name, documentation, labels=labels)


GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "portal_store_up": ("Whether the store answered", ()),
    **operations.GAUGES,
}
