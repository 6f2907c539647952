"""Manifests: what a version's files are, and the hash of the manifest made before it: a chain.

Each freeze and each retraction makes one for every dataset it touches. A manifest's bytes never
change, so whoever has kept one hash can tell whether anything before it was rewritten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from portal import __version__, private_files
from portal.datasets.files import WrittenFile, media_type, writers
from portal.datasets.index import Index, Link, Place
from portal.disk import write_through
from portal.domain.published_columns import SCHEMA_VERSION
from portal.domain.published_datasets import DATASETS

FORMAT = "citizens-connect-manifest/1"
NO_LONGER_PUBLIC = "no longer public"
WORDS_HIDDEN = "words hidden"


@dataclass(frozen=True)
class Release:
    """A version of a dataset that is about to get its manifest.

    `data_version` counts public changes, the newest of them stored at `data_as_of`; both times in
    epoch seconds. `retractions`: what was taken out, also by earlier revisions.
    """

    city: str
    dataset: str
    version: str
    data_version: int
    data_as_of: int
    made_at: int
    content_sha256: str
    files: Sequence[WrittenFile]
    revision: int = 1
    retractions: Sequence[Mapping[str, Any]] = ()
    supersedes: Mapping[str, Any] | None = None


def add_manifest(place: Place, index: Index, release: Release) -> Link:
    """Write the manifest of a release as the chain's next link, and through to the disk.

    It counts once an index names it.
    """
    number = len(index.links) + 1
    body = json.dumps(_describe(index, release, number), indent=1, ensure_ascii=False).encode()
    path = place.manifest_path(number)
    private_files.make_folder(path.parent)
    private_files.write_bytes(path, body)
    write_through(path)
    write_through(path.parent)
    return Link(
        number,
        release.dataset,
        release.version,
        release.revision,
        hashlib.sha256(body).hexdigest(),
        release.made_at,
        _rows_of(release),
        sum(file.bytes for file in release.files),
    )


def iso(moment: int) -> str:
    """Epoch seconds as 2026-11-30T14:05:00Z."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str) -> int:
    """The opposite of `iso`."""
    return int(datetime.fromisoformat(text).timestamp())


def _describe(index: Index, release: Release, number: int) -> dict[str, Any]:
    last = index.links[-1] if index.links else None
    return {
        "format": FORMAT,
        "number": number,
        "previous": {"number": last.number, "sha256": last.sha256} if last else None,
        "city": release.city,
        "dataset": release.dataset,
        "version": release.version,
        "revision": release.revision,
        "made_at": iso(release.made_at),
        "data_version": release.data_version,
        "data_as_of": iso(release.data_as_of),
        "schema_version": SCHEMA_VERSION,
        "writer": {"program": f"Citizens Connect {__version__}"} | writers(),
        "columns": [
            {"name": column.name, "kind": column.kind}
            for column in DATASETS[release.dataset].columns
        ],
        "rows": _rows_of(release),
        "content_sha256": release.content_sha256,
        "files": [_describe_file(file) for file in release.files],
        "retractions": list(release.retractions),
        "supersedes": release.supersedes,
    }


def _describe_file(file: WrittenFile) -> dict[str, Any]:
    described = {name: value for name, value in asdict(file).items() if value is not None}
    return described | {"media_type": media_type(file.name)}


def _rows_of(release: Release) -> int:
    return release.files[0].rows or 0
