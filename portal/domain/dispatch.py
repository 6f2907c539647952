"""Sending cases to a city's work-order systems.

What a message says, what may become of an attempt to send it, and when the next one is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["open_case", "add_note", "withdraw_case", "set_public"]
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 3_600.0
MAX_DOUBLINGS = 10
LOOK_UP_SECONDS = 10
"""How soon a system is asked whether it has what may have arrived."""
ARRIVAL_SECONDS = 120
"""How long a message may be on its way. One that isn't there by then may be sent again."""
FAILURES_BEFORE_REST = 3
FIRST_REST_SECONDS = 15.0
LONGEST_REST_SECONDS = 300.0
NEEDS_STAFF = ("refused", "stuck")
"""States of a message that goes nowhere until a person has decided."""


@dataclass(frozen=True)
class Message:
    """A message with its case's number; times in epoch seconds.

    `answer` is what the system said last, in a sentence or a number.
    """

    id: str
    case_key: int
    case_id: str
    number: int
    kind: Kind
    payload: Mapping[str, Any]
    system: str
    code: str | None
    state: str
    created_at: int
    not_before: int
    attempts: int
    tried_at: int | None
    lease_token: str | None
    token: str | None
    work_order_id: str | None
    answer: str | None
    finished_at: int | None

    @property
    def needs_staff(self) -> bool:
        """Whether it goes nowhere until a person has decided."""
        return self.state in NEEDS_STAFF


@dataclass(frozen=True)
class SystemState:
    """The state of a work-order system; times in epoch seconds.

    Failures in a row, until when it is left alone, whether it locked us out, and why.
    """

    name: str
    failures: int
    rests_until: int
    is_stopped: bool
    reason: str | None
    changed_at: int


@dataclass(frozen=True)
class Outgoing:
    """One message with all that it says: the case as its resident sent it, and what came later.

    `reference` is our number for the case, `code` the type's code in the system, `work_order_id`
    the system's own number once it has one. `answers` are by the question's code;
    `answers_in_words` are (question, answer) for people. `photos` are names of our pictures.
    `words` are those of a note.
    """

    id: str
    kind: Kind
    reference: str
    code: str
    service_name: str
    note: str
    address: str
    lat: float | None
    lon: float | None
    is_public: bool
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers_in_words: tuple[tuple[str, str], ...] = ()
    photos: tuple[str, ...] = ()
    words: str = ""
    work_order_id: str | None = None
    department: str | None = None
    queue: str | None = None
    opened_at: int = 0


@dataclass(frozen=True)
class Taken:
    """The system has it, under this number; None if it gives none."""

    work_order_id: str | None = None


@dataclass(frozen=True)
class Awaited:
    """The system has it and gave a token; its number is to be asked for."""

    token: str


@dataclass(frozen=True)
class Absent:
    """The system was asked for our reference, and has no such case."""


@dataclass(frozen=True)
class Unsure:
    """It may have arrived: nothing is sent again before the system was asked.

    `pause` is what the system asked for, in seconds.
    """

    reason: str
    pause: float | None = None


@dataclass(frozen=True)
class Later:
    """It was certainly not taken, and may be next time. `pause` as for Unsure."""

    reason: str
    pause: float | None = None


@dataclass(frozen=True)
class Unready:
    """We didn't have all of it ready and have sent nothing; the system is not at fault."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """The system will never take it as it is."""

    reason: str


@dataclass(frozen=True)
class LockedOut:
    """The system doesn't let us in: nothing goes there until staff have fixed that."""

    reason: str


@dataclass(frozen=True)
class ForStaff:
    """Only a person can decide what to do."""

    reason: str


Outcome = Taken | Awaited | Absent | Unsure | Later | Unready | Refused | LockedOut | ForStaff


def pause_after(attempts: int, asked: float | None, chance: float) -> int:
    """Seconds until a message is tried again.

    From 30 s doubling to an hour, less up to half by `chance` (0 to 1), and at least what the
    system `asked` for, up to an hour.
    """
    doublings = min(max(attempts - 1, 0), MAX_DOUBLINGS)
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**doublings)
    return round(max(_limit(asked), longest * (1 - chance / 2)))


def rest_after(failures: int, asked: float | None) -> int:
    """Seconds for which a system is left alone after so many failures in a row.

    As long as it `asked` for, up to an hour; from the third on at least 15 s, doubling to five
    minutes.
    """
    if failures < FAILURES_BEFORE_REST:
        return round(_limit(asked))
    doublings = min(failures - FAILURES_BEFORE_REST, MAX_DOUBLINGS)
    longest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2**doublings)
    return round(max(_limit(asked), longest))


def _limit(asked: float | None) -> float:
    return min(asked or 0.0, LONGEST_PAUSE_SECONDS)
