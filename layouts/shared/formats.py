"""How we write numbers, times and statuses, in the page's language.

Pure: the time and the city's zone are arguments. Times are epoch seconds, UTC.

    formats.number(1240)                           1,240
    formats.span(7_200)                            2 hours
    formats.age(now - 300, now, zone)              5 min
    formats.day_and_time(at, zone, now)            4 November, 14:05
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_day_names, get_month_names

from layouts.shared.language import _, current_language, ngettext, pgettext
from portal.domain.addresses import NEAR

MINUTE, HOUR, DAY = 60, 3_600, 86_400

STATUSES = ("open", "in_progress", "overdue", "closed")


def status_word(name: str) -> str:
    """The word for a status: open, in_progress, closed, overdue. Any other name stays as it is."""
    said = {
        "open": pgettext("status", "Open"),
        "in_progress": pgettext("status", "In work"),
        "closed": pgettext("status", "Closed"),
        "overdue": pgettext("status", "Overdue by the city’s clock"),
    }
    return said.get(name, name)


def _hidden_words() -> dict[str, str]:
    apartment = _("an apartment number")
    return {
        "staff": _("what the city took out"),
        "phone": _("a phone number"),
        "email": _("an e-mail address"),
        "card": _("a card number"),
        "ssn": _("a social security number"),
        "plate": _("a license plate"),
        "apartment": apartment,
        "unit": apartment,
        "place": _("the exact place"),
        "location": _("the exact place"),
        "address": _("an address"),
        "name": _("a name"),
    }


def number(value: float) -> str:
    """1240 → 1,240; 2.04 → 2. The same in all our languages, as in the Spanish of the US."""
    return f"{value:,.0f}"


def file_size(size: float) -> str:
    """Bytes as “640 KB”, “1.4 MB” or “2.1 GB”, for people who wonder whether to wait."""
    thousands = 0
    while size >= 1_000 and thousands < len(_SIZES) - 1:
        size /= 1_000
        thousands += 1
    return f"{size:,.0f} {_SIZES[thousands]}" if size >= 10 else f"{size:.1f} {_SIZES[thousands]}"


_SIZES = ("B", "KB", "MB", "GB")


def count_followers(n: int) -> str:
    """“3 people follow this”; empty if no one does."""
    return ngettext("{n} person follows this", "{n} people follow this", n) if n else ""


def count_cases(n: int) -> str:
    """1 case, 1,240 cases."""
    return ngettext("{n} case", "{n} cases", n)


def case_title(service_name: str, address: str | None) -> str:
    """Pothole at 3 Adams St; Pothole near 3 Adams St; Pothole."""
    if not address:
        return service_name
    if address.startswith(NEAR):
        return _(
            "{service} near {address}", service=service_name, address=address.removeprefix(NEAR)
        )
    return _("{service} at {address}", service=service_name, address=address)


def place_name(address: str) -> str:
    """An address on a line of its own: 3 Adams St; Near 3 Adams St."""
    return (
        _("Near {address}", address=address.removeprefix(NEAR))
        if address.startswith(NEAR)
        else address
    )


def month(first: date) -> str:
    """The month of a day: November 2026."""
    return format_skeleton("yMMMM", first, locale=current_language().code)


def short_month(first: date) -> str:
    """The month of a day where there is little room: Nov 2026."""
    return format_skeleton("yMMM", first, locale=current_language().code)


def short_day(day: date) -> str:
    """A day without its year where there is little room: Nov 4."""
    return format_skeleton("MMMd", day, locale=current_language().code)


def whole_days(n: int) -> str:
    """1 day, 6 days."""
    return ngettext("{n} day", "{n} days", n)


def iso(at: int) -> str:
    """The exact time for `<time datetime>`, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_day(at: int, zone: ZoneInfo) -> str:
    """A day for `<time datetime>`, of the city's calendar."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d}"


def span(seconds: float) -> str:
    """A length of time in its largest unit: 12 minutes, 3 hours, 5 days, 4 months, 2 years."""
    seconds = max(0, int(seconds))
    if seconds < HOUR:
        return ngettext("{n} minute", "{n} minutes", max(1, seconds // MINUTE))
    if seconds < 2 * DAY:
        return ngettext("{n} hour", "{n} hours", seconds // HOUR)
    if seconds < 90 * DAY:
        return whole_days(seconds // DAY)
    if seconds < 730 * DAY:
        return ngettext("{n} month", "{n} months", seconds // (30 * DAY))
    return ngettext("{n} year", "{n} years", seconds // (365 * DAY))


def days(value: float) -> str:
    """A number of days; in hours if it is under one: 0.4 → 9 hours; 2.1 → 2.1 days."""
    if value < 1:
        return span(value * DAY) if value * DAY >= MINUTE else _("under a minute")
    tenths = f"{value:.1f}".removesuffix(".0")
    return ngettext("{days} day", "{days} days", 1 if tenths == "1" else 2, days=tenths)


def age(at: int, now: int, zone: ZoneInfo) -> str:
    """How long ago, short, for a card: 12 min, 3 h, 5 days; after a week, the day."""
    passed = now - at
    if passed < MINUTE:
        return _("now") if passed >= -HOUR else day(at, zone, now)
    if passed < HOUR:
        return _("{n} min", n=passed // MINUTE)
    if passed < DAY:
        return _("{n} h", n=passed // HOUR)
    return whole_days(passed // DAY) if passed < 7 * DAY else day(at, zone, now)


def age_of_day(at: int, now: int, zone: ZoneInfo) -> str:
    """How long ago a day was, short, for a card: today, 5 days; after a week, the day."""
    passed = days_between(at, now, zone)
    if passed <= 0:
        return _("today") if passed == 0 else day(at, zone, now)
    return whole_days(passed) if passed < 7 else day(at, zone, now)


def days_between(start: int, end: int, zone: ZoneInfo) -> int:
    """Days from one day of the city's calendar to another; both are given by a moment (epoch s)."""
    first, last = datetime.fromtimestamp(start, zone), datetime.fromtimestamp(end, zone)
    return (last.date() - first.date()).days


