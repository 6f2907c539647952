"""Photos of the city's that we have already: they are shown once, and hidden with the first.

The city gives back what residents sent it, under its own address or ours, and gives its own photos
new addresses. What is known again keeps what staff decided about it:

- a repeat of another photo of the case is not shown, whether that one is shown or hidden;
- a photo of the city's at a new address is the old one moved, hidden or made unreadable as it was;
- a repeat of a photo that the public may not see, of any other case, is hidden too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from sqlalchemy import Connection, text

from portal.services.shared import photos
from portal.services.shared.photos import DuePhoto

OURS, REPEATED = "ours", "repeated"
"""Why a photo was refused: a resident sent it to us, or the case has it already."""
DAYS = 60
MOST = 2_000
_SECONDS = DAYS * 86_400
_IN_ADDRESS = re.compile(r"/photos/(?:signed/)?([0-9a-f]{32})-")
Result = Literal["refused", "moved", "hidden"]


@dataclass(frozen=True)
class Known:
    """A photo that we have.

    `is_current`: its case still links to it, or a resident sent it. `is_main`: it is as it came,
    and no copy with an unreadable part. `is_seen`: the public may see it.
    """

    name: str
    case_key: int
    kind: str
    reason: str | None
    source_url: str | None
    is_current: bool
    is_main: bool
    is_seen: bool


def photo_in_address(connection: Connection, city_id: str, photo: DuePhoto) -> Known | None:
    """Our own photo, if the address that the city gives is one of ours, at whatever host."""
    for name in _IN_ADDRESS.findall(unquote(unquote(photo.source_url))):
        row = connection.execute(text(_BY_NAME), {"city": city_id, "name": name}).first()
        if row is not None and name != photo.name:
            return _read(row)
    return None


def photos_to_compare(connection: Connection, city_id: str, photo: DuePhoto) -> list[Known]:
    """What a photo of the city's may repeat: other photos of its case first, hidden ones first.

    And of other cases what the public may not see, of about the same time; at most 2,000.
    """
    values = {"city": city_id, "case": photo.case_key, "name": photo.name}
    values |= {"since": photo.taken_at - _SECONDS, "until": photo.taken_at + _SECONDS}
    return [_read(row) for row in connection.execute(text(_TO_COMPARE), values)]


def settle_repeat(
    connection: Connection, city_id: str, photo: DuePhoto, known: Known, now: int
) -> Result:
    """Give a photo the state that follows from the one it repeats."""
    is_of_case = known.case_key == photo.case_key
    if not is_of_case and not known.is_seen:
        photos.hide_photo(connection, city_id, photo.name, known.reason or REPEATED, now)
        return "hidden"
    if is_of_case and not known.is_current:
        _move(connection, city_id, photo, known, now)
        return "moved"
    reason = OURS if known.source_url is None else REPEATED
    photos.mark_refused(connection, city_id, photo.name, reason, now)
    return "refused"


def hidden_since(connection: Connection, city_id: str, moment: int) -> list[Known]:
    """Photos that were hidden, or changed while hidden, since a moment (epoch s)."""
    values = {"city": city_id, "since": moment}
    return [_read(row) for row in connection.execute(text(_HIDDEN_SINCE), values)]


def shown_to_compare(connection: Connection, city_id: str, hidden: Known) -> list[Known]:
    """The city's photos that are shown and may repeat a hidden one: of its case, and of its time.

    Not those that staff have shown again since.
    """
    values = {"city": city_id, "name": hidden.name, "seconds": _SECONDS}
    found = [_read(row) for row in connection.execute(text(_SHOWN), values)]
    return [known for known in found if known.is_main]


def _move(connection: Connection, city_id: str, photo: DuePhoto, known: Known, now: int) -> None:
    """Put the photo that we have, and copies of it, in the place of the one at the new address."""
    values = {"city": city_id, "name": photo.name, "case": known.case_key, "now": now}
    connection.execute(text(_DELETE), values)
    values |= {"old": known.source_url, "old_kind": known.kind}
    values |= {"new": photo.source_url, "kind": photo.kind}
    values |= {"old_hash": photos.hash_of(known.source_url or "")}
    values |= {"new_hash": photos.hash_of(photo.source_url)}
    connection.execute(text(_MOVE), values)


def shown_at_address(connection: Connection, city_id: str, photo: DuePhoto) -> list[str]:
    """Names of the photos that the public may see at a photo's address, in its case."""
    values = {"city": city_id, "case": photo.case_key, "url": photo.source_url}
    return list(connection.execute(text(_SHOWN_AT), values).scalars())


def _read(row: Any) -> Known:
    url = row.source_url
    current = row.photo_url if row.kind == photos.BEFORE else row.closed_photo_url
    return Known(
        row.name,
        row.case_key,
        row.kind,
        row.reason,
        url,
        is_current=url is None or url == current,
        is_main=url is None or row.source_hash == photos.hash_of(url),
        is_seen=row.state == photos.READY and row.visibility == "public",
    )


_SHOWN_AT = """
select name from photos
where jurisdiction_id = :city and case_key = :case and source_url = :url and state = 'ready'
order by name
"""
_PHOTO = """
select p.name, p.case_key, p.kind, p.state, p.reason, p.source_url, p.source_hash,
    c.visibility, c.photo_url, c.closed_photo_url
from photos p join cases c on c.jurisdiction_id = p.jurisdiction_id and c.id = p.case_key
where p.jurisdiction_id = :city
"""
_BY_NAME = f"{_PHOTO} and p.name = :name"
_TO_COMPARE = f"""{_PHOTO}
    and p.state in ('ready', 'hidden') and p.name <> :name
    and (p.case_key = :case or (p.taken_at between :since and :until
        and (p.state = 'hidden' or (p.source_url is null and c.visibility <> 'public'))))
order by case when p.case_key = :case then 0 else 1 end, p.state, p.changed_at desc limit {MOST}
"""
_HIDDEN_SINCE = f"""{_PHOTO}
    and p.state = 'hidden' and p.changed_at >= :since
order by p.changed_at limit {MOST}
"""
_SHOWN = f"""{_PHOTO}
    and p.state = 'ready' and p.source_url is not null and exists (
        select 1 from photos h
        where h.jurisdiction_id = :city and h.name = :name and h.name <> p.name
            and p.changed_at <= h.changed_at
            and (p.case_key = h.case_key
                or p.taken_at between h.taken_at - :seconds and h.taken_at + :seconds))
order by p.taken_at desc limit {MOST}
"""
_DELETE = "delete from photos where jurisdiction_id = :city and name = :name"
# A copy with an unreadable part has the address of its original, and a digest of its own.
_MOVE = """
update photos set source_url = :new, kind = :kind, changed_at = :now,
    source_hash = case when source_hash = :old_hash then :new_hash else source_hash end
where jurisdiction_id = :city and case_key = :case and source_url = :old and kind = :old_kind
"""
