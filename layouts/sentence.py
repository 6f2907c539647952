"""A filter as a sentence: the heading of a list, the title of its page, the caption of its file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from layouts import words
from portal.domain.filters import CaseFilter

_STATUS = {"open": "open", "in_progress": "in work", "closed": "closed", "overdue": "overdue"}
_PHOTO = {"yes": "with a photo", "no": "without a photo"}


def sentence(case_filter: CaseFilter, names: Mapping[str, str], place: str, cases: int | None = None) -> str:
    """“1,204 open or overdue cases of Pothole Repair in Roxbury since 1 May 2026”, without the number where `cases` is None.

    `names` turns slugs into the city's words; `place` is the city.
    """
    parts = [
        "" if cases is None else words.number(cases) if cases else "No",
        _either([_STATUS[status] for status in case_filter.status]),
        "case" if cases == 1 else "cases",
        _with("of", case_filter.service, names),
        _with("with", case_filter.department, names),
        _with("sent by", case_filter.channel, names),
        _where(case_filter, names, place),
        _PHOTO.get(case_filter.photo or "", ""),
        _when(case_filter.start, case_filter.end),
        f"about “{case_filter.q}”" if case_filter.q else "",
    ]
    text = " ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def _where(case_filter: CaseFilter, names: Mapping[str, str], place: str) -> str:
    areas = _names(case_filter.neighborhood, names) + [f"district {name}" for name in _names(case_filter.district, names)]
    part = "on this part of the map" if case_filter.bbox else ""
    return " ".join(filter(None, [f"in {_either(areas)}" if areas else "" if part else f"in {place}", part]))


def _with(preposition: str, slugs: tuple[str, ...], names: Mapping[str, str]) -> str:
    return f"{preposition} {_either(_names(slugs, names))}" if slugs else ""


def _names(slugs: tuple[str, ...], names: Mapping[str, str]) -> list[str]:
    return [names.get(slug, slug.replace("-", " ")) for slug in slugs]


def _either(parts: list[str]) -> str:
    return words.listed(parts, "or")


def _when(start: date | None, end: date | None) -> str:
    if start and end:
        return f"opened on {_day(start)}" if start == end else f"opened from {_day(start)} to {_day(end)}"
    if start:
        return f"since {_day(start)}"
    return f"until {_day(end)}" if end else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
