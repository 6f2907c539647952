"""python -m portal route CITY --service … --at LAT,LON [--json]: who gets a report, and why."""

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

MISFITS = {"type": "for other types", "area": "for other areas", "land": "for other land"}


@dataclass(frozen=True)
class Explained:
    """A decision with all it stands on. `not_taken` says why the form would take no such report here; empty: it would."""

    code: str
    name: str
    place: Place
    decision: Route
    not_taken: tuple[str, ...]


@click.command()
@click.argument("city")
@click.option("--service", required=True, help="The type: its code or its name.")
@click.option(
    "--at", required=True, metavar="LAT,LON", help="The place in degrees, such as 42.3209,-71.07."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def route(city: str, service: str, at: str, as_json: bool) -> None:
    """Say who gets a report in CITY: each rule of the city's file that is tried, why it fits or not, and the result."""
    from portal import jurisdictions
    from portal.context import Portal

    known = jurisdictions.load(city)
    lat, lon = _degrees(at)
    portal = Portal(settings_from_environment(), cities={city: known})
    explained = explain(portal, known, service, lat, lon)
    click.echo(
        json.dumps(as_plain(explained), ensure_ascii=False)
        if as_json
        else "\n".join(lines(explained))
    )
    portal.close()


def explain(portal: Portal, city: Jurisdiction, service: str, lat: float, lon: float) -> Explained:
    """Who gets a report of a type, named by its code or name, at a place. A type the city does not have is tried by what was typed."""
    from portal.queries.cases.outlines import areas_at
    from portal.queries.report.reportable_services import reportable_at

    place = Place(lat, lon, areas_at(portal, city.id, lat, lon))
    typed = service.strip()
    offered = reportable_at(portal, city, lat, lon)
    found = next(
        (one for one in offered if typed.casefold() in (one.code.casefold(), one.name.casefold())),
        None,
    )
    code, name = (found.code, found.name) if found else (typed, typed)
    reasons = (
        [] if city.bounds.holds(lat, lon) else [f"the place is outside of {city.name}'s bounds"]
    )
    if land := city.find_others_land(lat, lon):
        reasons.append(f"the place is looked after by {land.owner}")
    if found is None:
        reasons.append(f"the city offers no type {typed!r} here")
    elif found.diversion:
        reasons.append(
            f"the type leads elsewhere: {found.diversion.get('en') or next(iter(found.diversion.values()))}"
        )
    return Explained(code, name, place, choose_route(city, code, name, place), tuple(reasons))


def lines(explained: Explained) -> Iterator[str]:
    """What is printed for people."""
    decision, place = explained.decision, explained.place
    areas = (
        ", ".join(name for kind in AREA_KINDS if (name := getattr(place.areas, kind)))
        or "in no known area"
    )
    yield f"{explained.name} ({explained.code}) at {place.lat:g},{place.lon:g}: {areas}"
    yield from (f"{step.number:>4}  {_verdict(step)}" for step in decision.steps)
    if decision.is_catch_all:
        yield "      no rule fits: the catch-all queue, and staff are shown it"
    to = (
        f"{decision.department}, queue {decision.queue}"
        if decision.department
        else "nobody: the city's file names no catch-all"
    )
    yield f"  →  {to}; system {decision.system or 'none'}, code {decision.code or explained.code}"
    yield from (f"  !  not taken by the form: {reason}" for reason in explained.not_taken)


def as_plain(explained: Explained) -> dict[str, Any]:
    """What is printed for programs."""
    decision, place = explained.decision, explained.place
    return {
        "service_code": explained.code,
        "service_name": explained.name,
        "lat": place.lat,
        "lon": place.lon,
        "areas": {kind: getattr(place.areas, kind) for kind in AREA_KINDS},
        "rules": [
            {"number": step.number, "rule": _rule(step.rule), "misfit": step.misfit}
            for step in decision.steps
        ],
        "department": decision.department,
        "queue": decision.queue,
        "system": decision.system,
        "code": decision.code or explained.code,
        "is_catch_all": decision.is_catch_all,
        "not_taken": list(explained.not_taken),
    }


def _verdict(step: Step) -> str:
    verdict = f"no, {MISFITS[step.misfit]}" if step.misfit else "yes"
    return f"{verdict:<20} {_rule(step.rule)}"


def _rule(rule: RouteRule) -> str:
    """A rule in words: "neighborhood=Roxbury, parks.geojson: pothole"."""
    where = [
        *(f"{kind}={name}" for kind, name in rule.areas),
        *([rule.land.name] if rule.land else []),
    ]
    return f"{', '.join(where) or 'everywhere'}: {rule.match or 'every type'}"


def _degrees(at: str) -> tuple[float, float]:
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
