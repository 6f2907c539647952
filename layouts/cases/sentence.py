"""A filter as a sentence: the heading of a list, the title of its page, the caption of its file.

The same fields as SQL are in portal/filter_sql.py; `PHRASES` says which part of the sentence is
about which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from layouts.shared import formats
from layouts.shared.language import _, npgettext, pgettext
from portal.domain.filters import CaseFilter

MANY = 2


@dataclass(frozen=True)
class Subject:
    """What a sentence is about: a filter, the city's words by slug, the city's name, and a number.

    `cases` is None where the sentence gives no number.
    """

    case_filter: CaseFilter
    names: Mapping[str, str]
    city: str
    cases: int | None


def describe_filter(
    case_filter: CaseFilter, names: Mapping[str, str], place: str, cases: int | None = None
) -> str:
    """“1,204 open cases of Pothole Repair in Roxbury since 1 May 2026”.

    Without `cases` it has no number. `names` are the city's words by slug; `place` is the city.
    """
    subject = Subject(case_filter, names, place, cases)
    text = " ".join(part for part in (phrase(subject) for phrase in PHRASES.values()) if part)
    return text[:1].upper() + text[1:]


def _cases(subject: Subject) -> str:
    """“1,204 open cases of Pothole Repair”; of several statuses: “3 cases, open or in work,”."""
    case_filter = subject.case_filter
    of_service = _with(_("of {these}"), case_filter.service, subject.names)
    cases = f"{_counted(case_filter, subject.cases)} {of_service}".strip()
    if len(case_filter.status) < 2:
        return cases
    standing = _either(
        [_standing(name, MANY) for name in formats.STATUSES if name in case_filter.status]
    )
    return pgettext("heading", "{cases}, {standing},", cases=cases, standing=standing)


def _counted(case_filter: CaseFilter, cases: int | None) -> str:
    """“1,204 open cases”: each language has its own order of the three."""
    n = MANY if cases is None else cases
    standing = _standing(case_filter.status[0], n) if len(case_filter.status) == 1 else ""
    # Some languages have neither number nor status here: the spaces left over go.
    return " ".join(
        npgettext(
            "heading",
            "{number} {standing} case",
            "{number} {standing} cases",
            n,
            number=_number(cases),
            standing=standing,
        ).split()
    )


def _number(cases: int | None) -> str:
    if cases is None:
        return ""
    return formats.number(cases) if cases else pgettext("no cases", "no")


def _standing(name: str, n: int) -> str:
    words = {
        "open": npgettext("cases that are", "open", "open", n),
        "in_progress": npgettext("cases that are", "in work", "in work", n),
        "closed": npgettext("cases that are", "closed", "closed", n),
        "overdue": npgettext("cases that are", "overdue", "overdue", n),
    }
    return words[name]


def _department(subject: Subject) -> str:
    return _with(_("with {these}"), subject.case_filter.department, subject.names)


def _channel(subject: Subject) -> str:
    return _with(_("sent by {these}"), subject.case_filter.channel, subject.names)


def _where(subject: Subject) -> str:
    case_filter, names = subject.case_filter, subject.names
    areas = _names(case_filter.neighborhood, names) + [
        _district(name) for name in _names(case_filter.district, names)
    ]
    part = _("on this part of the map") if case_filter.bbox else ""
    area = _either(areas) or ("" if part else subject.city)
    return " ".join(filter(None, [_("in {place}", place=area) if area else "", part]))


def _district(name: str) -> str:
    """Some cities name districts, others only number them."""
    return _("district {name}", name=name) if name.isdigit() else name


def _photo(subject: Subject) -> str:
    photo = subject.case_filter.photo or ""
    return {"yes": _("with a photo"), "no": _("without a photo")}.get(photo, "")


def _with(phrase: str, slugs: tuple[str, ...], names: Mapping[str, str]) -> str:
    return phrase.replace("{these}", _either(_names(slugs, names))) if slugs else ""


def _names(slugs: tuple[str, ...], names: Mapping[str, str]) -> list[str]:
    return [names.get(slug, slug.replace("-", " ")) for slug in slugs]


def _either(parts: list[str]) -> str:
    return formats.join_words(parts, _("or"))


def _when(subject: Subject) -> str:
    start, end = subject.case_filter.start, subject.case_filter.end
    if start and end:
        first, last = formats.calendar_day(start), formats.calendar_day(end)
        if start == end:
            return _("opened on {day}", day=first)
        return _("opened from {first} to {last}", first=first, last=last)
    if start:
        return _("since {day}", day=formats.calendar_day(start))
    return _("until {day}", day=formats.calendar_day(end)) if end else ""


def _words(subject: Subject) -> str:
    words = subject.case_filter.q
    return _("about “{words}”", words=words) if words else ""


PHRASES: dict[tuple[str, ...], Callable[[Subject], str]] = {
    ("status", "service"): _cases,
    ("department",): _department,
    ("channel",): _channel,
    ("neighborhood", "district", "bbox"): _where,
    ("photo",): _photo,
    ("start", "end"): _when,
    ("q",): _words,
}
"""Fields of the filter, and how the sentence says them, in its order."""
