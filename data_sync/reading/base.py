"""What a source of cases looks like to the sync.

A source reads and translates; it never touches the database. The network is a function handed in,
so that a test can hand in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition

Row = Mapping[str, Any]
Cursor = dict[str, Any]
"""Where the next run goes on; can be written as JSON. Only its source knows what it means."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer: the network function has already enforced size, time and host."""

    status: int
    content_type: str
    body: bytes
    url: str
    headers: Mapping[str, str]


Fetch = Callable[..., Answer]
"""fetch(url, params=None, headers=None, json=None) -> Answer; GET, or POST if json is given.

Raises SourceError when there is no answer.
"""


@dataclass(frozen=True)
class Page:
    """Some rows as they came."""

    rows: list[Row]
    cursor: Cursor | None
    """Where to go on once this page is stored; None leaves the stored cursor as it is."""
    as_of: datetime
    """When the source was in this state, aware UTC: when it answered, or what the file says."""


class Source(Protocol):
    """One source of one city. `name` is unique in the city and part of each stored row's key."""

    name: str
    city: Jurisdiction

    def pages_updated_since(
        self, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """Pages of rows changed since the cursor, less the lag window.

        `since` asks for an earlier start. A page may be empty and only move the cursor. Raises
        SourceError for a bad page.
        """
        ...

    def pages_from_file(self, path: Path, *, now: datetime) -> Iterator[Page]:
        """The same rows from a file on disk. Raises SourceError that names the file."""
        ...

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value."""
        ...

    def source_id_of(self, row: Row) -> str | None:
        """The row's own key, even of a row that `to_case` refuses.

        By it the quarantine can tell when that row has been put right.
        """
        ...


@runtime_checkable
class AskedByNumber(Protocol):
    """A live source that can be asked for single cases.

    A CSV is none, because nobody can say whether it is complete.
    """

    cases_a_week: int
    """How many old open cases the weekly check may ask for."""

    def pages_of_cases(self, source_ids: list[str], *, now: datetime) -> Iterator[Page]:
        """Those cases as they are now; there is no row for a case that the source no longer knows.

        Raises SourceError.
        """
        ...


@runtime_checkable
class OffersServices(Protocol):
    """A live source that tells what can be reported there, and what each type asks."""

    name: str
    city: Jurisdiction

    @property
    def calls_per_run(self) -> int:
        """How often the server may be asked in one run."""
        ...

    def read_services(self) -> list[ServiceDefinition]:
        """The types that can be reported. Raises SourceError."""
        ...

    def read_questions(self, service_code: str) -> tuple[Question, ...]:
        """What a person who reports this type is asked. Raises SourceError."""
        ...
