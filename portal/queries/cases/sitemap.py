"""Which cases the sitemap lists, in parts that stay the same as long as no earlier case goes.

Parts are counted in public cases. Ranges of the store's own ids would be quicker to find, but what
is missing from a range would tell how many cases are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.facts.reader import Facts

CASES_OF_PART = 10_000
"""With all languages a part stays well under the protocol's 50,000 URLs and 50 MB. The last may
have a few more: what was stored since the facts were published."""

_CASES = text(
    "select case_id, updated_at from public_cases"
    " where jurisdiction_id = :city and id >= :first and id < :beyond order by id"
)
_BEYOND_ALL = 2**62


@dataclass(frozen=True)
class ListedCase:
    """A public case, and when the city last changed it (epoch s, never later than now)."""

    case_id: str
    changed_at: int


def sitemap_parts(facts: Facts, size: int = CASES_OF_PART) -> tuple[int, ...]:
    """The store's key of each part's first case; empty without a public case.

    A part's number is its place among them. Source: the published facts.
    """
    rows = facts.rows(
        "select id from (select id, row_number() over (order by id) as place from cases)"
        f" where (place - 1) % {size} = 0 order by id"
    )
    return tuple(first for (first,) in rows)


def cases_of_part(
    connection: Connection, city_id: str, parts: Sequence[int], part: int, now: int
) -> tuple[ListedCase, ...]:
    """The public cases of one of these `sitemap_parts`; empty for a number that no part has.

    Cities date some changes in the future: these are given as `now` (epoch s).
    """
    if part >= len(parts):
        return ()
    beyond = parts[part + 1] if part + 1 < len(parts) else _BEYOND_ALL
    values = {"city": city_id, "first": parts[part], "beyond": beyond}
    rows = connection.execute(_CASES, values)
    return tuple(ListedCase(case_id, min(changed_at, now)) for case_id, changed_at in rows)
