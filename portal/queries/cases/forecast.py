"""When a case will be closed, judged by the city's own record. Read from the facts: public cases only."""

from __future__ import annotations

from dataclasses import dataclass

from portal.facts.reader import Facts, Word
from portal.queries.cases.closing_days import ClosingDays, closing_days


@dataclass(frozen=True)
class Forecast:
    """By when cases like this one are closed. `neighborhood` is the place it was judged by; None: the whole city.

    `is_wider` says that the neighborhood asked for had too few cases and the whole city was taken.
    """

    service: Word
    neighborhood: Word | None
    is_wider: bool
    closing: ClosingDays


def time_to_close(
    facts: Facts, service: str, neighborhood: str | None, now: int
) -> Forecast | None:
    """How long cases of a service (its slug) take in a neighborhood (its slug), else in the whole city; None where too few are known.

    Both are judged by the cases opened in the last two years, at least 30 (portal.queries.cases.closing_days says how). Round `now` to the
    hour, so that the answer can be kept. Source: the city's opened and closed times.
    """
    kind = _word(facts, "service", service)
    if kind is None:
        return None
    place = _word(facts, "neighborhood", neighborhood)
    if place and (
        closing := closing_days(facts, "service = ? and neighborhood = ?", [kind.id, place.id], now)
    ):
        return Forecast(kind, place, False, closing)
    closing = closing_days(facts, "service = ?", [kind.id], now)
    return Forecast(kind, None, neighborhood is not None, closing) if closing else None


def _word(facts: Facts, kind: str, slug: str | None) -> Word | None:
    return next((word for word in facts.words(kind).values() if word.slug == slug), None)
