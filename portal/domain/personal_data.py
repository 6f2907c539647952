"""Where a text has personal data: the spans of each kind, in a text with plain characters.

    list(find_phones("call 617-635-4500"))  →  [(5, 17)]

Texts are folded first (portal.domain.characters), so a dash is “-” and a digit 0 to 9. Every
pattern takes time in proportion to the text: what may repeat has a limit, and no two parts of a
pattern can share the same characters. Words come from portal.domain.redaction_words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.domain.redaction_words import any_of

Span = tuple[int, int]
LOOK_BACK = 48
"""How far before a number we look for the thing it belongs to."""

_AND = any_of("and_")
_FILLER = any_of("filler")
_NUMBER_SIGN = r"(?:#|n\.?o\.?|n[uú]m(?:ero|\.)?|numbers?|num\.?|nro\.?)"

# E-mail addresses ---------------------------------------------------------------------------------
_NAME = r"[\w.+%'-]{1,64}"
_LABEL = r"[\w-]{1,63}"
_DOT = any_of("dot")
_AT = any_of("at")
_SPELLED_DOT = (
    rf"(?:\s{{0,2}}[(\[{{<]\s?(?:{_DOT}|\.)\s?[)\]}}>]\s{{0,2}}|\s{{1,2}}{_DOT}\s{{1,2}})"
)
_SPELLED_AT = rf"(?:\s{{0,2}}[(\[{{<]\s?(?:{_AT}|@|a)\s?[)\]}}>]\s{{0,2}}|\s{{1,2}}arroba\s{{1,2}})"
_PROVIDER = (
    r"(?:g(?:oogle)?mail|yahoo|ymail|hotmail|outlook|live|msn|icloud|aol|comcast|verizon"
    r"|proton(?:mail)?)"
)
_EMAIL = re.compile(
    rf"{_NAME} ?@ ?{_LABEL}(?:\.{_LABEL}){{1,8}}"
    rf"|{_NAME} ?@ ?{_LABEL} ?\. ?(?:com|org|net|edu|gov|mx|es)\b"
    rf"|{_NAME}@{_LABEL}",
    re.IGNORECASE,
)
_SPELLED_NAME = rf"\b{_NAME}(?:{_SPELLED_DOT}{_NAME}){{0,3}}"
_SPELLED_EMAIL = re.compile(
    # ana (at) example.org, ana arroba example punto org
    rf"{_SPELLED_NAME}{_SPELLED_AT}{_LABEL}(?:(?:{_SPELLED_DOT}|\s?\.\s?){_LABEL}){{1,4}}"
    # ana at example dot org; ana at gmail.com, but not “look at boston.gov”
    rf"|{_SPELLED_NAME}\s{{1,2}}{_AT}\s{{1,2}}"
    rf"(?:{_LABEL}(?:{_SPELLED_DOT}{_LABEL}){{1,4}}|{_PROVIDER}\s?\.\s?[a-z]{{2,3}}\b)",
    re.IGNORECASE,
)

# Numbers ------------------------------------------------------------------------------------------
_GAP = r"[ \t.,/_\-]{0,3}"
_LONG_NUMBER = re.compile(rf"(?<!\d)(?<!\d[ -])[2-6](?:{_GAP}\d){{12,18}}(?!{_GAP}\d)")
_CARD_GROUPS = frozenset(
    {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), *((n,) for n in range(13, 20))}
) | {(1,) * n for n in range(13, 20)}
_SSN = re.compile(
    r"(?<![\d-])(?!000|666|9\d\d)\d{3}([ .\-/_]{1,3})(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])"
)
_OF_SSN = rf"(?:{_FILLER}|{_NUMBER_SIGN}|four|digits|last|4)"
_LABELED_SSN = re.compile(
    rf"\b{any_of('ssn')}\b[\s:#.'s-]{{0,4}}(?:{_OF_SSN}\b[\s:#.]{{1,3}}){{0,4}}"
    r"(\d{3}[ .\-/_]{0,3}\d{2}[ .\-/_]{0,3}\d{4}|\d{4})(?!\d)",
    re.IGNORECASE,
)
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|extensi[oó]n|anexo) ?\d{1,6})?"
_SEP = r"[ \t.\-/_]{1,3}"
_PHONE = re.compile(
    # 617-635-4500, (617) 635 4500, 1.617.635.4500, 6176354500 ext 12
    r"(?<!\d)(?<!\d[.-])(?:\+? ?1[ .\-/]{0,3})?"
    rf"(?:[(\[] ?\d{{3}} ?[)\]][ .\-/]{{0,3}}|(?<!\d)(?:[2-9]\d{{2}}{_SEP}|\d{{3}}[.-])"
    r"|[2-9]\d{2}(?=[2-9]\d{6}(?!\d)))"
    rf"\d{{3}}(?:{_SEP})?\d{{4}}(?!\d)(?!-\d){_EXTENSION}"
    # +44 20 7946 0958, (+33) 1 23 45 67 89, 00 33 1 23 45 67 89
    rf"|(?<![\w+])\+ ?\d(?:[ .\-()/]{{0,3}}\d){{6,14}}(?!\d){_EXTENSION}"
    rf"|(?<![\d.,#])00 ?[1-9]\d?(?:[ .\-()]{{0,2}}\d){{8,11}}(?!\d){_EXTENSION}"
    # 635-4500; not $300-4000, not one end of a longer number
    rf"|(?<![\d$#.,/-])[2-9]\d{{2}}-\d{{4}}(?![\d-]){_EXTENSION}",
    re.IGNORECASE,
)
_BETWEEN = rf"(?:(?:{_FILLER}|{_NUMBER_SIGN})(?:\b|(?<=#))[\s:.#]{{1,3}}){{0,5}}"
_LABELED_PHONE = re.compile(
    rf"\b{any_of('phone')}\b[\s:.#@-]{{0,4}}{_BETWEEN}"
    rf"([(\[]?\+?\d(?:[ .\-()\[\]/_]{{0,3}}\d){{6,14}}(?![\d/-]){_EXTENSION})",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)")
_DIGIT = any_of("digits")
_DIGIT_WORDS = re.compile(rf"\b{_DIGIT}(?:[\s,.-]{{1,3}}{_DIGIT}){{6,14}}\b", re.IGNORECASE)
_OF_A_THING = re.compile(
    rf"\b{any_of('thing')}\b[\s:.,#-]{{0,4}}"
    rf"(?:(?:{_FILLER}|{_NUMBER_SIGN}|id|tag)(?:\b|(?<=#))[\s:.#]{{0,3}}){{0,4}}"
    rf"(?:[\d-]{{3,12}}(?:\s?[,&/]\s?|\s{_AND}\s)){{0,3}}$",
    re.IGNORECASE,
)

# Plates -------------------------------------------------------------------------------------------
_STATES = (
    r"(?:a[lkzr]|c[aot]|d[ce]|fl|ga|hi|i[adln]|k[sy]|la|m[adeinost]|n[cdehjmvy]|o[hkr]|pr|pa|ri"
    r"|s[cd]|t[nx]|ut|v[ta]|w[aivy]|mass\.?|massachusetts|new york|new hampshire|california|texas"
    r"|florida|rhode island|connecticut|maine|vermont)"
)
_PLATE_FILLER = (
    rf"(?:{_NUMBER_SIGN}|{_FILLER}|{_STATES}|is|was|reads?|says?|dice|es|era|partial|parcial|la)"
)
# Joined letters and digits in any case; apart only in capitals: "plate 24 inches" stays.
_ONE_PLATE = (
    r"(?:(?-i:\b(?=[A-Za-z]{0,7}\d)(?=\d{0,7}[A-Za-z])[A-Za-z0-9]{4,8}\b)"
    r"|(?-i:\b(?=[A-Z -]{0,9}\d)(?=[0-9 -]{0,9}[A-Z])[A-Z0-9]{1,4}[ -][A-Z0-9]{1,4}"
    r"(?:[ -][A-Z0-9]{1,3})?\b)"
    r"|\b\d{5,7}\b)"
)
_NEXT_PLATE = rf"(?:\s?[,;/&]\s?(?:{_AND}\s)?|\s{_AND}\s){_ONE_PLATE}"
_PLATES = re.compile(
    rf"\b{any_of('plate')}\b\.?(?:[ \t:#=,('\"-]{{1,3}}|{_PLATE_FILLER}\b){{0,8}}"
    rf"({_ONE_PLATE}(?:{_NEXT_PLATE}){{0,9}})",
    re.IGNORECASE,
)
_PLATE_BEFORE = re.compile(
    r"(?-i:\b(?=[A-Z]{0,7}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{5,8}\b)"
    rf"(?= ?[(\"']?(?:licen[cs]e )?{any_of('plate')}\b)",
    re.IGNORECASE,
)
_EACH_PLATE = re.compile(_ONE_PLATE, re.IGNORECASE)
_OF_METAL = re.compile(rf"\b{any_of('metal')}\s?$", re.IGNORECASE)

# Apartments ---------------------------------------------------------------------------------------
_ORDINAL = rf"(?:\d{{1,2}} ?(?:st|nd|rd|th|er|do|ro|to|vo|mo|no|[oa])|{any_of('ordinal')})"
_FLAT = r"(?:[a-z]?-?\d{1,5}-?[a-z]?|[b-df-hj-np-xz]|(?-i:[A-HJ-Z]))"
_FLOOR_NUMBER = rf"\d{{1,2}}\b(?![/.:'\"-][\dx]|[ \t]?{any_of('unit')}\b)"
_MORE_FLATS = rf"(?:(?:\s?[,&]\s?|\s{_AND}\s)#?{_FLAT}\b(?![ \t](?!{_AND}\b)\w)){{0,5}}"
_NO_FLAT_NEXT = rf"(?!/\d|'\s?[x\d]|\s?['\"](?!s\b)|[ \t]?{any_of('unit')}\b)"
_APARTMENT = re.compile(
    rf"\b{any_of('apartment')}\b\.?[ \t:]{{0,2}}(?:{_NUMBER_SIGN}[ \t]?)?#?[ \t]?{_FLAT}\b"
    rf"(?:-\w{{1,4}}\b)?{_MORE_FLATS}{_NO_FLAT_NEXT}"
    rf"|\b{_ORDINAL}\s{any_of('floor')}\b"
    rf"|\b{any_of('floor')}\b\.?[ \t:]{{0,2}}(?:{_NUMBER_SIGN}[ \t]?)?"
    rf"(?:{_FLOOR_NUMBER}|{any_of('ordinal')}\b)",
    re.IGNORECASE,
)
_HASH = re.compile(r"#\s?(?:\d{1,4}-?[A-Za-z]|[A-Za-z]-?\d{1,4})\b(?!\.\w)")
_HASH_AFTER_STREET = re.compile(
    r"(?<=[a-z.,] )#\s?(?:[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Z])\b", re.IGNORECASE
)
_ADDRESS_BEFORE = re.compile(
    rf"\d{{1,5}}[a-z]? (?:[\w.'-]{{1,30}} ){{0,4}}{any_of('street_after')}\.?,? $", re.IGNORECASE
)
HASH_IN_ADDRESS = re.compile(r"#\s?(?:[A-Za-z]?\d{1,4}-?[A-Za-z]?|[A-Z])\b")

# Names --------------------------------------------------------------------------------------------
_TITLE = r"(?:(?:mrs?|ms|miss|dr|sra?|srta|do[nñ]a?)\.?\s)"
_NAMED = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ'’-]{1,24}(?:[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{1,24})?"
_FULL_NAME = (
    rf"{_NAMED}(?:\s(?:(?:de|la|del|de la|von|van)\s)?{_NAMED}|\s[A-Z]\.(?=\s[A-Z])){{0,3}}(?!\w)"
)
_SURE_NAME = re.compile(
    rf"\b(?i:{any_of('name')})\b(?i:[\s:,-]{{1,3}}(?:(?:is|for|es|al?)\s)?{_TITLE}?)({_FULL_NAME})"
)
_OWN_NAME = re.compile(
    rf"\b{any_of('own_name')}\s{{1,2}}(?!{any_of('no_name')}\b)"
    r"((?-i:[a-zà-ÿ'’-]{2,25}|[A-ZÀ-Þ'’-]{2,25}))\b",
    re.IGNORECASE,
)
_TITLED_NAME = re.compile(rf"\b(?i:mrs?|ms|sra?|srta)\b\.?\s{{1,2}}({_FULL_NAME})")
_CALLED_NAME = re.compile(rf"\b(?i:{any_of('call')})\s{{1,2}}(?i:{_TITLE})?({_FULL_NAME})")
_NOBODY = re.compile(any_of("nobody", "office", "street_after", "street_before"), re.IGNORECASE)
_NO_PERSON_NEXT = re.compile(rf"\s?(?:{any_of('street_after', 'office')}\b|&|\d)", re.IGNORECASE)


def find_emails(text: str) -> Iterator[Span]:
    """E-mail addresses with an @."""
    yield from (found.span() for found in _EMAIL.finditer(text))


def find_spelled_emails(text: str) -> Iterator[Span]:
    """E-mail addresses without: “ana at example dot org”, “ana arroba ejemplo punto mx”."""
    yield from (found.span() for found in _SPELLED_EMAIL.finditer(text))


def find_cards(text: str) -> Iterator[Span]:
    """Card numbers in the groups that cards have, which pass the cards' own check."""
    for found in _LONG_NUMBER.finditer(text):
        groups = tuple(map(len, re.findall(r"\d+", found[0])))
        if groups in _CARD_GROUPS and found[0][0] in "3456" and _passes_luhn(found[0]):
            yield found.span()


