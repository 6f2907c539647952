"""A case: what it is, where it stands in one sentence, and everything the city changed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dash import html

from layouts import words
from layouts.components import case_address, icon, notice, status_mark, time
from layouts.document import Page
from layouts.prerender import named
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases import CaseChange, CaseDetail

FIELD_WORDS = {
    "status": "Status",
    "city_status": "The city’s own word for the status",
    "opened_at": "Opening time",
    "closed_at": "Closing time",
    "target_at": "The city’s target",
    "service": "Type",
    "department": "Department",
    "queue": "Queue",
    "channel": "How it came in",
    "neighborhood": "Neighborhood",
    "district": "District",
    "ward": "Ward",
    "title": "Title",
    "address": "Address",
    "zipcode": "ZIP code",
    "note": "What the resident wrote",
    "closure_reason": "What the city wrote",
    "city_on_time": "The city’s own on-time mark",
}
_SENTENCES = {
    ("photo", True): "A photo was added",
    ("photo", False): "The photo was taken away",
    ("closed_photo", True): "A photo of the finished work was added",
    ("closed_photo", False): "The photo of the finished work was taken away",
    ("hidden", True): "We changed what is hidden here",
    ("hidden", False): "Nothing is hidden here any more",
}
NOT_TOLD = frozenset({"lat", "lon", "visibility", "contradictions", "close_provenance"})
"""Fields of the portal's own bookkeeping; a place that moved is told as one sentence."""


def case_page(city: Jurisdiction, case: CaseDetail, now: int) -> Page:
    """The page of one public case."""
    heading = f"{case.service_name} at {case.address}" if case.address else case.service_name
    return Page(
        title=f"{heading} · case {case.case_id} · Citizens Connect",
        description=f"{standing(case, city, now)} Case {case.case_id}, {city.name}.",
        body=[
            html.Nav(html.A("← All cases", href="/"), className="back", **named("Back")),
            html.H1(heading),
            html.P([status_mark(case.status), html.Span(f"Case {case.case_id}", className="case-number")], className="case-head"),
            html.P(standing(case, city, now), className="lead"),
            _hidden(case),
            *_texts(case),
            html.H2("What we know"),
            html.Dl(_facts(city, case, now), className="facts"),
            html.H2("What happened"),
            html.Ol(_timeline(city, case, now), className="timeline"),
        ],
        path=case_address(case.case_id),
    )


def standing(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    """Where the case stands, as one or two sentences."""
    if case.status == "closed":
        if case.closed_at is None:
            return "The city says this is closed, but not when."
        if case.closed_at < case.opened_at:
            return "The city says this was closed before it was opened; one of the two times is wrong."
        day, span = words.day(case.closed_at, city.zone, now), words.span(case.closed_at - case.opened_at)
        return f"The city closed this on {day}, {span} after it was opened."
    holder = f" {case.department} has it." if case.department else ""
    begun = "In work; opened" if case.status == "in_progress" else "Opened"
    return f"{begun} {words.span(now - case.opened_at)} ago.{holder}{_target(case, city, now)}"


def _target(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    if case.target_at is None:
        return " The city has set no target for it."
    if case.target_at < now:
        day = words.weekday(case.target_at, city.zone, now)
        return f" The city aimed to close it by {day}: by its own clock it is {words.span(now - case.target_at)} late."
    return f" The city aims to close it by {words.weekday(case.target_at, city.zone, now)}."


def _hidden(case: CaseDetail) -> html.P | None:
    if not case.hidden:
        return None
    return html.P([icon("hidden"), words.hidden(case.hidden), " We do this before anything is published."], className="quiet")


def _texts(case: CaseDetail) -> list[Any]:
    parts: list[Any] = []
    if case.note:
        parts += [html.H2("What was reported"), html.Blockquote(html.P(case.note))]
    if case.closure_reason:
        parts += [html.H2("What the city wrote"), html.Blockquote(html.P(case.closure_reason))]
    if case.has_photo:
        parts.append(html.P([icon("photo"), "The city holds a photo of this."], className="quiet"))
    return parts


def _facts(city: Jurisdiction, case: CaseDetail, now: int) -> list[Any]:
    pairs: list[tuple[str, Any]] = [
        ("Type", html.A(case.service_name, href=f"/cases?service={case.service_slug}")),
        ("Place", case.address),
        ("Neighborhood", case.neighborhood),
        ("District", case.district),
        ("Department", case.department),
        ("Queue", case.queue),
        ("Came in by", case.channel),
        ("Opened", _moment(city, case.opened_at, now)),
        ("The city’s target", _moment(city, case.target_at, now)),
        ("Closed", _moment(city, case.closed_at, now)),
        ("The city calls this", case.city_status),
    ]
    return [html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs if value]


def _moment(city: Jurisdiction, at: int | None, now: int) -> html.Time | None:
    return None if at is None else time(at, words.moment(at, city.zone, now), city.zone, now)


def _timeline(city: Jurisdiction, case: CaseDetail, now: int) -> list[html.Li]:
    """Opened, every change we saw, closed; oldest first. What was seen at once stands together."""
    events: list[tuple[int, list[Any]]] = [(case.opened_at, ["Opened"])]
    if case.closed_at is not None and case.status == "closed":
        events.append((case.closed_at, ["Closed by the city"]))
    for seen_at, changes in groupby(case.changes, key=lambda change: change.seen_at):
        if told := _told(city, list(changes), now):
            events.append((seen_at, told))
    events.sort(key=lambda event: event[0])
    return [html.Li([_moment(city, at, now), *[html.Div(what) for what in happened]]) for at, happened in events]


def _told(city: Jurisdiction, changes: list[CaseChange], now: int) -> list[Any]:
    """Changes that were seen at once, in words; a pin that moved is one thing, not two."""
    told: list[Any] = [_change(city, change, now) for change in changes if change.field in FIELD_WORDS]
    if any(change.field in ("lat", "lon") for change in changes):
        told.append("The city moved its pin on the map")
    return told + [sentence for change in changes if (sentence := _SENTENCES.get((change.field, change.new_value is not None)))]


def _change(city: Jurisdiction, change: CaseChange, now: int) -> list[Any]:
    name, old, new = FIELD_WORDS[change.field], _value(city, change.old_value, change, now), _value(city, change.new_value, change, now)
    if change.old_value is None:
        return [f"{name} set to ", html.Strong(new)]
    if change.new_value is None:
        return [f"{name} taken away; it was ", html.Strong(old)]
    return [f"{name} changed from ", html.Strong(old), " to ", html.Strong(new)]


def _value(city: Jurisdiction, value: str | None, change: CaseChange, now: int) -> Any:
    if value is not None and change.field.endswith("_at") and value.isdigit():
        return _moment(city, int(value), now)
    if change.field == "city_on_time":
        return {"1": "on time", "0": "late"}.get(value or "", value)
    return words.STATUS_WORDS.get(value or "", value) if change.field == "status" else value


def unknown_case_page(typed: str) -> Page:
    """Unknown and private sound the same."""
    return Page(
        title="No such case · Citizens Connect",
        description="No public case has this number.",
        body=[
            html.H1("We have no such case"),
            html.P(f"We have no public case “{typed[:60]}”.", className="lead"),
            notice(
                "Check the number: spaces, dashes and capital letters do not matter, but each digit does.",
                "Some cases are private; they are not shown to anyone but the city.",
            ),
            html.P(html.A("See the newest cases", href="/", className="button")),
        ],
        status=404,
    )
