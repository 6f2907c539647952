"""What a city's file says of reporting: types that are reported in another way, land of other owners, and where to turn instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from portal.domain.areas import AreaName, Areas
from portal.domain.land import Land

Words = Mapping[str, str]
"""The same sentence in several languages, by their codes: {"en": "…", "es": "…"}. Empty: nothing is said."""


@dataclass(frozen=True)
class ReportRule:
    """How some types are reported, everywhere or in some areas. `match` is a regular expression on the type's name or code.

    What is not `reportable` and has no `diversion` is not offered; a diversion says what to do instead, in an emergency urgently.
    """

    match: str
    reportable: bool = True
    diversion: Words = field(default_factory=dict)
    is_emergency: bool = False
    areas: tuple[AreaName, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.match, re.IGNORECASE)

    def fits(self, service_code: str, service_name: str, areas: Areas) -> bool:
        """Whether it speaks of a type at a place in these areas."""
        is_of_type = self.pattern.search(service_name) or self.pattern.search(service_code)
        return bool(is_of_type) and (not self.areas or areas.are_any_of(self.areas))


@dataclass(frozen=True)
class Elsewhere:
    """Whom to turn to instead of the city's form here: an address on the web, a telephone number, or both."""

    url: str = ""
    phone: str = ""


@dataclass(frozen=True)
class OthersLand:
    """Land in the city that somebody else looks after. `sentence` says so; its `owner` is reached at `elsewhere`."""

    land: Land
    owner: str
    sentence: Words
    elsewhere: Elsewhere
