"""When a case will probably be closed, going by the city's own record.

Read from the facts: public cases only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.errors import NotReady
from portal.facts.reader import Facts, Word
from portal.queries.cases.closing_days import ClosingDays, closing_days

if TYPE_CHECKING:
    from portal.context import Portal

HOUR = 3_600


@dataclass(frozen=True)
class Forecast:
    """By when cases of a service are closed in a neighborhood, or in the whole city (None).

    `is_wider`: a neighborhood was asked for, but it has too few cases.
    """

    service: Word
    neighborhood: Word | None
    is_wider: bool
    closing: ClosingDays


def time_to_close(
    facts: Facts, service: str, neighborhood: str | None, now: int
) -> Forecast | None:
    """How long cases of a service (slug) take in a neighborhood (slug), else in the whole city.

    None where too few cases are known. Either goes by at least 30 cases opened in the last two
    years; see portal.queries.cases.closing_days. Round `now` (epoch s) to the hour, so that the
    answer can be cached. Source: the city's opened and closed times.
    """
    kind = _word(facts, "service", service)
    if kind is None:
        return None
    if place := _word(facts, "neighborhood", neighborhood):
        both = "service = ? and neighborhood = ?"
        if closing := closing_days(facts, both, [kind.id, place.id], now):
            return Forecast(kind, place, False, closing)
    closing = closing_days(facts, "service = ?", [kind.id], now)
    return Forecast(kind, None, neighborhood is not None, closing) if closing else None


def read_forecast(
    portal: Portal, city_id: str, service: str, neighborhood: str | None, now: int
) -> Forecast | None:
    """`time_to_close` at the hour of `now` (epoch s), kept while the data stays the same.

    `neighborhood` is a name as the city writes it. None before the first facts are published, too.
    """
    try:
        facts = portal.facts(city_id)
    except NotReady:
        return None
    slug = find_neighborhood(facts, neighborhood)
    return portal.read(time_to_close, city_id, service, slug, now - now % HOUR)


def find_neighborhood(facts: Facts, name: str | None) -> str | None:
    """The slug of a neighborhood by the city's name of it; None for one it does not have."""
    words = facts.words("neighborhood").values()
    return next((word.slug for word in words if word.name == name), None)


def _word(facts: Facts, kind: str, slug: str | None) -> Word | None:
    return next((word for word in facts.words(kind).values() if word.slug == slug), None)
