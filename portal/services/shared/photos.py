"""Photos of cases: the city's, which we fetch, and residents', which come with reports.

A photo's files are written first (portal.photos.files), its row in the transaction that makes it
visible. A resident's photo waits without a case until its report is sent:

    add_unsent_photo(connection, city.id, name, BEFORE, (1600, 1200), now)
    attach_photos(connection, city.id, [name], case_key, taken_at, now)
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
"""Pause after the first failed attempt. Each is four times the last: 10 min, 40 min, 3 h, 11 h,
43 h."""
LONGEST_REASON = 200
_COLUMNS = (
    "jurisdiction_id",
    "name",
    "case_key",
    "kind",
    "state",
    "source_url",
    "source_hash",
    "taken_at",
    "changed_at",
    "attempts",
    "due_at",
)


@dataclass(frozen=True)
class CityPhoto:
    """A photo that one of the city's cases links to.

    `kind` is before or after, `taken_at` the case's opening or closing (epoch s).
    """

    case_key: int
    kind: str
    source_url: str
    taken_at: int


@dataclass(frozen=True)
class DuePhoto:
    """A photo of the city's that is due to be fetched; `kind` and `taken_at` as in CityPhoto."""

    name: str
    source_url: str
    attempts: int
    case_key: int = 0
    kind: str = BEFORE
    taken_at: int = 0


def city_photos(
    connection: Connection, city_id: str, since: int, after_rev: int
) -> tuple[list[CityPhoto], int]:
    """The city's photos of public cases opened or closed `since` (epoch s), and the data version.

    Only of cases that changed after the version `after_rev`. Photos of cases whose place is not
    shown exactly are left out, because they would not be shown; so are those of hidden cases. But
    the resident who reported such a case sees the photo of the work. Needs no write lock: the first
    time it goes through all cases.
    """
    # The version first: what is stored in the meantime is found again next time.
    rev = connection.execute(text(_VERSION), {"city": city_id}).scalar() or 0
    values = {"city": city_id, "since": since, "rev": after_rev}
    seen, own = (connection.execute(text(query), values) for query in (_WITH_PHOTOS, _OF_WORK))
    found = [
        CityPhoto(case.id, kind, url, at)
        for case in (*seen, *own)
        for kind, url, at in (
            (BEFORE, case.photo_url, case.opened_at),
            (AFTER, case.closed_photo_url, case.closed_at or case.opened_at),
        )
        if url and at >= since
    ]
    return found, rev


def request_photos(
    connection: Connection, city_id: str, found: Sequence[CityPhoto], now: int
) -> int:
    """Note photos to be fetched; returns how many are new. Known ones stay as they are."""
    before = _count(connection, city_id)
    bulk.execute_many(connection, _REQUEST, [_request_row(city_id, photo, now) for photo in found])
    return _count(connection, city_id) - before


