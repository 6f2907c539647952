"""The sender: sends what is due from the outbox to its system, and notes what became of it.

Each system has a sender of its own, so that one that is slow or down delays no other.
"""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from data_sync.dispatch.adapters import adapter_for
from data_sync.dispatch.base import Adapter
from data_sync.process_name import has_process_ended, this_process_name
from data_sync.repeat import Job, Say
from portal.context import Portal
from portal.domain.claims import check_outcome
from portal.domain.dispatch import (
    ForStaff,
    Later,
    LockedOut,
    Message,
    Outcome,
    Outgoing,
    Refused,
    Unready,
    Unsure,
)
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import TakesTooLong
from portal.queries.report.outgoing import load_outgoing
from portal.services.report import sending
from portal.services.report.rerouting import reroute_report

LOOK_SECONDS = 0.4
RETRY_SECONDS = 5.0
TIDY_SECONDS = 5.0
POLLS = 48
"""After so many polls, an hour apart in the end, a token that became no number is left to staff."""
ALARM_AFTER = (5, 20, 100)
"""Failed attempts at a message after which the operator hears of it."""
NO_SYSTEM = (
    "The city's file names no work-order system for it. "
    "Tell the city by hand, or fix the file and send it again."
)
CANNOT_ASK = (
    "It may have arrived, and this system cannot be asked for our number. "
    "Look for it there. It said: {reason}"
)
UNREADABLE = "What is stored of it cannot be read: {problem}. Tell the city by hand."
UNSTORABLE = "What the system answered cannot be stored: {problem}. Look for it there."
MENDING_SECONDS = 72 * 3_600
Claimed = tuple[Message, Outgoing | Exception]
"""A message and all that it says, or why that cannot be read."""
NO_NUMBER = "It arrived, and the system has given no number for it in two days. Look for it there."


@dataclass
class Sender:
    """Sends what is meant for one system of one city.

    `chance` (0 to 1) spreads the next attempts; the clock is handed in.
    """

    portal: Portal
    city: Jurisdiction
    system: str
    adapter: Adapter
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    say: Say = print

    def job(self, stop: threading.Event) -> Job:
        """Send whatever is due, again and again."""
        name = f"{self.city.id}: sending to {self.system}"
        return Job(name, partial(self.send_all, stop), LOOK_SECONDS, RETRY_SECONDS)

    def send_one(self) -> bool:
        """Send the next message; False if none is due."""
        if not self._is_due():
            return False
        with self.portal.transaction() as connection:
            claimed = self._claim(connection)
        if claimed is not None:
            self._send(claimed)
        return claimed is not None

    def send_all(self, stop: threading.Event) -> None:
        """Send what is due, one message after the other, until nothing is or `stop` is set.

        A message is settled and the next one claimed in one transaction: at twenty reports a second
        every transaction counts.
        """
        if stop.is_set() or not self._is_due():
            return
        with self.portal.transaction() as connection:
            claimed = self._claim(connection)
        while claimed is not None:
            claimed = self._send(claimed, and_claim=not stop.is_set())

    def _is_due(self) -> bool:
        with self.portal.core.connect() as connection:
            return sending.has_due_message(connection, self.city.id, self.system, int(self.clock()))

    def _claim(self, connection: Connection) -> Claimed | None:
        message = sending.claim_message(
            connection, self.city.id, self.system, this_process_name(), int(self.clock())
        )
        if message is None:
            return None
        try:
            return message, load_outgoing(connection, self.city.id, message)
        except DBAPIError:
            raise
        except Exception as problem:
            # What is stored of this one cannot be read; the others must still go.
            return message, problem

    def _send(self, claimed: Claimed, and_claim: bool = False) -> Claimed | None:
        """Send a message, note what became of it, and claim the next."""
        message, outgoing = claimed
        outcome = self._attempt(message, outgoing)
        try:
            following, settled = self._settle(message, outcome, and_claim)
        except OperationalError:
            raise  # the store itself is away, full or locked
        except Exception as problem:
            # An answer that cannot be stored is one more thing for staff, and no other's trouble.
            self._say_unexpected(message)
            refusal = ForStaff(UNSTORABLE.format(problem=_name(problem)))
            following, settled = self._settle(message, refusal, and_claim)
        self._alarm(message, settled)
        return following

    def _settle(
        self, message: Message, outcome: Outcome, and_claim: bool
    ) -> tuple[Claimed | None, Outcome]:
        """Note what became of a message. Returns the next one, and what was noted."""
        now = int(self.clock())
        with self.portal.transaction() as connection:
            settled = sending.settle_message(
                connection, self.city, message, outcome, now, self.chance()
            )
            following = self._claim(connection) if and_claim else None
            if settled is not None:
                sending.mark_arrived(connection, self.city, message, settled, now)
        return following, settled or check_outcome(outcome)

    def _attempt(self, message: Message, outgoing: Outgoing | Exception) -> Outcome:
        if isinstance(outgoing, Exception):
            return self._wait_for_mending(message, outgoing)
        try:
            outcome = self._talk(message, outgoing)
        except Exception as problem:
            # A fault of ours in the middle: nobody knows whether the message has gone out.
            self._say_unexpected(message)
            outcome = Unsure(f"unexpected {_name(problem)}")
        return self._for_staff_if_stuck(message, outcome)

    def _wait_for_mending(self, message: Message, problem: Exception) -> Outcome:
        """Nothing has gone out. A newer program may read it; after three days staff decide."""
        reason = UNREADABLE.format(problem=_name(problem))
        is_old = int(self.clock()) - message.created_at > MENDING_SECONDS
        return ForStaff(reason) if is_old else Unready(reason)

    def _say_unexpected(self, message: Message) -> None:
        self.say(f"{self.city.id}: {message.id}: unexpected error\n{traceback.format_exc()}")

    def _talk(self, message: Message, outgoing: Outgoing) -> Outcome:
        """The next step with the system: poll, send, or ask whether it has arrived."""
        if message.state == "awaited":
            if message.attempts >= POLLS:
                return ForStaff(NO_NUMBER)
            return self.adapter.poll(message.token or "")
        if message.state == "pending" or self.adapter.may_repeat(message.kind):
            return self._send_out(outgoing)
        if self.adapter.can_look_up:
            return self.adapter.look_up(outgoing)
        return ForStaff(CANNOT_ASK.format(reason=message.answer))

    def _send_out(self, outgoing: Outgoing) -> Outcome:
        try:
            return self.adapter.send(outgoing)
        except TakesTooLong as problem:
            # A photo took too long to redraw, before anything was sent: it goes whole the next
            # time.
            return Unready(str(problem))

    def _for_staff_if_stuck(self, message: Message, outcome: Outcome) -> Outcome:
        """What may have arrived, and can be neither asked for nor repeated, is for staff."""
        can_go_on = self.adapter.can_look_up or self.adapter.may_repeat(message.kind)
        if isinstance(outcome, Unsure) and not can_go_on:
            return ForStaff(CANNOT_ASK.format(reason=outcome.reason))
        return outcome

    def _alarm(self, message: Message, outcome: Outcome) -> None:
        """Say what a person must look at; the rest takes its course."""
        attempts = message.attempts + 1
        if isinstance(outcome, LockedOut):
            self.say(
                f"{self.city.id}: {self.system} does not let us in ({outcome.reason}); "
                "nothing is sent there until that is put right"
            )
        elif isinstance(outcome, ForStaff | Refused):
            self.say(
                f"{self.city.id}: case {message.case_id} could not be told to {self.system}: "
                f"{outcome.reason}"
            )
        elif isinstance(outcome, Later | Unready | Unsure) and attempts in ALARM_AFTER:
            self.say(
                f"{self.city.id}: {self.system} has not taken case {message.case_id} "
                f"{attempts} times: {outcome.reason}"
            )


