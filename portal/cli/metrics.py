"""`python -m portal metrics`: figures for Prometheus, on an address of their own.

What processes count lies in files of the data folder (portal.metrics); what the store knows is
looked up when Prometheus asks: how old the sync is, what waits for the city, which alerts wait.
A store that does not answer takes its own figures away, and `portal_store_up` says 0.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import click
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal import logs
from portal.context import Portal
from portal.queries import operations
from portal.settings import Settings, settings_from_environment

log = logs.get_logger(__name__)


@click.command()
def metrics() -> None:
    """Serve figures for Prometheus on PORTAL_METRICS_HOST and PORTAL_METRICS_PORT."""
    settings = settings_from_environment()
    logs.configure_logs(settings.log_level)
    server, thread = start_metrics(settings, Portal(settings))
    try:
        thread.join()
    except KeyboardInterrupt:
        server.shutdown()


def start_metrics(settings: Settings, portal: Portal) -> tuple[WSGIServer, threading.Thread]:
    """Start serving; gives the server, which `shutdown()` ends, and its thread."""
    registry = CollectorRegistry()
    registry.register(StoreFigures(portal))
    folder = settings.metrics_folder
    folder.mkdir(parents=True, exist_ok=True)
    MultiProcessCollector(registry, path=str(folder))
    return start_http_server(settings.metrics_port, settings.metrics_host, registry)


def clear_old_counts(folder: Path) -> None:
    """Start counting from zero, as after any restart of a counter."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.db"):
        path.unlink(missing_ok=True)


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
            with self.portal.core.connect() as connection:
                now = int(self.clock())
                for sample in operations.measure_store(connection, list(self.portal.cities), now):
                    families[sample.name].add_metric(sample.labels, sample.value)
        except Exception:
            log.exception("the store did not answer a request for metrics")
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from families.values()


def _gauge(name: str) -> GaugeMetricFamily:
    documentation, labels = GAUGES[name]
    return GaugeMetricFamily(name, documentation, labels=labels)


GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "portal_store_up": ("Whether the store answered", ()),
    **operations.GAUGES,
}
