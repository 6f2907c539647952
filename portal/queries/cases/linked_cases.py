"""Reports of one problem, as the city ties them together: the case it works on, and those that repeat it. Public cases alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.queries.cases.case_cards import CaseCard, cards_by_key

SHOWN = 10


@dataclass(frozen=True)
class Relatives:
    """`parent`: the case that this one repeats or belongs to. `repeats`: the newest ten of the `repeat_cases` that repeat this one."""

    parent: CaseCard | None = None
    repeats: tuple[CaseCard, ...] = ()
    repeat_cases: int = 0

    @property
    def is_empty(self) -> bool:
        return self.parent is None and not self.repeats


def relatives_of(connection: Connection, city_id: str, case_id: str, now: int) -> Relatives:
    """What the city ties to a case; `now` (epoch s) decides what is overdue. A case alone, unknown or private: empty.

    A relative that is not public is not told of, nor that there is one. Source: the number of the parent case that the city publishes.
    """
    # Each step by itself and unsorted: asked in one, SQLite walks through the whole city before it has gathered its statistics.
    values = {"city": city_id, "number": case_id}
    keys = set(connection.execute(_KEYS, values).scalars())
    parents, repeats = (
        sorted(
            {
                found
                for key in keys
                for found in connection.execute(way, {"city": city_id, "key": key}).scalars()
            },
            reverse=True,
        )
        for way in (_UP, _DOWN)
    )
    parent = parents[0] if parents else None
    cards = cards_by_key(
        connection, city_id, [key for key in (parent, *repeats[:SHOWN]) if key is not None], now
    )
    shown = tuple(cards[key] for key in repeats[:SHOWN] if key in cards)
    return Relatives(cards.get(parent) if parent is not None else None, shown, len(repeats))


_KEYS = text("select id from public_cases where jurisdiction_id = :city and case_id = :number")
_UP = text("select parent_id from public_case_parents where jurisdiction_id = :city and id = :key")
_DOWN = text(
    "select id from public_case_parents where jurisdiction_id = :city and parent_id = :key"
)
