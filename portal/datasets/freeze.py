"""Freezing a day: every dataset as it is now, in files with an address of their own, for good.

    freeze(portal, city, now)  →  "2026-11-30", and "2026-11-30.2" if asked again that day

A version is named by the day in the city on which it is made. It is made in a folder that nobody
is served from, put on the disk, and served once the index names it: all of its datasets at once.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from portal import logs
from portal.context import Portal
from portal.datasets.content_hash import content_sha256
from portal.datasets.files import write_files
from portal.datasets.index import Checked, Index, Place, Version, place_of
from portal.datasets.manifests import Release, add_manifest
from portal.datasets.retention import expire
from portal.datasets.sources import Work, fill_from_facts, open_work
from portal.disk import write_through
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.published_datasets import DATASETS
from portal.errors import NotReady
from portal.facts import working
from portal.facts.pointer import FactsFile, newest
from portal.facts.store_rows import snapshot
from portal.store.engines import sqlite_module

LITTLE_BYTES = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT)
log = logs.get_logger(__name__)


def freeze(portal: Portal, city: Jurisdiction, now: int, wait_seconds: float = 60.0) -> str:
    """Freeze a city's datasets as they are at `now` (epoch s); returns the version's name.

    Raises Conflict while another process writes them, and NotReady where there are no facts yet or
    the disk is full: then nothing of it is published.
    """
    place = place_of(portal.settings.data_dir, city.id)
    today = datetime.fromtimestamp(now, city.zone).date()
    with only_writer(place, city.id, wait_seconds):
        place.remove_unnamed(place.load())
        version = name_version(place.load(), today)
        with building_folder(place, city.id) as building:
            facts, releases = _write_releases(portal, city, building, version, now)
            with index_writer(place, city.id):
                index = _publish(place, building, releases)
                checked = check_again_from(index.checked, facts.batch, facts.mark)
                index = expire(replace(index, checked=checked), portal.settings.dataset_days, today)
                place.save(index)
        place.remove_unnamed(index)
        log.info("datasets frozen", city=city.id, version=version)
        return version


@contextmanager
def only_writer(place: Place, city_id: str, wait_seconds: float) -> Iterator[None]:
    """Lock a city's datasets against other writers. Raises Conflict if another has them."""
    with working.only_writer(place.folder, city_id, wait_seconds, "datasets"):
        yield


@contextmanager
def index_writer(place: Place, city_id: str, wait_seconds: float = 60.0) -> Iterator[None]:
    """Lock the index for as long as it takes to change it.

    Apart from the other lock, so that a file can be withheld while another is being made.
    """
    name = f"{city_id}-index"
    with working.only_writer(place.folder, name, wait_seconds, "index of datasets"):
        yield


@contextmanager
def building_folder(place: Place, city_id: str) -> Iterator[Path]:
    """A folder that is gone at the end, whatever happens. Raises NotReady if the disk is full."""
    building = place.make_building_folder()
    try:
        yield building
    except BaseException as problem:
        place.remove_unnamed(place.load())
        if not is_disk_full(problem, place.folder):
            raise
        raise NotReady(
            f"{city_id}: the disk is full ({place.folder}); nothing was published,"
            " and what was there is served as before"
        ) from problem
    shutil.rmtree(building, ignore_errors=True)


def is_disk_full(problem: BaseException, folder: Path) -> bool:
    """Whether there was no room for what was to be written."""
    if isinstance(problem, OSError):
        return problem.errno in FULL
    if not isinstance(problem, duckdb.Error | sqlite_module().Error):
        return False
    return "No space left" in str(problem) or shutil.disk_usage(folder).free < LITTLE_BYTES


def name_version(index: Index, day: date) -> str:
    """The day; with a number behind it if that day is frozen already."""
    before = sum(name.startswith(day.isoformat()) for name in index.names())
    return f"{day.isoformat()}.{before + 1}" if before else day.isoformat()


def publish_files(
    place: Place, index: Index, building: Path, release: Release, state: Version
) -> Index:
    """Move a dataset's files to where they are served from, and add its manifest to the chain."""
    _link_equal_files(place, index, building / release.dataset, release)
    folder = place.folder_of(state)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    (building / release.dataset).replace(folder)
    write_through(folder.parent)
    link = add_manifest(place, index, release)
    index = replace(index, links=(*index.links, link))
    return index.with_version(replace(state, number=link.number, state="served"))


def check_again_from(checked: Checked, batch: int, mark: str) -> Checked:
    """What was hidden after a batch has to be looked for again, in what was made from it."""
    if checked.batch < 0 or checked.batch > batch:
        return Checked(batch, mark)
    return checked


def _write_releases(
    portal: Portal, city: Jurisdiction, building: Path, version: str, now: int
) -> tuple[FactsFile, list[Release]]:
    with open_work(building) as work:
        with snapshot(portal.core) as connection:
            facts = newest(portal.facts_folder, city.id)
            if facts is None:
                raise NotReady(f"There are no facts of {city.id} yet; they come with its next sync")
            fill_from_facts(work, facts, connection, city.id, city.zone)
        releases = [
            make_release(work, building, city, name, version, facts, now) for name in DATASETS
        ]
        return facts, releases


def _publish(place: Place, building: Path, releases: list[Release]) -> Index:
    index = place.load()
    for release in releases:
        folder = f"{release.dataset}/{release.version}/{building.name[-8:]}"
        state = Version(release.dataset, release.version, 0, folder)
        index = publish_files(place, index, building, release, state)
    return index


def make_release(
    work: Work,
    building: Path,
    city: Jurisdiction,
    name: str,
    version: str,
    facts: FactsFile,
    now: int,
) -> Release:
    """Write a dataset's files, and say what they are."""
    dataset = DATASETS[name]
    files = write_files(work, dataset, building / name, f"{city.name}: {dataset.title}, {version}")
    content = content_sha256(work, name, dataset.columns)
    return Release(city.id, name, version, facts.rev, facts.as_of, now, content, files)


def _link_equal_files(place: Place, index: Index, folder: Path, release: Release) -> None:
    """Keep a file once that is the same as in the version before, such as that of a past year."""
    before = index.newest(release.dataset)
    if before is None:
        return
    kept = {file["name"]: file["sha256"] for file in place.manifest(index.link_of(before))["files"]}
    for file in release.files:
        older = place.folder_of(before) / file.name
        if kept.get(file.name) == file.sha256 and older.is_file():
            _replace_by_link(older, folder / file.name)


def _replace_by_link(older: Path, newer: Path) -> None:
    linked = newer.with_name(newer.name + ".linked")
    try:
        os.link(older, linked)
    except OSError:  # a file system without links keeps both
        return
    linked.replace(newer)
