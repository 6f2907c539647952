"""Downloads over the web: rows a second, the first byte, memory, and pages beside ten of them."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from portal.benchmarks.figures import Figure
from portal.benchmarks.web import HOST, ask_once, run_web_server
from portal.settings import Settings

PIECE = 1 << 20
AT_ONCE = 10
TIMES = 40
FORMATS = (("csv", 300_000), ("parquet", 300_000), ("geojson", 200_000))
"""The formats measured, and the rows a second that each should give."""


@dataclass(frozen=True)
class Taken:
    """How long a download took, to its first byte and to its last, in seconds."""

    first: float
    whole: float


def measure_downloads(settings: Settings, city_id: str, cases: int) -> Iterator[Figure]:
    """All cases of the city in each format; then ten files at once with pages between them."""
    with run_web_server(settings, city_id) as port:
        firsts = []
        for suffix, target in FORMATS:
            taken = download(port, f"/cases.{suffix}")
            firsts.append(1000 * taken.first)
            name = f"all cases as {suffix}"
            yield Figure(name, "rows/s", (cases / taken.whole,), target, at_least=True)
        yield Figure("a file's first byte", "ms", tuple(firsts), 50)
        yield from _measure_pages_beside(port)


def _measure_pages_beside(port: int) -> Iterator[Figure]:
    alone = _pages(port, 0)
    with _downloading(port):
        beside = _pages(port, TIMES)
    yield Figure("list page, nothing else", "ms", alone)
    yield Figure(f"list page beside {AT_ONCE} files being made", "ms", beside)
    slower = statistics.median(beside) / statistics.median(alone)
    yield Figure("the same, times as slow", "×", (slower,), 2)


def _pages(port: int, first: int) -> tuple[float, ...]:
    """Lists that nobody asked for before, in ms each."""
    days = range(first, first + TIMES)
    addresses = (f"/cases?start=2020-{1 + n // 28:02}-{1 + n % 28:02}" for n in days)
    return tuple(1000 * ask_once(port, address).seconds for address in addresses)


def download(port: int, path: str) -> Taken:
    """Read a file to its end."""
    connection = http.client.HTTPConnection(HOST, port, timeout=600)
    started = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read(1)
    first = time.perf_counter() - started
    while answer.read(PIECE):
        pass
    connection.close()
    return Taken(first, time.perf_counter() - started)


@contextmanager
def _downloading(port: int) -> Iterator[None]:
    """Keep ten files coming."""
    is_over = threading.Event()

    def keep_reading() -> None:
        while not is_over.is_set():
            connection = http.client.HTTPConnection(HOST, port, timeout=600)
            connection.request("GET", "/cases.csv")
            answer = connection.getresponse()
            while not is_over.is_set() and answer.read(PIECE):
                pass
            connection.close()

    readers = [threading.Thread(target=keep_reading, daemon=True) for _ in range(AT_ONCE)]
    with ExitStack() as stack:
        for reader in readers:
            reader.start()
        stack.callback(is_over.set)
        time.sleep(1)
        yield
    for reader in readers:
        reader.join()
