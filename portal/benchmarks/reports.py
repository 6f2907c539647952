"""Reports under load: the demo city as `make run` serves it, read nonstop while others report.

The web server, the desk, the sync and the worker run as they always do; this program runs beside
them on the same machine.
"""

from __future__ import annotations

import re
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from sqlalchemy import text

from portal import jurisdictions
from portal.abuse.review_reasons import MIN_SECONDS
from portal.benchmarks.figures import Figure
from portal.benchmarks.questions import Questions
from portal.benchmarks.web import HOST, WORKERS, Visitor, ask_once, run_program, time_answer
from portal.cli.serve import free_port, status_of
from portal.context import Portal
from portal.domain.answers import find_answer_problem
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import PortalError
from portal.queries.report.reportable_services import reportable_at
from portal.settings import Settings

CITY = "demo"
READERS = 4
REPORTS_PER_SECOND = 20
REPORTS = 600
"""As many as a city takes in a storm before it holds them back (portal.abuse.rate_limits)."""
READ_PAGES = 150
FIRST_SYNC_SECONDS = 300
READY_SECONDS = 30
ARRIVAL_SECONDS = 60
HANDS = 64
"""Reports that may wait for their answers at the same time."""
ARRIVED = "select finished_at - created_at from outbox where state in ('sent', 'awaited')"


@dataclass(frozen=True)
class Crowd:
    """What visitors ask for: pages of the city, and reports as the form sends them."""

    port: int
    pages: list[str]
    reports: list[bytes]


@dataclass
class Reading:
    """Visitors who ask for the next page as soon as one is answered, until `over`.

    `pages` counts the pages they have read.
    """

    crowd: Crowd
    pages: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, number: int) -> None:
        """One visitor's round of the pages; each visitor begins at another page."""
        first = number * len(self.crowd.pages) // READERS
        for page in cycle(self.crowd.pages[first:] + self.crowd.pages[:first]):
            if self.over.is_set():
                return
            ask_once(self.crowd.port, page)
            self.pages += 1


def measure_reports(settings: Settings) -> Iterator[Figure]:
    """How long a report takes while others read, how much they read, and when the desk has it.

    Reports have no photos.
    """
    own = settings.model_copy(update={"host": HOST, "port": free_port(), "workers": WORKERS})
    with run_program([sys.executable, "-m", "portal", "run"], own, CITY, FIRST_SYNC_SECONDS):
        crowd = _make_crowd(own)
        # No one reads the form faster; a report sent sooner would be held back.
        time.sleep(MIN_SECONDS + 1)
        quiet = _send_reports(crowd, REPORTS // 4)
        yield Figure(f"{REPORTS_PER_SECOND} reports a second, nobody reads", "ms", quiet)
        taken, per_second = _send_while_read(crowd)
        name = f"{REPORTS_PER_SECOND} reports a second, {READERS} visitors read without rest"
        yield Figure(name, "ms", taken, 250)
        yield Figure("pages that these visitors read", "pages/s", (per_second,), at_least=True)
        yield Figure("a report, from taken to received by the desk", "s", _measure_arrivals(own), 5)


def _send_while_read(crowd: Crowd) -> tuple[tuple[float, ...], float]:
    reading = Reading(crowd)
    with ThreadPoolExecutor(READERS) as readers:
        visits = [readers.submit(reading.read, number) for number in range(READERS)]
        started = time.monotonic()
        try:
            taken = _send_reports(crowd, REPORTS - REPORTS // 4)
        finally:
            reading.over.set()
        seconds = time.monotonic() - started
    for visit in visits:
        visit.result()
    return taken, reading.pages / seconds


def _send_reports(crowd: Crowd, count: int) -> tuple[float, ...]:
    """How long each of the next `count` reports took, in ms from when it was due."""
    started = time.monotonic()
    with ThreadPoolExecutor(HANDS) as hands:
        sent = []
        for number in range(count):
            due = started + number / REPORTS_PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            sent.append(hands.submit(_milliseconds_since, due, crowd.port, crowd.reports.pop()))
        return tuple(report.result() for report in sent)


def _milliseconds_since(due: float, port: int, report: bytes) -> float:
    time_answer(Visitor(port, report, 303))
    return 1000 * (time.monotonic() - due)


def _make_crowd(own: Settings) -> Crowd:
    city = jurisdictions.load(CITY)
    portal = Portal(own, cities={city.id: city})
    with portal.public.connect() as connection:
        questions = Questions(connection, portal.facts(city.id), city, int(time.time()))
        lists = [f"/cases?{query}" for query in questions.draw_queries(READ_PAGES)]
        cases = [f"/cases/{number}" for number in questions.draw_numbers(READ_PAGES)]
    places = islice(cycle((lat, lon) for _, lat, lon in questions.cases), REPORTS)
    began = _read_start_mark(own.port)
    reports = [
        _build_report(own.port, began, lat, lon, _choose_service(portal, city, lat, lon, number))
        for number, (lat, lon) in enumerate(places)
    ]
    portal.close()
    return Crowd(
        own.port,
        [page for trio in zip(cycle(["/"]), lists, cases, strict=False) for page in trio],
        reports,
    )


def _choose_service(portal: Portal, city: Jurisdiction, lat: float, lon: float, number: int) -> str:
    """The code of a type that can be reported at a place without answering any question.

    Each number gets another type.
    """
    fitting = [
        service.code
        for service in reportable_at(portal, city, lat, lon)
        if not service.diversion
        and not any(
            find_answer_problem(question, ()) for question in service.questions if question.is_asked
        )
    ]
    return fitting[number % len(fitting)]


def _read_start_mark(port: int) -> str:
    """The form's mark of the time it was opened.

    Right after the first sync a process may still say that the city is being built.
    """
    give_up_at = time.monotonic() + READY_SECONDS
    while status_of(HOST, port, "/report") == 503 and time.monotonic() < give_up_at:
        time.sleep(0.1)
    with urlopen(f"http://{HOST}:{port}/report", timeout=30) as page:  # noqa: S310 - our own server
        found = re.search(r'name="began"[^>]*? value="([^"]+)"', page.read().decode())
    if found is None:
        raise PortalError("the report form has no mark of the time it was opened")
    return found[1]


def _build_report(port: int, began: str, lat: float, lon: float, service: str) -> bytes:
    said = {
        "began": began,
        "key": secrets.token_urlsafe(16),
        "lat": lat,
        "lon": lon,
        "service": service,
        "who": "public",
    }
    body = urlencode(said | {"note": "At the corner, since last week"}).encode()
    head = (
        "POST /report/send HTTP/1.1",
        f"Host: {HOST}:{port}",
        "Content-Type: application/x-www-form-urlencoded",
    )
    return "\r\n".join((*head, f"Content-Length: {len(body)}", "", "")).encode() + body


def _measure_arrivals(own: Settings) -> tuple[float, ...]:
    """How long each report took to reach the desk, in whole seconds.

    Raises PortalError if one did not arrive.
    """
    gives_up_at = time.monotonic() + ARRIVAL_SECONDS
    with closing(Portal(own)) as portal:
        while len(seconds := _read_arrivals(portal)) < REPORTS:
            if time.monotonic() > gives_up_at:
                missing = f"{REPORTS - len(seconds)} reports did not reach the desk"
                raise PortalError(f"{missing} in {ARRIVAL_SECONDS} s")
            time.sleep(1)
    return tuple(map(float, seconds))


def _read_arrivals(portal: Portal) -> Sequence[Any]:
    with portal.core.connect() as connection:
        return connection.execute(text(ARRIVED)).scalars().all()
