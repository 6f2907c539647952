"""Answers that the worker makes for the pages, kept as JSON: the newest of each name in each city.

    save_answer(connection, "boston", "equity", Made(json, rev, now))
    read_mark(connection, "boston", "equity")     # which answer it is, without reading it

Written inside the caller's write transaction, read on the public engine.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, text

from portal.store.demographics_models import FittedModel


class KeptMark(NamedTuple):
    """Which answer is kept: the version of the data it is from, and when it was made (epoch s)."""

    rev: int
    made_at: int


def save_answer(
    connection: Connection, city_id: str, name: str, answer: bytes, mark: KeptMark
) -> None:
    """Replace a city's answer of a name."""
    of_city = FittedModel.jurisdiction_id == city_id, FittedModel.name == name
    connection.execute(delete(FittedModel).where(*of_city))
    row = {
        "jurisdiction_id": city_id,
        "name": name,
        "rev": mark.rev,
        "made_at": mark.made_at,
        "answer": answer.decode(),
    }
    connection.execute(insert(FittedModel), row)


def read_mark(connection: Connection, city_id: str, name: str) -> KeptMark | None:
    """Which answer is kept; None where there is none."""
    row = connection.execute(text(_MARK), {"city": city_id, "name": name}).first()
    return KeptMark(*row) if row else None


def read_answer(connection: Connection, city_id: str, name: str) -> str | None:
    """A city's answer; None where there is none."""
    return connection.execute(text(_ANSWER), {"city": city_id, "name": name}).scalar()


_MARK = (
    "select rev, made_at from public_fitted_models where jurisdiction_id = :city and name = :name"
)
_ANSWER = "select answer from public_fitted_models where jurisdiction_id = :city and name = :name"
