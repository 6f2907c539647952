"""What happened to a case, in words: opened, every change the city made as we saw it, closed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text, quote_city
from layouts.shared.components import day_tag, moment_tag
from layouts.shared.language import _, weave
from portal.domain.case import DAY_ONLY
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_detail import CaseChange, CaseDetail

Event = tuple[int, list[Any]]
"""When it happened (epoch s), and what."""


def field_words() -> dict[str, str]:
    """What each published field that can change is called."""
    return {
        "status": _("Status"),
        "city_status": _("The city’s own word for the status"),
        "opened_at": _("Opening time"),
        "closed_at": _("Closing time"),
        "target_at": _("The city’s target"),
        "service": _("Type"),
        "department": _("Department"),
        "queue": _("Queue"),
        "channel": _("How it came in"),
        "neighborhood": _("Neighborhood"),
        "district": _("District"),
        "ward": _("Ward"),
        "title": _("Title"),
        "address": _("Address"),
        "zipcode": _("ZIP code"),
        "note": _("What the resident wrote"),
        "closure_reason": _("What the city wrote"),
        "city_on_time": _("The city’s own on-time mark"),
    }


def change_sentences() -> dict[tuple[str, bool], str]:
    """Changes whose values are not shown: (field, whether it now has a value) → a sentence."""
    return {
        ("photo", True): _("A photo was added"),
        ("photo", False): _("The photo was taken away"),
        ("closed_photo", True): _("A photo of the finished work was added"),
        ("closed_photo", False): _("The photo of the finished work was taken away"),
        ("hidden", True): _("We changed what is hidden here"),
        ("hidden", False): _("Nothing is hidden here any more"),
    }


def timeline(city: Jurisdiction, case: CaseDetail, now: int) -> html.Ol:
    """Everything that happened, oldest first; what we saw at the same time is one entry."""
    events = [*_steps(case), *_notes(case), *_changes(city, case, now)]
    events.sort(key=lambda event: event[0])
    days = {at for name in DAY_ONLY if case.is_day(name) and (at := getattr(case, name))}
    items = [
        html.Li([_when(at, city, now, at in days), *map(html.Div, words)]) for at, words in events
    ]
    return html.Ol(items, className="timeline")


def _when(at: int, city: Jurisdiction, now: int, is_day: bool) -> Any:
    return day_tag(at, city.zone, now) if is_day else moment_tag(at, city.zone, now)


def _steps(case: CaseDetail) -> list[Event]:
    """Opened, sent to the city, closed."""
    opened = _("Reported here") if case.is_reported_here else _("Opened")
    steps: list[Event] = [(case.opened_at, [opened])]
    if case.sent_at is not None:
        steps.append((case.sent_at, [_("Sent to the city’s work-order system, which has it")]))
    if case.closed_at is not None and case.status == "closed":
        steps.append((case.closed_at, [_("Closed by the city")]))
    return steps


def _notes(case: CaseDetail) -> list[Event]:
    return [(note.said_at, quote_city(note.kind, note.words)) for note in case.notes]


def _changes(city: Jurisdiction, case: CaseDetail, now: int) -> list[Event]:
    together = groupby(case.changes, key=lambda change: change.seen_at)
    events = [(at, describe_changes(city, case, list(changes), now)) for at, changes in together]
    return [event for event in events if event[1]]


def describe_changes(
    city: Jurisdiction, case: CaseCard, changes: list[CaseChange], now: int
) -> list[Any]:
    """Changes that we saw at the same time; a pin that moved is one thing, not two."""
    names, sentences = field_words(), change_sentences()
    words: list[Any] = [
        _describe_change(city, names[change.field], change, now, case.is_day(change.field))
        for change in changes
        if change.field in names
    ]
    if any(change.field in ("lat", "lon") for change in changes):
        words.append(_("The city moved its pin on the map"))
    keys = [(change.field, change.new_value is not None) for change in changes]
    return words + [sentences[key] for key in keys if key in sentences]


def _describe_change(
    city: Jurisdiction, name: str, change: CaseChange, now: int, is_day: bool
) -> list[Any]:
    old = html.Strong(_value(city, change.old_value, change, now, is_day))
    new = html.Strong(_value(city, change.new_value, change, now, is_day))
    if change.old_value is None:
        return weave(_("{field} set to {new}"), field=name, new=new)
    if change.new_value is None:
        return weave(_("{field} taken away; it was {old}"), field=name, old=old)
    return weave(_("{field} changed from {old} to {new}"), field=name, old=old, new=new)


def _value(
    city: Jurisdiction, value: str | None, change: CaseChange, now: int, is_day: bool
) -> Any:
    if value is not None and change.field.endswith("_at") and value.isdigit():
        return _when(int(value), city, now, is_day)
    if change.field == "city_on_time":
        return {"1": _("on time"), "0": _("late")}.get(value or "", value)
    return formats.status_word(value or "") if change.field == "status" else city_text(value)
