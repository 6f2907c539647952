"""Cases asked for by their numbers, many in one question, whichever of the city's tables they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from data_sync.reading.base import Page, Row

CASES_A_QUESTION = 200
"""So that the address of the question stays under 8,000 characters."""
CASES_A_WEEK = 100_000
AskByNumber = Callable[[str, Sequence[str]], list[Row]]
"""A table and numbers → the rows it has of them."""


def pages_by_number(
    source_ids: Sequence[str],
    tables: Sequence[str],
    ask: AskByNumber,
    id_of: Callable[[Row], str | None],
    now: datetime,
) -> Iterator[Page]:
    """Those cases as they stand now. Of a case that no table knows there is no row. Raises SourceError where a table cannot answer."""
    likely = list(tables)
    for start in range(0, len(source_ids), CASES_A_QUESTION):
        wanted = set(source_ids[start : start + CASES_A_QUESTION])
        for table in tuple(likely):
            if rows := ask(table, sorted(wanted)):
                yield Page(rows=rows, cursor=None, as_of=now)
                wanted -= {source_id for row in rows if (source_id := id_of(row))}
                # Neighbours in our store are of one year, and so of one table.
                likely.remove(table)
                likely.insert(0, table)
            if not wanted:
                break
