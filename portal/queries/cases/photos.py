"""Photos of a case that the public may see, read from the public views.

And all photos of a report, for the resident who sent it and for the city's system; and those of
the city's work, for e-mails.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.domain.case import CasePhoto

FOREVER = 1 << 40


def photos_of_case(connection: Connection, city_id: str, case_key: int) -> tuple[CasePhoto, ...]:
    """The public photos of a case, by the store's own key; those from before first.

    Source: the city and residents; redrawn by us.
    """
    query = text(
        "select name, kind, width, height, taken_at from public_photos"
        " where jurisdiction_id = :city and case_key = :case order by kind desc, taken_at, name"
    )
    rows = connection.execute(query, {"city": city_id, "case": case_key})
    return tuple(CasePhoto(*row) for row in rows)


def is_public_photo(connection: Connection, city_id: str, name: str) -> bool:
    """Whether the public may see the photo with this name, now."""
    query = text("select name from public_photos where jurisdiction_id = :city and name = :name")
    return connection.execute(query, {"city": city_id, "name": name}).first() is not None


def photos_of_report(
    connection: Connection, city_id: str, case_key: int, until: int | None = None
) -> tuple[str, ...]:
    """Names of a case's photos that residents sent and that are ready, in their order.

    Only those taken up to `until` (epoch s), if given. For the core engine.
    """
    query = text(
        "select name from photos where jurisdiction_id = :city and case_key = :case"
        " and source_url is null and state = 'ready' and taken_at <= :until order by taken_at, name"
    )
    values = {"city": city_id, "case": case_key, "until": FOREVER if until is None else until}
    return tuple(connection.execute(query, values).scalars())


def photos_of_work(connection: Connection, city_id: str, case_key: int) -> tuple[CasePhoto, ...]:
    """The city's photos after its work on a case, as they may be shown; for the core engine.

    None that is hidden, or not drawn by us yet, or that the city has taken away.
    """
    rows = connection.execute(text(_OF_WORK), {"city": city_id, "case": case_key})
    return tuple(CasePhoto(*row) for row in rows)


def awaits_photo_of_work(connection: Connection, city_id: str, case_key: int, is_own: bool) -> bool:
    """Whether a photo after the work is about to come: the city has one, and we have not tried.

    `is_own`: as the resident who reported the case may see it, else as the public may.
    """
    values = {"city": city_id, "case": case_key, "own": int(is_own)}
    return connection.execute(text(_AWAITED), values).first() is not None


_OF_WORK = """
select p.name, p.kind, p.width, p.height, p.taken_at
from photos p join cases c on c.jurisdiction_id = p.jurisdiction_id and c.id = p.case_key
where p.jurisdiction_id = :city and p.case_key = :case and p.kind = 'after' and p.state = 'ready'
    and p.source_url = c.closed_photo_url
order by p.taken_at, p.name
"""
_AWAITED = """
select 1 from cases c left join photos p on p.jurisdiction_id = c.jurisdiction_id
    and p.case_key = c.id and p.kind = 'after' and p.source_url = c.closed_photo_url
where c.jurisdiction_id = :city and c.id = :case and c.closed_photo_url is not null
    and (:own = 1 or (c.visibility = 'public' and c.place_precision = 'exact'))
    and (p.name is null or (p.state = 'pending' and p.attempts = 0))
"""
