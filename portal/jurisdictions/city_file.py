"""A city's file, table by table, as docs/cities.md explains it: `CityFile.model_validate(table)`.

A model here is what may be written in the file. What it makes is a dataclass of portal.domain,
which knows nothing of files. Values have TOML's own types: true is no number and 3 no text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, model_validator

from portal.domain.areas import AreaKind
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import (
    BoundaryLayer,
    Jurisdiction,
    PhotoSource,
    Pin,
    PlacePrecision,
    ServiceRule,
)
from portal.domain.report_rules import Elsewhere, OthersLand, ReportRule
from portal.domain.route_rules import RouteRule, System
from portal.jurisdictions import desk_table
from portal.jurisdictions.demographics_table import DemographicsTable
from portal.jurisdictions.desk_table import DESK, DeskTable
from portal.jurisdictions.table import Table
from portal.jurisdictions.values import (
    Area,
    HostName,
    LandFile,
    Language,
    Latitude,
    Longitude,
    OptionalPattern,
    OptionalText,
    Pattern,
    RequiredPattern,
    Sentences,
    Several,
    Text,
    WebAddress,
    Zone,
)


class BoundsTable(Table):
    """`bounds`: a box in degrees."""

    south: Latitude
    west: Longitude
    north: Latitude
    east: Longitude

    @model_validator(mode="after")
    def _is_a_box(self) -> BoundsTable:
        if self.south >= self.north:
            raise ValueError(
                f"south is {self.south} and north is {self.north}; south must be the smaller"
            )
        if self.west >= self.east:
            raise ValueError(f"west is {self.west} and east is {self.east}; west must be smaller")
        return self

    def to_bounds(self) -> Bounds:
        """The box."""
        return Bounds(**dict(self))


class PinTable(Table):
    """One of `no_place_pins`."""

    lat: Latitude
    lon: Longitude
    metres: float = Field(default=Pin.metres, gt=0)

    def to_pin(self) -> Pin:
        """The pin."""
        return Pin(**dict(self))


class BoundaryTable(Table):
    """One of `[[boundaries]]`."""

    kind: AreaKind
    name_property: Text
    file: OptionalText = ""
    url: OptionalText = ""

    def to_layer(self) -> BoundaryLayer:
        """The layer."""
        return BoundaryLayer(**dict(self))


class ServiceRuleTable(Table):
    """One of `[[service_rules]]`."""

    match: Pattern
    public: bool = ServiceRule.public
    place: PlacePrecision = ServiceRule.place
    why: str = ""

    def to_rule(self) -> ServiceRule:
        """The rule."""
        return ServiceRule(**dict(self))


class PhotosTable(Table):
    """`[photos]`."""

    hosts: Several[HostName]
    days: int = Field(default=PhotoSource.days, ge=1)

    def to_source(self) -> PhotoSource:
        """The hosts and days."""
        return PhotoSource(**dict(self))


class SystemTable(Table):
    """One of `[[systems]]`."""

    name: Text
    kind: Literal["open311", "email"]
    endpoint: OptionalText = ""
    jurisdiction: OptionalText = ""
    address: OptionalText = ""
    can_look_up: bool = False
    takes_photos: bool = False
    takes_updates: bool = False
    takes_queue: bool = False

    @model_validator(mode="after")
    def _can_be_reached(self) -> SystemTable:
        if self.kind == "open311" and not self._has_endpoint():
            raise ValueError(
                f"endpoint is {self.endpoint!r}; it is an address that begins with https://, "
                f"or {DESK!r} for the built-in desk"
            )
        if self.kind == "email" and not all(self.address.partition("@")):
            raise ValueError(
                f"address is {self.address!r}; "
                "a system of kind email needs one like streets@example.gov"
            )
        return self

    def _has_endpoint(self) -> bool:
        return self.endpoint == DESK or self.endpoint.startswith("https://")

    def to_system(self) -> System:
        """The system."""
        return System(**dict(self))


class DestinationTable(Table):
    """`[catch_all]`, and what every route says: who gets a report."""

    department: Text
    queue: Text
    system: Text | None = None
    """None: the only system there is."""
    code: OptionalText = ""

    def to_rule(self) -> RouteRule:
        """A rule for every type and place."""
        return RouteRule(self.department, self.queue, self.system or "", self.code)


class RouteTable(DestinationTable):
    """One of `[[routes]]`."""

    match: OptionalPattern = ""
    areas: Several[Area] = ()
    land: LandFile | None = Field(default=None, alias="file")

    def to_rule(self) -> RouteRule:
        """A rule for the types and places it names."""
        return RouteRule(
            department=self.department,
            queue=self.queue,
            system=self.system or "",
            code=self.code,
            match=self.match,
            areas=self.areas,
            land=self.land,
        )


class ReportRuleTable(Table):
    """One of `[[report_rules]]`."""

    match: RequiredPattern
    reportable: bool = True
    diversion: Sentences = Field(default_factory=dict)
    emergency: bool = False
    areas: Several[Area] = ()

    @model_validator(mode="after")
    def _says_what_to_do(self) -> ReportRuleTable:
        if self.emergency and not self.diversion:
            raise ValueError(
                "emergency is true and there is no diversion; "
                'say what to do: diversion = "Call 911."'
            )
        return self

    def to_rule(self) -> ReportRule:
        """The rule."""
        return ReportRule(
            match=self.match,
            reportable=self.reportable,
            diversion=self.diversion,
            is_emergency=self.emergency,
            areas=self.areas,
        )


class ElsewhereTable(Table):
    """`[report_elsewhere]`: whom to turn to instead."""

    url: WebAddress = ""
    phone: OptionalText = ""

    @model_validator(mode="after")
    def _names_a_way(self) -> ElsewhereTable:
        if not self.url and not self.phone:
            raise ValueError(
                "neither url nor phone is there; name one, so that people know whom to turn to"
            )
        return self

    def to_elsewhere(self) -> Elsewhere:
        """The address and telephone number."""
        return Elsewhere(self.url, self.phone)


class OthersLandTable(ElsewhereTable):
    """One of `[[not_ours]]`."""

    land: LandFile = Field(alias="file")
    owner: Text
    sentence: Sentences

    def to_others_land(self) -> OthersLand:
        """The land with its owner."""
        return OthersLand(self.land, self.owner, self.sentence, self.to_elsewhere())


class CityFile(Table):
    """The whole file."""

    name: Text
    zone: Zone
    bounds: BoundsTable
    host_names: Several[HostName] = ()
    language: Language = Jurisdiction.language
    licence: str = ""
    data_url: str = ""
    is_demonstration: bool = False
    no_place_pins: Several[PinTable] = ()
    neighborhood_aliases: dict[str, str] = Field(default_factory=dict)
    boundaries: Several[BoundaryTable] = ()
    service_rules: Several[ServiceRuleTable] = ()
    photos: PhotosTable | None = None
    sources: Several[dict[str, Any]] = ()
    """What a table needs depends on its kind: data_sync.sources reads them."""
    desk: DeskTable | None = None
    systems: Several[SystemTable] = ()
    routes: Several[RouteTable] = ()
    catch_all: DestinationTable | None = None
    report_rules: Several[ReportRuleTable] = ()
    not_ours: Several[OthersLandTable] = ()
    report_elsewhere: ElsewhereTable | None = None
    staff_channels: Several[Text] = ()
    demographics: DemographicsTable | None = None

    @model_validator(mode="after")
    def _has_one_way_for_reports(self) -> CityFile:
        if self.desk and (self.systems or self.catch_all):
            raise ValueError(
                "there is a [desk], which takes all reports; leave out [[systems]] and [catch_all]"
            )
        return self

    def to_jurisdiction(self, city: str) -> Jurisdiction:
        """The city with this id; its own desk is also a source, a system and where photos are."""
        made = self._to_jurisdiction(city)
        if self.desk is None:
            return made
        return replace(
            made,
            desk=self.desk.to_setup(),
            sources=(*made.sources, desk_table.SOURCE),
            systems=(desk_table.SYSTEM,),
            routes=(*made.routes, *self.desk.list_routes()),
            catch_all=self.desk.to_catch_all(),
            photos=made.photos or desk_table.PHOTOS,
        )

    def _to_jurisdiction(self, city: str) -> Jurisdiction:
        elsewhere = self.report_elsewhere
        return Jurisdiction(
            id=city,
            name=self.name,
            zone=self.zone,
            bounds=self.bounds.to_bounds(),
            host_names=self.host_names,
            language=self.language,
            sources=self.sources,
            no_place_pins=tuple(pin.to_pin() for pin in self.no_place_pins),
            neighborhood_aliases=self.neighborhood_aliases,
            boundaries=tuple(layer.to_layer() for layer in self.boundaries),
            service_rules=tuple(rule.to_rule() for rule in self.service_rules),
            photos=self.photos.to_source() if self.photos else None,
            licence=self.licence,
            data_url=self.data_url,
            is_demonstration=self.is_demonstration,
            systems=tuple(system.to_system() for system in self.systems),
            routes=tuple(route.to_rule() for route in self.routes),
            catch_all=self.catch_all.to_rule() if self.catch_all else None,
            report_rules=tuple(rule.to_rule() for rule in self.report_rules),
            not_ours=tuple(land.to_others_land() for land in self.not_ours),
            report_elsewhere=elsewhere.to_elsewhere() if elsewhere else None,
            staff_channels=self.staff_channels,
            demographics=self.demographics.to_setup() if self.demographics else None,
        )
