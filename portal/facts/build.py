"""Rebuilding a city's facts from the store, on request or because they cannot be used."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from portal.domain.jurisdiction import Jurisdiction
from portal.facts import hide_labels, publish, store_rows, working
from portal.facts.pointer import FactsFile, newest
from portal.facts.soundness import damage_mark, find_damage


def rebuild(core: Engine, city: Jurisdiction, folder: Path) -> FactsFile:
    """Throw the working file away, read the whole store, and publish.

    Raises Conflict while another process writes the facts.
    """
    with working.only_writer(folder, city.id):
        with store_rows.snapshot(core) as connection:
            working.build_working_file(connection, city, folder)
        published = publish.publish_working_file(folder, city.id)
        used = working.used_labels(folder, city.id)
        hide_labels.hide_unused(core, city.id, used, published.batch)
        return published


def repair(core: Engine, city: Jurisdiction, folder: Path) -> str | None:
    """Make facts again that are missing, damaged or ahead of the store; says why, if it did.

    Facts that are only behind stay as they are, and a city without a public change gets none.
    Raises Conflict while another process writes them.
    """
    published = newest(folder, city.id)
    if published is None:
        with core.connect() as connection:
            has_any = store_rows.version(connection, city.id).rev > 0
        if not has_any:
            return None
        publish.update(core, city, folder)
        return "were missing or of another version"
    if find_damage(published):
        rebuild(core, city, folder)
        return "could not be read"
    if damage_mark(published.path).exists():
        publish.update(core, city, folder)
        return "could not be read by a process"
    is_ahead = publish.rebuild_if_ahead(core, city, folder)
    return "did not fit the store" if is_ahead else None
