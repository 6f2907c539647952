"""What the portal knows of a city before it has seen a case: zone, bounds, sources, rules. Read from jurisdictions/*.toml."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from portal.domain.areas import AreaKind
from portal.domain.bounds import METRES_PER_DEGREE, Bounds
from portal.domain.report_rules import Elsewhere, OthersLand, ReportRule
from portal.domain.route_rules import RouteRule, System

PlacePrecision = Literal["exact", "block", "area", "none"]


@dataclass(frozen=True)
class Pin:
    """A place a city writes when it has none, such as its City Hall."""

    lat: float
    lon: float
    metres: float = 15.0

    def marks(self, lat: float, lon: float) -> bool:
        north = (lat - self.lat) * METRES_PER_DEGREE
        east = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return north * north + east * east <= self.metres * self.metres


@dataclass(frozen=True)
class ServiceRule:
    """Whether cases of some services are public and how precisely they are placed. `match` is a regular expression on code or name."""

    match: str
    public: bool = True
    place: PlacePrecision = "exact"
    why: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.match, re.IGNORECASE)


@dataclass(frozen=True)
class BoundaryLayer:
    """Where the polygons of a kind come from: a file beside the city's TOML, or the city's own GeoJSON address."""

    kind: AreaKind
    name_property: str
    file: str = ""
    url: str = ""


@dataclass(frozen=True)
class PhotoSource:
    """Where photos of the city's own cases may be fetched, and how far back. `desk` among the hosts is the demonstration's own desk."""

    hosts: tuple[str, ...]
    days: int = 30


@dataclass(frozen=True)
class Jurisdiction:
    """One city, as its file tells it."""

    id: str
    name: str
    zone: ZoneInfo
    bounds: Bounds
    host_names: tuple[str, ...] = ()
    language: str = "en"
    """What the city writes its own words in, such as the names of its types: a BCP 47 code."""
    sources: tuple[dict[str, Any], ...] = ()
    """One table per source: `kind`, `name` and what that kind of source needs (data_sync.sources)."""
    no_place_pins: tuple[Pin, ...] = ()
    neighborhood_aliases: dict[str, str] = field(default_factory=dict)
    boundaries: tuple[BoundaryLayer, ...] = ()
    service_rules: tuple[ServiceRule, ...] = ()
    photos: PhotoSource | None = None
    """None: the city's photos are not fetched."""
    licence: str = ""
    data_url: str = ""
    is_demonstration: bool = False
    systems: tuple[System, ...] = ()
    """Where cases that are reported here are sent."""
    routes: tuple[RouteRule, ...] = ()
    catch_all: RouteRule | None = None
    """Who gets what no rule covers."""
    report_rules: tuple[ReportRule, ...] = ()
    not_ours: tuple[OthersLand, ...] = ()
    report_elsewhere: Elsewhere | None = None
    """Where residents report instead, in a city that takes no reports here."""

    @property
    def takes_reports(self) -> bool:
        """Whether residents may report here: only where somebody gets every report."""
        return bool(self.systems) and self.catch_all is not None

    @property
    def tells_where_to_report(self) -> bool:
        """Whether /report leads anywhere: to the form, or to the city's own way."""
        return self.takes_reports or self.report_elsewhere is not None

    def systems_apart_from(self, source: str) -> tuple[str, ...]:
        """Names of the work-order systems whose cases a source does not bring: a number it names is none of theirs.

        None of them where only one system gives numbers.
        """
        numbering = [system for system in self.systems if system.kind == "open311"]
        table = next((table for table in self.sources if table.get("name") == source), {})
        return (
            tuple(system.name for system in numbering if not system.is_read_by(table))
            if len(numbering) > 1
            else ()
        )

    def others_land(self, lat: float, lon: float) -> OthersLand | None:
        """Whose land a place is on, where it is not for the city to look after."""
        return next((land for land in self.not_ours if land.land.holds(lat, lon)), None)

    def rule_for(self, service_code: str, service_name: str) -> ServiceRule:
        """The first rule that matches; a service no rule names is public and placed exactly."""
        for rule in self.service_rules:
            if rule.pattern.search(service_name) or rule.pattern.search(service_code):
                return rule
        return ServiceRule(match="")

    def is_no_place(self, lat: float, lon: float) -> bool:
        """Whether a pin stands for 'no location'."""
        return (lat == 0 and lon == 0) or any(pin.marks(lat, lon) for pin in self.no_place_pins)
