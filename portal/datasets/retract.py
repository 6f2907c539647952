"""Taking out of frozen files what is no longer public: cases, and words that staff have hidden.

    withhold(portal, city)            seconds after it was hidden: no file with it is served
    rewrite_next(portal, city, now)   a version is written again without it, and served

The rows go, the place in the chain stays: the new manifest says how many rows went and why, and
has the hashes of the files before. It names no case, because a number that once was public and one
that never was are answered alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, text

from portal import logs
from portal.context import Portal
from portal.datasets.content_hash import content_sha256
from portal.datasets.files import write_files
from portal.datasets.freeze import (
    building_folder,
    check_again_from,
    index_writer,
    only_writer,
    publish_files,
)
from portal.datasets.index import Checked, Index, Place, Version, place_of
from portal.datasets.manifests import (
    NO_LONGER_PUBLIC,
    WORDS_HIDDEN,
    Release,
    iso,
    read_moment,
)
from portal.datasets.sources import (
    TEXT_FIELDS,
    Taken,
    Work,
    fill_daily_counts,
    fill_from_files,
    open_work,
    quoted,
)
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.published_datasets import DATASETS
from portal.facts.store_rows import StoreVersion, snapshot, version
from portal.queries.staff.hidden_texts import hidden_parts, hide_in_text

OF_CASES = ("cases", "revisions", "places", "daily_counts")
"""Datasets that are written again, since they are made from cases."""
log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Suspects:
    """What may have to go from files: cases by their number, and hidden words by case."""

    cases: frozenset[str]
    words: Mapping[str, Sequence[tuple[str, str]]]

    @property
    def numbers(self) -> list[str]:
        """The numbers of all cases that something may have to go of."""
        return sorted({*self.cases, *self.words})


def withhold(portal: Portal, city: Jurisdiction, wait_seconds: float = 60.0) -> list[str]:
    """Serve no version any more that has something which is no longer public; returns their names.

    Looks only at what the store has changed since it was last asked. Raises Conflict while another
    process still writes the index after `wait_seconds`.
    """
    place = place_of(portal.settings.data_dir, city.id)
    index = place.load()
    if not index.versions:
        return []
    with snapshot(portal.core) as connection:
        stored = version(connection, city.id)
        if stored.batch == index.checked.batch and stored.mark == index.checked.mark:
            return []
    with index_writer(place, city.id, wait_seconds), snapshot(portal.core) as connection:
        return _withhold(city.id, place, connection)


def rewrite_next(portal: Portal, city: Jurisdiction, now: int) -> str | None:
    """Write the newest version that is withheld again, without what has to go; returns its name.

    None where no version is withheld. Raises Conflict while another process writes the datasets,
    and NotReady if the disk is full.
    """
    place = place_of(portal.settings.data_dir, city.id)
    if not any(v.state == "withheld" for v in place.load().versions):
        return None
    with only_writer(place, city.id, 0.0):
        index = place.load()
        name = next(v.version for v in reversed(index.versions) if v.state == "withheld")
        with snapshot(portal.core) as connection:
            stored = version(connection, city.id)
            suspects = find_suspects(connection, city.id)
        with building_folder(place, city.id) as building:
            taken = find_taken(place, index, name, suspects)
            releases = _write_releases(place, index, building, name, taken, now) if taken else []
            with index_writer(place, city.id):
                index = _publish(place, building, name, releases)
                checked = check_again_from(index.checked, stored.batch, stored.mark)
                place.save(replace(index, checked=checked))
        place.remove_unnamed(index)
        log.info("datasets written again", city=city.id, version=name)
        return name


def find_suspects(connection: Connection, city_id: str, after_batch: int = -1) -> Suspects:
    """Cases that are not public, and hidden words, of cases that later batches have touched."""
    values = {"city": city_id, "rev": after_batch}
    hidden = connection.execute(text(_NOT_PUBLIC), values).scalars()
    found = connection.execute(text(_WITH_HIDDEN_WORDS), values)
    numbers: dict[int, str] = {key: number for key, number, *_ in found}
    parts = hidden_parts(connection, city_id, list(numbers)) if numbers else {}
    words = {numbers[key]: found for key, found in parts.items()}
    return Suspects(frozenset(hidden), words)


def _withhold(city_id: str, place: Place, connection: Connection) -> list[str]:
    index, stored = place.load(), version(connection, city_id)
    suspects = find_suspects(connection, city_id, _since(index.checked, stored))
    names = [
        name
        for name in _names(index, "served")
        if suspects.numbers and find_taken(place, index, name, suspects)
    ]
    for found in index.versions:
        if found.version in names and found.dataset in OF_CASES and found.state == "served":
            index = index.with_version(replace(found, state="withheld"))
    place.save(replace(index, checked=Checked(stored.batch, stored.mark)))
    if names:
        log.info("datasets withheld", city=city_id, versions=names)
    return names


def _since(checked: Checked, stored: StoreVersion) -> int:
    """The batch from which on to look: from the first, in a store that was replaced or restored."""
    return checked.batch if stored.mark == checked.mark and stored.batch >= checked.batch else -1


def _names(index: Index, state: str) -> list[str]:
    return list(dict.fromkeys(v.version for v in index.versions if v.state == state))


def find_taken(place: Place, index: Index, name: str, suspects: Suspects) -> Taken:
    """What of the suspects is in a version's files."""
    rows = _rows_of(place, index, name, suspects.numbers)
    texts = {}
    for number, *said in rows:
        now = {
            field: hidden
            for field, words in zip(TEXT_FIELDS, said, strict=True)
            if words
            and (hidden := hide_in_text(words, suspects.words.get(number, ()), field)) != words
        }
        if now and number not in suspects.cases:
            texts[number] = now
    return Taken(frozenset(number for number, *_ in rows if number in suspects.cases), texts)


