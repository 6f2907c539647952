"""Cases that the city links to each other, because they report the same problem.

There is the case the city works on, the parent, and those that repeat it. Public cases only.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text

from portal.queries.cases.case_cards import CaseCard, cards_by_key

SHOWN = 10


@dataclass(frozen=True)
class LinkedCases:
    """`parent`: the case that this one repeats or belongs to; `repeats`: those that repeat it.

    `repeats` are the newest ten of `repeat_cases`.
    """

    parent: CaseCard | None = None
    repeats: tuple[CaseCard, ...] = ()
    repeat_cases: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the city links the case to no other public case."""
        return self.parent is None and not self.repeats


def linked_cases(connection: Connection, city_id: str, case_id: str, now: int) -> LinkedCases:
    """The cases linked to this one; empty for a case that is alone, unknown or private.

    A linked case that is not public is not mentioned at all. `now` (epoch s) decides what is
    overdue. Source: the parent number that the city publishes.
    """
    # One step at a time, and unsorted: in a single query SQLite walks through the whole city
    # until it has gathered its statistics.
    keys = set(connection.execute(_KEYS, {"city": city_id, "number": case_id}).scalars())
    parents = _newest_keys(connection, _PARENTS, city_id, keys)
    repeats = _newest_keys(connection, _REPEATS, city_id, keys)
    cards = cards_by_key(connection, city_id, parents[:1] + repeats[:SHOWN], now)
    shown = tuple(cards[key] for key in repeats[:SHOWN] if key in cards)
    return LinkedCases(cards.get(parents[0]) if parents else None, shown, len(repeats))


def _newest_keys(
    connection: Connection, query: TextClause, city_id: str, keys: set[int]
) -> list[int]:
    answers = (connection.execute(query, {"city": city_id, "key": key}).scalars() for key in keys)
    return sorted({key for answer in answers for key in answer}, reverse=True)


_KEYS = text("select id from public_cases where jurisdiction_id = :city and case_id = :number")
_PARENTS = text(
    "select parent_id from public_case_parents where jurisdiction_id = :city and id = :key"
)
_REPEATS = text(
    "select id from public_case_parents where jurisdiction_id = :city and parent_id = :key"
)
