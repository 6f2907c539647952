"""What the portal knows about a city before its first case: zone, bounds, sources, rules.

Read from portal/jurisdictions/*.toml.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from portal.domain.areas import AreaKind
from portal.domain.bounds import METRES_PER_DEGREE, Bounds
from portal.domain.demographics import DemographicsSetup
from portal.domain.desk_setup import DeskSetup
from portal.domain.report_rules import Elsewhere, OthersLand, ReportRule
from portal.domain.route_rules import RouteRule, System

PlacePrecision = Literal["exact", "block", "area", "none"]


@dataclass(frozen=True)
class Pin:
    """A place a city writes if it does not know the place, such as its City Hall."""

    lat: float
    lon: float
    metres: float = 15.0

    def covers(self, lat: float, lon: float) -> bool:
        """Whether a place, in degrees, is within `metres` of the pin."""
        north = (lat - self.lat) * METRES_PER_DEGREE
        east = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return north * north + east * east <= self.metres * self.metres


@dataclass(frozen=True)
class ServiceRule:
    """Whether cases of some services are public, and how precisely they are placed.

    `match` is a regular expression on the service's code or name.
    """

    match: str
    public: bool = True
    place: PlacePrecision = "exact"
    why: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """`match`, compiled."""
        return re.compile(self.match, re.IGNORECASE)


@dataclass(frozen=True)
class BoundaryLayer:
    """Where the polygons of a kind come from.

    A file beside the city's TOML, or the address of the city's own GeoJSON.
    """

    kind: AreaKind
    name_property: str
    file: str = ""
    url: str = ""


@dataclass(frozen=True)
class PhotoSource:
    """Where photos of the city's own cases may be fetched, and how far back.

    The host `desk` is the demo city's own desk.
    """

    hosts: tuple[str, ...]
    days: int = 30


@dataclass(frozen=True)
class Jurisdiction:
    """One city, as its file describes it."""

    id: str
    name: str
    zone: ZoneInfo
    bounds: Bounds
    host_names: tuple[str, ...] = ()
    language: str = "en"
    """The language of the city's own words, such as names of types: a BCP 47 code."""
    sources: tuple[dict[str, Any], ...] = ()
    """One table per source: `kind`, `name`, and what that kind needs (data_sync.sources)."""
    no_place_pins: tuple[Pin, ...] = ()
    neighborhood_aliases: dict[str, str] = field(default_factory=dict)
    boundaries: tuple[BoundaryLayer, ...] = ()
    service_rules: tuple[ServiceRule, ...] = ()
    photos: PhotoSource | None = None
    """None: we do not fetch the city's photos."""
    licence: str = ""
    data_url: str = ""
    is_demonstration: bool = False
    systems: tuple[System, ...] = ()
    """Where reports made here are sent."""
    routes: tuple[RouteRule, ...] = ()
    catch_all: RouteRule | None = None
    """Who gets the reports that no rule covers."""
    report_rules: tuple[ReportRule, ...] = ()
    not_ours: tuple[OthersLand, ...] = ()
    desk: DeskSetup | None = None
    """What the town's own work-order desk is set up with, if it has no other system."""
    report_elsewhere: Elsewhere | None = None
    """Where residents report if the city takes no reports here."""
    staff_channels: tuple[str, ...] = ()
    """Channels by which the city's own staff make cases."""
    demographics: DemographicsSetup | None = None
    """Where files say who lives in a census tract; None: the city names none."""

    @property
    def takes_reports(self) -> bool:
        """Whether residents may report here: only if every report goes to someone."""
        return bool(self.systems) and self.catch_all is not None

    @property
    def tells_where_to_report(self) -> bool:
        """Whether /report leads anywhere: to the form, or to the city's own way."""
        return self.takes_reports or self.report_elsewhere is not None

    def systems_apart_from(self, source: str) -> tuple[str, ...]:
        """Names of the work-order systems whose cases a source does not bring.

        A number in that source is none of theirs. Empty if only one system gives out numbers.
        """
        numbering = [system for system in self.systems if system.kind == "open311"]
        table = next((table for table in self.sources if table.get("name") == source), {})
        return (
            tuple(system.name for system in numbering if not system.is_read_by(table))
            if len(numbering) > 1
            else ()
        )

    def reason_for_hours(self, source: str) -> str:
        """Why a source's hours are corrected, as the city's file says it; empty if they are not."""
        table = next((table for table in self.sources if table.get("name") == source), {})
        rule = table.get("early_hours")
        return str(rule.get("why", "")) if isinstance(rule, dict) else ""

    def find_others_land(self, lat: float, lon: float) -> OthersLand | None:
        """The land of another owner that a place is on, or None."""
        return next((land for land in self.not_ours if land.land.contains(lat, lon)), None)

    def rule_for(self, service_code: str, service_name: str) -> ServiceRule:
        """The first rule that matches. A service without one is public and placed exactly."""
        for rule in self.service_rules:
            if rule.pattern.search(service_name) or rule.pattern.search(service_code):
                return rule
        return ServiceRule(match="")

    def is_no_place(self, lat: float, lon: float) -> bool:
        """Whether a position stands for 'no location'."""
        return (lat == 0 and lon == 0) or any(pin.covers(lat, lon) for pin in self.no_place_pins)
