"""What a source of cases looks like to the sync.

A source reads and translates; it never touches the database. The network is a function handed in, so that a test hands in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction

Row = Mapping[str, Any]
Cursor = dict[str, Any]
"""Where the next run goes on, JSON-able. Its meaning is the source's own."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whole: the network function has already enforced size, time and host."""

    status: int
    content_type: str
    body: bytes
    url: str
    headers: Mapping[str, str]


Fetch = Callable[..., Answer]
"""fetch(url, params=None, headers=None, json=None) -> Answer; GET, or POST where json is given. Raises SourceError when unreachable."""


@dataclass(frozen=True)
class Page:
    """Some rows as they came. `cursor` is where to go on once this page is stored; None: do not move it."""

    rows: list[Row]
    cursor: Cursor | None
    as_of: datetime
    """When the source was in this state: the answer's moment, or what the file says of itself. Aware UTC."""


class Source(Protocol):
    """One source of one city. `name` is unique within the city and leads the stored rows' key."""

    name: str
    city: Jurisdiction

    def pages_updated_since(
        self, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """Pages of rows touched since the cursor, less the lag window; `since` asks for an earlier start.

        A page may be empty and only move the cursor. Raises SourceError for a bad page.
        """
        ...

    def pages_from_file(self, path: Path, *, now: datetime) -> Iterator[Page]:
        """The same rows from a file on disk. Raises SourceError naming the file when it cannot be read."""
        ...

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value."""
        ...

    def source_id_of(self, row: Row) -> str | None:
        """The row's own key, even of a row that `to_case` refuses, so that the quarantine can tell when it comes right."""
        ...


@runtime_checkable
class AskedByNumber(Protocol):
    """A live source that can be asked for single cases; of a CSV nobody can say whether it is whole, so it is none."""

    cases_a_week: int
    """How many old open cases a weekly look may ask for."""

    def pages_of_cases(self, source_ids: list[str], *, now: datetime) -> Iterator[Page]:
        """Those cases as they stand now; of a case the source does not know any more there is no row. Raises SourceError."""
        ...
