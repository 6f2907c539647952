"""Cleaning up photos: files without a row, rows without files, and photos that no case wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, select, text, update

from portal.context import Portal
from portal.photos import files
from portal.services.shared.photos import PENDING, READY, REFUSED
from portal.store import bulk
from portal.store.models import Photo

UNSENT_SECONDS = 86_400
"""How long a photo waits for its report to be sent."""
ORPHAN_SECONDS = 3_600
"""A newer file without a row is left alone: its row may be on its way."""


@dataclass(frozen=True)
class Swept:
    """What a sweep did.

    `orphans`: files without a row, removed. `given_up`: photos removed because no case wants them.
    `lost`: photos whose files were gone.
    """

    orphans: int
    given_up: int
    lost: int


def sweep_photos(portal: Portal, now: int) -> Swept:
    """Make rows and files match again, for all cities at once, because file names have no city.

    Safe at any time, beside any other work. `now` is in epoch seconds.
    """
    folder = portal.photos_folder
    with portal.transaction() as connection:
        given_up = _delete_unwanted(connection, now)
    _delete_files(folder, given_up)
    with portal.transaction() as connection:
        lost = _reset_lost(connection, folder, now)
    files.delete_drafts(folder, now - ORPHAN_SECONDS)
    orphans = _orphans(portal, folder, now)
    _delete_files(folder, orphans)
    return Swept(len(orphans), len(given_up), lost)


def _delete_files(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        files.delete_photo(folder, name)


def _delete_unwanted(connection: Connection, now: int) -> list[str]:
    """Delete the rows of photos that the city has replaced or removed, or that were never sent.

    Returns their names. What staff have hidden stays, with its copies, as long as its case does: by
    it the photo is known again if the city gives it another address.
    """
    rows = connection.execute(text(_UNWANTED), {"before": now - UNSENT_SECONDS}).all()
    for city_id, name in rows:
        connection.execute(
            delete(Photo).where(Photo.jurisdiction_id == city_id, Photo.name == name)
        )
    return [name for _, name in rows]


def _reset_lost(connection: Connection, folder: Path, now: int) -> int:
    """Update the rows of ready photos whose files are gone; returns how many.

    The city's are fetched again. A resident's cannot be, and are marked as lost.
    """
    ready = connection.execute(
        select(Photo.jurisdiction_id, Photo.name, Photo.source_url).where(Photo.state == READY)
    ).all()
    lost = [row for row in ready if not files.is_whole(folder, row.name)]
    again = {"state": PENDING, "attempts": 0, "due_at": now}
    for city_id, name, source_url in lost:
        values = again if source_url else {"state": REFUSED, "reason": "lost"}
        is_photo = Photo.jurisdiction_id == city_id, Photo.name == name
        connection.execute(update(Photo).where(*is_photo).values(changed_at=now, **values))
    return len(lost)


def _orphans(portal: Portal, folder: Path, now: int) -> list[str]:
    """Names on disk that have no row, apart from files of the last hour.

    Files of a pending photo are left: they are overwritten when it is fetched.
    """
    names = list(files.list_names(folder, now - ORPHAN_SECONDS))
    with portal.core.connect() as connection:
        rows = bulk.select_in(connection, "select name from photos where name in {values}", names)
    known = {name for (name,) in rows}
    return [name for name in names if name not in known]


_UNWANTED = """
select jurisdiction_id, name from photos where case_key is null and changed_at < :before
union all
select p.jurisdiction_id, p.name
from photos p left join cases c on c.jurisdiction_id = p.jurisdiction_id and c.id = p.case_key
where p.case_key is not null and p.source_url is not null
    and (c.id is null or (p.state <> 'hidden' and p.source_url <>
        coalesce(case p.kind when 'before' then c.photo_url else c.closed_photo_url end, '')
        and not exists (
            select 1 from photos q
            where q.jurisdiction_id = p.jurisdiction_id and q.case_key = p.case_key
                and (q.state = 'hidden' or q.state = 'pending') and q.name <> p.name)))
"""
