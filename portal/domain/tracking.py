"""Case numbers as people type them from a letter or a text message: letters for digits, the year left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_TYPED = 64
LEAST_DIGITS = 3
_LOOKALIKES = str.maketrans("OoIil", "00111")
_LETTERS_FIRST = re.compile(r"([^\W\d_]+)(.+)", re.DOTALL)
_WITH_YEAR = re.compile(r"([^\W\d_]*)(\d{4}|\d{2})-(\d{3,12})")


def looks_like_number(typed: str) -> bool:
    """Whether a case number may be meant: three digits or more, at most two groups of letters, no longer than the letters are few."""
    letters, digits = re.findall(r"[^\W\d_]+", typed), re.findall(r"\d", typed)
    return (
        len(typed) <= MAX_TYPED
        and len(digits) >= LEAST_DIGITS
        and len(letters) <= 2
        and sum(map(len, letters)) <= max(4, len(digits))
    )


def readings(typed: str) -> tuple[str, ...]:
    """What the number may be, as typed first: O is 0 and I or l is 1, everywhere or behind the letters it begins with (BOS-OO12)."""
    plain = typed.strip()[:MAX_TYPED]
    found = [plain]
    if any(letter.isdigit() for letter in plain):
        found.append(plain.translate(_LOOKALIKES))
        if begun := _LETTERS_FIRST.fullmatch(plain):
            found.append(begun.group(1) + begun.group(2).translate(_LOOKALIKES))
    return tuple(dict.fromkeys(found))


def with_years(typed: str, like: str, years: Iterable[int]) -> tuple[str, ...]:
    """Whole numbers for one whose year was left out: 13418, by a city that writes 26-00013418, in each of the years.

    `like` is a number of the first of the years. Empty where it does not hold that year, or where no digits but others were typed.
    """
    years = list(years)
    shape = _WITH_YEAR.fullmatch(like)
    digits = re.sub(r"[\s#-]", "", typed.translate(_LOOKALIKES))
    if not shape or not years or not re.fullmatch(r"[0-9]{3,12}", digits):
        return ()
    letters, year, serial = shape.groups()
    if int(year) != years[0] % 10 ** len(year) or len(digits) > len(serial):
        return ()
    return tuple(
        f"{letters}{each % 10 ** len(year):0{len(year)}}-{digits.zfill(len(serial))}"
        for each in years
    )
