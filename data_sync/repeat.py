"""Jobs that the worker repeats until it is told to stop, whatever goes wrong on the way.

job = Job("boston: publishing", publish_boston, every_seconds=1.0)
repeat_until_told([job], stop, print)  # returns within a second once `stop` is set
start_threads("sync", jobs, stop, print, most=8)  # up to eight of them at a time
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from portal import metrics
from portal.errors import Conflict, PortalError
from portal.store.unwritable import SENTENCES, find_cause

SHORTEST_PAUSE_SECONDS = 0.05
"""The least between two runs, whatever a job asks for: no bug may keep a core busy."""
LOOK_SECONDS = 0.5
"""How long a thread without a job waits at most: another's job may have become due meanwhile."""
SAY_AGAIN_SECONDS = 3_600.0
"""How often a fault that does not go away is said."""

Say = Callable[[str], None]
"""Takes a line for the person who runs the portal."""


@dataclass(frozen=True)
class Job:
    """Something to do again and again, in seconds.

    `once` does it once. It returns the seconds until the next run, or None for `every_seconds`.
    It may raise anything; the job is then retried after `retry_seconds` (by default twice
    `every_seconds`), and after twice as long each time it fails again, up to
    `longest_retry_seconds`. A PortalError is said as its sentence, anything else with its
    traceback. Conflict means that someone else is doing the work: that is no failure.
    """

    name: str
    once: Callable[[], float | None]
    every_seconds: float
    retry_seconds: float | None = None
    longest_retry_seconds: float = 60.0

    def pause_after(self, failures: int) -> float:
        """Seconds until the next run after so many failures in a row."""
        if not failures:
            return self.every_seconds
        first = 2 * self.every_seconds if self.retry_seconds is None else self.retry_seconds
        return max(
            self.every_seconds,
            min(self.longest_retry_seconds, first * 2 ** min(failures - 1, 20)),
        )


def repeat_until_told(
    jobs: Sequence[Job],
    stop: threading.Event,
    say: Say,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run every job at once and then whenever it is due, one at a time, until `stop` is set.

    `clock` gives seconds that never go back. A job that takes long must look at `stop` itself.
    """
    repeated = [_RepeatedJob(job, say, clock) for job in jobs]
    while repeated and not stop.is_set():
        following = min(repeated, key=lambda one: one.due_at)
        if not stop.wait(max(0.0, following.due_at - clock())):
            following.run()


def start_thread(
    name: str, jobs: Sequence[Job], stop: threading.Event, say: Say
) -> threading.Thread:
    """`repeat_until_told` in a thread of its own, which ends with the process at the latest."""
    thread = threading.Thread(
        target=repeat_until_told, args=(jobs, stop, say), name=name, daemon=True
    )
    thread.start()
    return thread


def start_threads(
    name: str, jobs: Sequence[Job], stop: threading.Event, say: Say, most: int
) -> list[threading.Thread]:
    """Run jobs side by side, up to `most` at once, until `stop` is set.

    One that waits for a slow host takes one thread, and the others go on. No job runs beside
    itself.
    """
    if most == 1:
        return [start_thread(name, jobs, stop, say)]
    turns = _Turns([_RepeatedJob(job, say, time.monotonic) for job in jobs])
    threads = [
        threading.Thread(target=turns.take_until_told, args=(stop,), name=name, daemon=True)
        for _ in range(min(most, len(jobs)))
    ]
    for thread in threads:
        thread.start()
    return threads


class _Turns:
    """Jobs that several threads take and give back."""

    def __init__(self, jobs: list[_RepeatedJob]) -> None:
        self._lock = threading.Lock()
        self._waiting = jobs

    def take_until_told(self, stop: threading.Event) -> None:
        """Run whatever is due, again and again."""
        while not stop.is_set():
            job, pause = self._take()
            if job is None:
                stop.wait(pause)
                continue
            job.run()
            with self._lock:
                self._waiting.append(job)

    def _take(self) -> tuple[_RepeatedJob | None, float]:
        """The job that has been due for longest; else None, and the seconds until the next look."""
        with self._lock:
            following = min(self._waiting, key=lambda one: one.due_at, default=None)
            if following is None:
                return None, LOOK_SECONDS
            left = following.due_at - following.clock()
            if left > 0:
                return None, min(left, LOOK_SECONDS)
            self._waiting.remove(following)
            return following, 0.0


@dataclass(eq=False)
class _RepeatedJob:
    """A job, when it is due, and how it has gone so far."""

    job: Job
    say: Say
    clock: Callable[[], float]
    due_at: float = field(init=False)
    failures: int = 0
    said_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.due_at = self.clock()

    def run(self) -> None:
        """Run the job once and set when it is due again."""
        pause = self._run_once()
        self.due_at = self.clock() + max(SHORTEST_PAUSE_SECONDS, pause)

    def _run_once(self) -> float:
        started = time.perf_counter()
        try:
            pause = self.job.once()
        except Conflict:
            return self.job.pause_after(self.failures)
        except Exception as problem:
            self._count("failed", started)
            self.failures += 1
            self._say_once_per_kind(problem)
            return self.job.pause_after(self.failures)
        self._count("ok", started)
        self.failures = 0
        self.said_at.clear()
        return self.job.every_seconds if pause is None else pause

    def _count(self, outcome: str, started: float) -> None:
        city, _, job = self.job.name.partition(": ")
        seconds = time.perf_counter() - started
        metrics.JOB_SECONDS.labels(job or city, city if job else "", outcome).observe(seconds)

    def _say_once_per_kind(self, problem: Exception) -> None:
        kind = _kind_of(problem)
        last = self.said_at.get(kind)
        if last is None or self.clock() - last >= SAY_AGAIN_SECONDS:
            self.said_at[kind] = self.clock()
            self.say(_describe(self.job.name, problem))


def _kind_of(problem: Exception) -> str:
    """What makes two faults the same: their sentence, or the line of code that raised them."""
    if isinstance(problem, PortalError):
        return str(problem)
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__} {last.filename}:{last.lineno}"


def _describe(name: str, problem: Exception) -> str:
    if isinstance(problem, PortalError):
        return str(problem)
    if find_cause(problem) == "away":  # it starts again, or someone is told by /readyz
        return f"{name}: {SENTENCES['away']}; trying again"
    return f"{name}: unexpected error\n{''.join(traceback.format_exception(problem)).rstrip()}\n"
