"""Who is heard: the models that the worker made, as they are kept. No page makes any."""

from __future__ import annotations

from sqlalchemy import Connection

from portal.domain.equity import Equity
from portal.equity import keep
from portal.store.kept_answers import KeptMark


def kept_equity(connection: Connection, city_id: str, _mark: KeptMark) -> Equity | None:
    """A city's models. `_mark` names which, for the cache: they change without the data."""
    return keep.read_equity(connection, city_id)
