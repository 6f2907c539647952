"""A hash of what rows say, whatever wrote them: the same before and after a writer's upgrade.

Each value as text: numbers as Python's repr, times 2026-11-30T14:05:00Z, days 2026-11-30, true or
false. A + before it; a value that is unknown is a - alone. A row's values are joined by U+001F, in
the order of the columns, and hashed by SHA-256. The rows' hashes in hexadecimal, sorted and joined
by line feeds, are hashed once more (docs/datasets.md shows it in DuckDB and Python).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from portal.domain.published_columns import PublishedColumn


def content_sha256(work: Any, table: str, columns: Sequence[PublishedColumn]) -> str:
    """The hash of a table's rows. `work` is a DuckDB connection; `table` any SQL after `from`."""
    values = ", chr(31), ".join(
        f"case when {column.name} is null then '-' else '+' || {as_text(column)} end"
        for column in columns
    )
    hashes = f"select sha256(concat({values})) as hash from {table} order by hash"
    digest, glue = hashlib.sha256(), b""
    cursor = work.cursor()
    cursor.execute(hashes)
    while rows := cursor.fetchmany(100_000):
        digest.update(glue + "\n".join([hash_ for (hash_,) in rows]).encode())
        glue = b"\n"
    return digest.hexdigest()


def as_text(column: PublishedColumn) -> str:
    """SQL of a value as text."""
    if column.kind == "timestamp":
        return f"strftime({column.name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    return column.name if column.kind == "text" else f"{column.name}::varchar"
