"""What a report must be like to be taken, by any door. The form asks for all of it before."""

from __future__ import annotations

from collections.abc import Sequence

from portal.domain.answers import find_answer_problem, find_unasked
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Report, ReportableService
from portal.errors import BadRequest

MAX_NOTE = 4_000
MIN_KEY, MAX_KEY = 8, 200


def check_report(
    city: Jurisdiction, report: Report, services: Sequence[ReportableService]
) -> ReportableService:
    """The type that is reported, of the `services` offered at the report's place.

    Raises BadRequest for a report that can't be taken.
    """
    if not MIN_KEY <= len(report.idempotency_key) <= MAX_KEY:
        raise BadRequest("This form is not one of ours. Please start the report again.")
    _check_place(city, report)
    if len(report.note) > MAX_NOTE:
        raise BadRequest("Please shorten your words to 4,000 letters.")
    service = next((service for service in services if service.code == report.service_code), None)
    if service is None or service.diversion:
        raise BadRequest("This type cannot be reported here. Please choose another.")
    _check_answers(service, report)
    return service


def _check_place(city: Jurisdiction, report: Report) -> None:
    if not city.bounds.holds(report.lat, report.lon) or city.is_no_place(report.lat, report.lon):
        raise BadRequest("This place is outside of {city}.", city=city.name)
    if land := city.find_others_land(report.lat, report.lon):
        raise BadRequest(
            "This place is looked after by {owner}. Please turn to them.", owner=land.owner
        )


def _check_answers(service: ReportableService, report: Report) -> None:
    for question in service.questions:
        wrong = find_answer_problem(question, tuple(report.answers.get(question.code, ())))
        if wrong == "missing":
            raise BadRequest("Please answer: {question}", question=question.prompt)
        if wrong:
            raise BadRequest("This answer cannot be taken: {question}", question=question.prompt)
    if code := find_unasked(service.questions, report.answers):
        raise BadRequest("This type does not ask for {code}.", code=code[:60])
