"""What a page says to machines: schema.org in JSON-LD, of published data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layouts.shared import formats
from layouts.shared.components import case_address
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_detail import CaseDetail

_ACTION_STATUS = {
    "open": "PotentialActionStatus",
    "in_progress": "ActiveActionStatus",
    "closed": "CompletedActionStatus",
}


def case_as_json_ld(
    city: Jurisdiction, case: CaseDetail, site_url: str, name: str
) -> dict[str, Any]:
    """A case as an Action of the city: asked for, being done, or done.

    schema.org has no type that is closer to a service request.
    """
    address = site_url + case_address(case.case_id)
    return {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "url": address,
        "name": name,
        "mainEntity": _action(city, case, address, name),
    }


def _action(city: Jurisdiction, case: CaseDetail, address: str, name: str) -> dict[str, Any]:
    status = "open" if case.status == "overdue" else case.status
    action: dict[str, Any] = {
        "@type": "Action",
        "name": name,
        "identifier": case.case_id,
        "url": address,
        "actionStatus": f"https://schema.org/{_ACTION_STATUS[status]}",
        "startTime": _written(city, case, "opened_at"),
        "agent": _agent(city, case),
    }
    if case.closed_at is not None and status == "closed" and case.closed_at >= case.opened_at:
        action["endTime"] = _written(city, case, "closed_at")
    if place := _place(city, case):
        action["location"] = place
    return action


def _written(city: Jurisdiction, case: CaseDetail, name: str) -> str:
    """One of its times in ISO 8601: the exact one, or a day where the city tells no hour."""
    at = getattr(case, name)
    return formats.iso_day(at, city.zone) if case.is_day(name) else formats.iso(at)


def _agent(city: Jurisdiction, case: CaseDetail) -> dict[str, Any]:
    agent: dict[str, Any] = {"@type": "GovernmentOrganization", "name": city.name}
    if case.department:
        agent["department"] = {"@type": "GovernmentOrganization", "name": case.department}
    return agent


def _place(city: Jurisdiction, case: CaseDetail) -> dict[str, Any] | None:
    place: dict[str, Any] = {"@type": "Place"}
    if case.address:
        place["address"] = {
            "@type": "PostalAddress",
            "streetAddress": case.address,
            "addressLocality": city.name,
        }
    if case.lat is not None and case.lon is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": case.lat, "longitude": case.lon}
    return place if len(place) > 1 else None
