"""Data health: how fresh each source is, what could not be used, and what the city says that cannot be true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts import words
from layouts.components import notice, table, time
from layouts.document import Page
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.freshness import QuarantineCount, SourceHealth

CONTRADICTION_WORDS = {
    "closed_before_opened": "Closed before it was opened",
    "closed_in_future": "Closed in the future",
    "outside_city": "Placed outside the city",
    "unknown_service": "Of a type the city does not list",
    "closed_without_time": "Closed, but without a closing time",
    "open_with_close_time": "Open, but with a closing time",
}
STALE_SECONDS = 2 * words.DAY
"""A source that works but brings nothing newer than this should say so beside its sync."""
LATE_SECONDS = 3_600
"""Without a sync for this long a visitor should be told in so many words."""


@dataclass(frozen=True)
class Health:
    """Everything the page shows. `as_of` and `rev` are None before the facts are first published."""

    sources: tuple[SourceHealth, ...]
    quarantined: tuple[QuarantineCount, ...]
    contradictions: Mapping[str, int]
    cases: int | None
    rev: int | None
    as_of: int | None


def status_page(city: Jurisdiction, health: Health, now: int) -> Page:
    """Plain words first, then the tables."""
    heading = f"Is the data from {city.name} healthy?"
    return Page(
        title=f"Data health of {city.name} · Citizens Connect",
        description=f"When {city.name}’s cases were last brought in, what could not be used and why, and what in them contradicts itself.",
        body=[
            html.H1(heading),
            *[_standing(city, source, now) for source in health.sources],
            _no_source() if not health.sources else None,
            _published(city, health, now),
            html.H2("What each source brought last"),
            _sources(city, health, now) if health.sources else html.P("Nothing yet."),
            html.H2("Rows we could not use"),
            _quarantine(health),
            html.H2("What cannot be true"),
            _contradictions(health),
        ],
        path="/status",
    )


def _no_source() -> html.Div:
    return notice("No sync has run yet. When the first one has, this page says what it brought.")


def standing(source: SourceHealth, now: int) -> str:
    """Where a source stands, in one or two sentences that do not sound better than it is."""
    name = source.source
    if source.succeeded_at is None:
        return f"{name}: no sync has finished yet."
    ago = words.span(now - source.succeeded_at)
    if source.state == "failed":
        return f"{name}: the last sync that worked was {ago} ago; the city’s system has not answered since."
    if now - source.succeeded_at > LATE_SECONDS:
        return f"{name}: the last sync was {ago} ago, and none has come since. What you see may be out of date."
    if source.lag_seconds is not None and source.lag_seconds > STALE_SECONDS:
        return f"{name}: synced {ago} ago, but the newest change at the city is {words.span(source.lag_seconds)} old."
    return f"{name}: synced {ago} ago."


def _standing(city: Jurisdiction, source: SourceHealth, now: int) -> html.Div:
    troubled = source.succeeded_at is None or source.state == "failed" or now - source.succeeded_at > LATE_SECONDS
    return notice(standing(source, now), kind="warning" if troubled else "plain")


def _published(city: Jurisdiction, health: Health, now: int) -> html.P:
    if health.as_of is None or health.rev is None:
        return html.P("Nothing has been published yet.")
    text = (
        f"Maps and numbers show {words.count(health.cases or 0, 'public case')}, version {words.number(health.rev)} of the data, published "
    )
    return html.P([text, time(health.as_of, f"{words.span(now - health.as_of)} ago", city.zone, now), "."])


def _sources(city: Jurisdiction, health: Health, now: int) -> html.Div:
    rows = [
        [
            source.source,
            _moment(city, source.started_at, now),
            _moment(city, source.newest_source_at, now),
            words.span(source.lag_seconds) if source.lag_seconds is not None else "unknown",
            *(words.number(n) for n in (source.read, source.new, source.changed, source.unchanged, source.quarantined)),
        ]
        for source in health.sources
    ]
    heads = ["Source", "Last sync began", "Newest change at the city", "Lag", "Rows read", "New", "Changed", "Unchanged", "Not usable"]
    return table("The last sync of each source", heads, rows, numeric=frozenset(range(4, 9)))


def _moment(city: Jurisdiction, at: int | None, now: int) -> Any:
    return "never" if at is None else time(at, words.moment(at, city.zone, now), city.zone, now)


def _quarantine(health: Health) -> html.Div | html.P:
    if not health.quarantined:
        return html.P("None. Every row the city sent could be used.")
    rows = [[part.reason, part.source, words.number(part.rows)] for part in health.quarantined]
    return table("Rows kept aside, by reason", ["Reason", "Source", "Rows"], rows, numeric=frozenset({2}))


def _contradictions(health: Health) -> html.Div | html.P:
    found = [(name, n) for name, n in health.contradictions.items() if n]
    if not found:
        return html.P("We found nothing in the published cases that contradicts itself.")
    rows = [[CONTRADICTION_WORDS.get(name, name.replace("_", " ")), words.number(n)] for name, n in found]
    return table(
        "Published cases with something that cannot be true; we show them as the city does", ["What", "Cases"], rows, numeric=frozenset({1})
    )
