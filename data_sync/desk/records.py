"""What the desk is filled with: services and cases, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DeskService:
    """A type of case the desk takes; `sla_hours` is the target from report to closing, None where the town set none."""

    service_code: str
    service_name: str
    group: str
    description: str
    department: str
    queue: str
    sla_hours: float | None


@dataclass(frozen=True)
class DeskQuestion:
    """Something a service asks of who reports it: an attribute of Open311. `kind` is its datatype; `choices` are (key, words).

    One that is not `is_asked` is only said: the standard's variable=false.
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
    """One case as the desk keeps it. Times are aware UTC; texts are "" where there is none."""

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
