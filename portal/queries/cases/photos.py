"""Photos that the public may see, of a case and by name, from the public views: one that is hidden or private is not there.

And a report's own photos, for its resident and for the city's system: whatever the public sees.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

FOREVER = 1 << 40


@dataclass(frozen=True)
class CasePhoto:
    """A photo of a case. `kind` is before or after, width and height are those of its largest size in pixels.

    `taken_at` (epoch s) is when the case was opened, or closed: what a camera's clock said is not kept.
    """

    name: str
    kind: str
    width: int
    height: int
    taken_at: int


def photos_of_case(connection: Connection, city_id: str, case_key: int) -> tuple[CasePhoto, ...]:
    """A case's photos, those of before first; by the store's own key of the case. Source: the city and residents, drawn anew by us."""
    query = text(
        "select name, kind, width, height, taken_at from public_photos where jurisdiction_id = :city and case_key = :case"
        " order by kind desc, taken_at, name"
    )
    return tuple(
        CasePhoto(*row) for row in connection.execute(query, {"city": city_id, "case": case_key})
    )


def may_be_shown(connection: Connection, city_id: str, name: str) -> bool:
    """Whether the public may see the photo with this name, now."""
    query = text("select name from public_photos where jurisdiction_id = :city and name = :name")
    return connection.execute(query, {"city": city_id, "name": name}).first() is not None


def photos_of_report(
    connection: Connection, city_id: str, case_key: int, until: int | None = None
) -> tuple[str, ...]:
    """Names of the photos that residents sent with a case, `until` a moment (epoch s) or at all, and that are ready, in their order.

    For the core engine.
    """
    query = text(
        "select name from photos where jurisdiction_id = :city and case_key = :case and source_url is null and state = 'ready'"
        " and taken_at <= :until order by taken_at, name"
    )
    values = {"city": city_id, "case": case_key, "until": FOREVER if until is None else until}
    return tuple(connection.execute(query, values).scalars())
