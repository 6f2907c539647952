"""A resident's report: what they are asked, what they answer, and what they get for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from portal.domain.case import CaseRecord

QuestionKind = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
Verdict = Literal["ok", "held"]


@dataclass(frozen=True)
class Question:
    """One thing that a type of case asks (an attribute of Open311). `choices` are (key, words); one that is not asked is only said."""

    code: str
    prompt: str
    kind: QuestionKind = "string"
    is_required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_asked: bool = True


@dataclass(frozen=True)
class ReportableService:
    """A type of case that can be reported at a place.

    `slug` is its word in filters, None where no case of it has ever come. A `diversion` says what to do instead of reporting it here;
    an emergency's is urgent.
    """

    code: str
    name: str
    slug: str | None = None
    group: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    diversion: str = ""
    is_emergency: bool = False


@dataclass(frozen=True)
class Report:
    """What a resident sends. `answers` are by the question's code; `verdict` says whether it may be public before somebody looked."""

    service_code: str
    note: str
    lat: float
    lon: float
    address: str
    is_public: bool
    idempotency_key: str
    email: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = "en"
    verdict: Verdict = "ok"


@dataclass(frozen=True)
class Accepted:
    """What the resident gets: the tracking number, the token of the private link, and whether the report was here already."""

    case_id: str
    token: str
    is_repeat: bool


def as_case(report: Report, service: ReportableService, case_id: str, now: datetime) -> CaseRecord:
    """The report as a case opened now: what is stored of it, and what the preview of the public page publishes."""
    return CaseRecord(
        source_id=case_id,
        case_id=case_id,
        service_code=service.code,
        service_name=service.name,
        service_group=service.group,
        status="open",
        opened_at=now,
        updated_at=now,
        address=report.address or None,
        lat=report.lat,
        lon=report.lon,
        note=report.note or None,
    )
