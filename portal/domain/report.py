"""A resident's report: what they are asked, what they answer, and what they get for it.

report = Report("pothole", "Deep", 42.32, -71.07, "3 Adams St", True, "a key of the form")
case_from_report(report, service, "K7DX0A4QPM", now)  # the case that is stored and published
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from portal.domain.areas import Areas
from portal.domain.case import CasePhoto, CaseRecord, PublicNote
from portal.domain.forecasts import Promise
from portal.domain.report_rules import ReportRule, Translations

MAX_PHOTOS = 4
"""That may come with a report."""

QuestionKind = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
Doubt = Literal["trap", "unmarked", "quick", "crowded", "forged"]
"""Why a report waits for review.

A field that no person sees was filled in; the form's start time is not signed by us; the form took
too few seconds; too many reports came; the proof of work is made up.
"""


@dataclass(frozen=True)
class Question:
    """One thing that a type of case asks: an attribute of Open311.

    `choices` are (key, words). A question that is not asked is only shown, as a notice.
    """

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

    `slug` is its word in filters, None if no public case of it has ever come. A `diversion` says
    what to do instead of reporting it here; an emergency's is urgent.
    """

    code: str
    name: str
    slug: str | None = None
    group: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    diversion: Translations = field(default_factory=dict)
    is_emergency: bool = False


@dataclass(frozen=True)
class Report:
    """What a resident sends. `answers` are by the question's code; the place is in degrees.

    The same `idempotency_key` makes a second sending the same report. `promise`: what the form said
    of how long such cases take; None if it said nothing.
    """

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
    promise: Promise | None = None


@dataclass(frozen=True)
class Accepted:
    """What the resident gets: the tracking number, and the token of the private link.

    `is_repeat`: the same report had been sent before.
    """

    case_id: str
    token: str
    is_repeat: bool


def apply_report_rules(
    services: Iterable[ReportableService], rules: Sequence[ReportRule], areas: Areas
) -> tuple[ReportableService, ...]:
    """The types as the city's rules offer them at a place in these areas; the first rule counts."""
    ruled = []
    for service in services:
        rule = next(
            (rule for rule in rules if rule.is_for(service.code, service.name, areas)), None
        )
        if rule is None:
            ruled.append(service)
        elif rule.reportable or rule.diversion:
            ruled.append(replace(service, diversion=rule.diversion, is_emergency=rule.is_emergency))
    return tuple(ruled)


def case_from_report(
    report: Report, service: ReportableService, case_id: str, now: datetime
) -> CaseRecord:
    """The report as a case opened now: what is stored, and what the form's preview publishes."""
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


@dataclass(frozen=True)
class OwnNote:
    """What a resident added later, and when (epoch s)."""

    text: str
    at: int


@dataclass(frozen=True)
class OwnReport:
    """A report as its own resident sees it by the private link: everything that was sent.

    Times in epoch seconds; `sent_at` is None until the city's work-order system has it. `photos`
    are names of our pictures, `work_photos` the city's own. `answers` are (question, answer).
    `has_contact`: e-mails about it go to the address that was given. `repeated_case` is the number
    of the public case that the city counts it with.
    """

    key: int
    case_id: str
    service_name: str
    service_slug: str
    status: str
    visibility: str
    opened_at: int
    note: str | None
    address: str | None
    lat: float | None
    lon: float | None
    neighborhood_slug: str | None = None
    department: str | None = None
    photos: tuple[str, ...] = ()
    notes: tuple[OwnNote, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    sent_at: int | None = None
    withdrawn_at: int | None = None
    closed_at: int | None = None
    closure_reason: str | None = None
    said_by_city: tuple[PublicNote, ...] = ()
    work_photos: tuple[CasePhoto, ...] = ()
    repeated_case: str | None = None
    has_contact: bool = False

    @property
    def is_withdrawn(self) -> bool:
        """Whether its resident retracted it."""
        return self.withdrawn_at is not None

    @property
    def can_change_visibility(self) -> bool:
        """Whether its resident may say who sees it.

        Not if the type is never public, nor before a doubtful report was reviewed.
        """
        return self.visibility in ("public", "reporter") and not self.is_withdrawn
