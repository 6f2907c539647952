"""Reading a published facts file: one shared read-only connection per version, a cursor for each thread that asks."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from portal.errors import NotReady
from portal.facts.publish import FactsFile, newest, pointer_path

if TYPE_CHECKING:
    import pandas as pd

READ_SETTINGS: dict[str, Any] = {
    "threads": 2,
    "memory_limit": "512MB",
    "max_temp_directory_size": "0B",
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "lock_configuration": True,
}
OPENING_TRIES = 5


@dataclass(frozen=True)
class Word:
    """A service or label as the facts know it."""

    id: int
    name: str
    slug: str


class Facts:
    """One published version of a city's facts. Safe to share between threads; freed when nobody holds it any more."""

    def __init__(self, city_id: str, file: FactsFile) -> None:
        self.city_id, self.path, self.rev, self.as_of = city_id, file.path, file.rev, file.as_of
        self._connection = duckdb.connect(str(file.path), read_only=True, config=READ_SETTINGS)
        self._of_thread = threading.local()

    def __repr__(self) -> str:
        return f"Facts({self.city_id!r}, rev {self.rev})"

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """All rows of a query, as tuples."""
        return self._cursor.execute(sql, list(parameters)).fetchall()

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The same as a DataFrame with the query's column names."""
        return self._cursor.execute(sql, list(parameters)).df()

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
        """Labels by kind (department, queue, channel, neighborhood, district, tract, ward), then by id."""
        by_kind: dict[str, dict[int, Word]] = {}
        for kind, *row in self.rows("select kind, label_id, name, slug from labels order by 2"):
            by_kind.setdefault(kind, {})[row[0]] = Word(*row)
        return by_kind

    def words(self, kind: str) -> dict[int, Word]:
        """The words of a kind by id: `service` or a kind of label."""
        return self.services if kind == "service" else self.labels.get(kind, {})

    def ids_of(self, kind: str, slugs: Iterable[str]) -> list[int]:
        """Ids of the words with these slugs; a slug that nobody bears has none."""
        wanted = set(slugs)
        return [word.id for word in self.words(kind).values() if word.slug in wanted]

    @property
    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._of_thread, "cursor"):
            self._of_thread.cursor = self._connection.cursor()
        return self._of_thread.cursor


def open_newest(folder: Path, city_id: str) -> Facts:
    """The newest published version. Raises NotReady where there is none."""
    problem: Exception | None = None
    for _ in range(OPENING_TRIES):
        file = newest(folder, city_id)
        if file is None:
            continue
        try:
            return Facts(city_id, file)
        except duckdb.Error as unreadable:
            # Between the pointer and the file a newer version may have come and taken the old one away: look again.
            problem = unreadable
    state = (
        f"There are no facts of {city_id} yet"
        if problem is None
        else f"The facts of {city_id} cannot be read"
    )
    raise NotReady(
        f"{state}; they come with its next sync, or by: python -m portal facts rebuild {city_id}"
    ) from problem


class FactsVersions:
    """The newest facts of each city, opened once; asking costs one look at the pointer file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: dict[str, tuple[tuple[int, int], Facts]] = {}
        self._opening = threading.Lock()

    def newest(self, city_id: str) -> Facts:
        """The newest published version. Raises NotReady where there is none."""
        mark = self._mark(city_id)
        held = self._held.get(city_id)
        if held is not None and held[0] == mark:
            return held[1]
        with self._opening:
            held = self._held.get(city_id)
            if held is None or held[0] != mark:
                held = self._held[city_id] = (mark, open_newest(self.folder, city_id))
            return held[1]

    def _mark(self, city_id: str) -> tuple[int, int]:
        try:
            seen = pointer_path(self.folder, city_id).stat()
        except FileNotFoundError:
            return 0, 0
        return seen.st_mtime_ns, seen.st_ino
