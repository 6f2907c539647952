"""To whom a report goes: by the rules of the city's file, from the first that fits to the queue for all that none of them covers."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.route_rules import Misfit, Place, RouteRule


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


def _decision(
    city: Jurisdiction, rule: RouteRule | None, is_catch_all: bool, steps: list[Step]
) -> Decision:
    only_system = city.systems[0].name if len(city.systems) == 1 else None
    if rule is None:
        return Decision(None, None, only_system, None, is_catch_all, tuple(steps))
    return Decision(
        rule.department,
        rule.queue,
        rule.system or only_system,
        rule.code or None,
        is_catch_all,
        tuple(steps),
    )
