"""What the facts read from the store: its version, services and labels, and cases, streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Engine, text

from portal.facts.schema import CASE_COLUMNS, DICTIONARIES, Column

BATCH = 50_000
_ARROW = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "TINYINT": pa.int8(),
    "DOUBLE": pa.float64(),
}


@dataclass(frozen=True)
class StoreVersion:
    """How far a city's store has come, and which store it is.

    `rev` counts public changes, and the last was at `as_of` (epoch s); `batch` counts all. `mark`
    is made from the store's first case, so that a replaced store is noticed.
    """

    rev: int
    batch: int
    as_of: int
    mark: str


@contextmanager
def snapshot(core: Engine) -> Iterator[Connection]:
    """A connection that sees the store as it is now, for as long as it is open; writers go on."""
    with core.connect() as connection:
        if core.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def version(connection: Connection, city_id: str) -> StoreVersion:
    """The city's versions; 0 where nothing was ever stored."""
    row = connection.execute(text(_VERSION), {"city": city_id}).first()
    first = connection.execute(
        text(
            "select id, source, source_id, first_seen_at from cases"
            " where jurisdiction_id = :city order by id limit 1"
        ),
        {"city": city_id},
    ).first()
    rev, batch, changed_at = row or (0, 0, 0)
    return StoreVersion(rev, batch, as_of=changed_at, mark=_mark_of(first) if first else "")


_VERSION = (
    "select public_rev, rev, public_changed_at from data_versions where jurisdiction_id = :city"
)


def _mark_of(first: Sequence[Any]) -> str:
    """A digest, because the first case may be private, and the mark is written into the facts."""
    joined = "/".join(str(part) for part in first)
    return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


def public_cases(connection: Connection, city_id: str, after_batch: int = -1) -> Iterator[pa.Table]:
    """Public cases that batches after `after_batch` touched; by default all of them.

    In Arrow tables of about `BATCH` rows with the columns of CASE_COLUMNS.
    """
    source = "cases where jurisdiction_id = {city} and visibility = 'public'"
    # On SQLite all of them are read by id, not by the index on rev: ids grow with time, so the
    # pages of the table are read in their order and nothing is sorted.
    is_by_id = after_batch < 0 and connection.dialect.name == "sqlite"
    source += " and +rev > {rev} order by id" if is_by_id else " and rev > {rev}"
    yield from stream(connection, CASE_COLUMNS, source, city_id, after_batch)


def stream(
    connection: Connection,
    columns: Sequence[Column],
    source: str,
    city_id: str,
    after_batch: int,
) -> Iterator[pa.Table]:
    """The rows of `source`, SQL from the name of a table on, in Arrow tables of about `BATCH` rows.

    `{city}` and `{rev}` in it stand for the city and the batch. A text that is missing is empty.
    """
    lines = _lines_of_postgresql if connection.dialect.name == "postgresql" else _lines_of_sqlite
    schema = pa.schema([(column.name, _ARROW.get(column.kind, pa.string())) for column in columns])
    for batch in lines(connection, columns, source, {"city": city_id, "rev": after_batch}):
        yield pa_csv.read_csv(
            pa.BufferReader(batch),
            read_options=pa_csv.ReadOptions(column_names=schema.names),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=schema, null_values=[""], strings_can_be_null=False
            ),
        )


def withdrawn_cases(connection: Connection, city_id: str, after_batch: int) -> list[int]:
    """Ids of cases that batches after `after_batch` touched and that are not public now."""
    query = text(
        "select id from cases"
        " where jurisdiction_id = :city and rev > :rev and visibility <> 'public'"
    )
    return list(connection.execute(query, {"city": city_id, "rev": after_batch}).scalars())


def dictionaries(connection: Connection, city_id: str) -> dict[str, list[tuple]]:
    """Rows of the facts' `services` and `labels`, with the columns of DICTIONARIES.

    Only those that may be public.
    """
    found = {}
    for table, columns in DICTIONARIES.items():
        names = ", ".join(name for name, _ in columns)
        which = f"jurisdiction_id = :city {_ALSO[table]}"
        query = text(f"select {names} from {table} where {which} order by 1")
        found[table] = [tuple(row) for row in connection.execute(query, {"city": city_id})]
    return found


def labels_of_layers(connection: Connection, city_id: str) -> list[int]:
    """Labels that name a boundary: these are public whether or not a case has them."""
    return list(
        connection.execute(
            text("select label_id from boundaries where jurisdiction_id = :city"), {"city": city_id}
        ).scalars()
    )


_ALSO = {"services": "and is_public = 1 and is_shown = 1", "labels": "and is_public = 1"}


# The database writes CSV and Arrow reads it: a third of the time of rows as Python objects.


def _lines_of_sqlite(
    connection: Connection, columns: Sequence[Column], source: str, values: dict[str, Any]
) -> Iterator[bytes]:
    template = ",".join('"%s"' if column.kind == "VARCHAR" else "%s" for column in columns)
    query = (
        f"select printf('{template}', {', '.join(map(_text_in_sqlite, columns))})"
        f" from {source.format(city=':city', rev=':rev')}"
    )
    cursor = connection.connection.cursor()
    try:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(BATCH):
            yield "\n".join([line for (line,) in rows]).encode()
    finally:
        cursor.close()


def _text_in_sqlite(column: Column) -> str:
    if column.kind == "VARCHAR":
        return f"""replace({column.store}, '"', '""')"""
    if column.kind == "DOUBLE":
        return f"case when {column.store} is not null then printf('%!.17g', {column.store}) end"
    return column.store


def _lines_of_postgresql(
    connection: Connection, columns: Sequence[Column], source: str, values: dict[str, Any]
) -> Iterator[bytes]:
    query = (
        f"copy (select {', '.join(column.store for column in columns)}"
        f" from {source.format(city='%(city)s', rev='%(rev)s')}) to stdout (format csv)"
    )
    batch: list[bytes] = []
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(query, values) as copy:
        for line in copy:
            batch.append(bytes(line))
            if len(batch) >= BATCH:
                yield b"".join(batch)
                batch = []
    if batch:
        yield b"".join(batch)
