"""Which case staff mean by a number that a resident reads out, public or not. Core engine only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from portal.domain.tracking import list_readings, read_number
from portal.domain.tracking_number import correct_tracking_number
from portal.queries.cases.case_numbers import list_spellings

MOST = 10


@dataclass(frozen=True)
class FoundCases:
    """Numbers of the cases that were meant, or else of those one mistake away."""

    meant: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


def find_cases(connection: Connection, city_id: str, typed: str) -> FoundCases:
    """The cases with this number or work order, however it was typed; at most ten.

    If there are none: those whose tracking number is one mistake away.
    """
    spellings = [spelled for each in list_readings(typed) for spelled in list_spellings(each)]
    if found := _find(connection, city_id, spellings):
        return FoundCases(meant=found)
    near = correct_tracking_number(read_number(typed))
    return FoundCases(near=_find(connection, city_id, list(near)))


def _find(connection: Connection, city_id: str, numbers: list[str]) -> tuple[str, ...]:
    if not numbers:
        return ()
    found = {
        number: None
        for query in _QUERIES
        for number in connection.execute(query, {"city": city_id, "numbers": numbers}).scalars()
    }
    return tuple(found)[:MOST]


_QUERIES = [
    text(
        f"select case_id from cases where jurisdiction_id = :city and {column} in :numbers"
        f" order by id desc limit {MOST}"
    ).bindparams(bindparam("numbers", expanding=True))
    for column in ("case_id", "work_order_id")
]
