"""The routing rules of a city's file: work-order systems, and which reports go where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from portal.domain.areas import AreaName, Areas
from portal.domain.land import Land

Misfit = Literal["type", "area", "land"]


@dataclass(frozen=True)
class System:
    """A work-order system that cases are sent to.

    An open311 one has an `endpoint`; "desk" stands for the built-in desk's, which is known at the
    start. An email one has an `address`. Its API key is in PORTAL_SYSTEM_KEYS under its name.

    `can_look_up`: it finds a case by `external_reference`; `takes_photos`: as files;
    `takes_updates`: by FixMyStreet's servicerequestupdates; `takes_queue`: it puts a case into the
    queue that we name.
    """

    name: str
    kind: Literal["open311", "email"]
    endpoint: str = ""
    jurisdiction: str = ""
    can_look_up: bool = False
    address: str = ""
    takes_photos: bool = False
    takes_updates: bool = False
    takes_queue: bool = False

    def is_read_by(self, source: Mapping[str, Any]) -> bool:
        """Whether a source, a table of the city's file, brings this system's cases.

        It says so, or asks the same endpoint.
        """
        if "system" in source:
            return source["system"] == self.name
        params = source.get("params") or {}
        is_same_city = str(params.get("jurisdiction_id", "")) == self.jurisdiction
        return is_same_city and self.endpoint.rstrip("/") == str(source.get("endpoint")).rstrip("/")


@dataclass(frozen=True)
class Place:
    """Where a report is: degrees, and the areas by polygon."""

    lat: float
    lon: float
    areas: Areas = Areas()


@dataclass(frozen=True)
class RouteRule:
    """Where reports of some types go, everywhere or in some areas.

    `match` is a regular expression on the type's name or code; "" is every type. A place fits that
    is in one of the `areas`, or anywhere without them, and on the `land` if there is one. `system`
    is the name of one of the city's, "" if it has only one; `code` is the type's code there, "" if
    it is the same as ours.
    """

    department: str
    queue: str
    system: str = ""
    code: str = ""
    match: str = ""
    areas: tuple[AreaName, ...] = ()
    land: Land | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """`match`, compiled; capitals don't matter."""
        return re.compile(self.match, re.IGNORECASE)

    def find_misfit(self, service_code: str, service_name: str, place: Place) -> Misfit | None:
        """Why the rule doesn't fit a report; None if it does."""
        if not (self.pattern.search(service_name) or self.pattern.search(service_code)):
            return "type"
        if self.areas and not place.areas.are_any_of(self.areas):
            return "area"
        if self.land is not None and not self.land.contains(place.lat, place.lon):
            return "land"
        return None
