"""Case numbers as people type them: with letters for digits, without the year, or mistyped."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portal.domain.characters import fold
from portal.domain.tracking_number import looks_like_tracking_number, parse_tracking_number

MAX_TYPED = 64
LONGEST_PASTED = 200
LEAST_DIGITS = 3
LEAST_DIGITS_TO_CORRECT = 6
_LOOKALIKES = str.maketrans("OoIil", "00111")
_LETTERS_FIRST = re.compile(r"([^\W\d_]+)(.+)", re.DOTALL)
_LABEL = re.compile(
    r"[\s(\[\"'“‘¿¡:.,;#]*(?:(?:tracking|case|report|service request|request|reference|ticket"
    r"|number|caso|reporte|solicitud|seguimiento|n[uú]mero|num|nro?|n\.?o|ref|id"
    r"|your|my|the|is|es|mi|su|tu|el|la|de)(?:[\s:.#]+|(?=\d)))*[\s:.#]*",
    re.IGNORECASE,
)
"""What people copy along with a number: “Case no. 26-1”, “(#26-1”, “caso n.º 26-1”."""
_PASTED = re.compile(
    r"/cases/([^/?#\s]+)"
    r"|(?<![\w-])(\w{4}-\w{3}-\w{3})(?![\w-])"
    r"|\(([\w -]*\d[\w -]*)\)\??$"
    r"|^[^\W\d](?:[^\W\d]|\s)*\s([\w-]*\d{3}[\w-]*):\s"
)
"""A number in what people paste: a link to its page, and the subjects of our e-mails."""
_AFTER = " \t\n.,;:!?)]\"'”’"
_WITH_YEAR = re.compile(r"([^\W\d_]*)(\d{4}|\d{2})-(\d{3,12})")


def read_number(typed: str) -> str:
    """A number without what stands around it, in plain characters: “Case № 26‑1.” is 26-1."""
    plain = fold(typed[:LONGEST_PASTED]).strip()
    if found := _PASTED.search(plain):
        plain = next(filter(None, found.groups()))
    label = _LABEL.match(plain)
    bare = plain[label.end() :] if label else plain
    is_number = any(map(str.isdigit, bare)) or parse_tracking_number(bare) is not None
    return (bare if is_number else plain).strip(_AFTER)


def can_be_case_number(typed: str) -> bool:
    """Whether someone may have typed a case number.

    Three digits or more, and at most two groups of letters with no more letters than digits; or
    one of our own tracking numbers, perhaps mistyped.
    """
    plain = read_number(typed)
    letters = re.findall(r"[^\W\d_]+", plain)
    digits = re.findall(r"\d", plain)
    return looks_like_tracking_number(plain) or (
        len(plain) <= MAX_TYPED
        and len(digits) >= LEAST_DIGITS
        and len(letters) <= 2
        and sum(map(len, letters)) <= max(4, len(digits))
    )


def list_readings(typed: str) -> tuple[str, ...]:
    """What the number may be: as typed first, then without words around it (read_number).

    O is read as 0, and I or l as 1: everywhere, or after the letters it begins with (BOS-OO12).
    """
    plain = fold(typed).strip()[:MAX_TYPED]
    found = [plain, read_number(typed)]
    for text in (*found,):
        if any(letter.isdigit() for letter in text):
            found.append(text.translate(_LOOKALIKES))
            if split := _LETTERS_FIRST.fullmatch(text):
                found.append(split.group(1) + split.group(2).translate(_LOOKALIKES))
    return tuple(dict.fromkeys(found))


def list_near_numbers(typed: str) -> tuple[str, ...]:
    """Numbers with one digit other, swapped, missing or too many: “26-0100” may be 26-00100.

    For a city's own numbers, which have no check digit. Empty where there are fewer than six
    digits, of which each would fit some case.
    """
    number = read_number(typed)[:MAX_TYPED].upper()
    if sum(map(str.isdigit, number)) < LEAST_DIGITS_TO_CORRECT:
        return ()
    whole = {number: None, number.replace(" ", "-"): None, number.replace(" ", ""): None}
    return tuple(dict.fromkeys(near for each in whole for near in _list_near(each)))


def _list_near(plain: str) -> list[str]:
    near = []
    for place, letter in enumerate(plain):
        before, after = plain[:place], plain[place + 1 :]
        if letter.isdigit():
            near += [before + digit + after for digit in "0123456789"]
            near += [before + digit + letter + after for digit in "0123456789"]
            near.append(before + after)
            near.append(before + after[:1] + letter + after[1:])
    return [number for number in near if number != plain]


def add_years(typed: str, like: str, years: Iterable[int]) -> tuple[str, ...]:
    """Whole numbers for one typed without its year: 13418, in a city that writes 26-00013418.

    One for each of the years; `like` is a number of the first year. Empty if `like` does not
    contain that year, or if something else than digits was typed.
    """
    years = list(years)
    shape = _WITH_YEAR.fullmatch(like)
    digits = re.sub(r"[\s#-]", "", read_number(typed).translate(_LOOKALIKES))
    if not shape or not years or not re.fullmatch(r"[0-9]{3,12}", digits):
        return ()
    letters, year, serial = shape.groups()
    if int(year) != years[0] % 10 ** len(year) or len(digits) > len(serial):
        return ()
    width, serial = len(year), digits.zfill(len(serial))
    return tuple(f"{letters}{each % 10**width:0{width}}-{serial}" for each in years)
