"""Photos of cases: which of the city's are to be fetched, and what became of each; residents' own, held until their report is sent.

A photo's files are written first (portal.photos.files) and its row in the transaction that makes it visible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text, update

from portal.photos.files import make_name
from portal.store import bulk, data_version
from portal.store.models import Photo

BEFORE, AFTER = "before", "after"
PENDING, READY, REFUSED, HIDDEN = "pending", "ready", "refused", "hidden"
ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 600
"""After a failed attempt; four times as long after each more: 10 min, 40 min, 3 h, 11 h, 43 h."""
_COLUMNS = (
    "jurisdiction_id", "name", "case_key", "kind", "state", "source_url", "source_hash", "taken_at", "changed_at", "attempts", "due_at",
)  # fmt: skip


@dataclass(frozen=True)
class CityPhoto:
    """A photo that a case of the city's says it has: the case's key, before or after, where it stands, and the case's time (epoch s)."""

    case_key: int
    kind: str
    source_url: str
    taken_at: int


@dataclass(frozen=True)
class DuePhoto:
    """A photo of the city's that is to be fetched."""

    name: str
    source_url: str
    attempts: int


def city_photos(
    connection: Connection, city_id: str, since: int, after_rev: int
) -> tuple[list[CityPhoto], int]:
    """The city's photos of public cases opened or closed `since` (epoch s) that changed after a batch, and the number of the newest batch.

    Read without a write lock: the first look goes through all cases. Photos of cases whose place is shown roughly are left out: they
    would not be shown.
    """
    # The number first: what is stored meanwhile is found again by the next look.
    rev = (
        connection.execute(
            text("select rev from data_versions where jurisdiction_id = :city"), {"city": city_id}
        ).scalar()
        or 0
    )
    found = [
        CityPhoto(case.id, kind, url, at)
        for case in connection.execute(
            text(_WITH_ADDRESS), {"city": city_id, "since": since, "rev": after_rev}
        )
        for kind, url, at in (
            (BEFORE, case.photo_url, case.opened_at),
            (AFTER, case.closed_photo_url, case.closed_at or case.opened_at),
        )
        if url and at >= since
    ]
    return found, rev


def want(connection: Connection, city_id: str, found: Sequence[CityPhoto], now: int) -> int:
    """Note photos to be fetched; those noted before stay as they are. Returns how many are new."""
    rows = [
        (
            city_id,
            make_name(),
            photo.case_key,
            photo.kind,
            PENDING,
            photo.source_url,
            hash_of(photo.source_url),
            photo.taken_at,
            now,
            0,
            now,
        )
        for photo in found
    ]
    before = _count(connection, city_id)
    bulk.execute_many(connection, _WANT, rows)
    return _count(connection, city_id) - before


def due_photos(connection: Connection, city_id: str, now: int, limit: int) -> list[DuePhoto]:
    """The city's photos to be fetched now, the newest first."""
    rows = connection.execute(text(_DUE), {"city": city_id, "now": now, "limit": limit})
    return [DuePhoto(*row) for row in rows]


def mark_ready(
    connection: Connection, city_id: str, name: str, size: tuple[int, int], now: int
) -> None:
    """The files are there: from this transaction on the photo may be shown where its case may. `announce` tells the pages."""
    _set(
        connection,
        city_id,
        name,
        now,
        state=READY,
        width=size[0],
        height=size[1],
        reason=None,
        due_at=None,
    )


def mark_refused(connection: Connection, city_id: str, name: str, reason: str, now: int) -> None:
    """Never ask for it again."""
    _set(connection, city_id, name, now, state=REFUSED, reason=reason[:200], due_at=None)


def put_off(connection: Connection, city_id: str, photo: DuePhoto, reason: str, now: int) -> None:
    """It could not be had this time: later, at growing distances, and after the last attempt never again."""
    if photo.attempts + 1 >= ATTEMPTS:
        return mark_refused(connection, city_id, photo.name, reason, now)
    due = now + FIRST_PAUSE_SECONDS * 4**photo.attempts
    return _set(
        connection,
        city_id,
        photo.name,
        now,
        attempts=photo.attempts + 1,
        reason=reason[:200],
        due_at=due,
    )


def hide(connection: Connection, city_id: str, name: str, reason: str, now: int) -> None:
    """Take a photo out of the public's sight; its files stay for staff. A browser that has it forgets it within minutes."""
    _set(connection, city_id, name, now, state=HIDDEN, reason=reason[:200])
    announce(connection, city_id, now)


def hold(
    connection: Connection, city_id: str, name: str, kind: str, size: tuple[int, int], now: int
) -> None:
    """Note a resident's photo whose report is not sent yet: nobody is shown it, and it is swept after a day.

    One that waits already waits a day more; one that has a case stays as it is.
    """
    values = {
        "city": city_id,
        "name": name,
        "kind": kind,
        "state": READY,
        "width": size[0],
        "height": size[1],
        "now": now,
    }
    connection.execute(text(_HOLD), values)


def attach(
    connection: Connection,
    city_id: str,
    names: Sequence[str],
    case_key: int,
    taken_at: int,
    now: int,
) -> int:
    """Give held photos to a case, in the transaction that stores it; how many were still there. One that has a case keeps it."""
    held = update(Photo).where(
        Photo.jurisdiction_id == city_id, Photo.name.in_(names), Photo.case_key.is_(None)
    )
    return connection.execute(
        held.values(case_key=case_key, taken_at=taken_at, changed_at=now)
    ).rowcount


def announce(connection: Connection, city_id: str, now: int) -> None:
    """Photos of a city came or went: pages that are kept are made anew."""
    data_version.advance(connection, city_id, now)


def hash_of(url: str) -> str:
    """What tells one address from another in a key that may not be 2,000 characters long."""
    return hashlib.sha256(url.encode()).hexdigest()


def _set(connection: Connection, city_id: str, name: str, now: int, **values: object) -> None:
    connection.execute(
        update(Photo)
        .where(Photo.jurisdiction_id == city_id, Photo.name == name)
        .values(changed_at=now, **values)
    )


def _count(connection: Connection, city_id: str) -> int:
    return connection.execute(
        text("select count(*) from photos where jurisdiction_id = :city"), {"city": city_id}
    ).scalar_one()


_WITH_ADDRESS = """
select id, photo_url, closed_photo_url, opened_at, closed_at from cases
where jurisdiction_id = :city and rev > :rev and visibility = 'public' and place_precision = 'exact'
    and (photo_url is not null or closed_photo_url is not null) and (opened_at >= :since or closed_at >= :since)
"""
_HOLD = """
insert into photos (jurisdiction_id, name, kind, state, width, height, attempts, taken_at, changed_at)
values (:city, :name, :kind, :state, :width, :height, 0, :now, :now)
on conflict (jurisdiction_id, name) do update
set state = excluded.state, reason = null, taken_at = excluded.taken_at, changed_at = excluded.changed_at
where photos.case_key is null
"""
_WANT = f"""
insert into photos ({", ".join(_COLUMNS)}) values ({", ".join("?" * len(_COLUMNS))})
on conflict (jurisdiction_id, case_key, kind, source_hash) do nothing
"""
_DUE = """
select name, source_url, attempts from photos
where jurisdiction_id = :city and state = 'pending' and due_at <= :now order by taken_at desc limit :limit
"""
