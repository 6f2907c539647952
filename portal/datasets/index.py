"""What is frozen and served: the index of a city's versions and of the links of its chain.

    publication/boston/index.json                    this index; replaced in one step
    publication/boston/chain/000017.json             the manifests, one link each; never changed
    publication/boston/files/cases/2026-11-30/0a1b…  a version's files, as the index names them
    publication/boston/building-…                    what is being made; nobody is served from it

Whatever the index does not name is not served, and is removed by the next writer.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from portal import private_files
from portal.disk import write_through

State = Literal["served", "withheld", "expired"]
"""withheld: something in it is no longer public, and it is being written again without it.

expired: too old to keep; its manifests stay.
"""


@dataclass(frozen=True)
class Link:
    """A link of the chain: a manifest, and the SHA-256 of its bytes.

    `revision` 1 is as frozen; each retraction makes one more. `made_at` in epoch seconds.
    """

    number: int
    dataset: str
    version: str
    revision: int
    sha256: str
    made_at: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Version:
    """A dataset's version: the newest link about it, its folder, and whether it is served.

    `dropped`: files of it that are no longer kept, though the others are.
    """

    dataset: str
    version: str
    number: int
    folder: str
    state: State = "served"
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """How far the store has been looked through for what is no longer public.

    `batch` and `mark`: the store's (portal.facts.store_rows).
    """

    batch: int = -1
    mark: str = ""


@dataclass(frozen=True)
class Index:
    """A city's frozen versions, oldest first, and the links of its chain, in their order."""

    links: tuple[Link, ...] = ()
    versions: tuple[Version, ...] = ()
    checked: Checked = field(default_factory=Checked)

    def find(self, dataset: str, version: str) -> Version | None:
        """A version of a dataset; None where there never was one."""
        matches = (v for v in self.versions if (v.dataset, v.version) == (dataset, version))
        return next(matches, None)

    def newest(self, dataset: str, state: State = "served") -> Version | None:
        """The newest version of a dataset that is served."""
        matches = (v for v in reversed(self.versions) if (v.dataset, v.state) == (dataset, state))
        return next(matches, None)

    def link_of(self, version: Version) -> Link:
        """The newest link about a version."""
        return self.links[version.number - 1]

    def names(self) -> list[str]:
        """The names of all versions, oldest first."""
        return list(dict.fromkeys(version.version for version in self.versions))

    def with_version(self, changed: Version) -> Index:
        """The index with a version in the place of the one of the same name, or added."""
        key = changed.dataset, changed.version
        if self.find(*key) is None:
            return replace(self, versions=(*self.versions, changed))
        kept = (changed if (v.dataset, v.version) == key else v for v in self.versions)
        return replace(self, versions=tuple(kept))


@dataclass(frozen=True)
class Place:
    """A city's folder of frozen datasets."""

    folder: Path

    @property
    def index_path(self) -> Path:
        """The file that says what is served."""
        return self.folder / "index.json"

    def folder_of(self, version: Version) -> Path:
        """Where a version's files are."""
        return self.folder / "files" / version.folder

    def manifest_path(self, number: int) -> Path:
        """Where a link's manifest is."""
        return self.folder / "chain" / f"{number:06}.json"

    def manifest_bytes(self, link: Link) -> bytes:
        """A link's manifest. It never changes."""
        return _read_bytes(self.manifest_path(link.number))

    def manifest(self, link: Link) -> dict[str, Any]:
        """The same as values by name."""
        return _read_manifest(self.manifest_path(link.number), link.sha256)

    def load(self) -> Index:
        """The index as it is now; an empty one where nothing was ever frozen."""
        try:
            seen = self.index_path.stat()
        except FileNotFoundError:
            return Index()
        return _load(self.index_path, seen.st_mtime_ns, seen.st_ino)

    def save(self, index: Index) -> None:
        """Replace the index in one step, on the disk before it is seen."""
        draft = self.folder / f"building-{secrets.token_hex(4)}.json"
        private_files.write_text(draft, json.dumps(asdict(index)))
        write_through(draft)
        draft.replace(self.index_path)
        write_through(self.folder)

    def make_building_folder(self) -> Path:
        """A folder for what is being made."""
        folder = self.folder / f"building-{secrets.token_hex(4)}"
        private_files.make_folder(folder)
        return folder

    def remove_unnamed(self, index: Index) -> None:
        """Remove what killed runs left behind and what the index names no more.

        The caller must be the only writer.
        """
        for left in self.folder.glob("building-*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        for path in (self.folder / "chain").glob("*.json"):
            if int(path.stem) > len(index.links):
                path.unlink(missing_ok=True)
        named = {self.folder_of(v) for v in index.versions if v.state != "expired"}
        for folder in self._version_folders():
            if folder not in named:
                shutil.rmtree(folder, ignore_errors=True)
        for version in index.versions:
            for name in version.dropped:
                (self.folder_of(version) / name).unlink(missing_ok=True)

    def _version_folders(self) -> Iterator[Path]:
        yield from (self.folder / "files").glob("*/*/*")


def place_of(data_dir: Path, city_id: str) -> Place:
    """Where a city's frozen datasets are."""
    return Place(data_dir / "publication" / city_id)


def _read_bytes(path: Path) -> bytes:
    return path.read_bytes()


@lru_cache(2_000)
def _read_manifest(path: Path, _sha256: str) -> dict[str, Any]:
    return json.loads(path.read_bytes())


@lru_cache(16)
def _load(path: Path, _modified: int, _inode: int) -> Index:
    values = json.loads(path.read_bytes())
    versions = (Version(**v | {"dropped": tuple(v["dropped"])}) for v in values["versions"])
    links = tuple(Link(**link) for link in values["links"])
    return Index(links, tuple(versions), Checked(**values["checked"]))
