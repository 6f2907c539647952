"""Rebuilding a city's facts from the store."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from portal.domain.jurisdiction import Jurisdiction
from portal.facts import hide_labels, working
from portal.facts.publish import FactsFile, publish_working_file
from portal.facts.store_rows import snapshot


def rebuild(core: Engine, city: Jurisdiction, folder: Path) -> FactsFile:
    """Throw the working file away, read the whole store, and publish.

    Raises Conflict while another process writes the facts.
    """
    with working.only_writer(folder, city.id):
        with snapshot(core) as connection:
            working.build_working_file(connection, city.id, folder)
        published = publish_working_file(folder, city.id)
        used = working.used_labels(folder, city.id)
        hide_labels.hide_unused(core, city.id, used, published.rev)
        return published
