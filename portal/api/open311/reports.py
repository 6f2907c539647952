"""POST requests: a report by another program, as the form would send it (docs/open311.md)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, request

from portal.api.callers import Caller
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tidy import tidy
from portal.errors import BadCall
from portal.open311.answers import make_answer
from portal.open311.forms import read_answers, read_fields
from portal.open311.values import read_degrees
from portal.photos.develop import MAX_BYTES
from portal.services.data.program_reports import SentReport, take_report
from portal.store.unwritable import explain_unwritable

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MAX_ANSWER = 4_000
LONGEST = {
    "service_code": 100,
    "address_string": 200,
    "email": 320,
    "external_reference": 100,
    "account_id": 100,
    "device_id": 100,
    "description": 4_000,
}
NOT_FETCHED = "The photo at media_url was not fetched; send it as a file, in the field media."


@dataclass(frozen=True)
class ReportCall:
    """One call: who reports, for which city, and when (epoch s). `site` is the city's address."""

    portal: Portal
    city: Jurisdiction
    caller: Caller
    site: str
    now: int

    def take(self, form: str) -> Response:
        """Store the report and answer with its number, as the form shows it."""
        key = self.caller.require("report")
        require_form()
        fields = read_fields(LONGEST)
        sent = read_report(fields)
        with explain_unwritable():
            accepted = take_report(self.portal, self.city, sent, key, self.now)
        tree = {
            "service_request_id": accepted.case_id,
            "service_notice": NOT_FETCHED if "media_url" in fields and not sent.photos else "",
            "account_id": fields.get("account_id", ""),
        }
        answer = make_answer([tree], "service_requests", form)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Link"] = f'<{self.site}/mine/{quote(accepted.token)}>; rel="edit"'
        return answer


def require_form() -> None:
    """Raise BadCall for a body that is no form."""
    if request.mimetype not in FORMS:
        raise BadCall(
            "Content-Type is {kind!r}; send {forms}.",
            kind=request.mimetype[:60],
            forms=" or ".join(FORMS),
        )


def read_report(fields: dict[str, str]) -> SentReport:
    """The report in a form. Raises BadCall, which names what is missing."""
    if "service_code" not in fields:
        raise BadCall("service_code is missing. GET services lists them.")
    place = read_degrees(fields)
    if place is None and "address_string" not in fields and "address_id" in fields:
        raise BadCall("address_id is not known here. Send lat and long, or address_string.")
    answers = {
        code: tuple(filter(None, (tidy(one, MAX_ANSWER + 1, keeps_lines=True) for one in values)))
        for code, values in read_answers().items()
    }
    return SentReport(
        service_code=fields["service_code"],
        description=fields.get("description", ""),
        place=place,
        address=fields.get("address_string", ""),
        email=fields.get("email", ""),
        is_public=fields.get("is_public", "").lower() != "false",
        answers={code: values for code, values in answers.items() if values},
        photos=tuple(
            (file.filename or "media", file.stream.read(MAX_BYTES + 1))
            for file in request.files.getlist("media")
            if file
        ),
        reference=fields.get("external_reference") or request.headers.get("Idempotency-Key", ""),
        account=" ".join(filter(None, (fields.get("account_id"), fields.get("device_id")))),
    )
