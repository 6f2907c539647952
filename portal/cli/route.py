"""`python -m portal route CITY --service … --at LAT,LON [--json]`: who gets a report, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from portal.domain.areas import AREA_KINDS
from portal.domain.route_rules import Place, RouteRule
from portal.domain.routing import Route, Step, choose_route
from portal.settings import settings_from_environment

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction
    from portal.domain.report import ReportableService

MISFITS = {"type": "for other types", "area": "for other areas", "land": "for other land"}


@dataclass(frozen=True)
class Explanation:
    """Who gets a report of a type at a place.

    `not_taken` says why the form would not take such a report here; empty: it would.
    """

    code: str
    name: str
    place: Place
    route: Route
    not_taken: tuple[str, ...]


@click.command()
@click.argument("city")
@click.option("--service", required=True, help="The type: its code or its name.")
@click.option(
    "--at", required=True, metavar="LAT,LON", help="The place in degrees, such as 42.3209,-71.07."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def route(city: str, service: str, at: str, as_json: bool) -> None:
    """Say who gets a report in CITY: each rule that is tried, whether it fits, and the result."""
    from portal import jurisdictions
    from portal.context import Portal

    known = jurisdictions.load(city)
    lat, lon = _read_degrees(at)
    portal = Portal(settings_from_environment(), cities={city: known})
    explanation = explain_route(portal, known, service, lat, lon)
    if as_json:
        click.echo(json.dumps(explanation_as_json(explanation), ensure_ascii=False))
    else:
        click.echo("\n".join(explanation_lines(explanation)))
    portal.close()


def explain_route(
    portal: Portal, city: Jurisdiction, service: str, lat: float, lon: float
) -> Explanation:
    """Who gets a report of a type, named by its code or name, at a place in degrees.

    A type that the city doesn't have is tried by what was typed.
    """
    from portal.queries.cases.outlines import areas_at
    from portal.queries.report.reportable_services import reportable_at

    place = Place(lat, lon, areas_at(portal, city.id, lat, lon))
    typed = service.strip()
    found = _find_service(reportable_at(portal, city, lat, lon), typed)
    code, name = (found.code, found.name) if found else (typed, typed)
    reasons = (*_place_reasons(city, lat, lon), *_service_reasons(found, typed))
    return Explanation(code, name, place, choose_route(city, code, name, place), reasons)


def _find_service(offered: tuple[ReportableService, ...], typed: str) -> ReportableService | None:
    wanted = typed.casefold()
    named = (one for one in offered if wanted in (one.code.casefold(), one.name.casefold()))
    return next(named, None)


def _place_reasons(city: Jurisdiction, lat: float, lon: float) -> Iterator[str]:
    if not city.bounds.holds(lat, lon):
        yield f"the place is outside of {city.name}'s bounds"
    if land := city.find_others_land(lat, lon):
        yield f"the place is looked after by {land.owner}"


def _service_reasons(found: ReportableService | None, typed: str) -> Iterator[str]:
    if found is None:
        yield f"the city offers no type {typed!r} here"
    elif found.diversion:
        instead = found.diversion.get("en") or next(iter(found.diversion.values()))
        yield f"the type leads elsewhere: {instead}"


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """What is printed for people."""
    route, place = explanation.route, explanation.place
    areas = [name for kind in AREA_KINDS if (name := getattr(place.areas, kind))]
    where = ", ".join(areas) or "in no known area"
    yield f"{explanation.name} ({explanation.code}) at {place.lat:g},{place.lon:g}: {where}"
    yield from (f"{step.number:>4}  {_describe_step(step)}" for step in route.steps)
    if route.is_catch_all:
        yield "      no rule fits: the catch-all queue, and staff are shown it"
    to = f"{route.department}, queue {route.queue}"
    if not route.department:
        to = "nobody: the city's file names no catch-all"
    yield f"  →  {to}; system {route.system or 'none'}, code {route.code or explanation.code}"
    yield from (f"  !  not taken by the form: {reason}" for reason in explanation.not_taken)


def explanation_as_json(explanation: Explanation) -> dict[str, Any]:
    """What is printed for programs."""
    place = explanation.place
    return {
        "service_code": explanation.code,
        "service_name": explanation.name,
        "lat": place.lat,
        "lon": place.lon,
        "areas": {kind: getattr(place.areas, kind) for kind in AREA_KINDS},
        **_route_as_json(explanation.route, explanation.code),
        "not_taken": list(explanation.not_taken),
    }


def _route_as_json(route: Route, service_code: str) -> dict[str, Any]:
    return {
        "rules": [
            {"number": step.number, "rule": _describe_rule(step.rule), "misfit": step.misfit}
            for step in route.steps
        ],
        "department": route.department,
        "queue": route.queue,
        "system": route.system,
        "code": route.code or service_code,
        "is_catch_all": route.is_catch_all,
    }


def _describe_step(step: Step) -> str:
    verdict = f"no, {MISFITS[step.misfit]}" if step.misfit else "yes"
    return f"{verdict:<20} {_describe_rule(step.rule)}"


def _describe_rule(rule: RouteRule) -> str:
    """A rule in words: "neighborhood=Roxbury, parks.geojson: pothole"."""
    where = [f"{kind}={name}" for kind, name in rule.areas]
    where += [rule.land.name] if rule.land else []
    return f"{', '.join(where) or 'everywhere'}: {rule.match or 'every type'}"


def _read_degrees(at: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in at.split(","))
    except ValueError:
        lat = lon = float("nan")
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise click.BadParameter(
            f"{at[:60]!r} is no place; write latitude and longitude in degrees: 42.3209,-71.07",
            param_hint="--at",
        )
    return lat, lon
