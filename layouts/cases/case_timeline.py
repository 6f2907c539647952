"""What happened to a case: opened, every change the city made as we saw it, closed; each in words."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text
from layouts.shared.components import time_tag
from layouts.shared.language import _, weave
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_detail import CaseChange, CaseDetail

NOT_TOLD = frozenset({"lat", "lon", "visibility", "contradictions", "close_provenance"})
"""Fields of the portal's own bookkeeping; a place that moved is told as one sentence."""


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
    """Changes whose values are nobody's business, told as a sentence: by field, and whether there is a value now."""
    return {
        ("photo", True): _("A photo was added"),
        ("photo", False): _("The photo was taken away"),
        ("closed_photo", True): _("A photo of the finished work was added"),
        ("closed_photo", False): _("The photo of the finished work was taken away"),
        ("hidden", True): _("We changed what is hidden here"),
        ("hidden", False): _("Nothing is hidden here any more"),
    }


def timeline(city: Jurisdiction, case: CaseDetail, now: int) -> html.Ol:
    """Opened, every change we saw, closed; oldest first. What was seen at once stands together."""
    events: list[tuple[int, list[Any]]] = [
        (case.opened_at, [_("Reported here") if case.is_reported_here else _("Opened")])
    ]
    if case.sent_at is not None:
        events.append((case.sent_at, [_("Sent to the city’s work-order system, which has it")]))
    if case.closed_at is not None and case.status == "closed":
        events.append((case.closed_at, [_("Closed by the city")]))
    for seen_at, changes in groupby(case.changes, key=lambda change: change.seen_at):
        if told := _told(city, list(changes), now):
            events.append((seen_at, told))
    events.sort(key=lambda event: event[0])
    return html.Ol(
        [
            html.Li([city_time_tag(city, at, now), *map(html.Div, happened)])
            for at, happened in events
        ],
        className="timeline",
    )


def city_time_tag(city: Jurisdiction, at: int, now: int) -> html.Time:
    """A moment in the city's zone."""
    return time_tag(at, formats.day_and_time(at, city.zone, now), city.zone, now)


def _told(city: Jurisdiction, changes: list[CaseChange], now: int) -> list[Any]:
    """Changes that were seen at once, in words; a pin that moved is one thing, not two."""
    names, sentences = field_words(), change_sentences()
    told: list[Any] = [
        _change(city, names[change.field], change, now)
        for change in changes
        if change.field in names
    ]
    if any(change.field in ("lat", "lon") for change in changes):
        told.append(_("The city moved its pin on the map"))
    return told + [
        said
        for change in changes
        if (said := sentences.get((change.field, change.new_value is not None)))
    ]


def _change(city: Jurisdiction, name: str, change: CaseChange, now: int) -> list[Any]:
    old, new = (
        html.Strong(_value(city, change.old_value, change, now)),
        html.Strong(_value(city, change.new_value, change, now)),
    )
    if change.old_value is None:
        return weave(_("{field} set to {new}"), field=name, new=new)
    if change.new_value is None:
        return weave(_("{field} taken away; it was {old}"), field=name, old=old)
    return weave(_("{field} changed from {old} to {new}"), field=name, old=old, new=new)


def _value(city: Jurisdiction, value: str | None, change: CaseChange, now: int) -> Any:
    if value is not None and change.field.endswith("_at") and value.isdigit():
        return city_time_tag(city, int(value), now)
    if change.field == "city_on_time":
        return {"1": _("on time"), "0": _("late")}.get(value or "", value)
    return formats.status_word(value or "") if change.field == "status" else city_text(value)
