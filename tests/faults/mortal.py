"""A portal that takes and sends reports and kills itself at a named point, for test_dispatch.

Started once as a program, it forks a child for each round, so that a round costs no imports. A
round comes as a line of JSON on standard input; the child answers with a line for each report that
was acknowledged, and its parent with how it ended.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, text

from data_sync.dispatch.base import Talk, talk_over
from data_sync.dispatch.open311 import Open311Adapter
from data_sync.dispatch.sender import Sender, tidy_outbox
from data_sync.reading.base import Answer
from data_sync.reading.fetch import Fetcher
from data_sync.repeat import repeat_until_told
from portal.context import Portal
from portal.domain.dispatch import Kind
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Report
from portal.domain.route_rules import System
from portal.photos import files
from portal.photos.develop import SIZES
from portal.photos.pipeline import Developed, Picture
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.photos import BEFORE, add_unsent_photo
from portal.settings import Settings
from tests.conftest import smallville

POINTS = (
    "accept: before the commit",
    "accept: after the commit",
    "accept: before the photo is noted",
    "send: before the commit",
    "send: after the commit",
    "send: before the question",
    "send: before the answer is read",
)
FASTER = 120
"""So many seconds pass in one: pauses of minutes take seconds, for the sender and its leases."""
PATIENCE_SECONDS = 0.4
SYSTEM = System("orders", "open311", endpoint="desk", can_look_up=True)


@dataclass(frozen=True)
class Round:
    """What a child does: take the reports with these `keys`, for so many seconds.

    It dies at the point when it gets there for the n-th time.
    """

    keys: tuple[str, ...]
    seconds: float
    point: str = ""
    nth: int = 1
    room: int = 0
    """Bytes that files may have at most, as on a full disk; 0: any."""
    is_blind: bool = False
    """Sends again without asking first: what must be found."""


def has_photo(key: str) -> bool:
    """Every third report comes with one."""
    return int(key.rpartition("-")[2]) % 3 == 0


def photo_of(key: str) -> str:
    """The name of a report's photo: the same whenever its form is sent."""
    return files.name_in_form("key", key, b"a photo")


def town() -> Jurisdiction:
    return replace(smallville(), systems=(SYSTEM,))


def clock() -> float:
    return time.time() * FASTER


class Fate:
    """Counts how often each point was passed, and ends the process at the chosen one."""

    def __init__(self, chosen: Round) -> None:
        self._chosen, self._passed = chosen, 0

    def at(self, point: str) -> None:
        if f"{threading.current_thread().name}: {point}" == self._chosen.point:
            self._passed += 1
            if self._passed == self._chosen.nth:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(5)


class MortalPortal(Portal):
    """A portal whose transactions are points."""

    fate: Fate

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as connection:
            yield connection
            self.fate.at("before the commit")
        self.fate.at("after the commit")


def mortal(talk: Talk, fate: Fate) -> Talk:
    """A network whose questions and answers are points."""

    def say(method: str, url: str, **said: object) -> Answer:
        fate.at("before the question")
        answer = talk(method, url, **said)
        fate.at("before the answer is read")
        return answer

    return say


class BlindAdapter(Open311Adapter):
    """What we do not do."""

    def may_repeat(self, kind: Kind) -> bool:
        return True


def live(settings: Settings, url: str, chosen: Round) -> None:
    """One round: take the reports in one thread, send in another, until the time is over."""
    if chosen.room:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (chosen.room, chosen.room))
    portal = MortalPortal(settings, {"smallville": town()})
    portal.fate = Fate(chosen)
    fetcher = Fetcher(set(), local_origin=url, max_seconds=PATIENCE_SECONDS, attempts=1)
    talk = mortal(talk_over(fetcher), portal.fate)
    kind_of_adapter = BlindAdapter if chosen.is_blind else Open311Adapter
    adapter = kind_of_adapter(
        SYSTEM,
        f"{url}/open311/v2",
        "key",
        talk,
        lambda name: b"",
        lambda name: f"{url}/photos/{name}",
    )
    sender = Sender(portal, town(), SYSTEM.name, adapter, clock, lambda: 1.0, lambda line: None)
    stop = threading.Event()
    _surviving(lambda: tidy_outbox(portal, town(), int(clock())))
    threads = [
        threading.Thread(
            target=repeat_until_told,
            args=([sender.job(stop)], stop, lambda line: None),
            name="send",
        ),
        threading.Thread(target=_take, args=(portal, chosen.keys), name="accept"),
    ]
    for thread in threads:
        thread.start()
    threads[1].join()
    ends_at = time.monotonic() + chosen.seconds
    while time.monotonic() < ends_at and _is_waiting(portal):
        time.sleep(0.05)
        _surviving(lambda: tidy_outbox(portal, town(), int(clock())))
    stop.set()
    threads[0].join()
    portal.close()


def _take(portal: MortalPortal, keys: tuple[str, ...]) -> None:
    for key in keys:
        report = Report("Pothole", f"Deep hole {key}", 42.32, -71.07, "3 Adams St", True, key)

        def take(report: Report = report, key: str = key) -> None:
            photos = (_kept(portal, key),) if has_photo(key) else ()
            accepted = submit(portal, town(), report, photos, Signals(), int(clock()))
            os.write(1, f"ack {key} {accepted.case_id}\n".encode())

        _surviving(take)


def _kept(portal: MortalPortal, key: str) -> str:
    """As the form does it: first the files, then the row."""
    name = photo_of(key)
    files.write_photo(
        portal.photos_folder,
        name,
        Developed({side: Picture(1, 1, b"RIFF....WEBP") for side in SIZES}, None),
    )
    portal.fate.at("before the photo is noted")
    with portal.transaction() as connection:
        add_unsent_photo(connection, town().id, name, BEFORE, (1, 1), int(clock()))
    return name


def _is_waiting(portal: Portal) -> bool:
    with portal.core.connect() as connection:
        waits = (
            "select 1 from outbox "
            "where state in ('pending', 'leased', 'unknown', 'awaited') limit 1"
        )
        return connection.execute(text(waits)).first() is not None


def _surviving(act) -> None:
    """What the store refuses (a full disk, a lock) is not acknowledged, and that is all."""
    try:
        act()
    except Exception as problem:  # noqa: BLE001
        os.write(1, f"not {problem.__class__.__name__}\n".encode())


def main() -> None:
    """A nursery: a child for each line."""
    settings = Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2], secret_key="test")
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setsid()
            try:
                live(settings, sys.argv[3], Round(**(told | {"keys": tuple(told["keys"])})))
                os._exit(0)
            finally:  # whatever happened, and whatever thread still runs, nothing stays behind
                os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(1, f"end {code}\n".encode())


if __name__ == "__main__":
    main()
