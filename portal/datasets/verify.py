"""Checking what is published, as a stranger can: files against manifests, manifests in their chain.

    faults = list(find_faults(FolderReader(Path("copy"))))
    faults = list(find_faults(SiteReader("https://311.example.gov", fetch)))

Nothing of ours is believed but the bytes: each manifest's hash must stand in the next, each file's
in its manifest, and rows must make the content hash, whichever program wrote them.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb

from portal.datasets.catalogue import describe_chain
from portal.datasets.content_hash import content_sha256
from portal.datasets.files import hash_file
from portal.datasets.index import Place
from portal.datasets.sources import quoted
from portal.domain.published_columns import PublishedColumn
from portal.errors import PortalError

Fetch = Callable[[str, Path], None]
"""(path of the site, file to write): gets a file. Raises PortalError where it cannot be had."""


class Missing(PortalError):
    """A file that should be there cannot be had; the sentence says why."""


class Reader(Protocol):
    """Where a publication is read from."""

    def chain(self) -> list[dict[str, Any]]:
        """The links, from the first (portal.datasets.catalogue.describe_chain)."""
        ...

    def manifest(self, number: int) -> bytes:
        """A link's manifest. Raises Missing."""
        ...

    def file(self, link: Mapping[str, Any], name: str) -> Path:
        """A file of the version that a link is about. Raises Missing."""
        ...


class FolderReader:
    """A publication's folder on this machine, as the portal keeps it or as it was copied."""

    def __init__(self, folder: Path) -> None:
        self._place = Place(folder)
        if not self._place.index_path.is_file():
            raise Missing(f"{folder} has no index.json; name the folder of a city's publication")

    def chain(self) -> list[dict[str, Any]]:
        """The links, from the first."""
        return describe_chain(self._place.load(), "")["links"]

    def manifest(self, number: int) -> bytes:
        """A link's manifest. Raises Missing."""
        try:
            return self._place.manifest_path(number).read_bytes()
        except OSError as problem:
            raise Missing(f"manifest {number} cannot be read: {problem.strerror}") from problem

    def file(self, link: Mapping[str, Any], name: str) -> Path:
        """A file of the version that a link is about. Raises Missing."""
        found = self._place.load().find(link["dataset"], link["version"])
        path = self._place.folder_of(found) / name if found else None
        if path is None or not path.is_file():
            raise Missing(f"{name_of(link)}: {name} is missing")
        return path


class SiteReader:
    """A publication on the web; each file is fetched once and kept until the check is over."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._folder = tempfile.TemporaryDirectory()

    def chain(self) -> list[dict[str, Any]]:
        """The links, from the first."""
        return json.loads(self._get("/data/chain.json").read_bytes())["links"]

    def manifest(self, number: int) -> bytes:
        """A link's manifest. Raises Missing."""
        return self._get(f"/data/chain/{number}.json").read_bytes()

    def file(self, link: Mapping[str, Any], name: str) -> Path:
        """A file of the version that a link is about. Raises Missing."""
        return self._get(f"/data/{link['dataset']}/{link['version']}/{name}")

    def _get(self, path: str) -> Path:
        kept = Path(self._folder.name) / hashlib.sha256(path.encode()).hexdigest()
        self._fetch(path, kept)
        return kept


def find_faults(reader: Reader) -> Iterator[str]:
    """A sentence for each thing that is wrong; none where all is as it was published."""
    before: tuple[int, str] | None = None
    try:
        links = reader.chain()
    except (Missing, ValueError, KeyError, TypeError) as problem:
        yield f"the list of links cannot be read: {problem}"
        return
    for number, link in enumerate(links, 1):
        try:
            body = reader.manifest(number)
        except Missing as problem:
            yield str(problem)
            before = (number, link["sha256"])
            continue
        yield from _faults_of_manifest(link, number, body, before)
        before = (number, hashlib.sha256(body).hexdigest())
        if link["kept"] and hashlib.sha256(body).hexdigest() == link["sha256"]:
            yield from _faults_of_files(reader, link, json.loads(body))


def name_of(link: Mapping[str, Any]) -> str:
    """How a sentence names a version."""
    return f"{link['dataset']} {link['version']}"


def _faults_of_manifest(
    link: Mapping[str, Any], number: int, body: bytes, before: tuple[int, str] | None
) -> Iterator[str]:
    if link["number"] != number:
        yield f"link {number} of the chain is missing"
    if hashlib.sha256(body).hexdigest() != link["sha256"]:
        yield f"manifest {number} ({name_of(link)}) is not the one that was published"
    try:
        manifest = json.loads(body)
        named = manifest["previous"] and (
            manifest["previous"]["number"],
            manifest["previous"]["sha256"],
        )
        is_of_link = all(manifest[key] == link[key] for key in ("number", "dataset", "version"))
    except (ValueError, KeyError, TypeError):
        yield f"manifest {number} cannot be read"
        return
    if named != before:
        yield f"manifest {number} names another manifest before it than the one that is there"
    if not is_of_link:
        yield f"manifest {number} is about another version than the chain says"


def _faults_of_files(
    reader: Reader, link: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Iterator[str]:
    parts: list[Path] = []
    for file in manifest["files"]:
        if file["name"] in link["dropped"]:
            continue
        try:
            path = reader.file(link, file["name"])
        except Missing as problem:
            yield str(problem)
            continue
        if (path.stat().st_size, hash_file(path)) != (file["bytes"], file["sha256"]):
            yield f"{name_of(link)}: {file['name']} has other bytes than those published"
        elif file["name"].endswith(".parquet") and "year" in file:
            parts.append(path)
        elif file["name"].endswith(".parquet"):
            yield from _faults_of_rows([path], link, manifest, file["name"])
    if parts:
        yield from _faults_of_rows(parts, link, manifest, "its years together")


def _faults_of_rows(
    paths: Sequence[Path], link: Mapping[str, Any], manifest: Mapping[str, Any], what: str
) -> Iterator[str]:
    columns = [
        PublishedColumn(column["name"], column["kind"], column["name"], "", "")
        for column in manifest["columns"]
        if column["name"].isidentifier()
    ]
    listed = ", ".join(f"'{quoted(path)}'" for path in paths)
    rows = f"read_parquet([{listed}])"
    try:
        with duckdb.connect(config={"memory_limit": "512MB"}) as work:
            ((count,),) = work.execute(f"select count(*) from {rows}").fetchall()
            content = content_sha256(work, rows, columns)
    except duckdb.Error:
        yield f"{name_of(link)}: {what} cannot be read"
        return
    if count != manifest["rows"]:
        yield f"{name_of(link)}: {what} has {count:,} rows, not {manifest['rows']:,}"
    elif content != manifest["content_sha256"]:
        yield f"{name_of(link)}: {what} has other rows than those published"
