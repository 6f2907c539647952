"""The types of case as Open311's services, and each one's questions as its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from portal.domain.areas import Areas
from portal.domain.report import ReportableService, apply_report_rules
from portal.errors import CallNotFound
from portal.open311.services import Tree, describe_definition, describe_service
from portal.queries.report.reportable_services import offered_services

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction


def list_services(portal: Portal, city: Jurisdiction) -> list[Tree]:
    """The types that can be reported somewhere in the city, by name.

    If the city takes no reports here, all types. One that the city's rules send another way is
    left out; its cases are in GET requests all the same.
    """
    services = portal.cached(offered_services, city.id)
    if city.takes_reports:
        services = apply_report_rules(services, city.report_rules, Areas())
    return [_describe(service) for service in services if not service.diversion]


def describe_type(portal: Portal, city: Jurisdiction, code: str) -> Tree:
    """A type's questions as a service definition; none for one that only cases have.

    Raises CallNotFound.
    """
    questions = {one.code: one.questions for one in portal.cached(offered_services, city.id)}
    if code not in questions and not portal.cached(_is_of_public_cases, city.id, code):
        raise CallNotFound("There is no service {code!r}. GET services lists them.", code=code[:60])
    return describe_definition(code, questions.get(code, ()))


def _is_of_public_cases(connection: Connection, city_id: str, code: str) -> bool:
    values = {"city": city_id, "code": code.replace("\x00", "")}
    return connection.execute(_SERVICE, values).first() is not None


def _describe(service: ReportableService) -> Tree:
    return describe_service(
        service.code,
        service.name,
        service.description,
        service.group,
        asks=bool(service.questions),
        keywords=",".join(service.keywords),
    )


_SERVICE = text(
    "select 1 from public_services where jurisdiction_id = :city and service_code = :code"
)
