"""Who gets a report: the first rule of the city's file that fits, else the catch-all queue.

choose_route(city, "pothole", "Pothole", Place(42.32, -71.07, areas)).queue  # "District 10B"
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.route_rules import Misfit, Place, RouteRule


@dataclass(frozen=True)
class Step:
    """A rule that was tried, counted from 1 as in the file. `misfit`: why it doesn't fit, if so."""

    number: int
    rule: RouteRule
    misfit: Misfit | None


@dataclass(frozen=True)
class Route:
    """Who gets a report.

    `code` is the type's code in the system, None if it is the same as ours. `is_catch_all`: no
    rule covers the report, so staff look at it. Department, queue and system are None if the
    city's file doesn't say. `steps` are the rules that were tried, in order.
    """

    department: str | None
    queue: str | None
    system: str | None
    code: str | None
    is_catch_all: bool
    steps: tuple[Step, ...] = ()


def choose_route(city: Jurisdiction, service_code: str, service_name: str, place: Place) -> Route:
    """Who gets a report of a type at a place."""
    steps: list[Step] = []
    for number, rule in enumerate(city.routes, 1):
        misfit = rule.find_misfit(service_code, service_name, place)
        steps.append(Step(number, rule, misfit))
        if misfit is None:
            return _route_by(city, rule, False, steps)
    return _route_by(city, city.catch_all, True, steps)


def _route_by(
    city: Jurisdiction, rule: RouteRule | None, is_catch_all: bool, steps: list[Step]
) -> Route:
    only_system = city.systems[0].name if len(city.systems) == 1 else None
    if rule is None:
        return Route(None, None, only_system, None, is_catch_all, tuple(steps))
    return Route(
        rule.department,
        rule.queue,
        rule.system or only_system,
        rule.code or None,
        is_catch_all,
        tuple(steps),
    )
