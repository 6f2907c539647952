"""Sending cases to a city's work-order systems: what one is told, what may become of an attempt, and when the next one is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["open_case", "add_note", "withdraw_case", "set_public"]
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30.0, 3_600.0
LOOK_UP_SECONDS = 10
"""How soon a system is asked whether it has what may have arrived."""
ARRIVAL_SECONDS = 120
"""How long something may be on its way: what is not there by then has not arrived and may be sent again."""
FAILURES_BEFORE_REST = 3
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 15.0, 300.0
NEEDS_STAFF = ("refused", "stuck")
"""States of a message that goes nowhere until a person has decided."""


@dataclass(frozen=True)
class Message:
    """A message with its case's number; times are epoch seconds. `answer` is what the system said last, in a sentence or a number."""

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
    """How a work-order system fares: failures in a row, until when it is left alone, whether it does not let us in, and why (epoch s)."""

    name: str
    failures: int
    rests_until: int
    is_stopped: bool
    reason: str | None
    changed_at: int


@dataclass(frozen=True)
class Outgoing:
    """One message with all that is to be said: the case as its resident sent it, and what came later.

    `reference` is our number of the case, `code` the type's code in the system, `work_order_id` the system's own number once it has one.
    `answers` are by the question's code, `answers_in_words` are (question, answer) for people. `photos` are names of pictures of ours.
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
    """The system has it, under this number; None where it gives none."""

    work_order_id: str | None = None


@dataclass(frozen=True)
class Awaited:
    """The system has it and gave a token; its number is to be asked for."""

    token: str


@dataclass(frozen=True)
class Absent:
    """Asked for our reference, the system knows no such case."""


@dataclass(frozen=True)
class Unsure:
    """It may have arrived or not: nothing is sent again before the system was asked. `pause` is what it asked for, in seconds."""

    reason: str
    pause: float | None = None


@dataclass(frozen=True)
class Later:
    """It has certainly not been taken, and may be the next time."""

    reason: str
    pause: float | None = None


@dataclass(frozen=True)
class Unready:
    """We had not all of it at hand and have said nothing yet; the system has no part in that."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """The system will never take it as it is."""

    reason: str


@dataclass(frozen=True)
class LockedOut:
    """The system does not let us in: nothing goes there until somebody has put that right."""

    reason: str


@dataclass(frozen=True)
class ForStaff:
    """Only a person can decide what is to be done."""

    reason: str


Outcome = Taken | Awaited | Absent | Unsure | Later | Unready | Refused | LockedOut | ForStaff


def pause_after(attempts: int, asked: float | None, chance: float) -> int:
    """Seconds until a message is tried again: from 30 s doubling to an hour, less up to half by `chance` (0 to 1); as long as was asked."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(max(attempts - 1, 0), 10))
    return round(max(min(asked or 0.0, LONGEST_PAUSE_SECONDS), longest * (1 - chance / 2)))


def rest_after(failures: int, asked: float | None) -> int:
    """Seconds for which a system is left alone after so many failures in a row: as it asked, and from the third on longer each time."""
    if failures < FAILURES_BEFORE_REST:
        return round(min(asked or 0.0, LONGEST_PAUSE_SECONDS))
    longest = min(
        LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** min(failures - FAILURES_BEFORE_REST, 10)
    )
    return round(max(min(asked or 0.0, LONGEST_PAUSE_SECONDS), longest))
