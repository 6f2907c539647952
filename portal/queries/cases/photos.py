"""Photos of a case that the public may see, read from the public views.

And all photos of a report, for the resident who sent it and for the city's system.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

FOREVER = 1 << 40


@dataclass(frozen=True)
class CasePhoto:
    """A photo of a case: `kind` is before or after; its largest size is width × height pixels.

    `taken_at` (epoch s) is when the case was opened or closed: we do not keep the camera's time.
    """

    name: str
    kind: str
    width: int
    height: int
    taken_at: int


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
