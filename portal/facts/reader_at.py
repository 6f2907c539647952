"""Facts as of a past moment: the same questions, of the cases as they were known then.

    facts = portal.facts("boston")
    then = facts_at(facts, end_of_day)     # epoch s
    count_cases(then, Selection(CaseFilter(), zone, known_at=end_of_day))

`cases` is a view there, over the rows of `cases` and `past` that were known then; so whatever asks
`cases` has its answer as of then. Tables made from `cases` for today (counts, year_counts, cells)
are not there: portal.facts.count_source counts cases instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb

from portal.facts.history_schema import cases_as_of
from portal.facts.reader import Facts, Word

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class FactsAt(Facts):
    """One published version as it was known at `moment` (epoch s). Threads may share it.

    `as_of` is that moment, or the time of the newest data if that is earlier.
    """

    place = "place"
    label_names = "(select * from labels union all by name select * from past_labels)"

    def __init__(self, facts: Facts, moment: int) -> None:
        self.city_id = facts.city_id
        self.path = facts.path
        self.rev = facts.rev
        self.batch = facts.batch
        self.moment = moment
        self.as_of = min(facts.as_of, moment)
        self._connection = facts._connection

    def __repr__(self) -> str:
        return f"Facts({self.city_id!r}, rev {self.rev}, as of {self.moment})"

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """All rows of a query, as tuples. Raises NotReady where the file is damaged."""
        with self._noticing_damage(), self._open() as cursor:
            return cursor.execute(sql, list(parameters)).fetchall()

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The same as a DataFrame with the query's column names."""
        with self._noticing_damage(), self._open() as cursor:
            return cursor.execute(sql, list(parameters)).df()

    def stream(
        self, sql: str, parameters: Sequence[Any] = (), rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """A query's rows in Arrow batches of up to `rows`, made while they are read."""
        with self._noticing_damage(), self._open() as cursor:
            yield from cursor.sql(sql, params=list(parameters)).to_arrow_reader(rows)

    @cached_property
    def labels(self) -> dict[str, dict[int, Word]]:
        """Labels by kind, then by id, with those that only cases of the past have."""
        by_kind = {kind: dict(words) for kind, words in super().labels.items()}
        past = "select kind, label_id, name, slug from past_labels order by 2"
        for kind, *row in self.rows(past):
            by_kind.setdefault(kind, {})[row[0]] = Word(*row)
        return by_kind

    def _open(self) -> duckdb.DuckDBPyConnection:
        """A cursor in which `cases` is as of the moment. A view is its cursor's alone."""
        cursor = self._connection.cursor()
        ((database,),) = cursor.execute("select current_database()").fetchall()
        as_of = cases_as_of(self.moment, database)
        cursor.execute(f"create temp view cases as {as_of}")
        return cursor


def facts_at(facts: Facts, moment: int) -> FactsAt:
    """A city's facts as they were known at a moment (epoch s)."""
    return FactsAt(facts, moment)
