"""What a work-order system says about a case we sent, before we believe it.

An answer is a claim: it may be a mistake, another case's, or a lie. A number or a token counts only
if it could be one, and a case that comes back under such a number only if it can be the same case.

    check_outcome(Taken("26-5"))            # Taken("26-5")
    check_outcome(Taken("26-5\\r\\nX: y"))    # ForStaff("It has arrived, but …")
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.domain.dispatch import Awaited, ForStaff, Outcome, Taken
from portal.domain.distance import metres_between
from portal.domain.quoted_words import has_words_of
from portal.domain.tidy import tidy

LONGEST_NUMBER = 100
LONGEST_REASON = 1_000
SHOWN = 40
"""Characters of a bad number that staff see."""
BAD_NUMBER = (
    "It has arrived, but the number that came back cannot be one: {shown}. Look for it there."
)
ANOTHER_CASE = (
    "It may have arrived, but the number that came back is that of another case. "
    "The city may have merged this with {number}. Look for it there."
)
ANOTHER_REPORT = (
    "It may have arrived, but the number that came back, {number}, is that of another report, "
    "{case_id}. The city may have merged this with it. Look for it there."
)
CLOCKS_SECONDS = 900
"""How far the city's clock may be behind ours."""
NEAR_METRES = 100.0
FAR_METRES = 1_000.0


@dataclass(frozen=True)
class Told:
    """What is said of a case: when it was opened (epoch s), where it is, and the resident's words.

    Unknown is None.
    """

    opened_at: int
    lat: float | None
    lon: float | None
    note: str | None


def is_usable_number(number: str) -> bool:
    """Whether a number or a token can be one: 1 to 100 printable characters, and no comma.

    A list of numbers in a question is joined by commas.
    """
    return 0 < len(number) <= LONGEST_NUMBER and number.isprintable() and "," not in number


def check_outcome(outcome: Outcome) -> Outcome:
    """The outcome as we take it: a number or token that cannot be one is for staff.

    Reasons, which may quote the system, are cleaned and cut.
    """
    if isinstance(outcome, Taken):
        number = outcome.work_order_id
        return outcome if number is None or is_usable_number(number) else _for_staff(number)
    if isinstance(outcome, Awaited):
        return outcome if is_usable_number(outcome.token) else _for_staff(outcome.token)
    reason = getattr(outcome, "reason", None)
    if reason is None:
        return outcome
    return replace(outcome, reason=clean_reason(reason))  # pyright: ignore[reportCallIssue]


def clean_reason(reason: str) -> str:
    """A system's words as they may be kept and shown."""
    return tidy(reason, LONGEST_REASON, keeps_lines=True) or "It gave no reason."


def can_be_same_case(theirs: Told, ours: Told) -> bool:
    """Whether a case that the city shows under our case's number can be our case.

    It is if it has our words. Else it is not if it is far away, or if it was there before ours and
    says something else or is at another place.
    """
    if ours.note and theirs.note and has_words_of(theirs.note, ours.note):
        return True
    metres = _metres_apart(theirs, ours)
    if metres is not None and metres > FAR_METRES:
        return False
    was_there_before = theirs.opened_at < ours.opened_at - CLOCKS_SECONDS
    is_different = bool(theirs.note) or (metres is not None and metres > NEAR_METRES)
    return not (was_there_before and is_different)


def _metres_apart(theirs: Told, ours: Told) -> float | None:
    if theirs.lat is None or theirs.lon is None or ours.lat is None or ours.lon is None:
        return None
    return metres_between(theirs.lat, theirs.lon, ours.lat, ours.lon)


def _for_staff(number: str) -> ForStaff:
    shown = "".join(
        letter if letter.isprintable() else ascii(letter)[1:-1] for letter in number[:SHOWN]
    )
    length = f" … ({len(number):,} characters)" if len(number) > SHOWN else ""
    return ForStaff(BAD_NUMBER.format(shown=f"“{shown}”{length}"))
