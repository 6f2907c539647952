"""What of a case may be published: texts without personal data, and the place as its type allows.

exact   the pin and the address as the city has them
block   the pin moved to the middle of its 100 m square; the address without its house number
area    the neighborhood only
none    no place at all
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from portal.domain.bounds import METRES_PER_DEGREE
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import PlacePrecision
from portal.domain.redaction import (
    drop_last_numbers,
    hide_locations,
    hide_places,
    redact,
    redact_address,
)

BLOCK_METRES = 100.0
COARSER = {"exact": 0, "block": 1, "area": 2, "none": 3}
"""Larger is coarser."""

_SHORT, _KEPT = 300, 20_000
_HOUSE_NUMBER = re.compile(
    r"(?:^|(?<=[,;&/(])|(?<=\band)|(?<=\b[Nn]ear))\s*"
    r"\d+[A-Za-z]?(?:\s?[-–/&]\s?\d+[A-Za-z]?)*(?:\s+1/2)?\s+(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Published:
    """The texts and the place that go into the public columns.

    `hidden` lists the kinds of personal data that were hidden, sorted.
    """

    title: str | None
    address: str | None
    zipcode: str | None
    lat: float | None
    lon: float | None
    note: str | None
    closure_reason: str | None
    hidden: tuple[str, ...]


def disclose(
    record: CaseRecord, place: PlacePrecision, *, place_is_credible: bool = True
) -> Published:
    """What the public sees of a case.

    A place that cannot be true (outside the city) is not published at any precision.
    """
    lat, lon = coarsen(record.lat, record.lon, place) if place_is_credible else (None, None)
    title, in_title = disclose_text(record.title, place)
    address, in_address = _disclose_address(record.address, place)
    note, in_note = disclose_text(record.note, place)
    closure_reason, in_reason = disclose_text(record.closure_reason, place)
    kinds = in_title + in_address + in_note + in_reason
    zipcode = record.zipcode if place in ("exact", "block") else None
    hidden = tuple(sorted(set(kinds))) if kinds else ()
    return Published(title, address, zipcode, lat, lon, note, closure_reason, hidden)


def has_hidden_parts(record: CaseRecord, published: Published) -> bool:
    """Whether the city sent more than we publish, so that staff need the original."""
    return (
        record.note != published.note
        or record.closure_reason != published.closure_reason
        or record.address != published.address
        or record.title != published.title
        or record.zipcode != published.zipcode
        or record.lat != published.lat
        or record.lon != published.lon
    )


def coarsen(
    lat: float | None, lon: float | None, place: PlacePrecision
) -> tuple[float | None, float | None]:
    """A place as precise as allowed: unchanged, the middle of its 100 m square, or nothing."""
    if lat is None or lon is None or place in ("area", "none"):
        return None, None
    return _middle_of_square(lat, lon) if place == "block" else (lat, lon)


def drop_house_numbers(address: str) -> str:
    """An address line with the street only, whether the number stood before or after it."""
    return " ".join(_HOUSE_NUMBER.sub(" ", drop_last_numbers(address)).split())


def _middle_of_square(lat: float, lon: float) -> tuple[float, float]:
    height = BLOCK_METRES / METRES_PER_DEGREE
    row = math.floor(lat / height)
    middle = (row + 0.5) * height
    # One width for the whole row, so that neighboring squares meet.
    width = height / max(0.01, math.cos(math.radians(middle)))
    return round(middle, 5), round((math.floor(lon / width) + 0.5) * width, 5)


def disclose_text(text: str | None, place: PlacePrecision) -> tuple[str | None, tuple[str, ...]]:
    """What the public reads of a text, and the kinds of personal data hidden in it."""
    if not text:
        return None, ()
    # Clerks paste the same closing notes again and again.
    return _disclose_short(text, place) if len(text) <= _SHORT else _disclose_text(text, place)


def _disclose_text(text: str, place: PlacePrecision) -> tuple[str, tuple[str, ...]]:
    published, kinds = redact(text)
    if place == "exact":
        return published, kinds
    published, more = hide_places(published)
    return published, kinds + more


_disclose_short = lru_cache(maxsize=_KEPT)(_disclose_text)


@lru_cache(maxsize=_KEPT)  # the same corner is reported again and again
def _disclose_address(
    address: str | None, place: PlacePrecision
) -> tuple[str | None, tuple[str, ...]]:
    if not address or place in ("area", "none"):
        return None, ()
    published, kinds = redact_address(address)
    if place == "exact":
        return published, kinds
    published, more = hide_locations(published)
    return drop_house_numbers(published) or None, kinds + more
