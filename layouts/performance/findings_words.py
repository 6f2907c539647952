"""What changed, as sentences: what stands out, and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from layouts.shared import formats
from layouts.shared.language import _, ngettext
from portal.domain.findings import Drift, Name, Silence, Surge

MOST_PLACES = 4
"""Neighborhoods that a sentence names."""


def say_day(written: str) -> str:
    """A day of a finding."""
    return formats.calendar_day(date.fromisoformat(written))


def say_percent(share: float) -> str:
    """A share from 0 to 1: 41%."""
    return f"{100 * share:.0f}%"


def say_usual(cases: float) -> str:
    """A usual number of cases: 152, 7.5."""
    return formats.number(cases) if cases >= 10 else f"{cases:.1f}"


def say_places(places: Sequence[Name]) -> str:
    """“Dorchester and Roxbury”; of many, the first ones and how many more."""
    names = [place.name for place in places]
    if len(names) > MOST_PLACES:
        more = len(names) - MOST_PLACES
        others = ngettext("{n} other neighborhood", "{n} other neighborhoods", more)
        names = [*names[:MOST_PLACES], others]
    return formats.join_words(names)


def say_surge(surge: Surge) -> str:
    """The finding."""
    words = {"n": formats.number(surge.cases), "service": surge.service.name}
    usual = say_usual(surge.usual)
    if surge.is_everywhere:
        return _(
            "{n} {service} cases in the whole city; a usual week has about {usual}",
            usual=usual,
            **words,
        )
    return _(
        "{n} {service} cases in {place}; a usual week has about {usual}",
        usual=usual,
        place=surge.neighborhoods[0].name,
        **words,
    )


def explain_surge(surge: Surge) -> list[str]:
    """Whether it is here or everywhere, and whether it comes with the season."""
    said = [_say_where(surge)]
    if surge.earlier is not None:
        usual = say_usual(surge.earlier)
        said.append(
            _("Around this week of earlier years, there were about {usual} a week.", usual=usual)
        )
        if surge.is_season:
            said.append(_("So it comes with the season."))
    return said


def _say_where(surge: Surge) -> str:
    if surge.is_everywhere:
        return ngettext(
            "It is everywhere: {places} has more than usual, but no more than its usual share of"
            " the city’s cases.",
            "It is everywhere: {places} have more than usual, but no more than their usual share of"
            " the city’s cases.",
            len(surge.neighborhoods),
            places=say_places(surge.neighborhoods),
        )
    if not surge.others_usual:
        return _("No other neighborhood usually has such cases.")
    return _say_here(surge)


def say_silence(silence: Silence) -> str:
    """The finding."""
    return ngettext(
        "No {service} case in {places} in the last week",
        "No {service} case in {places} in the last {n} weeks",
        silence.silent_weeks,
        service=silence.service.name,
        places=say_places(silence.neighborhoods),
    )


def explain_silence(silence: Silence) -> list[str]:
    """What was usual, and whether it is here or everywhere."""
    if silence.is_everywhere:
        return [_say_whole_city(silence)]
    said = [_("A usual week had about {usual}.", usual=say_usual(silence.usual))]
    return [*said, _say_here(silence)] if silence.others_usual else said


def _say_here(found: Surge | Silence) -> str:
    return _(
        "It is here, not everywhere: all other neighborhoods together had {others} in that time,"
        " and usually have about {usual}.",
        others=formats.number(found.others),
        usual=say_usual(found.others_usual),
    )


def _say_whole_city(silence: Silence) -> str:
    usual = say_usual(silence.others_usual)
    if silence.others:
        return _(
            "It is everywhere: the whole city had {others} in that time, and usually has about"
            " {usual}.",
            others=formats.number(silence.others),
            usual=usual,
        )
    return _(
        "It is everywhere: nobody in the city reported any; about {usual} would be usual. The type"
        " may have ended or been renamed.",
        usual=usual,
    )


def say_drift(drift: Drift) -> str:
    """The finding."""
    words = {
        "service": drift.service.name,
        "place": drift.neighborhood.name,
        "since": say_percent(drift.since.here),
        "before": say_percent(drift.before.here),
        "days": formats.whole_days(drift.days),
    }
    return _(
        "{service} in {place}: {since} now closed within {days}, {before} before",
        **words,
    )


def explain_drift(drift: Drift) -> list[str]:
    """Since when, and what the other neighborhoods did."""
    return [
        _("Since the week of {day}.", day=say_day(drift.first_day)),
        _(
            "In the other neighborhoods together, {since} are closed in that time, {before}"
            " before.",
            since=say_percent(drift.since.elsewhere),
            before=say_percent(drift.before.elsewhere),
        ),
    ]
