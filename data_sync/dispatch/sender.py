"""The sender: takes what is due from the outbox, says it to the system, writes down what became of it; again and again until it is told.

Each system has a sender of its own, so that one that is slow or down delays no other.
"""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from data_sync.dispatch.adapters import adapter_for
from data_sync.dispatch.base import Adapter
from data_sync.process_name import is_gone, this_process
from portal.context import Portal
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
from portal.queries.report.outgoing import outgoing
from portal.services.report import sending
from portal.services.report.rerouting import reroute_report

LOOK_SECONDS = 0.4
AFTER_A_FAULT_SECONDS = 5.0
SWEEP_SECONDS = 5.0
POLLS = 48
"""After so many questions, an hour apart at last, a token that became no number is left to staff."""
NO_SYSTEM = "The city's file names no work-order system for it. Tell the city by hand, or mend the file and send it again."
CANNOT_ASK = "It may have arrived, and this system cannot be asked for our number. Look for it there. It said: {reason}"


@dataclass
class Sender:
    """What is meant for one system of one city. `chance` spreads the next attempts; the clock is handed in."""

    portal: Portal
    city: Jurisdiction
    system: str
    adapter: Adapter
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    say: Callable[[str], None] = print

    def send_one(self) -> bool:
        """Send the next message; False where none is due."""
        if not self._is_due():
            return False
        with self.portal.transaction() as connection:
            claimed = self._claim(connection)
        if claimed is not None:
            self._send(claimed)
        return claimed is not None

    def send_all(self, wake: threading.Event) -> None:
        """Send what is due, one after the other, until nothing is or `wake` is set.

        A message is settled and the next one claimed in one transaction: at twenty reports a second each transaction counts.
        """
        if wake.is_set() or not self._is_due():
            return
        with self.portal.transaction() as connection:
            claimed = self._claim(connection)
        while claimed is not None:
            claimed = self._send(claimed, and_claim=not wake.is_set())

    def run_until_told(self, wake: threading.Event) -> None:
        """Send whatever is due, until `wake` is set; a fault is said and survived."""
        while not wake.is_set():
            pause = LOOK_SECONDS
            try:
                self.send_all(wake)
            except Exception:
                self.say(
                    f"{self.city.id}: sending to {self.system}: unexpected error\n{traceback.format_exc()}"
                )
                pause = AFTER_A_FAULT_SECONDS
            wake.wait(pause)

    def _is_due(self) -> bool:
        with self.portal.core.connect() as connection:
            return sending.has_due_message(connection, self.city.id, self.system, int(self.clock()))

    def _claim(self, connection: Connection) -> tuple[Message, Outgoing] | None:
        message = sending.claim_message(
            connection, self.city.id, self.system, this_process(), int(self.clock())
        )
        return (message, outgoing(connection, self.city.id, message)) if message else None

    def _send(
        self, claimed: tuple[Message, Outgoing], and_claim: bool = False
    ) -> tuple[Message, Outgoing] | None:
        """Send it, write down what became of it, and claim the next."""
        message, told = claimed
        outcome = self._attempt(message, told)
        with self.portal.transaction() as connection:
            is_ours = sending.settle_message(
                connection, self.city, message, outcome, int(self.clock()), self.chance()
            )
            following = self._claim(connection) if and_claim else None
            if is_ours:
                sending.mark_arrived(connection, self.city, message, outcome, int(self.clock()))
        self._alarm(message, outcome)
        return following

    def _attempt(self, message: Message, told: Outgoing) -> Outcome:
        try:
            return self._decided(message, self._said(message, told))
        except (
            Exception
        ) as problem:  # a fault of ours in the middle: whether it has gone out nobody knows
            self.say(f"{self.city.id}: {message.id}: unexpected error\n{traceback.format_exc()}")
            return self._decided(
                message, Unsure(f"unexpected {problem.__class__.__name__}: {problem}")
            )

    def _said(self, message: Message, told: Outgoing) -> Outcome:
        if message.state == "awaited":
            if message.attempts >= POLLS:
                return ForStaff(
                    "It arrived, and the system has given no number for it in two days. Look for it there."
                )
            return self.adapter.poll(message.token or "")
        if message.state == "pending" or self.adapter.may_repeat(message.kind):
            return self._sent(told)
        if self.adapter.can_look_up:
            return self.adapter.look_up(told)
        return ForStaff(CANNOT_ASK.format(reason=message.answer))

    def _sent(self, told: Outgoing) -> Outcome:
        try:
            return self.adapter.send(told)
        except TakesTooLong as problem:
            return Unready(
                str(problem)
            )  # a photo, which is drawn before anything is said: it goes whole the next time

    def _decided(self, message: Message, outcome: Outcome) -> Outcome:
        """What may have arrived and can be neither asked for nor repeated is for staff."""
        if (
            isinstance(outcome, Unsure)
            and not self.adapter.can_look_up
            and not self.adapter.may_repeat(message.kind)
        ):
            return ForStaff(CANNOT_ASK.format(reason=outcome.reason))
        return outcome

    def _alarm(self, message: Message, outcome: Outcome) -> None:
        """What somebody must look at; the rest goes its way."""
        if isinstance(outcome, LockedOut):
            self.say(
                f"{self.city.id}: {self.system} does not let us in ({outcome.reason}); nothing is sent there until that is put right"
            )
        elif isinstance(outcome, ForStaff | Refused):
            self.say(
                f"{self.city.id}: case {message.case_id} could not be told to {self.system}: {outcome.reason}"
            )
        elif isinstance(outcome, Later | Unready | Unsure) and message.attempts + 1 in (5, 20, 100):
            self.say(
                f"{self.city.id}: {self.system} has not taken case {message.case_id} {message.attempts + 1} times: {outcome.reason}"
            )


