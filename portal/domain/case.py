"""A case as a source describes it, in the portal's terms."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

Status = Literal["open", "in_progress", "closed"]
STATUSES: tuple[Status, ...] = ("open", "in_progress", "closed")

CloseProvenance = Literal["source", "inferred", "import-suspect"]
Visibility = Literal["public", "service", "reporter", "held", "held_private", "withdrawn"]

# What a city says about a case that cannot be true. One bit each: a row can have several.
CONTRADICTIONS = {
    "closed_before_opened": 1,
    "closed_in_future": 2,
    "outside_city": 4,
    "unknown_service": 8,
    "closed_without_time": 16,
    "open_with_close_time": 32,
}

# Which of a case's times are days without an hour. One bit each: a case can have several.
DAY_ONLY = {"opened_at": 1, "closed_at": 2, "target_at": 4}


@dataclass(frozen=True, slots=True)
class CityNote:
    """What the city wrote to the public about a case, other than why it was closed.

    `kind` is "note", or "reopened" for why the case was opened again. `said_at` is None where the
    source does not say when.
    """

    kind: str
    words: str
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublicNote:
    """A CityNote as the public reads it; `said_at` is in epoch seconds."""

    kind: str
    words: str
    said_at: int


@dataclass(frozen=True)
class CasePhoto:
    """A photo of a case: `kind` is before or after; its largest size is width × height pixels.

    `taken_at` (epoch s) is when the case was opened or closed: we do not keep the camera's time.
    """

    name: str
    kind: str
    width: int
    height: int
    taken_at: int


@dataclass(slots=True)
class CaseRecord:
    """One case as a city published it.

    Times are aware UTC; unknown is None, never a guess; texts are as the city wrote them.

    Treat it as immutable. It is not frozen because a frozen one takes six times as long to make,
    and a file has hundreds of thousands of them.
    """

    source_id: str
    """The source's own key; (source, source_id) is unique within a jurisdiction."""
    case_id: str
    """What residents see and type; usually the source's id."""
    service_code: str
    service_name: str
    status: Status
    opened_at: datetime
    updated_at: datetime
    """When the city last touched the row; if it does not say, when its file or answer was made."""
    service_group: str | None = None
    city_status: str | None = None
    """The city's own word, such as 'In progress' or 'Referred'."""
    closed_at: datetime | None = None
    close_provenance: CloseProvenance | None = None
    target_at: datetime | None = None
    city_on_time: bool | None = None
    """The city's own verdict, kept as published, never recomputed."""
    department: str | None = None
    queue: str | None = None
    channel: str | None = None
    title: str | None = None
    address: str | None = None
    zipcode: str | None = None
    lat: float | None = None
    lon: float | None = None
    neighborhood: str | None = None
    district: str | None = None
    ward: str | None = None
    note: str | None = None
    """What the resident wrote."""
    closure_reason: str | None = None
    """What the city wrote when it closed the case."""
    photo_url: str | None = None
    closed_photo_url: str | None = None
    parent_id: str | None = None
    """Number of the case that this one repeats or belongs to, according to the city."""
    reference: str | None = None
    """Our own tracking number, if the case was reported here and the city hands it back."""
    notes: tuple[CityNote, ...] = ()
    """What the city wrote to the public on the way, oldest first."""
    is_public: bool = True
    """False if the source marks the case as private."""
    day_only: int = 0
    """Which of its times are days: a sum of DAY_ONLY's bits. Such a time is the start of its day
    until the sync's checks have made a deadline the end of it."""
    unreadable: tuple[str, ...] = ()
    """Fields with a value that could not be read and was left out; no part of the content."""
    remarks: tuple[str, ...] = ()
    """What else the sync counts about it (portal.domain.sync_notes); no part of the content."""
    extra: dict[str, str] = field(default_factory=dict)
    """Columns without a mapping, as they came."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its values alone, between two processes of the sync."""
        return CaseRecord, _values_of(self)


_values_of = attrgetter(*(field.name for field in fields(CaseRecord)))
