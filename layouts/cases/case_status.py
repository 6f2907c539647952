"""Where a case stands, in a few sentences.

    Open for 3 days. Public Works has it. The city aims to close it by Friday, 27 November.

Late is late by the city's clock; what contradicts itself is said to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layouts.shared import formats
from layouts.shared.language import _
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_detail import CaseDetail
    from portal.queries.cases.forecast import Forecast


def describe_status(
    case: CaseDetail, city: Jurisdiction, now: int, forecast: Forecast | None = None
) -> str:
    """Since when it is open, who has it, by when, and how long such cases take.

    For a closed case: when it was closed, and how long that took. `now` is in epoch seconds.
    """
    if case.status == "closed":
        return _describe_closing(case, city, now)
    sentences = (
        _describe_age(case, city, now),
        _describe_holder(case),
        _describe_target(case, city, now),
        _describe_forecast(forecast),
    )
    return " ".join(sentence for sentence in sentences if sentence)


def _describe_age(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    days = formats.days_between(case.opened_at, now, city.zone)
    is_day = case.is_day("opened_at")
    if is_day and days <= 0:
        return _("In work; opened today.") if case.status == "in_progress" else _("Opened today.")
    span = formats.whole_days(days) if is_day else formats.span(now - case.opened_at)
    if case.status == "in_progress":
        return _("In work; opened {span} ago.", span=span)
    return _("Open for {span}.", span=span)


def _describe_holder(case: CaseDetail) -> str:
    if case.is_reported_here and case.sent_at is None:
        return _("It was reported here; the city’s work-order system does not have it yet.")
    # A queue's name that only its system understands is among the facts, not in a sentence.
    if case.department and case.queue and "_" not in case.queue:
        return _(
            "{department}, queue {queue}, has it.", department=case.department, queue=case.queue
        )
    holder = case.department or case.queue
    return _("{department} has it.", department=holder) if holder else ""


def _describe_target(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    if case.target_at is None:
        return _("The city has set no target for it.")
    day = formats.weekday(case.target_at, city.zone, now)
    if case.target_at < now:
        late = _describe_lateness(case, city, now)
        return _(
            "The city aimed to close it by {day}: by its own clock it is {span} late.",
            day=day,
            span=late,
        )
    return _("The city aims to close it by {day}.", day=day)


def _describe_forecast(forecast: Forecast | None) -> str:
    if forecast is None or forecast.closing.days_50 is None:
        return ""
    days = formats.whole_days(forecast.closing.days_50)
    if forecast.neighborhood is None:
        return _("Half of such cases in the city are closed within {days}.", days=days)
    return _("Half of such cases here are closed within {days}.", days=days)


def _describe_closing(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    if case.closed_at is None:
        return _("The city says this is closed, but not when.")
    if case.closed_at < case.opened_at:
        return _(
            "The city says this was closed before it was opened; one of the two times is wrong."
        )
    closed = _describe_time_to_close(case, case.closed_at, city, now)
    if case.target_at is None:
        return closed
    return f"{closed} {_compare_with_target(case, case.closed_at, city)}"


def _describe_time_to_close(case: CaseDetail, closed_at: int, city: Jurisdiction, now: int) -> str:
    day = formats.day(closed_at, city.zone, now)
    span = formats.span(closed_at - case.opened_at)
    if case.is_day("opened_at") or case.is_day("closed_at"):
        days = formats.days_between(case.opened_at, closed_at, city.zone)
        if days <= 0:
            return _("The city closed this on {day}, the day it was opened.", day=day)
        span = formats.whole_days(days)
    return _("The city closed this on {day}, {span} after it was opened.", day=day, span=span)


def _describe_lateness(case: CaseDetail, city: Jurisdiction, at: int) -> str:
    """How long after the target a moment is; in days where the target or the closing is one."""
    assert case.target_at is not None
    is_closing = case.status == "closed"
    if case.is_day("target_at") or (is_closing and case.is_day("closed_at")):
        return formats.whole_days(max(1, formats.days_between(case.target_at, at, city.zone)))
    return formats.span(at - case.target_at)


def _compare_with_target(case: CaseDetail, closed_at: int, city: Jurisdiction) -> str:
    if case.target_at is None or closed_at <= case.target_at:
        return _("By its own clock it met its target.")
    late = _describe_lateness(case, city, closed_at)
    return _("By its own clock that was {span} after its target.", span=late)
