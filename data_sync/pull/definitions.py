"""What a source offers to people who report, read once a day: its types, then what each asks.

Where a source cannot be asked, or answers with something else, what is stored stays as it was, and
the source is asked again in an hour. A run makes few calls: where the source allows no more, the
next run goes on with the types whose questions were read longest ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from data_sync.reading.base import OffersServices, Source
from portal.context import Portal
from portal.errors import Conflict, SourceError
from portal.services.sync import definitions
from portal.store import leases

EVERY, AGAIN = timedelta(days=1), timedelta(hours=1)
MOST_CALLS = 200
NO_ANSWER = ("unreachable", "resting", "too_slow")
"""Reasons for which the next question would get no answer either."""


def refresh_definitions(portal: Portal, source: Source, now: datetime) -> list[str]:
    """Bring a source's types up to date if that is due.

    Returns a sentence for each that could not be read.
    """
    if not isinstance(source, OffersServices):
        return []
    name = f"definitions {source.name}"
    seconds = int(AGAIN.total_seconds())
    try:
        # A lease that is never given back measures the time.
        token = leases.acquire(
            portal.core, source.city.id, name, "daily look at what can be reported", seconds, now
        )
    except Conflict:
        return []
    problems, is_complete = _read_services(portal, source, now)
    if not is_complete:
        leases.release(portal.core, source.city.id, name, token)
    elif not problems:
        leases.renew(portal.core, source.city.id, name, token, int(EVERY.total_seconds()), now)
    return problems


def _read_services(portal: Portal, source: OffersServices, now: datetime) -> tuple[list[str], bool]:
    """What could not be read, and whether every type has been asked about."""
    epoch = int(now.timestamp())
    try:
        offered = source.read_services()
    except SourceError as problem:
        return [f"{problem}; what can be reported stays as it was"], True
    most = min(MOST_CALLS, source.calls_per_run - 1)
    read_before = epoch - int(EVERY.total_seconds()) // 2
    of_source = source.city.id, source.name
    with portal.transaction() as connection:
        definitions.save_definitions(connection, *of_source, offered, epoch)
        codes = definitions.codes_to_ask_about(connection, *of_source, read_before, most + 1)
    return _read_all_questions(portal, source, codes[:most], epoch), len(codes) <= most


def _read_all_questions(
    portal: Portal, source: OffersServices, codes: Sequence[str], epoch: int
) -> list[str]:
    """What could not be read. The rest is not asked for once the source stops answering."""
    problems = []
    for code in codes:
        try:
            _read_questions(portal, source, code, epoch)
        except SourceError as problem:
            problems.append(f"{problem}; what is asked of type {code!r} stays as it was")
            if problem.reason in NO_ANSWER:
                break
    return problems


def _read_questions(portal: Portal, source: OffersServices, code: str, now: int) -> None:
    """Read and store what a type asks. Raises SourceError.

    A type whose definition cannot be used is not asked about again before tomorrow.
    """
    try:
        questions, problem = source.read_questions(code), None
    except SourceError as refusal:
        if refusal.reason in NO_ANSWER:
            raise
        questions, problem = None, refusal
    with portal.transaction() as connection:
        definitions.save_questions(connection, source.city.id, code, questions, now)
    if problem:
        raise problem
