"""Many rows at once, the fastest way each database has: lists of tuples in, no object per row.

insert_rows(connection, "cases", ("jurisdiction_id", "id"), [("boston", 1), ("boston", 2)])
select_in(connection, "select id from cases where id in {values}", [1, 2])  # [(1,), (2,)]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

Row = tuple[Any, ...]
FEW = 8
"""Up to this many rows PostgreSQL gets an INSERT, one round trip, and not a COPY."""


def is_sqlite(connection: Connection) -> bool:
    """Whether this is a connection to SQLite, not to PostgreSQL."""
    return connection.dialect.name == "sqlite"


def select_in(
    connection: Connection, query: str, values: Sequence[Any], **parameters: Any
) -> list[Row]:
    """Run a query in which `in {values}` stands for these values, however many there are.

    The values are all texts or all integers. No values: no query, and no rows.
    """
    if not values:
        return []
    return [tuple(row) for row in _with_values(connection, query, values, parameters)]


def change_in(
    connection: Connection, statement: str, values: Sequence[Any], **parameters: Any
) -> None:
    """Run a DELETE or an UPDATE in which `in {values}` stands for these values."""
    if values:
        _with_values(connection, statement, values, parameters)


def _with_values(
    connection: Connection, statement: str, values: Sequence[Any], parameters: dict[str, Any]
) -> CursorResult[Any]:
    if is_sqlite(connection):
        query = text(statement.replace("{values}", "(select value from json_each(:values))"))
        return connection.execute(query, {"values": json.dumps(values), **parameters})
    # `any(array)`, not `in (select unnest(array))`: without statistics, PostgreSQL compared every
    # row of the table with every value of the latter.
    kind = ARRAY(BigInteger() if isinstance(values[0], int) else Text())
    query = text(statement.replace("in {values}", "= any(:values)")).bindparams(
        bindparam("values", type_=kind)
    )
    return connection.execute(query, {"values": list(values), **parameters})


def insert_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert many rows: with executemany on SQLite, with COPY on PostgreSQL."""
    if not rows:
        return
    names = ", ".join(columns)
    if is_sqlite(connection) or len(rows) <= FEW:
        marks = ", ".join("?" * len(columns))
        execute_many(connection, f"insert into {table} ({names}) values ({marks})", rows)
        return
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"copy {table} ({names}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def execute_many(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run one statement, written with `?`, for many rows; pipelined on PostgreSQL."""
    if not rows:
        return
    if not is_sqlite(connection):
        statement = statement.replace("%", "%%").replace("?", "%s")
    connection.exec_driver_sql(statement, list(rows))
