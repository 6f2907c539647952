"""Data health: how fresh each source is, what could not be used, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.components import counting_link, moment_tag, notice, table, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, pgettext, weave
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sync_notes import (
    CORRECTED_HOURS,
    EARLY_HOURS,
    LEFT_EMPTY,
    MOVED_HOURS,
    TWICE,
)

if TYPE_CHECKING:
    from portal.queries.sync import QuarantineCount, SourceHealth

STALE_SECONDS = 2 * formats.DAY
"""If the newest change of a source is older than this, the page says so."""


@dataclass(frozen=True)
class Health:
    """Everything the page shows.

    `cases`, `rev` and `as_of` (epoch s) are None before the first facts are published.
    """

    sources: tuple[SourceHealth, ...]
    quarantined: tuple[QuarantineCount, ...]
    contradictions: Mapping[str, int] = field(default_factory=dict)
    cases: int | None = None
    rev: int | None = None
    as_of: int | None = None


def status_page(city: Jurisdiction, health: Health, now: int) -> Page:
    """Plain words first, then the tables."""
    return Page(
        title=_("Data health of {city}", city=city.name) + " · Citizens Connect",
        description=_(
            "When the cases of {city} were last brought in, what could not be used and why, and"
            " what contradicts itself.",
            city=city.name,
        ),
        body=[*_in_words(city, health, now), *_in_tables(city, health, now)],
        path="/status",
    )


def _in_words(city: Jurisdiction, health: Health, now: int) -> list[Any]:
    return [
        html.H1(_("Is the data from {city} healthy?", city=city.name)),
        *[_source_notice(source, now) for source in health.sources],
        _no_source() if not health.sources else None,
        _published(city, health, now),
    ]


def _in_tables(city: Jurisdiction, health: Health, now: int) -> list[Any]:
    return [
        html.H2(_("What each source brought last")),
        _sources(city, health, now) if health.sources else html.P(_("Nothing yet.")),
        html.H2(_("Rows we could not use")),
        _quarantine(health),
        *_noticed(city, health),
        html.H2(_("What cannot be true")),
        _contradictions(health),
    ]


def _no_source() -> html.Div:
    return notice(_("No sync has run yet. When the first one has, this page says what it brought."))


def describe_source(source: SourceHealth, now: int) -> str:
    """How fresh a source is, in one or two sentences that sound no better than it is."""
    if source.succeeded_at is None:
        return _describe_unread(source)
    said = {"source": source.source, "span": formats.span(now - source.succeeded_at)}
    if source.state == "failed":
        return _(
            "{source}: the last sync that worked was {span} ago; the city’s system has not answered"
            " since.",
            **said,
        )
    if not source.is_late(now):
        return _describe_lag(source, said)
    return _(
        "{source}: the last sync was {span} ago, and none has come since. What you see may be out"
        " of date.",
        **said,
    )


def _describe_unread(source: SourceHealth) -> str:
    if source.state != "failed":
        return _("{source}: no sync has finished yet.", source=source.source)
    return _(
        "{source}: the city’s system has not answered yet. It is asked again by itself.",
        source=source.source,
    )


def _describe_lag(source: SourceHealth, said: dict[str, str]) -> str:
    """A sync of late may still have brought nothing new."""
    if source.lag_seconds is None or source.lag_seconds <= STALE_SECONDS:
        return _("{source}: synced {span} ago.", **said)
    return _(
        "{source}: synced {span} ago, but the newest change at the city is {lag} old.",
        **said,
        lag=formats.span(source.lag_seconds),
    )


def _source_notice(source: SourceHealth, now: int) -> html.Div:
    kind = "warning" if source.is_in_trouble(now) else "plain"
    return notice(describe_source(source, now), kind=kind)


def _published(city: Jurisdiction, health: Health, now: int) -> html.P:
    if health.as_of is None or health.rev is None:
        return html.P(_("Nothing has been published yet."))
    text = ngettext(
        "Maps and numbers show {n} public case, version {version} of the data, published {moment}.",
        "Maps and numbers show {n} public cases, version {version} of the data, published"
        " {moment}.",
        health.cases or 0,
        version=formats.number(health.rev),
    )
    ago = _("{span} ago", span=formats.span(now - health.as_of))
    return html.P(weave(text, moment=time_tag(health.as_of, ago, city.zone, now)))


def _sources(city: Jurisdiction, health: Health, now: int) -> html.Div:
    heads = [
        _("Source"),
        _("Last sync began"),
        _("Newest change at the city"),
        _("Lag"),
        _("Rows read"),
        pgettext("rows", "New"),
        pgettext("rows", "Changed"),
        pgettext("rows", "Unchanged"),
        pgettext("rows", "Not usable"),
    ]
    rows = [_source_row(city, source, now) for source in health.sources]
    return table(_("The last sync of each source"), heads, rows, numeric=frozenset(range(4, 9)))


def _source_row(city: Jurisdiction, source: SourceHealth, now: int) -> list[Any]:
    lag = _("unknown") if source.lag_seconds is None else formats.span(source.lag_seconds)
    rows = (source.read, source.new, source.changed, source.unchanged, source.quarantined)
    return [
        source.source,
        _moment(city, source.started_at, now),
        _moment(city, source.newest_source_at, now),
        lag,
        *map(formats.number, rows),
    ]


def _moment(city: Jurisdiction, at: int | None, now: int) -> Any:
    return _("never") if at is None else moment_tag(at, city.zone, now)


def _quarantine(health: Health) -> html.Div | html.P:
    if not health.quarantined:
        return html.P(_("None. Every row the city sent could be used."))
    rows = [[part.reason, part.source, formats.number(part.rows)] for part in health.quarantined]
    return table(
        _("Rows kept aside, by reason"),
        [_("Reason"), _("Source"), _("Rows")],
        rows,
        numeric=frozenset({2}),
    )


def _contradictions(health: Health) -> html.Div | html.P:
    found = [(name, n) for name, n in health.contradictions.items() if n]
    if not found:
        return html.P(_("We found nothing in the published cases that contradicts itself."))
    said = contradiction_words()
    rows = [[said.get(name, name.replace("_", " ")), formats.number(n)] for name, n in found]
    caption = _("Published cases with something that cannot be true; we show them as the city does")
    found_table = table(caption, [_("What"), _("Cases")], rows, numeric=frozenset({1}))
    how = counting_link("records-that-contradict-themselves")
    return html.Div([found_table, html.P(how)])


def _noticed(city: Jurisdiction, health: Health) -> list[Any]:
    """What the last sync of each source noticed in its rows; nothing if that is nothing."""
    lines = [
        html.Li(f"{source.source}: {sentence}")
        for source in health.sources
        for sentence in _describe_notes(city, source)
    ]
    return [html.H2(_("What we noticed in the last rows")), html.Ul(lines)] if lines else []


def _describe_notes(city: Jurisdiction, source: SourceHealth) -> list[str]:
    said, fields = note_sentences(city, source.source), left_empty_words()
    sentences = []
    for note, rows in sorted(source.notes.items()):
        name = note.removeprefix(LEFT_EMPTY)
        if name != note:
            n = formats.number(rows)
            sentence = _(
                "{field}: {n} could not be read and were left empty", field=fields[name], n=n
            )
            sentences.append(sentence)
        elif note in said:
            sentences.append(said[note].format(n=formats.number(rows)))
    return sentences


def note_sentences(city: Jurisdiction, source: str) -> dict[str, str]:
    """What the page says of each thing that a sync notices."""
    why = city.reason_for_hours(source)
    return {
        TWICE: _("{n} case numbers came more than once; the later state of each counts"),
        MOVED_HOURS: _(
            "{n} cases were opened some hours earlier or later than we first read: one of the two"
            " readings is in the wrong time zone"
        ),
        EARLY_HOURS: _(
            "{n} rows say another hour in their text than in their closing time, by exactly the"
            " city’s distance from UTC"
        ),
        CORRECTED_HOURS: _("{n} rows had times that were hours too early; we corrected them.")
        + (f" {why}" if why else ""),
    }


def left_empty_words() -> dict[str, str]:
    """What the page calls the fields that may be left empty."""
    return {
        "closed_at": _("Closing times"),
        "target_at": _("Deadlines"),
        "updated_at": _("Times of the last change"),
        "lat": _("Latitudes"),
        "lon": _("Longitudes"),
    }


def contradiction_words() -> dict[str, str]:
    """What the page calls each contradiction (portal.domain.case)."""
    return {
        "closed_before_opened": _("Closed before it was opened"),
        "closed_in_future": _("Closed in the future"),
        "outside_city": _("Placed outside the city"),
        "unknown_service": _("Of a type the city does not list"),
        "closed_without_time": _("Closed, but without a closing time"),
        "open_with_close_time": _("Open, but with a closing time"),
    }