def _rows_of(place: Place, index: Index, name: str, numbers: Sequence[str]) -> list[tuple]:
    """The numbers and texts of those of these cases that are in a version."""
    found = index.find("cases", name)
    if found is None or not numbers:
        return []
    path = place.folder_of(found) / "cases.parquet"
    with duckdb.connect() as reader:
        return reader.execute(
            f"select case_id, {', '.join(TEXT_FIELDS)} from read_parquet('{quoted(path)}')"
            " where case_id in (select unnest(?::varchar[]))",
            [list(numbers)],
        ).fetchall()


def _write_releases(
    place: Place, index: Index, building: Path, name: str, taken: Taken, now: int
) -> list[Release]:
    versions = [v for v in index.versions if v.version == name and v.state == "withheld"]
    read = {v.dataset: _parquet_of(place, v) for v in versions if v.dataset != "daily_counts"}
    with open_work(building) as work:
        fill_from_files(work, read, taken)
        fill_daily_counts(work)
        return [_make_release(work, place, index, building, v, taken, now) for v in versions]


def _publish(place: Place, building: Path, name: str, releases: Sequence[Release]) -> Index:
    """Serve the version again; as it was, where what had been hidden is shown again."""
    index = place.load()
    for release in releases:
        found = index.find(release.dataset, name)
        assert found is not None
        folder = f"{release.dataset}/{name}/{building.name[-8:]}"
        index = publish_files(place, index, building, release, replace(found, folder=folder))
    for found in index.versions:
        if found.version == name and found.state == "withheld":
            index = index.with_version(replace(found, state="served"))
    return index


def _parquet_of(place: Place, version: Version) -> Path:
    return place.folder_of(version) / f"{version.dataset}.parquet"


def _make_release(
    work: Work,
    place: Place,
    index: Index,
    building: Path,
    found: Version,
    taken: Taken,
    now: int,
) -> Release:
    link = index.link_of(found)
    before = place.manifest(link)
    dataset = DATASETS[found.dataset]
    about = f"{before['city']}: {dataset.title}, {found.version}"
    files = write_files(work, dataset, building / found.dataset, about)
    return Release(
        city=before["city"],
        dataset=found.dataset,
        version=found.version,
        data_version=before["data_version"],
        data_as_of=read_moment(before["data_as_of"]),
        made_at=now,
        content_sha256=content_sha256(work, found.dataset, dataset.columns),
        files=files,
        revision=link.revision + 1,
        retractions=[*before["retractions"], *_describe(taken, link.revision + 1, now)],
        supersedes={
            "number": link.number,
            "sha256": link.sha256,
            "files": [{"name": f["name"], "sha256": f["sha256"]} for f in before["files"]],
        },
    )


def _describe(taken: Taken, revision: int, now: int) -> list[dict[str, Any]]:
    counts = {NO_LONGER_PUBLIC: len(taken.cases), WORDS_HIDDEN: len(taken.texts)}
    return [
        {"id": f"{revision}.{n}", "reason": reason, "cases": cases, "retracted_at": iso(now)}
        for n, (reason, cases) in enumerate(counts.items(), 1)
        if cases
    ]


_NOT_PUBLIC = (
    "select c.case_id from cases c"
    " where c.jurisdiction_id = :city and c.rev > :rev and c.visibility <> 'public'"
)
_WITH_HIDDEN_WORDS = (
    "select c.id, c.case_id from cases c"
    " where c.jurisdiction_id = :city and c.rev > :rev and c.visibility = 'public'"
    " and exists (select 1 from hidden_texts h"
    " where h.jurisdiction_id = c.jurisdiction_id and h.case_key = c.id)"
)
