"""The part of a city's file that is about reports: where they go, which are made in another way, and where the city is not in charge."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from portal.domain.areas import AREA_KINDS, AreaKind, AreaName, name_key
from portal.domain.jurisdiction import BoundaryLayer
from portal.domain.land import Land, Ring
from portal.domain.report_rules import Elsewhere, OthersLand, ReportRule
from portal.domain.route_rules import RouteRule, System
from portal.errors import SettingsError
from portal.jurisdictions.keys import Keys

GEO_FOLDER = Path(__file__).parent / "geo"
MAX_POINTS = 20_000
SYSTEM_KINDS = ("open311", "email")
DESK = "desk"
Part = TypeVar("Part")


def reporting_part(
    city: str, table: dict[str, Any], layers: tuple[BoundaryLayer, ...]
) -> dict[str, Any]:
    """Fields of Jurisdiction, taken out of the parsed table. Raises SettingsError naming the file, the key, the value and the way out."""
    systems = _each(city, table, "systems", _system)
    names = tuple(system.name for system in systems)
    if twice := [name for name in names if names.count(name) > 1]:
        raise SettingsError(
            f"{city}.toml: two systems are named {twice[0]!r}; what is sent is kept under the name, so each needs its own"
        )
    areas = _AreaNames(layers)
    part = {
        "systems": systems,
        "routes": _each(city, table, "routes", lambda keys: _route(keys, names, areas)),
        "catch_all": _catch_all(Keys(f"{city}.toml: catch_all", table.pop("catch_all")), names)
        if "catch_all" in table
        else None,
        "report_rules": _each(city, table, "report_rules", lambda keys: _report_rule(keys, areas)),
        "not_ours": _each(city, table, "not_ours", _others_land),
        "report_elsewhere": None,
    }
    if "report_elsewhere" in table:
        keys = Keys(f"{city}.toml: report_elsewhere", table.pop("report_elsewhere"))
        part["report_elsewhere"] = _elsewhere(keys)
        keys.finish()
    if systems and part["catch_all"] is None:
        raise SettingsError(
            f"{city}.toml: there are systems and no [catch_all]; name the department and queue that get what no rule covers"
        )
    return part


class _AreaNames:
    """Reads areas of rules and refuses those that no report could ever be in."""

    def __init__(self, layers: tuple[BoundaryLayer, ...]) -> None:
        self._layers = {layer.kind: layer for layer in layers}

    def take(self, keys: Keys) -> tuple[AreaName, ...]:
        """The key `areas` as (kind, name) pairs."""
        return tuple(self._area(keys, written) for written in keys.texts("areas"))

    def _area(self, keys: Keys, written: str) -> AreaName:
        kind, equals, name = (part.strip() for part in written.partition("="))
        known: AreaKind | None = next((known for known in AREA_KINDS if known == kind), None)
        if known is None or not equals or not name:
            raise keys.wrong(
                f"areas has {written!r}; write kind=name, such as neighborhood=Roxbury; kinds are {', '.join(AREA_KINDS)}"
            )
        layer = self._layers.get(known)
        if layer is None:
            raise keys.wrong(
                f"areas has {written!r}, and the file has no [[boundaries]] of kind {kind}: nobody could tell who is in it"
            )
        names = names_of_file(layer.file, layer.name_property) if layer.file else ()
        if names and name_key(name) not in map(name_key, names):
            raise keys.wrong(
                f"areas has {written!r}, which {layer.file} does not; it has {', '.join(names)}"
            )
        return known, name


def _each(
    city: str, table: dict[str, Any], key: str, read: Callable[[Keys], Part]
) -> tuple[Part, ...]:
    """Every table of a list of tables, read whole; they are counted from 1."""
    tables = table.pop(key, [])
    if not isinstance(tables, list):
        raise SettingsError(
            f"{city}.toml: {key} is one table; there may be several: write [[{key}]] with two brackets"
        )
    parts = []
    for number, entry in enumerate(tables, 1):
        keys = Keys(f"{city}.toml: {key} {number}", entry)
        parts.append(read(keys))
        keys.finish()
    return tuple(parts)


def _system(keys: Keys) -> System:
    kind = keys.one_of("kind", SYSTEM_KINDS)
    system = System(
        name=keys.text("name"),
        kind="email" if kind == "email" else "open311",
        endpoint=keys.text("endpoint", ""),
        jurisdiction=keys.text("jurisdiction", ""),
        address=keys.text("address", ""),
        can_look_up=keys.flag("can_look_up", False),
        takes_photos=keys.flag("takes_photos", False),
        takes_updates=keys.flag("takes_updates", False),
        takes_queue=keys.flag("takes_queue", False),
    )
    if kind == "open311" and system.endpoint != DESK and not system.endpoint.startswith("https://"):
        raise keys.wrong(
            f"endpoint is {system.endpoint!r}; it is an address that begins with https://, or {DESK!r} for the built-in desk"
        )
    if kind == "email" and not all(system.address.partition("@")):
        raise keys.wrong(
            f"address is {system.address!r}; a system of kind email needs one like streets@example.gov"
        )
    return system


def _route(keys: Keys, systems: tuple[str, ...], areas: _AreaNames) -> RouteRule:
    return replace(
        _destination(keys, systems),
        match=keys.pattern("match", ""),
        areas=areas.take(keys),
        land=_land(keys, keys.text("file")) if keys.has("file") else None,
    )


def _catch_all(keys: Keys, systems: tuple[str, ...]) -> RouteRule:
    rule = _destination(keys, systems)
    keys.finish()
    return rule


def _destination(keys: Keys, systems: tuple[str, ...]) -> RouteRule:
    """Where it goes. A system that is the only one needs no naming."""
    needs_naming = keys.has("system") or len(systems) != 1
    return RouteRule(
        department=keys.text("department"),
        queue=keys.text("queue"),
        system=keys.one_of("system", systems) if needs_naming else "",
        code=keys.text("code", ""),
    )


def _report_rule(keys: Keys, areas: _AreaNames) -> ReportRule:
    rule = ReportRule(
        match=keys.pattern("match"),
        reportable=keys.flag("reportable", True),
        diversion=keys.words("diversion"),
        is_emergency=keys.flag("emergency", False),
        areas=areas.take(keys),
    )
    if rule.is_emergency and not rule.diversion:
        raise keys.wrong(
            'emergency is true and there is no diversion; say what to do: diversion = "Call 911."'
        )
    return rule


def _others_land(keys: Keys) -> OthersLand:
    return OthersLand(
        _land(keys, keys.text("file")),
        keys.text("owner"),
        keys.words("sentence", is_needed=True),
        _elsewhere(keys),
    )


def _elsewhere(keys: Keys) -> Elsewhere:
    elsewhere = Elsewhere(keys.address("url"), keys.text("phone", ""))
    if not elsewhere.url and not elsewhere.phone:
        raise keys.wrong(
            "neither url nor phone is there; name one, so that people know whom to turn to"
        )
    return elsewhere


def _land(keys: Keys, file: str) -> Land:
    """The polygons of a GeoJSON file beside the cities' files."""
    polygons = tuple(
        rings
        for feature in _features(keys, file)
        for rings in _polygons(keys, file, feature.get("geometry"))
    )
    if sum(len(ring) for rings in polygons for ring in rings) > MAX_POINTS:
        raise keys.wrong(f"{file} has more than {MAX_POINTS:,} points; draw it more simply")
    return Land(Path(file).name, polygons)


