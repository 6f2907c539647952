"""The models of who is heard, made again when the data has changed: by a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import text

from data_sync.datasets import LONGEST_PAUSE_SECONDS, LOOK_SECONDS, run_command
from data_sync.repeat import Job
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.equity.keep import has_demographics, read_mark
from portal.facts.pointer import newest

PAUSE_SECONDS = 900.0
"""A census changes once a year and a city's requests hardly within minutes."""
Run = Callable[[list[str]], None]


def equity_jobs(portal: Portal) -> list[Job]:
    """A job for each city."""
    return [
        Job(
            f"{city.id}: modeling who is heard",
            partial(make_if_due, portal, city, run_command),
            LOOK_SECONDS,
            longest_retry_seconds=LONGEST_PAUSE_SECONDS,
        )
        for city in portal.cities.values()
    ]


def make_if_due(portal: Portal, city: Jurisdiction, run: Run) -> float | None:
    """Make the models once for each version of the data; returns the pause after that (s)."""
    published = newest(portal.facts_folder, city.id)
    if published is None or not _is_due(portal, city, published.rev):
        return None
    run(["equity", city.id])
    return PAUSE_SECONDS


def _is_due(portal: Portal, city: Jurisdiction, rev: int) -> bool:
    """Whether there is anything to make models of that they are not made of yet.

    Not while the first import is on its way: its first thousand cases are not the city.
    """
    with portal.public_connection() as connection:
        kept = read_mark(connection, city.id)
        if kept:
            return kept.rev != rev
        is_imported = connection.execute(text(_FINISHED), {"city": city.id}).first() is not None
        return is_imported and has_demographics(connection, city.id)


_FINISHED = (
    "select 1 from public_sync_runs"
    " where jurisdiction_id = :city and finished_at is not null limit 1"
)
