"""Datasets frozen once a day, and the frozen files without what is no longer public.

A city's day is frozen soon after its midnight, in a process of its own: packing millions of rows
must not hold up what else the worker does. What was hidden is served no more within seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from data_sync.repeat import Job
from portal.context import Portal
from portal.datasets import retract
from portal.datasets.index import place_of
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import PortalError
from portal.facts.pointer import newest

NICE = 10
LOOK_SECONDS = 60.0
WITHHOLD_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 3_600.0
Run = Callable[[list[str]], None]
"""Runs a command of the portal to its end. Raises PortalError where it fails."""


class PublicationFailed(PortalError):
    """A city's day could not be frozen; says why."""


def dataset_jobs(portal: Portal) -> list[Job]:
    """Jobs for each city: freeze its day, and write files again."""
    return [
        job
        for city in portal.cities.values()
        for job in (
            Job(
                f"{city.id}: freezing datasets",
                partial(freeze_if_due, portal, city, run_command, time.time),
                LOOK_SECONDS,
                longest_retry_seconds=LONGEST_PAUSE_SECONDS,
            ),
            Job(
                f"{city.id}: rewriting datasets",
                partial(run_rewriting, portal, city, run_command),
                LOOK_SECONDS,
                longest_retry_seconds=LONGEST_PAUSE_SECONDS,
            ),
        )
    ]


def withholding_jobs(portal: Portal) -> list[Job]:
    """A job for each city that stops serving frozen files with something hidden in them."""
    return [
        Job(f"{city.id}: withholding", partial(_withhold, portal, city), WITHHOLD_SECONDS)
        for city in portal.cities.values()
    ]


def freeze_if_due(portal: Portal, city: Jurisdiction, run: Run, clock: Callable[[], float]) -> None:
    """Freeze the city's day unless it is frozen already, or there is nothing to freeze."""
    if newest(portal.facts_folder, city.id) is None:
        return
    today = datetime.fromtimestamp(clock(), city.zone).date().isoformat()
    names = place_of(portal.settings.data_dir, city.id).load().names()
    if not any(name.startswith(today) for name in names):
        run(["publish-data", city.id])


def run_rewriting(portal: Portal, city: Jurisdiction, run: Run) -> None:
    """Write withheld versions again, if there are any."""
    versions = place_of(portal.settings.data_dir, city.id).load().versions
    if any(version.state == "withheld" for version in versions):
        run(["publish-data", city.id, "--rewrite"])


def run_command(arguments: list[str]) -> None:
    """Run a command of the portal with less right to the processor than pages have."""
    command = [sys.executable, "-m", "portal", *arguments]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        preexec_fn=partial(os.nice, NICE),  # noqa: PLW1509  nothing is imported in it
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["no reason given"]
        raise PublicationFailed(f"{' '.join(arguments)}: {said[-1].removeprefix('portal: ')}")


def _withhold(portal: Portal, city: Jurisdiction) -> None:
    retract.withhold(portal, city)
