"""Case numbers as people type them: with letters for digits, or without the year."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_TYPED = 64
LEAST_DIGITS = 3
_LOOKALIKES = str.maketrans("OoIil", "00111")
_LETTERS_FIRST = re.compile(r"([^\W\d_]+)(.+)", re.DOTALL)
_WITH_YEAR = re.compile(r"([^\W\d_]*)(\d{4}|\d{2})-(\d{3,12})")


def can_be_case_number(typed: str) -> bool:
    """Whether someone may have typed a case number.

    Three digits or more, and at most two groups of letters with no more letters than digits.
    """
    letters = re.findall(r"[^\W\d_]+", typed)
    digits = re.findall(r"\d", typed)
    return (
        len(typed) <= MAX_TYPED
        and len(digits) >= LEAST_DIGITS
        and len(letters) <= 2
        and sum(map(len, letters)) <= max(4, len(digits))
    )


def list_readings(typed: str) -> tuple[str, ...]:
    """What the number may be, as typed first.

    O is read as 0, and I or l as 1: everywhere, or after the letters it begins with (BOS-OO12).
    """
    plain = typed.strip()[:MAX_TYPED]
    found = [plain]
    if any(letter.isdigit() for letter in plain):
        found.append(plain.translate(_LOOKALIKES))
        if split := _LETTERS_FIRST.fullmatch(plain):
            found.append(split.group(1) + split.group(2).translate(_LOOKALIKES))
    return tuple(dict.fromkeys(found))


def add_years(typed: str, like: str, years: Iterable[int]) -> tuple[str, ...]:
    """Whole numbers for one typed without its year: 13418, in a city that writes 26-00013418.

    One for each of the years; `like` is a number of the first year. Empty if `like` does not
    contain that year, or if something else than digits was typed.
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
