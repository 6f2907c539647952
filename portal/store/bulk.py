"""Many rows at once, the fastest way each database has: lists of tuples in, no object per row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

Row = tuple[Any, ...]
FEW = 8
"""Rows for which an INSERT is the shorter way, one there and back."""


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def select_in(
    connection: Connection, query: str, values: Sequence[Any], **parameters: Any
) -> list[Row]:
    """Rows of a query in which `in {values}` stands for these values (all texts or all integers), however many."""
    return (
        [tuple(row) for row in _with_values(connection, query, values, parameters)]
        if values
        else []
    )


def change_in(
    connection: Connection, statement: str, values: Sequence[Any], **parameters: Any
) -> None:
    """The same for a DELETE or an UPDATE."""
    if values:
        _with_values(connection, statement, values, parameters)


def _with_values(
    connection: Connection, statement: str, values: Sequence[Any], parameters: dict[str, Any]
) -> CursorResult[Any]:
    if is_sqlite(connection):
        query = text(statement.replace("{values}", "(select value from json_each(:values))"))
        return connection.execute(query, {"values": json.dumps(values), **parameters})
    # `any(array)` and not `in (select unnest(array))`: on a table without statistics the latter compared everything with everything.
    kind = ARRAY(BigInteger() if isinstance(values[0], int) else Text())
    query = text(statement.replace("in {values}", "= any(:values)")).bindparams(
        bindparam("values", type_=kind)
    )
    return connection.execute(query, {"values": list(values), **parameters})


def insert_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """INSERT of many rows: executemany on SQLite, COPY on PostgreSQL, but for a few rows."""
    if not rows:
        return
    names = ", ".join(columns)
    if is_sqlite(connection) or len(rows) <= FEW:
        execute_many(
            connection,
            f"insert into {table} ({names}) values ({', '.join('?' * len(columns))})",
            rows,
        )
        return
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"copy {table} ({names}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def execute_many(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """One statement, written with `?`, for many rows; pipelined on PostgreSQL."""
    if not rows:
        return
    if not is_sqlite(connection):
        statement = statement.replace("%", "%%").replace("?", "%s")
    connection.exec_driver_sql(statement, list(rows))
