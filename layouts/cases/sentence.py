"""A filter as a sentence: the heading of a list, the title of its page, the caption of its file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from layouts.shared import formats
from layouts.shared.language import _, npgettext, pgettext
from portal.domain.filters import CaseFilter

MANY = 2


def describe_filter(
    case_filter: CaseFilter, names: Mapping[str, str], place: str, cases: int | None = None
) -> str:
    """“1,204 open cases of Pothole Repair in Roxbury since 1 May 2026”, without the number where `cases` is None.

    `names` turns slugs into the city's words; `place` is the city.
    """
    subject = f"{_counted(case_filter, cases)} {_with(_('of {these}'), case_filter.service, names)}".strip()
    parts = [
        _standing_in_several_ways(case_filter, subject),
        _with(_("with {these}"), case_filter.department, names),
        _with(_("sent by {these}"), case_filter.channel, names),
        _where(case_filter, names, place),
        _photo(case_filter.photo),
        _when(case_filter.start, case_filter.end),
        _("about “{words}”", words=case_filter.q) if case_filter.q else "",
    ]
    text = " ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def _counted(case_filter: CaseFilter, cases: int | None) -> str:
    """“1,204 open cases”: each language has its own order of the three."""
    n = MANY if cases is None else cases
    number = "" if cases is None else formats.number(cases) if cases else pgettext("no cases", "no")
    standing = _standing(case_filter.status[0], n) if len(case_filter.status) == 1 else ""
    # Some languages have neither number nor standing to place: what is left of the gaps goes.
    return " ".join(
        npgettext(
            "heading",
            "{number} {standing} case",
            "{number} {standing} cases",
            n,
            number=number,
            standing=standing,
        ).split()
    )


def _standing_in_several_ways(case_filter: CaseFilter, subject: str) -> str:
    """“3 cases, open or in work,”: two adjectives or more stand behind; one stands in `_counted`."""
    if len(case_filter.status) < 2:
        return subject
    standing = _either(
        [_standing(name, MANY) for name in formats.STATUSES if name in case_filter.status]
    )
    return pgettext("heading", "{cases}, {standing},", cases=subject, standing=standing)


def _standing(name: str, n: int) -> str:
    said = {
        "open": npgettext("cases that are", "open", "open", n),
        "in_progress": npgettext("cases that are", "in work", "in work", n),
        "closed": npgettext("cases that are", "closed", "closed", n),
        "overdue": npgettext("cases that are", "overdue", "overdue", n),
    }
    return said[name]


def _where(case_filter: CaseFilter, names: Mapping[str, str], place: str) -> str:
    areas = _names(case_filter.neighborhood, names) + [
        _district(name) for name in _names(case_filter.district, names)
    ]
    part = _("on this part of the map") if case_filter.bbox else ""
    area = _either(areas) or ("" if part else place)
    return " ".join(filter(None, [_("in {place}", place=area) if area else "", part]))


def _district(name: str) -> str:
    """Some cities name districts, others only number them."""
    return _("district {name}", name=name) if name.isdigit() else name


def _photo(photo: str | None) -> str:
    return {"yes": _("with a photo"), "no": _("without a photo")}.get(photo or "", "")


def _with(phrase: str, slugs: tuple[str, ...], names: Mapping[str, str]) -> str:
    return phrase.replace("{these}", _either(_names(slugs, names))) if slugs else ""


def _names(slugs: tuple[str, ...], names: Mapping[str, str]) -> list[str]:
    return [names.get(slug, slug.replace("-", " ")) for slug in slugs]


def _either(parts: list[str]) -> str:
    return formats.join_words(parts, _("or"))


def _when(start: date | None, end: date | None) -> str:
    if start and end:
        first, last = formats.calendar_day(start), formats.calendar_day(end)
        return (
            _("opened on {day}", day=first)
            if start == end
            else _("opened from {first} to {last}", first=first, last=last)
        )
    if start:
        return _("since {day}", day=formats.calendar_day(start))
    return _("until {day}", day=formats.calendar_day(end)) if end else ""