def _features(keys: Keys, file: str) -> list[Mapping[str, Any]]:
    try:
        layer = json.loads((GEO_FOLDER / Path(file).name).read_bytes())
    except OSError as problem:
        raise keys.wrong(
            f"file {file!r} cannot be read: {problem.strerror}; put it into portal/jurisdictions/geo"
        ) from None
    except ValueError as problem:
        raise keys.wrong(f"file {file!r} is not JSON: {problem}") from None
    features = layer.get("features") if isinstance(layer, dict) else None
    if (
        not isinstance(features, list)
        or not features
        or not all(isinstance(feature, dict) for feature in features)
    ):
        raise keys.wrong(f"file {file!r} is no GeoJSON FeatureCollection with features")
    return features


def _polygons(keys: Keys, file: str, geometry: Any) -> list[tuple[Ring, ...]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise keys.wrong(
            f"file {file!r} has a {kind}; land is a Polygon or a MultiPolygon in WGS84"
        )
    try:
        parts = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        polygons = [
            tuple(tuple((float(lon), float(lat)) for lon, lat, *_ in ring) for ring in rings)
            for rings in parts
        ]
    except (TypeError, ValueError, KeyError) as problem:
        raise keys.wrong(f"file {file!r} has coordinates that are none: {problem}") from None
    if any(
        abs(lon) > 180 or abs(lat) > 90 for rings in polygons for ring in rings for lon, lat in ring
    ):
        raise keys.wrong(
            f"file {file!r} has coordinates that are not degrees; export it in WGS84 (longitude, latitude)"
        )
    return polygons


@lru_cache(maxsize=64)
def names_of_file(file: str, name_property: str) -> tuple[str, ...]:
    """Names of the areas in a boundary file that comes with the program; none where it cannot be read, which the sync then says."""
    try:
        layer = json.loads((GEO_FOLDER / Path(file).name).read_bytes())
        return tuple(
            sorted(
                {str(feature["properties"][name_property]).strip() for feature in layer["features"]}
            )
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()
