"""The newest answer of a city, kept in the store for the pages: they only read it."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from portal.domain.equity import Equity
from portal.store import kept_answers
from portal.store.kept_answers import KeptMark

NAME = "equity"
_EQUITY = TypeAdapter(Equity)


def save_equity(connection: Connection, city_id: str, equity: Equity, rev: int, now: int) -> None:
    """Replace a city's answer. Inside the caller's write transaction; `now` in epoch seconds."""
    answer = _EQUITY.dump_json(equity)
    kept_answers.save_answer(connection, city_id, NAME, answer, KeptMark(rev, now))


def read_mark(connection: Connection, city_id: str) -> KeptMark | None:
    """Which answer is kept, on the public engine; None where there is none."""
    return kept_answers.read_mark(connection, city_id, NAME)


def read_equity(connection: Connection, city_id: str) -> Equity | None:
    """A city's answer, on the public engine; None where there is none."""
    answer = kept_answers.read_answer(connection, city_id, NAME)
    return _EQUITY.validate_json(answer) if answer else None


def has_demographics(connection: Connection, city_id: str) -> bool:
    """Whether it is known who lives in the city's tracts."""
    return connection.execute(text(_HAS_MEASURES), {"city": city_id}).first() is not None


_HAS_MEASURES = "select 1 from public_tract_measures where jurisdiction_id = :city limit 1"
