"""Sweeping photos: what no row knows, what no case wants any more, what was never sent, and rows whose files are lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, select, text, update

from portal.context import Portal
from portal.photos import files
from portal.services.shared.photos import PENDING, READY, REFUSED
from portal.store import bulk
from portal.store.models import Photo

HELD_SECONDS = 86_400
"""How long a photo waits for its report to be sent."""
ORPHAN_SECONDS = 3_600
"""A file without a row may be one whose row is just being written."""


@dataclass(frozen=True)
class Swept:
    """What a sweep did: files without a row removed, photos given up, photos whose files were lost."""

    orphans: int
    given_up: int
    lost: int


def sweep(portal: Portal, now: int) -> Swept:
    """Bring rows and files together again, for all cities: the files know no city. Safe at any moment, beside any other work."""
    folder = portal.photos_folder
    with portal.transaction() as connection:
        given_up = _forget_unwanted(connection, now)
    for name in given_up:
        files.delete_photo(folder, name)
    with portal.transaction() as connection:
        lost = _ask_again_for_lost(connection, folder, now)
    files.delete_drafts(folder, now - ORPHAN_SECONDS)
    orphans = _orphans(portal, folder, now)
    for name in orphans:
        files.delete_photo(folder, name)
    return Swept(len(orphans), len(given_up), lost)


def _forget_unwanted(connection: Connection, now: int) -> list[str]:
    """Rows of photos the city has replaced or taken back, and of reports that were never sent; their names."""
    rows = connection.execute(text(_UNWANTED), {"before": now - HELD_SECONDS}).all()
    for city_id, name in rows:
        connection.execute(
            delete(Photo).where(Photo.jurisdiction_id == city_id, Photo.name == name)
        )
    return [name for _, name in rows]


def _ask_again_for_lost(connection: Connection, folder: Path, now: int) -> int:
    """Ready photos without their files: the city's are fetched again, a resident's is gone and says so."""
    ready = connection.execute(
        select(Photo.jurisdiction_id, Photo.name, Photo.source_url).where(Photo.state == READY)
    ).all()
    lost = [row for row in ready if not files.is_whole(folder, row.name)]
    for city_id, name, source_url in lost:
        again = (
            {"state": PENDING, "attempts": 0, "due_at": now}
            if source_url
            else {"state": REFUSED, "reason": "lost"}
        )
        connection.execute(
            update(Photo)
            .where(Photo.jurisdiction_id == city_id, Photo.name == name)
            .values(changed_at=now, **again)
        )
    return len(lost)


def _orphans(portal: Portal, folder: Path, now: int) -> list[str]:
    """Names on the disk that no row has, files of the last hour aside. A pending photo's are overwritten when it is fetched."""
    names = list(files.list_names(folder, now - ORPHAN_SECONDS))
    with portal.core.connect() as connection:
        known = {
            row[0]
            for row in bulk.select_in(
                connection, "select name from photos where name in {values}", names
            )
        }
    return [name for name in names if name not in known]


_UNWANTED = """
select jurisdiction_id, name from photos where case_key is null and changed_at < :before
union all
select p.jurisdiction_id, p.name from photos p left join cases c on c.jurisdiction_id = p.jurisdiction_id and c.id = p.case_key
where p.case_key is not null and p.source_url is not null
    and (c.id is null or coalesce(case p.kind when 'before' then c.photo_url else c.closed_photo_url end, '') <> p.source_url)
"""
