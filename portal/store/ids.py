"""Keys for new cases, given out in the transaction that stores them."""

from __future__ import annotations

from sqlalchemy import Connection, text


def reserve_case_ids(connection: Connection, count: int) -> list[int]:
    """Return `count` keys for new cases, ascending and unique in the whole store.

    A transaction that fails may leave a gap, never a duplicate.
    """
    if count <= 0:
        return []
    if connection.dialect.name == "postgresql":
        query = text("select nextval('case_ids') from generate_series(1, :count)")
        return list(connection.execute(query, {"count": count}).scalars())
    advance = text("update case_ids set last = last + :count returning last")
    last = connection.execute(advance, {"count": count}).scalar_one()
    return list(range(last - count + 1, last + 1))