def day(at: int, zone: ZoneInfo, now: int) -> str:
    """4 November; with the year if it is not the current one."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    return calendar_day(then.date(), with_year=then.year != today.year)


def calendar_day(then: date, with_year: bool = True) -> str:
    """4 November 2026."""
    month = _months(current_language().code)[then.month]
    if not with_year:
        return _("{day} {month}", day=then.day, month=month)
    return _("{day} {month} {year}", day=then.day, month=month, year=then.year)


def weekday(at: int, zone: ZoneInfo, now: int) -> str:
    """Friday, 27 November."""
    name = _weekdays(current_language().code)[datetime.fromtimestamp(at, zone).weekday()]
    return _("{weekday}, {day}", weekday=name, day=day(at, zone, now))


def day_and_time(at: int, zone: ZoneInfo, now: int) -> str:
    """4 November, 14:05, in the city's zone."""
    return f"{day(at, zone, now)}, {datetime.fromtimestamp(at, zone):%H:%M}"


def distance_away(metres: float) -> str:
    """A distance in meters, as people here say it: 90 ft away, 0.3 mi away."""
    feet = metres / 0.3048
    if feet < 1_000:
        return _("{n} ft away", n=max(10, int(round(feet, -1))))
    return _("{n} mi away", n=f"{feet / 5_280:.1f}")


def join_words(parts: list[str], last: str | None = None) -> str:
    """a, b and c; `last` replaces the “and”."""
    return (
        f"{', '.join(parts[:-1])} {last or _('and')} {parts[-1]}"
        if len(parts) > 1
        else "".join(parts)
    )


def describe_hidden(kinds: tuple[str, ...]) -> str:
    """What we took out before publishing, as a sentence; empty if nothing was."""
    said = _hidden_words()
    words = list(dict.fromkeys(said.get(kind, _("a private detail")) for kind in kinds))
    return _("We have hidden {things} here.", things=join_words(words)) if words else ""


@cache
def _months(code: str) -> dict[int, str]:
    """A language's months by number; January is 1."""
    return dict(get_month_names("wide", "format", code))


@cache
def _weekdays(code: str) -> dict[int, str]:
    """A language's weekdays by number; Monday is 0."""
    return dict(get_day_names("wide", "format", code))
