"""Publishing the facts: the working file is copied to a new name, then the pointer moved to it.

    work-boston.duckdb                  written by one process at a time
    facts-boston-17-0a1b2c3d.duckdb     what is published: batch 17
    current-boston.json                 the pointer; replaced in one step

DuckDB keeps an open file by its path, so a published name is never used twice. Versions that the
pointer does not name are removed at once, so that no file has a case that has been hidden; readers
with an old one open keep it until they look at the pointer again.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from portal import metrics
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import hide_labels, store_rows, working
from portal.facts.schema import SCHEMA_VERSION
from portal.facts.store_rows import StoreVersion, snapshot


@dataclass(frozen=True)
class FactsFile:
    """A published version: `as_of` is when its newest batch was stored (epoch s)."""

    path: Path
    rev: int
    as_of: int


def update(core: Engine, city: Jurisdiction, folder: Path) -> FactsFile:
    """Bring a city's published facts to the store's version, if they are not there already.

    Raises Conflict while another process writes them.
    """
    with working.only_writer(folder, city.id):
        with snapshot(core) as connection:
            version = working.bring_up_to_date(connection, city.id, folder)
        published = newest(folder, city.id)
        if (
            published is None
            or published.rev != version.rev
            or not _is_of_store(folder, city.id, version)
        ):
            published = _publish_counted(folder, city.id, version)
        _remove_others(folder, city.id, published.path)
        used = working.used_labels(folder, city.id)
        hide_labels.hide_unused(core, city.id, used, version.rev)
        return published


def rebuild_if_ahead(core: Engine, city: Jurisdiction, folder: Path) -> bool:
    """Rebuild the facts if they are ahead of the store; returns whether they were.

    They are after the store was restored from a backup, or replaced. Call it before the store
    takes a new batch: once it has used the numbers of the lost batches, nothing shows the
    difference.
    """
    published = newest(folder, city.id)
    if published is None:
        return False
    with core.connect() as connection:
        stored = store_rows.version(connection, city.id)
    if published.rev <= stored.rev and _is_of_store(folder, city.id, stored):
        return False
    update(core, city, folder)
    return True


def publish_working_file(folder: Path, city_id: str) -> FactsFile:
    """Publish the working file as it is. The caller must be its only writer."""
    version = working.working_version(folder, city_id)
    assert version is not None
    published = _publish(folder, city_id, version)
    _remove_others(folder, city_id, published.path)
    return published


def newest(folder: Path, city_id: str) -> FactsFile | None:
    """What the pointer names; None where nothing is published or the pointer cannot be read."""
    pointer = _read_pointer(folder, city_id)
    if pointer is None:
        return None
    path = folder / pointer["file"]
    return FactsFile(path, pointer["rev"], pointer["as_of"]) if path.exists() else None


def pointer_path(folder: Path, city_id: str) -> Path:
    """The file that names the published version."""
    return folder / f"current-{city_id}.json"


def _read_pointer(folder: Path, city_id: str) -> dict | None:
    try:
        pointer = json.loads(pointer_path(folder, city_id).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return pointer if pointer.get("schema_version") == SCHEMA_VERSION else None


def _is_of_store(folder: Path, city_id: str, version: StoreVersion) -> bool:
    return (_read_pointer(folder, city_id) or {}).get("store_mark") == version.mark


def _publish_counted(folder: Path, city_id: str, version: StoreVersion) -> FactsFile:
    try:
        published = _publish(folder, city_id, version)
    except Exception:
        metrics.PUBLICATIONS.labels(city_id, "failed").inc()
        raise
    metrics.PUBLICATIONS.labels(city_id, "ok").inc()
    return published


def _publish(folder: Path, city_id: str, version: StoreVersion) -> FactsFile:
    name = f"facts-{city_id}-{version.rev}-{secrets.token_hex(4)}.duckdb"
    part = folder / f"{name}.part"
    shutil.copyfile(working.working_path(folder, city_id), part)
    _sync(part)
    part.replace(folder / name)
    pointer = {
        "file": name,
        "rev": version.rev,
        "as_of": version.as_of,
        "store_mark": version.mark,
        "schema_version": SCHEMA_VERSION,
    }
    draft = folder / f"{name}.pointer"
    draft.write_text(json.dumps(pointer), encoding="utf-8")
    _sync(draft)
    draft.replace(pointer_path(folder, city_id))
    _sync(folder)
    return FactsFile(folder / name, version.rev, version.as_of)


def _remove_others(folder: Path, city_id: str, kept: Path) -> None:
    """Remove what earlier versions and killed runs have left behind."""
    city = re.escape(city_id)
    left_behind = re.compile(rf"(facts-{city}-\d+|building-{city})-[0-9a-f]{{8}}\.duckdb(\.\w+)?")
    for path in folder.iterdir():
        if path != kept and left_behind.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
