"""What residents report, without the form: a pothole at 3 Adams St."""

from __future__ import annotations

from sqlalchemy import select, update

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Accepted, Report
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.store.models import Case
from portal.store.report_models import OutboxMessage

POTHOLE = Report(
    service_code="Pothole",
    note="Deep",
    lat=42.32,
    lon=-71.07,
    address="3 Adams St",
    is_public=True,
    idempotency_key="one-form-of-one-visit",
)


def submit_to(
    portal: Portal, city: Jurisdiction, system: str, report: Report, now: int
) -> Accepted:
    """Submit a report for this system, wherever the city's routes would send it."""
    accepted = submit(portal, city, report, (), Signals(), now)
    with portal.transaction() as connection:
        case = select(Case.id).where(Case.case_id == accepted.case_id).scalar_subquery()
        connection.execute(
            update(OutboxMessage).where(OutboxMessage.case_key == case).values(system=system)
        )
    return accepted
