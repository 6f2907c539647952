"""What the steps of one visit to the report form share, and what they ask about the draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import request

from layouts.report.draft import Draft
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import ReportableService
from portal.queries.cases.nearby import NearbyCase
from portal.queries.report.reportable_services import reportable_at
from portal.queries.report.similar_cases import open_cases_like

Pin = tuple[float | None, float | None]


@dataclass(frozen=True)
class ReportContext:
    """The portal, the city and the time (epoch s) of one visit.

    `offered` remembers the types that can be reported at a pin, as most screens ask for them.
    """

    portal: Portal
    city: Jurisdiction
    now: int
    offered: dict[Pin, tuple[ReportableService, ...]] = field(default_factory=dict)


def read_context(portal: Portal, clock: Callable[[], float]) -> ReportContext:
    """The context of the request that is being answered."""
    return ReportContext(portal, portal.city(request.host), int(clock()))


def is_open(context: ReportContext) -> bool:
    """Whether the city takes reports here, and has a type of case that can be reported."""
    return context.city.takes_reports and bool(services_at(context, Draft()))


def services_at(context: ReportContext, draft: Draft) -> tuple[ReportableService, ...]:
    """The types that can be reported at the pin, by name; asked for once a visit."""
    pin = draft.lat, draft.lon
    if pin not in context.offered:
        context.offered[pin] = reportable_at(context.portal, context.city, *pin)
    return context.offered[pin]


def chosen_service(context: ReportContext, draft: Draft) -> ReportableService | None:
    """The type that was chosen; None if none was, or it is not offered at the pin."""
    services = services_at(context, draft)
    return next((service for service in services if service.code == draft.service), None)


def diverted_service(context: ReportContext, draft: Draft) -> ReportableService | None:
    """The type that was chosen, if residents should do something else than report it here."""
    service = chosen_service(context, draft)
    return service if service and service.diversion else None


def is_ever_public(context: ReportContext, draft: Draft) -> bool:
    """Whether cases of the chosen type are ever shown."""
    service = chosen_service(context, draft)
    return service is None or context.city.rule_for(service.code, service.name).public


def similar_cases(context: ReportContext, draft: Draft) -> tuple[NearbyCase, ...]:
    """Open public cases of the chosen type within 100 m of the pin, nearest first."""
    service = chosen_service(context, draft)
    if service is None or service.slug is None or draft.lat is None or draft.lon is None:
        return ()
    return open_cases_like(
        context.portal, context.city.id, service.slug, draft.lat, draft.lon, context.now
    )