def _name(problem: Exception) -> str:
    return f"{problem.__class__.__name__}: {problem}"[:300]


def tidy_outbox(portal: Portal, city: Jurisdiction, now: int) -> None:
    """Take back what dead senders had claimed, and route messages that have no known system."""
    names = [system.name for system in city.systems]
    with portal.core.connect() as connection:
        lost = sending.misrouted_reports(connection, city.id, names)
        held = sending.has_leases(connection, city.id)
    if not lost and not held:
        return
    with portal.transaction() as connection:
        sending.release_leases(connection, city.id, has_process_ended, now)
        for message in sending.misrouted_reports(connection, city.id, names):
            if reroute_report(connection, city, message.case_key).system not in names:
                sending.leave_to_staff(connection, city.id, message.id, NO_SYSTEM)


def tidying_jobs(portal: Portal) -> list[Job]:
    """A job for each city: tidy its outbox."""
    return [
        Job(f"{city.id}: tidying the outbox", partial(_tidy_now, portal, city), TIDY_SECONDS)
        for city in portal.cities.values()
    ]


def make_senders(portal: Portal, desk_url: str | None, say: Say) -> list[Sender]:
    """A sender for each system that can be reached from here; stopped systems are tried again."""
    senders = []
    for city in portal.cities.values():
        with portal.transaction() as connection:
            sending.resume_systems(connection, city.id, int(time.time()))
        for system in city.systems:
            adapter = adapter_for(portal, city, system, desk_url)
            if adapter is None:
                say(
                    f"{city.id}: nothing can be sent to {system.name} from here; "
                    "what is meant for it waits"
                )
            else:
                senders.append(Sender(portal, city, system.name, adapter, say=say))
    return senders


def _tidy_now(portal: Portal, city: Jurisdiction) -> None:
    tidy_outbox(portal, city, int(time.time()))
