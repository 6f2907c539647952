"""Answers of some pages, made again when the data has changed: each by a process of its own.

Who is heard takes statsmodels, what changed takes scipy: neither is imported by the worker itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, text

from data_sync.datasets import LONGEST_PAUSE_SECONDS, LOOK_SECONDS, run_command
from data_sync.repeat import Job
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.equity.keep import NAME as EQUITY
from portal.equity.keep import has_demographics
from portal.facts.pointer import newest
from portal.findings.keep import NAME as FINDINGS
from portal.store.kept_answers import read_mark

PAUSE_SECONDS = 900.0
"""A census changes once a year, whole weeks once a week, and what is in them hardly in minutes."""
Run = Callable[[list[str]], None]


class Answer(NamedTuple):
    """What is made: its name, which is also that of the portal's command; what the log calls it;
    and whether there is anything to make it of."""

    name: str
    doing: str
    is_wanted: Callable[[Connection, str], bool]


ANSWERS = (
    Answer(EQUITY, "modeling who is heard", has_demographics),
    Answer(FINDINGS, "looking for what changed", lambda _connection, _city: True),
)


def answer_jobs(portal: Portal) -> list[Job]:
    """A job for each answer of each city."""
    return [
        Job(
            f"{city.id}: {answer.doing}",
            partial(make_if_due, portal, city, answer, run_command),
            LOOK_SECONDS,
            longest_retry_seconds=LONGEST_PAUSE_SECONDS,
        )
        for city in portal.cities.values()
        for answer in ANSWERS
    ]


def make_if_due(portal: Portal, city: Jurisdiction, answer: Answer, run: Run) -> float | None:
    """Make it once for each version of the data; returns the pause after that (s)."""
    published = newest(portal.facts_folder, city.id)
    if published is None or not _is_due(portal, city, answer, published.rev):
        return None
    run([answer.name, city.id])
    return PAUSE_SECONDS


def _is_due(portal: Portal, city: Jurisdiction, answer: Answer, rev: int) -> bool:
    """Whether there is anything to make the answer of that it is not made of yet.

    Not while the first import is on its way: its first thousand cases are not the city.
    """
    with portal.public_connection() as connection:
        kept = read_mark(connection, city.id, answer.name)
        if kept:
            return kept.rev != rev
        is_imported = connection.execute(text(_FINISHED), {"city": city.id}).first() is not None
        return is_imported and answer.is_wanted(connection, city.id)


_FINISHED = (
    "select 1 from public_sync_runs"
    " where jurisdiction_id = :city and finished_at is not null limit 1"
)
