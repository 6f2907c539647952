"""Cases asked for by number, many in one request, from whichever of the city's tables has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from data_sync.reading.base import Page, Row

CASES_PER_REQUEST = 200
"""Keeps the request's address under 8,000 characters."""
CASES_A_WEEK = 100_000
AskByNumber = Callable[[str, Sequence[str]], list[Row]]
"""A table and numbers → the rows it has for them."""


def pages_by_number(
    source_ids: Sequence[str],
    tables: Sequence[str],
    ask: AskByNumber,
    source_id_of: Callable[[Row], str | None],
    now: datetime,
) -> Iterator[Page]:
    """Those cases as they are now; there is no row for a case that no table has.

    Raises SourceError if a table cannot answer.
    """
    likely = list(tables)
    for start in range(0, len(source_ids), CASES_PER_REQUEST):
        wanted = set(source_ids[start : start + CASES_PER_REQUEST])
        for table in tuple(likely):
            if rows := ask(table, sorted(wanted)):
                yield Page(rows=rows, cursor=None, as_of=now)
                wanted -= {source_id for row in rows if (source_id := source_id_of(row))}
                # Cases that are neighbors in our store are from one year, and so from one table.
                likely.remove(table)
                likely.insert(0, table)
            if not wanted:
                break
