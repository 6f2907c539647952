"""Reports of one problem, as the city ties them together: the case it works on, and those that repeat it. Public cases alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.queries.cases import CaseCard, cards_by_key

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
    up = "select parent_id from public_case_parents where jurisdiction_id = :city and id in ({}) order by parent_id desc limit 1"
    down = "select id from public_case_parents where jurisdiction_id = :city and parent_id in ({}) order by id desc"
    this = "select id from public_cases where jurisdiction_id = :city and case_id = :case_id"
    values = {"city": city_id, "case_id": case_id}
    parent = connection.execute(text(up.format(this)), values).scalar()
    repeats = list(connection.execute(text(down.format(this)), values).scalars())
    cards = cards_by_key(connection, city_id, [key for key in (parent, *repeats[:SHOWN]) if key is not None], now)
    shown = tuple(cards[key] for key in repeats[:SHOWN] if key in cards)
    return Relatives(cards.get(parent) if parent is not None else None, shown, len(repeats))
