"""To whom a report goes: by the rules of the city's file, from the first that fits to the queue for all that none of them covers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from portal.domain.areas import AreaName, Areas
from portal.domain.land import Land

if TYPE_CHECKING:
    from portal.domain.jurisdiction import Jurisdiction

Misfit = Literal["type", "area", "land"]


@dataclass(frozen=True)
class System:
    """A work-order system that cases are sent to.

    An open311 one has an `endpoint`; "desk" is the built-in desk's, handed over at the start. An email one has an `address`.
    Its API key stands in PORTAL_SYSTEM_KEYS under its name. `can_look_up`: it finds a case by `external_reference`; `takes_photos`: as
    files; `takes_updates`: by FixMyStreet's servicerequestupdates; `takes_queue`: it puts a case into the queue that is named to it.
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
        """Whether a source, as its table stands in the city's file, brings this system's cases: it says so, or asks the same endpoint."""
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

    `match` is a regular expression on the type's name or code, "" is all of them; a place fits that is in one of the `areas`, or anywhere
    where there are none, and on the `land` where there is one. `system` is the name of one of the city's, "" where it has one alone; `code`
    the type's code there, "" where it is the same as ours.
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
        return re.compile(self.match, re.IGNORECASE)

    def misfit(self, service_code: str, service_name: str, place: Place) -> Misfit | None:
        """Why the rule does not count for a report; None where it does."""
        if not (self.pattern.search(service_name) or self.pattern.search(service_code)):
            return "type"
        if self.areas and not place.areas.are_any_of(self.areas):
            return "area"
        if self.land is not None and not self.land.holds(place.lat, place.lon):
            return "land"
        return None


@dataclass(frozen=True)
class Step:
    """A rule that was tried, counted from 1 as in the file, and why it does not fit; None: it does."""

    number: int
    rule: RouteRule
    misfit: Misfit | None


@dataclass(frozen=True)
class Decision:
    """Who gets a report. `code` is the type's code in the system, None where it is ours.

    `is_catch_all`: no rule covers it, so staff look at it. Department, queue and system are None in a city whose file does not say.
    `steps` are the rules tried, in their order.
    """

    department: str | None
    queue: str | None
    system: str | None
    code: str | None
    is_catch_all: bool
    steps: tuple[Step, ...] = ()


def decide(city: Jurisdiction, service_code: str, service_name: str, place: Place) -> Decision:
    """Who gets a report of a type at a place: the first rule that fits says so, else the city's catch-all queue."""
    steps: list[Step] = []
    for number, rule in enumerate(city.routes, 1):
        steps.append(Step(number, rule, rule.misfit(service_code, service_name, place)))
        if steps[-1].misfit is None:
            return _decision(city, rule, False, steps)
    return _decision(city, city.catch_all, True, steps)


def _decision(city: Jurisdiction, rule: RouteRule | None, is_catch_all: bool, steps: list[Step]) -> Decision:
    only_system = city.systems[0].name if len(city.systems) == 1 else None
    if rule is None:
        return Decision(None, None, only_system, None, is_catch_all, tuple(steps))
    return Decision(rule.department, rule.queue, rule.system or only_system, rule.code or None, is_catch_all, tuple(steps))
