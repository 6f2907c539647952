"""Reading a published facts file: one read-only connection per version, one cursor per thread.

facts = FactsVersions(folder).newest("boston")
facts.rows("select count(*) from cases where status < 2")
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from portal.errors import NotReady
from portal.facts.pointer import FactsFile, newest, pointer_path
from portal.facts.soundness import (
    DAMAGE,
    READ_SETTINGS,
    UNREADABLE,
    check_tables,
    mark_damaged,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OPENING_TRIES = 5


@dataclass(frozen=True)
class Word:
    """A service or label as the facts know it."""

    id: int
    name: str
    slug: str


class Facts:
    """One published version of a city's facts. Threads may share it.

    `rev` and `as_of`: the version of the public data in it, and when that was stored (epoch s).
    `batch`: the store's batch it is from.
    """

    label_names = "labels"
    """SQL of all labels: number, kind, name and slug."""
    place = "rowid"
    """SQL of where a case is in the file: parts of it are read without looking at the rest."""

    def __init__(self, city_id: str, file: FactsFile) -> None:
        self.city_id = city_id
        self.path = file.path
        self.rev = file.rev
        self.batch = file.batch
        self.as_of = file.as_of
        self._connection = duckdb.connect(str(file.path), read_only=True, config=READ_SETTINGS)
        try:
            check_tables(self._connection, file)
        except BaseException:
            self._connection.close()
            raise
        self._of_thread = threading.local()

    def __repr__(self) -> str:
        return f"Facts({self.city_id!r}, rev {self.rev})"

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """All rows of a query, as tuples. Raises NotReady where the file is damaged."""
        with self._noticing_damage():
            return self._cursor.execute(sql, list(parameters)).fetchall()

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The same as a DataFrame with the query's column names."""
        with self._noticing_damage():
            return self._cursor.execute(sql, list(parameters)).df()

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The same as an Arrow table."""
        with self._noticing_damage(), self._open() as cursor:
            return cursor.sql(sql, params=list(parameters)).to_arrow_table()

    @cached_property
    def services(self) -> dict[int, Word]:
        """Services by id."""
        return {
            row[0]: Word(*row)
            for row in self.rows("select service_id, name, slug from services order by 1")
        }

    @cached_property
    def service_groups(self) -> dict[str, str | None]:
        """The group of each service, by its slug; None where the city puts it in none."""
        return dict(self.rows("select slug, group_name from services"))

    @cached_property
    def labels(self) -> dict[str, dict[int, Word]]:
        """Labels by kind, then by id.

        Kinds: department, queue, channel, neighborhood, district, tract, ward.
        """
        by_kind: dict[str, dict[int, Word]] = {}
        for kind, *row in self.rows("select kind, label_id, name, slug from labels order by 2"):
            by_kind.setdefault(kind, {})[row[0]] = Word(*row)
        return by_kind

    def words(self, kind: str) -> dict[int, Word]:
        """The words of a kind by id: `service` or a kind of label."""
        return self.services if kind == "service" else self.labels.get(kind, {})

    def ids_of(self, kind: str, slugs: Iterable[str]) -> list[int]:
        """Ids of the words with these slugs; an unknown slug has none."""
        wanted = set(slugs)
        return [word.id for word in self.words(kind).values() if word.slug in wanted]

    def _open(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one question; close it."""
        return self._connection.cursor()

    @contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        try:
            yield
        except DAMAGE as problem:
            mark_damaged(self.path)
            raise _unreadable(self.city_id) from problem

    @property
    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._of_thread, "cursor"):
            self._of_thread.cursor = self._connection.cursor()
        return self._of_thread.cursor


def open_newest(folder: Path, city_id: str) -> Facts:
    """A city's newest published version, opened. Raises NotReady where there is none."""
    file, problem = None, None
    for _ in range(OPENING_TRIES):
        file = newest(folder, city_id)
        if file is None:
            continue
        try:
            return Facts(city_id, file)
        except UNREADABLE as unreadable:
            # After we read the pointer a newer version may have replaced the file: look again.
            problem = unreadable
    if file is not None:
        mark_damaged(file.path)
        raise _unreadable(city_id) from problem
    raise NotReady(
        f"There are no facts of {city_id} yet; they come with its next sync, or by:"
        f" python -m portal facts rebuild {city_id}"
    )


def _unreadable(city_id: str) -> NotReady:
    return NotReady(
        f"The facts of {city_id} cannot be read; the worker builds them again, or:"
        f" python -m portal facts rebuild {city_id}"
    )


class FactsVersions:
    """The newest facts of each city, opened once. Asking costs one look at the pointer file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, tuple[tuple[int, int], Facts]] = {}
        self._opening = threading.Lock()

    def newest(self, city_id: str) -> Facts:
        """A city's newest published version. Raises NotReady where there is none."""
        mark = self._pointer_mark(city_id)
        opened = self._opened.get(city_id)
        if opened is not None and opened[0] == mark:
            return opened[1]
        with self._opening:
            opened = self._opened.get(city_id)
            if opened is None or opened[0] != mark:
                opened = self._opened[city_id] = (mark, open_newest(self.folder, city_id))
            return opened[1]

    def _pointer_mark(self, city_id: str) -> tuple[int, int]:
        """Changes with every publication."""
        try:
            seen = pointer_path(self.folder, city_id).stat()
        except FileNotFoundError:
            return 0, 0
        return seen.st_mtime_ns, seen.st_ino
