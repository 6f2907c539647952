"""What a source offers to those who report, read once a day: its types, then what each asks.

A source that cannot be asked, or answers with something else, leaves what is stored as it was, and is asked again in an hour. Few calls a
run: where a source allows no more, the next run goes on with the types whose questions were read longest ago.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from data_sync.reading.base import Source
from portal.context import Portal
from portal.errors import Conflict, SourceError
from portal.services.sync import definitions
from portal.store import leases

EVERY, AGAIN = timedelta(days=1), timedelta(hours=1)
MOST_CALLS = 200
NO_ANSWER = ("unreachable", "resting")
"""Reasons for which the next question would have no answer either."""


def refresh(portal: Portal, source: Source, now: datetime) -> list[str]:
    """Bring a source's types up to date where that is due. Returns a sentence for each that could not be read."""
    if not hasattr(source, "offered"):
        return []
    name = f"definitions {source.name}"
    try:
        # A lease that nobody gives back measures the time.
        token = leases.acquire(
            portal.core,
            source.city.id,
            name,
            "daily look at what can be reported",
            int(AGAIN.total_seconds()),
            now,
        )
    except Conflict:
        return []
    problems, is_all = _read(portal, source, now)
    if not is_all:
        leases.release(portal.core, source.city.id, name, token)
    elif not problems:
        leases.renew(portal.core, source.city.id, name, token, int(EVERY.total_seconds()), now)
    return problems


def _read(portal: Portal, source: Any, now: datetime) -> tuple[list[str], bool]:
    """What could not be read, and whether all was asked for."""
    epoch = int(now.timestamp())
    try:
        offered = source.offered()
    except SourceError as problem:
        return [f"{problem}; what can be reported stays as it was"], True
    most = min(MOST_CALLS, source.calls_per_run - 1)
    with portal.transaction() as connection:
        definitions.save_offered(connection, source.city.id, source.name, offered, epoch)
        read_before = epoch - int(EVERY.total_seconds()) // 2
        codes = definitions.codes_to_ask_about(
            connection, source.city.id, source.name, read_before, most + 1
        )
    problems = []
    for code in codes[:most]:
        try:
            _read_questions(portal, source, code, epoch)
        except SourceError as problem:
            problems.append(f"{problem}; what is asked of type {code!r} stays as it was")
            if problem.reason in NO_ANSWER:
                break
    return problems, len(codes) <= most


def _read_questions(portal: Portal, source: Any, code: str, now: int) -> None:
    """Raises SourceError; a type whose definition cannot be used is not asked about again before tomorrow."""
    try:
        questions, problem = source.questions_about(code), None
    except SourceError as refusal:
        if refusal.reason in NO_ANSWER:
            raise
        questions, problem = None, refusal
    with portal.transaction() as connection:
        definitions.save_questions(connection, source.city.id, code, questions, now)
    if problem:
        raise problem
