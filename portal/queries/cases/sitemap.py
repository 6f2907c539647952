"""Which cases the sitemap lists, in parts that stay the same: ranges of the store's own ids."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

CASES_OF_PART = 10_000
"""At most. With all languages a part stays well under the protocol's 50,000 URLs and 50 MB."""

# Either end is one step in the index; asked for both at once, SQLite walks through the whole city.
_FIRST = text("select min(id) from public_cases where jurisdiction_id = :city")
_LAST = text("select max(id) from public_cases where jurisdiction_id = :city")
_ANY = text(
    "select 1 from public_cases"
    " where jurisdiction_id = :city and id >= :first and id < :beyond limit 1"
)
_CASES = text(
    "select case_id, updated_at from public_cases"
    " where jurisdiction_id = :city and id >= :first and id < :beyond order by id"
)


@dataclass(frozen=True)
class ListedCase:
    """A public case, and when the city last changed it (epoch s, never later than now)."""

    case_id: str
    changed_at: int


def sitemap_parts(
    connection: Connection, city_id: str, size: int = CASES_OF_PART
) -> tuple[int, ...]:
    """Numbers of the parts with at least one public case. Source: the public store."""
    first, last = (connection.execute(end, {"city": city_id}).scalar() for end in (_FIRST, _LAST))
    if first is None or last is None:
        return ()
    numbers = range(first // size, last // size + 1)
    return tuple(n for n in numbers if connection.execute(_ANY, _range(city_id, n, size)).first())


def cases_of_part(
    connection: Connection, city_id: str, part: int, now: int, size: int = CASES_OF_PART
) -> tuple[ListedCase, ...]:
    """The public cases of a part; empty for a number that no part has.

    Cities date some changes in the future: these are given as `now` (epoch s).
    """
    rows = connection.execute(_CASES, _range(city_id, part, size))
    return tuple(ListedCase(case_id, min(changed_at, now)) for case_id, changed_at in rows)


def _range(city_id: str, part: int, size: int) -> dict[str, str | int]:
    return {"city": city_id, "first": part * size, "beyond": (part + 1) * size}