def find_ssns(text: str) -> Iterator[Span]:
    """Social security numbers: in their three groups, or any nine digits that are called one."""
    yield from (found.span() for found in _SSN.finditer(text))
    yield from (found.span(1) for found in _LABELED_SSN.finditer(text))


def find_phones(text: str) -> Iterator[Span]:
    """Telephone numbers, unless they are those of a hydrant, a pole, a case or the like."""
    for found in _PHONE.finditer(text):
        if not (_is_short(found[0]) and _is_of_a_thing(text, found.start())):
            yield found.span()
    for found in _LABELED_PHONE.finditer(text):
        if _can_be_phone(found[1]):
            yield found.span(1)


def find_spelled_phones(text: str) -> Iterator[Span]:
    """Telephone numbers in words: “six one seven, five five five …”."""
    yield from (found.span() for found in _DIGIT_WORDS.finditer(text))


def find_plates(text: str) -> Iterator[Span]:
    """License plates: those after the word, as many as there are, and one right before it."""
    for found in _PLATES.finditer(text):
        is_metal = _OF_METAL.search(text[max(0, found.start() - LOOK_BACK) : found.start()])
        if not is_metal:
            start = found.start(1)
            yield from (
                (start + one.start(), start + one.end()) for one in _EACH_PLATE.finditer(found[1])
            )
    yield from (found.span() for found in _PLATE_BEFORE.finditer(text))


