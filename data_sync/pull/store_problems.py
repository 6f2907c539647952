"""How long the sync waits for the store, and what it says when the store cannot be written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from portal.domain.jurisdiction import Jurisdiction

LOCK_PATIENCE_SECONDS = 60
_DISK_IS_FULL = ("full", "No space left", "disk I/O", "File too large")


def set_lock_patience(engine: Engine) -> None:
    """Let the sync wait a minute for its turn to write.

    A page waits a few seconds only, but nobody is looking at the sync.
    """
    if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _set_patience):
        engine.dispose()
        event.listen(engine, "connect", _set_patience)


def describe_store_problem(city: Jurisdiction, problem: Exception) -> str:
    """A sentence about what went wrong with the store, and what to do."""
    words = " ".join(str(getattr(problem, "orig", None) or problem).split())
    if any(sign in words for sign in _DISK_IS_FULL):
        return (
            f"{city.id}: the disk of the store is full ({words}); "
            "free some space and run the sync again: it goes on where it stopped"
        )
    if "locked" in words:
        return (
            f"{city.id}: another process has locked the store for more than "
            f"{LOCK_PATIENCE_SECONDS} s; run the sync again"
        )
    return f"{city.id}: the store cannot be written: {words}"


def _set_patience(connection: Any, _record: Any) -> None:
    connection.execute(f"pragma busy_timeout = {LOCK_PATIENCE_SECONDS * 1000}")
