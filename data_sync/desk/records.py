"""Services and cases as plain records, to fill the desk with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class DeskService:
    """A type of case the desk takes.

    `sla_hours` is the target from report to closing; None if the town has set none.
    """

    service_code: str
    service_name: str
    group: str
    description: str
    department: str
    queue: str
    sla_hours: float | None


@dataclass(frozen=True)
class DeskQuestion:
    """A question a service asks: an attribute of Open311.

    `kind` is its datatype; `choices` are (key, words). Without `is_asked` it is only information
    for the reporter: the standard's variable=false.
    """

    code: str
    prompt: str
    kind: str = "string"
    is_required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_asked: bool = True


@dataclass(frozen=True)
class DeskCase:
    """One case as the desk stores it. Times are aware UTC; missing texts are ""."""

    request_id: str
    service_code: str
    description: str
    address: str
    lat: float | None
    lon: float | None
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    closed_at: datetime | None
    status: str
    department: str
    queue: str
    channel: str
    closure_reason: str
    media_url: str
    closed_media_url: str
    external_reference: str = ""
    is_public: bool = True


@dataclass(frozen=True)
class NewCase:
    """A case as it is reported to the desk; missing texts are "".

    `media_url` is the photo shown with it, `more_photos` go into its history. `answers` are by
    the question's code. `department` and `queue` are where the sender wants it to go.
    """

    service_code: str
    description: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    channel: str = "Staff"
    media_url: str = ""
    external_reference: str = ""
    reporter_name: str = ""
    reporter_email: str = ""
    reporter_phone: str = ""
    is_public: bool = True
    more_photos: Sequence[str] = ()
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    department: str = ""
    queue: str = ""