def _request_row(city_id: str, photo: CityPhoto, now: int) -> tuple:
    return (
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


def due_photos(connection: Connection, city_id: str, now: int, limit: int) -> list[DuePhoto]:
    """The city's photos that are due to be fetched, newest first. `now` is in epoch seconds."""
    rows = connection.execute(text(_DUE), {"city": city_id, "now": now, "limit": limit})
    return [DuePhoto(*row) for row in rows]


def mark_ready(
    connection: Connection, city_id: str, name: str, size: tuple[int, int], now: int
) -> None:
    """Note that a photo's files are there; it may be shown wherever its case is.

    Call `announce_change` as well, so pages notice. `size` is (width, height) in pixels.
    """
    values = {"state": READY, "width": size[0], "height": size[1], "reason": None, "due_at": None}
    _set(connection, city_id, name, now, **values)


def mark_refused(connection: Connection, city_id: str, name: str, reason: str, now: int) -> None:
    """Note that a photo is not to be fetched again."""
    short = reason[:LONGEST_REASON]
    _set(connection, city_id, name, now, state=REFUSED, reason=short, due_at=None)


def retry_later(
    connection: Connection, city_id: str, photo: DuePhoto, reason: str, now: int
) -> None:
    """Note that a fetch failed: try again after a growing pause, at most ATTEMPTS times."""
    if photo.attempts + 1 >= ATTEMPTS:
        return mark_refused(connection, city_id, photo.name, reason, now)
    due = now + FIRST_PAUSE_SECONDS * 4**photo.attempts
    return _set(
        connection,
        city_id,
        photo.name,
        now,
        attempts=photo.attempts + 1,
        reason=reason[:LONGEST_REASON],
        due_at=due,
    )


def hide_photo(connection: Connection, city_id: str, name: str, reason: str, now: int) -> None:
    """Hide a photo from the public; its files stay for staff.

    A browser that has the photo drops it within minutes.
    """
    _set(connection, city_id, name, now, state=HIDDEN, reason=reason[:LONGEST_REASON])
    announce_change(connection, city_id, [name], now)


def add_unsent_photo(
    connection: Connection, city_id: str, name: str, kind: str, size: tuple[int, int], now: int
) -> None:
    """Note a photo of a report that is not sent yet.

    It is shown to no one, and deleted after a day. If it is noted already, its day starts again; if
    it has a case, it stays as it is. `size` is (width, height) in pixels.
    """
    values = {"city": city_id, "name": name, "kind": kind, "state": READY, "now": now}
    values |= {"width": size[0], "height": size[1]}
    connection.execute(text(_ADD_UNSENT), values)


def attach_photos(
    connection: Connection,
    city_id: str,
    names: Sequence[str],
    case_key: int,
    taken_at: int,
    now: int,
) -> int:
    """Give unsent photos to a case, in the transaction that stores it.

    Returns how many there still were. A photo that has a case keeps it.
    """
    is_unsent = Photo.jurisdiction_id == city_id, Photo.name.in_(names), Photo.case_key.is_(None)
    values = {"case_key": case_key, "taken_at": taken_at, "changed_at": now}
    return connection.execute(update(Photo).where(*is_unsent).values(**values)).rowcount


def announce_change(connection: Connection, city_id: str, names: Sequence[str], now: int) -> None:
    """Make cached pages stale, because these photos were added or hidden.

    Nothing happens if the public sees none of their cases, or not their photos.
    """
    if bulk.select_in(connection, _OF_SEEN_CASES, names, city=city_id):
        data_version.advance(connection, city_id, now, is_public=True)


def hash_of(url: str) -> str:
    """A short stand-in for a URL in a key, where 2,000 characters are too many."""
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


_OF_SEEN_CASES = """
select 1 from photos p join cases c on c.jurisdiction_id = p.jurisdiction_id and c.id = p.case_key
where p.jurisdiction_id = :city and p.name in {values}
    and c.visibility = 'public' and c.place_precision = 'exact' limit 1
"""
_VERSION = "select rev from data_versions where jurisdiction_id = :city"
_WITH_PHOTOS = """
select id, photo_url, closed_photo_url, opened_at, closed_at from cases
where jurisdiction_id = :city and rev > :rev
    and visibility = 'public' and place_precision = 'exact'
    and (photo_url is not null or closed_photo_url is not null)
    and (opened_at >= :since or closed_at >= :since)
"""
_OF_WORK = """
select c.id, null as photo_url, c.closed_photo_url, c.opened_at, c.closed_at
from reports r join cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.case_key
where r.jurisdiction_id = :city and r.withdrawn_at is null and c.rev > :rev
    and (c.visibility <> 'public' or c.place_precision <> 'exact')
    and c.closed_photo_url is not null and coalesce(c.closed_at, c.opened_at) >= :since
"""
_ADD_UNSENT = """
insert into photos
    (jurisdiction_id, name, kind, state, width, height, attempts, taken_at, changed_at)
values (:city, :name, :kind, :state, :width, :height, 0, :now, :now)
on conflict (jurisdiction_id, name) do update set
    state = excluded.state, reason = null,
    taken_at = excluded.taken_at, changed_at = excluded.changed_at
where photos.case_key is null
"""
_REQUEST = f"""
insert into photos ({", ".join(_COLUMNS)}) values ({", ".join("?" * len(_COLUMNS))})
on conflict (jurisdiction_id, case_key, kind, source_hash) do nothing
"""
_DUE = """
select name, source_url, attempts, case_key, kind, taken_at from photos
where jurisdiction_id = :city and state = 'pending' and due_at <= :now
order by taken_at desc limit :limit
"""
