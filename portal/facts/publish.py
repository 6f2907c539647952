"""Publishing the facts: the working file is copied to a new name, then the pointer moved to it.

    work-boston.duckdb                  written by one process at a time
    facts-boston-17-0a1b2c3d.duckdb     what is published: version 17 of the public data
    current-boston.json                 the pointer; replaced in one step

DuckDB keeps an open file by its path, so a published name is never used twice. Versions that the
pointer does not name are removed at once, so that no file has a case that has been hidden; readers
with an old one open keep it until they look at the pointer again.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from pathlib import Path

from sqlalchemy import Engine

from portal import metrics, private_files
from portal.disk import write_through
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import hide_labels, store_rows, working
from portal.facts.pointer import FactsFile, newest, pointer_path, write_pointer
from portal.facts.soundness import can_be_opened
from portal.facts.store_rows import StoreVersion, snapshot


def update(core: Engine, city: Jurisdiction, folder: Path) -> FactsFile:
    """Bring a city's published facts to the store's version, if they are not there already.

    Raises Conflict while another process writes them.
    """
    with working.only_writer(folder, city.id):
        with snapshot(core) as connection:
            version = working.bring_up_to_date(connection, city, folder)
        published = newest(folder, city.id)
        if published is None or not _is_current(published, version):
            published = _publish_counted(folder, city.id, version)
        _remove_others(folder, city.id, published.path)
        used = working.used_labels(folder, city.id)
        hide_labels.hide_unused(core, city.id, used, version.batch)
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
    if published.batch <= stored.batch and published.mark == stored.mark:
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


def _is_current(published: FactsFile, version: StoreVersion) -> bool:
    is_of_version = published.rev == version.rev and published.mark == version.mark
    return is_of_version and can_be_opened(published)


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
    private_files.make_file(part)
    shutil.copyfile(working.working_path(folder, city_id), part)
    write_through(part)
    part.replace(folder / name)
    file = FactsFile(folder / name, version.rev, version.batch, version.as_of, version.mark)
    draft = folder / f"{name}.pointer"
    private_files.write_text(draft, json.dumps(write_pointer(file)))
    write_through(draft)
    draft.replace(pointer_path(folder, city_id))
    write_through(folder)
    return file


def _remove_others(folder: Path, city_id: str, kept: Path) -> None:
    """Remove what earlier versions and killed runs have left behind."""
    city = re.escape(city_id)
    left_behind = re.compile(rf"(facts-{city}-\d+|building-{city})-[0-9a-f]{{8}}\.duckdb(\.\w+)?")
    for path in folder.iterdir():
        if path != kept and left_behind.fullmatch(path.name):
            path.unlink(missing_ok=True)
