"""Numbers of a cohort as words: with the span within which each may be by chance, or why there is
none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.language import _
from portal.domain.intervals import FEW_CASES

if TYPE_CHECKING:
    from portal.queries.performance.cohorts import Cohort

NONE = "–"


def say_share(part: int, whole: int) -> str:
    """A share in percent; empty of nothing."""
    return f"{100 * part / whole:.0f}%" if whole else ""


def say_days(cohort: Cohort, share: int) -> tuple[str, str]:
    """A day and its interval; or why there is none."""
    if not cohort.is_enough:
        return NONE, _("too few cases to say")
    day = cohort.days_until(share)
    if day is None:
        return NONE, _("not reached yet")
    return formats.whole_days(day), _span(*_bounds(cohort, share))


def _bounds(cohort: Cohort, share: int) -> tuple[str, str]:
    low, high = cohort.days_interval(share)
    return (
        "…" if low is None else formats.number(low),
        "…" if high is None else formats.number(high),
    )


def _span(low: str, high: str) -> str:
    return "" if low == high else _("likely {low} to {high}", low=low, high=high)


def say_in_time(cohort: Cohort) -> tuple[str, str]:
    """The share in time and its interval; or why there is none."""
    interval, share = cohort.on_time_interval, cohort.on_time_share
    if interval is None or share is None:
        return NONE, _("no case had a target")
    if cohort.due < FEW_CASES:
        return NONE, _("too few cases to say")
    low, high = (f"{100 * end:.0f}" for end in interval)
    return f"{100 * share:.0f}%", _span(low, high)


def write_over(value: str, low: str, high: str) -> list[Any]:
    """A number over its interval, for a narrow column."""
    return [value] if low == high else [value, html.Small(f"{low}–{high}")]


def short_days(cohort: Cohort) -> Any:
    """The days by which half are closed, over their interval, for a narrow column."""
    day = cohort.days_until(50) if cohort.is_enough else None
    return NONE if day is None else write_over(formats.number(day), *_bounds(cohort, 50))


def short_share(cohort: Cohort) -> Any:
    """The share in time, over its interval, for a narrow column."""
    interval, share = cohort.on_time_interval, cohort.on_time_share
    if interval is None or share is None or cohort.due < FEW_CASES:
        return NONE
    return write_over(f"{100 * share:.0f}%", *(f"{100 * end:.0f}" for end in interval))
