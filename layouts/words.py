"""How we say numbers, times and statuses. Pure: the moment and the city's zone are arguments; times are epoch seconds UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3_600, 86_400

STATUS_WORDS = {
    "open": "Open",
    "in_progress": "In work",
    "closed": "Closed",
    "overdue": "Overdue by the city’s clock",
}
HIDDEN_WORDS = {
    "phone": "a phone number",
    "email": "an e-mail address",
    "card": "a card number",
    "ssn": "a social security number",
    "plate": "a license plate",
    "apartment": "an apartment number",
    "unit": "an apartment number",
    "place": "the exact place",
}


def number(value: float) -> str:
    """1240 → 1,240; 2.04 → 2."""
    return f"{value:,.0f}"


def count(n: int, one: str, many: str | None = None) -> str:
    """1 case, 1,240 cases."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def iso(at: int) -> str:
    """The exact moment for `<time datetime>`, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """A length of time as people say it: 12 minutes, 3 hours, 5 days, 4 months, 2 years."""
    seconds = max(0, int(seconds))
    for size, word, up_to in ((MINUTE, "minute", HOUR), (HOUR, "hour", 2 * DAY), (DAY, "day", 90 * DAY), (30 * DAY, "month", 730 * DAY)):
        if seconds < up_to:
            return count(max(1, seconds // size), word)
    return count(seconds // (365 * DAY), "year")


def days(value: float) -> str:
    """A number of days, hours where it is under one: 0.4 → 10 hours; 2.1 → 2.1 days."""
    if value < 1:
        return span(value * DAY) if value * DAY >= MINUTE else "under a minute"
    return f"{value:.1f}".removesuffix(".0") + (" day" if round(value, 1) == 1 else " days")


def age(at: int, now: int, zone: ZoneInfo) -> str:
    """How long ago, short, for a card: 12 min, 3 h, 5 days; a date when it is older than a week."""
    passed = now - at
    if passed < MINUTE:
        return "now" if passed >= -HOUR else day(at, zone, now)
    if passed < HOUR:
        return f"{passed // MINUTE} min"
    if passed < DAY:
        return f"{passed // HOUR} h"
    return count(passed // DAY, "day") if passed < 7 * DAY else day(at, zone, now)


def day(at: int, zone: ZoneInfo, now: int) -> str:
    """4 November, with the year when it is not this one."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    return f"{then.day} {then:%B}" if then.year == today.year else f"{then.day} {then:%B} {then.year}"


def weekday(at: int, zone: ZoneInfo, now: int) -> str:
    """Friday, 27 November."""
    return f"{datetime.fromtimestamp(at, zone):%A}, {day(at, zone, now)}"


def moment(at: int, zone: ZoneInfo, now: int) -> str:
    """4 November, 14:05, in the city's zone."""
    return f"{day(at, zone, now)}, {datetime.fromtimestamp(at, zone):%H:%M}"


def listed(parts: list[str], last: str = "and") -> str:
    """a, b and c; the `last` word may be or."""
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def hidden(kinds: tuple[str, ...]) -> str:
    """What we took out before publishing, as a sentence; empty when nothing was."""
    words = list(dict.fromkeys(HIDDEN_WORDS.get(kind, "a private detail") for kind in kinds))
    return f"We have hidden {listed(words)} here." if words else ""
