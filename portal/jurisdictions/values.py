"""The kinds of single values in a city's file: a text, a pattern, a time zone, an area, a sentence.

Each is a type for pydantic; its check raises BadValue with the sentence for the file's author.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field, PlainValidator, Strict, StringConstraints

from portal.domain.areas import AREA_KINDS, AreaName
from portal.domain.land import Land
from portal.jurisdictions.faults import BadValue
from portal.jurisdictions.land_files import read_land

Item = TypeVar("Item")
_LANGUAGE = re.compile("[a-z]{2,3}")


def require_pattern(written: str) -> str:
    """The text itself if it is a regular expression."""
    try:
        re.compile(written, re.IGNORECASE)
    except re.error as problem:
        raise BadValue(
            "{key} is {value}, which is no regular expression: {problem}; "
            "a plain word such as 'pothole' is one",
            problem=problem,
        ) from None
    return written


def require_language(code: str) -> str:
    """The text itself if it is a language code."""
    if not _LANGUAGE.fullmatch(code):
        raise BadValue("{key} is {value}; it must be a code such as en or es")
    return code


def require_https(address: str) -> str:
    """The text itself if it is empty or a web address."""
    if address and not address.startswith("https://"):
        raise BadValue("{key} is {value}; it begins with https://")
    return address


def require_host_name(host: str) -> str:
    """The text itself if it is a host's name and no more."""
    if "/" in host:
        raise BadValue("{key} is {value}; write the host's name alone, without https://")
    return host


def read_zone(written: Any) -> ZoneInfo:
    """A time zone from its name in the IANA database."""
    try:
        return ZoneInfo(written)
    # A folder of the database, such as "America", is no file; a path out of it is no value.
    except (ZoneInfoNotFoundError, OSError, ValueError, TypeError, AttributeError):
        near = difflib.get_close_matches(str(written), available_timezones(), 1)
        raise BadValue(
            "{key} is {value}; it must be the name of a time zone, such as {example}",
            example=near[0] if near else "America/New_York",
        ) from None


def read_area(written: Any) -> AreaName:
    """("neighborhood", "Roxbury") from "neighborhood=Roxbury"."""
    if isinstance(written, str):
        kind, _, name = (part.strip() for part in written.partition("="))
        for known in AREA_KINDS:
            if known == kind and name:
                return known, name
    raise BadValue(
        "{key} is {value}; write kind=name, such as neighborhood=Roxbury; kinds are {kinds}",
        kinds=", ".join(AREA_KINDS),
    )


def read_sentences(written: Any) -> Mapping[str, str]:
    """A sentence by its language: a text alone is English."""
    sentences = {"en": written} if isinstance(written, str) else written
    if isinstance(sentences, dict) and sentences and all(map(_is_sentence, sentences.items())):
        return {language: sentence.strip() for language, sentence in sentences.items()}
    raise BadValue(
        "{key} is {value}; it must be a sentence, or one in each language: {example}",
        example='{ en = "…", es = "…" }',
    )


def _is_sentence(pair: tuple[str, Any]) -> bool:
    language, sentence = pair
    return bool(_LANGUAGE.fullmatch(language) and isinstance(sentence, str) and sentence.strip())


# Strict would refuse a list where a tuple is wanted, and TOML has lists alone.
Several = Annotated[tuple[Item, ...], Strict(False)]
OptionalText = Annotated[str, StringConstraints(strip_whitespace=True)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Pattern = Annotated[str, AfterValidator(require_pattern)]
OptionalPattern = Annotated[OptionalText, AfterValidator(require_pattern)]
RequiredPattern = Annotated[Text, AfterValidator(require_pattern)]
Language = Annotated[str, AfterValidator(require_language)]
WebAddress = Annotated[OptionalText, AfterValidator(require_https)]
HostName = Annotated[Text, AfterValidator(require_host_name)]
Zone = Annotated[ZoneInfo, PlainValidator(read_zone)]
Area = Annotated[AreaName, PlainValidator(read_area)]
Sentences = Annotated[Mapping[str, str], PlainValidator(read_sentences)]
LandFile = Annotated[Land, PlainValidator(read_land)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
