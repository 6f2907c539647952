"""The newest answer of a city, kept in the store for the pages: they only read it."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, text

from portal.domain.equity import Equity
from portal.store.demographics_models import FittedModel

NAME = "equity"
_EQUITY = TypeAdapter(Equity)


class KeptMark(NamedTuple):
    """Which answer is kept: the version of the data it is from, and when it was made (epoch s)."""

    rev: int
    made_at: int


def save_equity(connection: Connection, city_id: str, equity: Equity, rev: int, now: int) -> None:
    """Replace a city's answer. Inside the caller's write transaction; `now` in epoch seconds."""
    of_city = FittedModel.jurisdiction_id == city_id, FittedModel.name == NAME
    connection.execute(delete(FittedModel).where(*of_city))
    row = {
        "jurisdiction_id": city_id,
        "name": NAME,
        "rev": rev,
        "made_at": now,
        "answer": _EQUITY.dump_json(equity).decode(),
    }
    connection.execute(insert(FittedModel), row)


def read_mark(connection: Connection, city_id: str) -> KeptMark | None:
    """Which answer is kept, on the public engine; None where there is none."""
    row = connection.execute(text(_MARK), {"city": city_id, "name": NAME}).first()
    return KeptMark(*row) if row else None


def read_equity(connection: Connection, city_id: str) -> Equity | None:
    """A city's answer, on the public engine; None where there is none."""
    answer = connection.execute(text(_ANSWER), {"city": city_id, "name": NAME}).scalar()
    return _EQUITY.validate_json(answer) if answer else None


def has_demographics(connection: Connection, city_id: str) -> bool:
    """Whether it is known who lives in the city's tracts."""
    return connection.execute(text(_HAS_MEASURES), {"city": city_id}).first() is not None


_MARK = (
    "select rev, made_at from public_fitted_models where jurisdiction_id = :city and name = :name"
)
_ANSWER = "select answer from public_fitted_models where jurisdiction_id = :city and name = :name"
_HAS_MEASURES = "select 1 from public_tract_measures where jurisdiction_id = :city limit 1"
