"""Waiting for a store that is away: PostgreSQL starts after us, or is started again.

    wait_for_store(partial(find_absence, engine), stop.wait, print)

says in one line what it waits for, and goes on as soon as the store answers.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from portal.errors import NotReady
from portal.store.refusals import explain

LOOK_SECONDS = 1.0


def find_absence(engine: Engine) -> str | None:
    """Why the store does not answer now and may do so soon, with the way out; else None.

    Raises NotReady for what does not pass, such as a wrong password.
    """
    try:
        with engine.connect():
            return None
    except DBAPIError as problem:
        refusal = explain(problem, engine.url)
        if refusal is None:
            raise
        sentence = str(refusal)
        if refusal.may_pass:
            return sentence
        raise NotReady(sentence) from problem


def wait_for_store(
    find_reason: Callable[[], str | None],
    pause: Callable[[float], object],
    say: Callable[[str], None],
) -> bool:
    """Wait until there is no reason to wait any more; a new reason is said once, in one line.

    `pause` waits so many seconds; what it returns is true if we should stop. Returns whether the
    store answers.
    """
    said = None
    while reason := find_reason():
        if reason != said:
            said = reason
            say(f"waiting for the store: {reason}")
        if pause(LOOK_SECONDS):
            return False
    if said:
        say("the store answers; going on")
    return True