def find_apartments(text: str) -> Iterator[Span]:
    """Apartments, units and floors: “apt 3B”, “piso 2”, “third floor”, “12 Elm St #4”, “#3B”."""
    yield from (found.span() for found in _APARTMENT.finditer(text))
    for found in _HASH.finditer(text):
        if not _is_of_a_thing(text, found.start()):
            yield found.span()
    for found in _HASH_AFTER_STREET.finditer(text):
        if _ADDRESS_BEFORE.search(text[max(0, found.start() - 2 * LOOK_BACK) : found.start()]):
            yield found.span()


def find_names(text: str) -> Iterator[Span]:
    """Names of people where the text says that one comes: “ask for Ana”, “llame a José Ruiz”."""
    for pattern in (_SURE_NAME, _CALLED_NAME, _TITLED_NAME):
        for found in pattern.finditer(text):
            if not _is_nobody(text, found):
                yield found.span(1)
    yield from (found.span(1) for found in _OWN_NAME.finditer(text))


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_short(number: str) -> bool:
    """Whether it may be a thing's number: seven digits, or ten without anything between."""
    digits = sum(map(str.isdigit, number))
    return digits == 7 or number.isdigit() or number.startswith("00")


def _is_of_a_thing(text: str, start: int) -> bool:
    return _OF_A_THING.search(text[max(0, start - LOOK_BACK) : start]) is not None


def _can_be_phone(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    if _DATE.match(number):
        return False
    # Twelve digits without anything between are a case's.
    return (
        not number.isdigit()
        or len(digits) in (7, 8, 9, 10)
        or len(digits) == 11
        and digits[0] == "1"
    )


def _is_nobody(text: str, found: re.Match[str]) -> bool:
    words = [word for word in found[1].split() if word[0].isupper()]
    is_known = any(_NOBODY.fullmatch(word) for word in words)
    return is_known or _NO_PERSON_NEXT.match(text, found.end()) is not None
