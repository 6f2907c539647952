"""Cases asked for by number, many in one request, from whichever of the city's tables has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from data_sync.reading.base import Page, Row
from portal.domain.claims import is_usable_number

CASES_PER_REQUEST = 200
CHARACTERS_PER_REQUEST = 6_000
"""Keeps the request's address under 8,000 characters."""
CASES_A_WEEK = 100_000
AskByNumber = Callable[[str, Sequence[str]], list[Row]]
"""A table and numbers → the rows it has for them."""


def batches_of(source_ids: Sequence[str], most: int = CASES_PER_REQUEST) -> Iterator[list[str]]:
    """The numbers in lists that fit into one request.

    What cannot be a case's number is left out, whatever a system or a file once said: it would cut
    the list in two, or make the city refuse all of it.
    """
    batch: list[str] = []
    length = 0
    for number in filter(is_usable_number, source_ids):
        written = len(quote(number, safe="")) + 9  # quoted, and a comma and a space between
        if batch and (len(batch) >= most or length + written > CHARACTERS_PER_REQUEST):
            yield batch
            batch, length = [], 0
        batch.append(number)
        length += written
    if batch:
        yield batch


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
    for numbers in batches_of(source_ids):
        wanted = set(numbers)
        for table in tuple(likely):
            if rows := ask(table, sorted(wanted)):
                yield Page(rows=rows, cursor=None, as_of=now)
                wanted -= {source_id for row in rows if (source_id := source_id_of(row))}
                # Cases that are neighbors in our store are from one year, and so from one table.
                likely.remove(table)
                likely.insert(0, table)
            if not wanted:
                break