def tidy(portal: Portal, city: Jurisdiction, now: int) -> None:
    """Take back what dead senders held, and give messages without a system of the city's one."""
    names = [system.name for system in city.systems]
    with portal.core.connect() as connection:
        lost = sending.misrouted_reports(connection, city.id, names)
        held = sending.has_leases(connection, city.id)
    if not lost and not held:
        return
    with portal.transaction() as connection:
        sending.release_leases(connection, city.id, is_gone, now)
        for message in sending.misrouted_reports(connection, city.id, names):
            if reroute_report(connection, city, message.case_key).system not in names:
                sending.leave_to_staff(connection, city.id, message.id, NO_SYSTEM)


def tidy_until_told(portal: Portal, wake: threading.Event, say: Callable[[str], None]) -> None:
    """`tidy` for all cities, at once and then every few seconds."""
    swept_at: dict[str, float] = {}
    while not wake.is_set():
        for city in portal.cities.values():
            if time.monotonic() - swept_at.get(city.id, -SWEEP_SECONDS) >= SWEEP_SECONDS:
                swept_at[city.id] = time.monotonic()
                _surviving(
                    partial(tidy, portal, city, int(time.time())),
                    say,
                    f"{city.id}: tidying the outbox",
                )
        wake.wait(1.0)


def senders_for(portal: Portal, desk_url: str | None, say: Callable[[str], None]) -> list[Sender]:
    """A sender for each system that can be reached from here; systems that were stopped are tried again."""
    senders = []
    for city in portal.cities.values():
        with portal.transaction() as connection:
            sending.resume_systems(connection, city.id, int(time.time()))
        for system in city.systems:
            adapter = adapter_for(portal, city, system, desk_url)
            if adapter is None:
                say(
                    f"{city.id}: nothing can be sent to {system.name} from here; what is meant for it waits"
                )
            else:
                senders.append(Sender(portal, city, system.name, adapter, say=say))
    return senders


def start(
    portal: Portal, senders: Sequence[Sender], wake: threading.Event, say: Callable[[str], None]
) -> list[threading.Thread]:
    """A thread for each sender, and one that tidies."""
    jobs = [(f"send {sender.system}", partial(sender.run_until_told, wake)) for sender in senders]
    jobs.append(("tidy outbox", partial(tidy_until_told, portal, wake, say)))
    threads = [threading.Thread(target=job, name=name, daemon=True) for name, job in jobs]
    for thread in threads:
        thread.start()
    return threads


def _surviving(act: Callable[[], None], say: Callable[[str], None], what: str) -> None:
    try:
        act()
    except Exception:
        say(f"{what}: unexpected error\n{traceback.format_exc()}")
