"""Whether a report waits for review before it is public, by what its door observed.

Every report is accepted and sent to the city; a doubtful one only waits before others see it.

    signals = Signals(start_stamp=stamp, proof=proof, address="8.8.4.4")
    check = review_check(settings, "demo", report.idempotency_key, signals, now)
    check(connection)  # () if it may be public at once, or ("quick", "crowded")

A door is whatever takes reports from outside: the form's pages, and other programs' requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.abuse import form_time, proof_of_work
from portal.abuse.rate_limits import is_crowded
from portal.abuse.review_reasons import MIN_SECONDS, Evidence, find_doubts
from portal.domain.report import Doubt
from portal.secrets import derive_key
from portal.settings import Settings

START_KEY = "report begun"
PROOF_KEY = "proof of work"
"""Purposes of keys. Phones keep forms signed with them for days, so the words never change."""

ReviewCheck = Callable[[Connection], tuple[Doubt, ...]]
"""Gives the doubts about one report. Counts the report, so ask it once, in its transaction."""


@dataclass(frozen=True)
class Signals:
    """What a door observed about a report's sender, as it came in; `submit` decides what it means.

    A door that cannot observe something leaves it out; no report is doubted for that.
    """

    is_trap_filled: bool = False
    """The field that no person sees was filled in."""
    start_stamp: str | None = None
    """The form's signed start time (`sign_start_time`). None: this door has no form."""
    proof: str = ""
    """The browser's answer to a challenge (`make_challenge`); empty without scripts."""
    address: str | None = None
    """The sender's network address."""


def sign_start_time(settings: Settings, now: int) -> str:
    """The stamp that a form carries from when it is opened; `now` in epoch seconds."""
    return form_time.sign_start_time(derive_key(settings, START_KEY), now)


def make_challenge(settings: Settings, form_key: str, now: int) -> str:
    """A proof-of-work challenge for one form, as JSON."""
    return proof_of_work.make_challenge(derive_key(settings, PROOF_KEY), form_key, now)


def review_check(
    settings: Settings, city_id: str, form_key: str, signals: Signals, now: int
) -> ReviewCheck:
    """Verify the proof and the start time now; give what is left to ask in the transaction."""
    proof = proof_of_work.check_proof(derive_key(settings, PROOF_KEY), form_key, signals.proof, now)
    seconds = _seconds_at_form(settings, signals, now)

    def ask(connection: Connection) -> tuple[Doubt, ...]:
        is_proven = proof == "solved"
        crowded = is_crowded(connection, settings, city_id, signals.address, is_proven, now)
        return find_doubts(Evidence(signals.is_trap_filled, seconds, crowded, proof == "wrong"))

    return ask


def _seconds_at_form(settings: Settings, signals: Signals, now: int) -> int | None:
    """How long the sender had the form open. None if the stamp is not ours."""
    if signals.start_stamp is None:
        return MIN_SECONDS  # no form, so nothing to hurry through
    key = derive_key(settings, START_KEY)
    return form_time.count_seconds_since(key, signals.start_stamp, now)
