"""What one table of a city's file says of another: a route's system and areas must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from portal.domain.areas import AreaName, name_key
from portal.jurisdictions.city_file import BoundaryTable, CityFile, DestinationTable
from portal.jurisdictions.desk_table import DESK
from portal.jurisdictions.land_files import read_area_names

Entry = TypeVar("Entry")


def list_broken_references(city_file: CityFile) -> list[str]:
    """A sentence for each name that is there twice, and for each that leads nowhere."""
    return [
        *_list_repeated_names(city_file),
        *_list_unknown_systems(city_file),
        *_list_unknown_areas(city_file),
    ]


def _list_repeated_names(city_file: CityFile) -> Iterator[str]:
    for name in _find_repeated(city_file.systems, lambda system: system.name):
        yield (
            f"two systems are named {name!r}; what is sent is kept under the name, "
            "so each needs its own"
        )
    for kind in _find_repeated(city_file.boundaries, lambda layer: layer.kind):
        yield f"two boundaries are of kind {kind!r}; the second would replace the first"


def _find_repeated(entries: Sequence[Entry], name_of: Callable[[Entry], str]) -> list[str]:
    names = [name_of(entry) for entry in entries]
    return sorted({name for name in names if names.count(name) > 1})


def _list_unknown_systems(city_file: CityFile) -> Iterator[str]:
    systems = [DESK] if city_file.desk else [system.name for system in city_file.systems]
    if city_file.systems and city_file.catch_all is None:
        yield (
            "there are systems and no [catch_all]; "
            "name the department and queue that get what no rule covers"
        )
    for where, destination in _list_destinations(city_file):
        if fault := _find_system_fault(destination, systems):
            yield f"{where}: {fault}"


def _list_destinations(city_file: CityFile) -> Iterator[tuple[str, DestinationTable]]:
    for number, route in enumerate(city_file.routes, 1):
        yield f"routes {number}", route
    if city_file.catch_all is not None:
        yield "catch_all", city_file.catch_all


def _find_system_fault(destination: DestinationTable, systems: list[str]) -> str | None:
    """What is wrong with the system a report is sent to. One that is alone needs no naming."""
    if destination.system in systems:
        return None
    known = ", ".join(systems) or "none, because the file has none"
    if destination.system is not None:
        return f"system is {destination.system!r}; it is one of {known}"
    return None if len(systems) == 1 else f"the key 'system' is missing; it is one of {known}"


def _list_unknown_areas(city_file: CityFile) -> Iterator[str]:
    layers = {layer.kind: layer for layer in city_file.boundaries}
    for where, areas in _list_areas(city_file):
        for kind, name in areas:
            if fault := _find_area_fault(layers.get(kind), kind, name):
                yield f"{where}: areas has {f'{kind}={name}'!r}, {fault}"


def _list_areas(city_file: CityFile) -> Iterator[tuple[str, Iterable[AreaName]]]:
    for number, route in enumerate(city_file.routes, 1):
        yield f"routes {number}", route.areas
    for number, rule in enumerate(city_file.report_rules, 1):
        yield f"report_rules {number}", rule.areas


def _find_area_fault(layer: BoundaryTable | None, kind: str, name: str) -> str | None:
    """Why no report could ever be in an area. A layer without a file cannot be checked here."""
    if layer is None:
        return (
            f"and the file has no [[boundaries]] of kind {kind}: "
            "there is no way to tell what is in it"
        )
    names = read_area_names(layer.file, layer.name_property) if layer.file else ()
    if not names or name_key(name) in map(name_key, names):
        return None
    return f"which {layer.file} does not; it has {', '.join(names)}"
