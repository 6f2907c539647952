"""Numbers for new rows, given out in the transaction that stores them."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import InstrumentedAttribute


def reserve_case_ids(connection: Connection, count: int) -> list[int]:
    """`count` ids for new cases, ascending, unique in the whole store. A transaction that fails may leave a gap, never a double."""
    if count <= 0:
        return []
    if connection.dialect.name == "postgresql":
        return list(
            connection.execute(
                text("select nextval('case_ids') from generate_series(1, :count)"), {"count": count}
            ).scalars()
        )
    last = connection.execute(
        text("update case_ids set last = last + :count returning last"), {"count": count}
    ).scalar_one()
    return list(range(last - count + 1, last + 1))


def next_id(
    connection: Connection, column: InstrumentedAttribute[int], jurisdiction_id: str
) -> int:
    """One more than the largest number of this column in the city. The caller's transaction must be the only writer of the table."""
    table = column.class_
    last = connection.execute(
        select(func.max(column)).where(table.jurisdiction_id == jurisdiction_id)
    ).scalar()
    return (last or 0) + 1
