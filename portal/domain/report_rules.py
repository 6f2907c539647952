"""What a city's file says about reporting.

Types that are reported in another way, land of other owners, and whom to turn to instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from portal.domain.areas import AreaName, Areas
from portal.domain.land import Land

Translations = Mapping[str, str]
"""The same sentence in several languages, by code: {"en": "…", "es": "…"}. Empty: no sentence."""


@dataclass(frozen=True)
class ReportRule:
    """How some types are reported, everywhere or in some areas.

    `match` is a regular expression on the type's name or code. A type that is neither `reportable`
    nor has a `diversion` is not offered; a diversion says what to do instead, in an emergency
    urgently.
    """

    match: str
    reportable: bool = True
    diversion: Translations = field(default_factory=dict)
    is_emergency: bool = False
    areas: tuple[AreaName, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """`match`, compiled; capitals don't matter."""
        return re.compile(self.match, re.IGNORECASE)

    def is_for(self, service_code: str, service_name: str, areas: Areas) -> bool:
        """Whether the rule is for a type at a place in these areas."""
        is_of_type = self.pattern.search(service_name) or self.pattern.search(service_code)
        return bool(is_of_type) and (not self.areas or areas.are_any_of(self.areas))


@dataclass(frozen=True)
class Elsewhere:
    """Whom to turn to instead of our form: a web address, a telephone number, or both."""

    url: str = ""
    phone: str = ""


@dataclass(frozen=True)
class OthersLand:
    """Land in the city that someone else looks after.

    `sentence` says so; its `owner` is reached at `elsewhere`.
    """

    land: Land
    owner: str
    sentence: Translations
    elsewhere: Elsewhere
