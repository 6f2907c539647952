"""How long the sync waits for the store, and what it says when the store cannot be written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from portal.domain.jurisdiction import Jurisdiction
from portal.store.unwritable import find_cause

LOCK_PATIENCE_SECONDS = 60
_DISK_IS_FULL = ("full", "No space left", "disk I/O", "File too large")


def set_lock_patience(engine: Engine) -> None:
    """Let the sync wait a minute to write, and not a page's few seconds: nobody looks at it."""
    set_patience = _PATIENCE[engine.dialect.name]
    if not event.contains(engine, "connect", set_patience):
        engine.dispose()
        event.listen(engine, "connect", set_patience)


def describe_store_problem(city: Jurisdiction, problem: Exception) -> str:
    """A sentence about what went wrong with the store, and what to do."""
    words = " ".join(str(getattr(problem, "orig", None) or problem).split())
    cause = find_cause(problem)
    if cause == "full" or any(sign in words for sign in _DISK_IS_FULL):
        return (
            f"{city.id}: the disk of the store is full ({words}); "
            "free some space and run the sync again: it goes on where it stopped"
        )
    if cause == "locked" or "locked" in words:
        return (
            f"{city.id}: another process has locked the store for more than "
            f"{LOCK_PATIENCE_SECONDS} s; run the sync again"
        )
    return f"{city.id}: the store cannot be written: {words}"


def _set_patience_of_sqlite(connection: Any, _record: Any) -> None:
    connection.execute(f"pragma busy_timeout = {LOCK_PATIENCE_SECONDS * 1000}")


def _set_patience_of_postgresql(connection: Any, _record: Any) -> None:
    connection.execute(f"set lock_timeout = '{LOCK_PATIENCE_SECONDS}s'")
    connection.commit()


_PATIENCE = {"sqlite": _set_patience_of_sqlite, "postgresql": _set_patience_of_postgresql}
