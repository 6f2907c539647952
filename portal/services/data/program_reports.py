"""Reports that other programs send: checked by one call, stored as the form's are.

    sent = SentReport("pothole", "Deep", place=(42.32, -71.07), reference="K7")
    take_report(portal, city, sent, key, now)   # Accepted(case_id="K7DX0A4QPM", …)

What is not right is told all at once. From there on it is the form's own service (services/report/
submit): routing, holds, the message to the city, e-mails. A report without a reference or an
account's name is a new one each time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from portal.context import Portal
from portal.domain.answers import Answers, find_answer_problem, find_unasked
from portal.domain.api_key import ApiKey
from portal.domain.email_address import read_email_address
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import MAX_PHOTOS, Accepted, Question, Report, ReportableService
from portal.domain.tidy import tidy
from portal.errors import BadCall, BadCalls, CallNotFound, CannotStore
from portal.open311.values import format_time
from portal.queries.report.report_places import (
    PlaceChoice,
    address_near,
    out_of_reach_at,
    places_named,
)
from portal.queries.report.reportable_services import offered_services, reportable_at
from portal.secrets import derive_key
from portal.services.report.checks import MAX_NOTE
from portal.services.report.form_photos import FormPhotos, Refusal, Upload, keep_photos
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.translations import supported_language

MAX_ADDRESS = 200
DAY_SECONDS = 86_400
Place = tuple[float, float]
_PROBLEMS = {
    "missing": "is missing; this type requires it",
    "number": "is no number",
    "datetime": "is no time; write it like 2026-11-23T09:00:00Z",
    "choice": "is none of the values of this type's definition",
    "several": "has several values and takes one",
    "long": "is too long",
}


@dataclass(frozen=True)
class SentReport:
    """What a program sends. `place` is in degrees; without it, `address` must be enough.

    The same `reference` of a program is the same report. `account` is whom the program reports
    for: the same words of an account within a day are the same report.
    """

    service_code: str
    description: str = ""
    place: Place | None = None
    address: str = ""
    email: str = ""
    is_public: bool = True
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    photos: tuple[Upload, ...] = ()
    reference: str = ""
    account: str = ""


def take_report(
    portal: Portal, city: Jurisdiction, sent: SentReport, key: ApiKey, now: int
) -> Accepted:
    """Store a program's report; `now` in epoch seconds.

    Raises CallNotFound for a type that does not exist, BadCall with all that is not right, and as
    `submit` does.
    """
    if not city.takes_reports:
        raise BadCall("{city} takes no reports here.", city=city.name)
    service = _find_service(portal, city, sent)
    place, problems = _find_place(portal, city, sent)
    problems += _find_problems(city, sent, service)
    if problems:
        raise BadCalls(tuple(problems))
    form_key = _form_key(portal, city.id, sent, key, now)
    photos = _keep_photos(portal, city, form_key, sent, now)
    report = _to_report(portal, city, sent, service, (place.lat, place.lon), form_key)
    # A program's calls are counted by its key: all of its reports come from one network.
    return submit(portal, city, report, photos.names, Signals(), now)


def describe_own(
    portal: Portal, city_id: str, key: ApiKey, number: str, reference: str = ""
) -> dict[str, Any] | None:
    """A report that this API key has sent, as far as its sender needs it; None for any other.

    It is there before staff have looked at it, and if it is private.
    """
    values = {
        "city": city_id,
        "number": number.replace("\x00", ""),
        "own": _prefix(key),
        "length": len(_prefix(key)),
    }
    with portal.core.connect() as connection:
        row = connection.execute(text(_OWN), values).first()
    if row is None:
        return None
    return {
        "service_request_id": row.case_id,
        "status": "closed" if row.status == "closed" else "open",
        "status_notes": "",
        "service_name": row.name,
        "service_code": row.service_code,
        "requested_datetime": format_time(row.opened_at),
        "updated_datetime": format_time(max(row.opened_at, row.updated_at)),
        "extended_attributes": {
            "external_reference": reference,
            "is_public": row.visibility == "public",
        },
    }


def number_of_reference(portal: Portal, city_id: str, key: ApiKey, reference: str) -> str | None:
    """The number of the case that this key has reported under a reference; None for none."""
    form_key = _key_of(portal, key, ["reference", reference])
    with portal.core.connect() as connection:
        row = _find_sent(connection, city_id, form_key)
        return None if row is None else row[0]


def _find_service(portal: Portal, city: Jurisdiction, sent: SentReport) -> ReportableService:
    lat, lon = sent.place or (None, None)
    services = reportable_at(portal, city, lat, lon)
    service = next((one for one in services if one.code == sent.service_code), None)
    if service is None:
        known = {one.code for one in portal.cached(offered_services, city.id)}
        if sent.service_code in known:
            raise BadCall("This type cannot be reported here.")
        raise CallNotFound(
            "There is no service {code!r}. GET services lists them.", code=sent.service_code[:60]
        )
    if service.diversion:
        way = service.diversion.get("en") or next(iter(service.diversion.values()))
        raise BadCall("This type is reported in another way: {way}", way=way)
    return service


def _find_place(
    portal: Portal, city: Jurisdiction, sent: SentReport
) -> tuple[PlaceChoice, list[str]]:
    """Where it is, or what is not right with that."""
    nowhere = PlaceChoice("", None, 0.0, 0.0)
    if sent.place:
        choice = PlaceChoice(sent.address, None, *sent.place)
    elif not sent.address:
        return nowhere, ["The place is missing. Send lat and long, or address_string."]
    else:
        found = places_named(portal, city, sent.address[:MAX_ADDRESS], city.language)
        if len(found) != 1:
            names = ", ".join(choice.name for choice in found)
            which = f"means several places: {names}" if found else "is not known here"
            return nowhere, [f"address_string {which}. Send lat and long."]
        (choice,) = found
    reach = out_of_reach_at(portal, city, choice.lat, choice.lon)
    if reach and reach.land:
        return choice, [f"This place is looked after by {reach.land.owner}. Please turn to them."]
    return choice, [f"This place is outside of {city.name}."] if reach else []


def _find_problems(city: Jurisdiction, sent: SentReport, service: ReportableService) -> list[str]:
    problems = []
    if len(sent.description) > MAX_NOTE:
        problems.append(f"description has {len(sent.description):,} characters; at most 4,000.")
    if sent.email and read_email_address(sent.email) is None:
        problems.append("email does not look like an e-mail address, such as name@example.org.")
    if len(sent.photos) > MAX_PHOTOS:
        problems.append(f"There are {len(sent.photos)} photos; at most {MAX_PHOTOS}.")
    answers = _read_answers(city, service.questions, sent.answers)
    for question in service.questions:
        if wrong := find_answer_problem(question, answers.get(question.code, ())):
            problems.append(f"attribute[{question.code}] {_PROBLEMS[wrong]}: {question.prompt}")
    if unasked := find_unasked(service.questions, answers):
        problems.append(f"This type does not ask for attribute[{unasked[:60]}].")
    return problems


def _read_answers(city: Jurisdiction, questions: tuple[Question, ...], given: Answers) -> Answers:
    """The answers as the form has them: a time in the city's zone, as a day and a time of day."""
    times = {question.code for question in questions if question.kind == "datetime"}
    return {
        code: _read_moment(city, values[0]) if code in times and len(values) == 1 else values
        for code, values in given.items()
    }


def _read_moment(city: Jurisdiction, value: str) -> tuple[str, ...]:
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+", value.count("T")))
    except ValueError:
        return (value,)
    if len(value) <= len("2026-11-23"):
        return (value,)
    local = moment.astimezone(city.zone) if moment.tzinfo else moment
    return (local.date().isoformat(), local.strftime("%H:%M:%S"))


def _to_report(
    portal: Portal,
    city: Jurisdiction,
    sent: SentReport,
    service: ReportableService,
    place: Place,
    form_key: str,
) -> Report:
    return Report(
        service_code=service.code,
        note=tidy(sent.description, MAX_NOTE, keeps_lines=True) or "",
        lat=round(place[0], 5),
        lon=round(place[1], 5),
        address=tidy(sent.address, MAX_ADDRESS) or address_near(portal, city, *place),
        is_public=sent.is_public,
        idempotency_key=form_key,
        email=read_email_address(sent.email) or "" if sent.email else "",
        answers=_read_answers(city, service.questions, sent.answers),
        language=supported_language(city.language),
    )


def _keep_photos(
    portal: Portal, city: Jurisdiction, form_key: str, sent: SentReport, now: int
) -> FormPhotos:
    photos = keep_photos(portal, city, form_key, (), sent.photos, now)
    reasons = {refusal.problem.reason for refusal in photos.refusals if refusal.problem}
    if reasons & {"busy", "unstored"}:
        raise CannotStore(cause="a photo of a program's report could not be kept now")
    if photos.refusals:
        raise BadCalls(tuple(map(_describe_refusal, photos.refusals)))
    return photos


def _describe_refusal(refusal: Refusal) -> str:
    reason = refusal.problem.sentence if refusal.problem else f"at most {MAX_PHOTOS} photos"
    return f"media {refusal.file_name[:60]!r}: {reason}"


def _form_key(portal: Portal, city_id: str, sent: SentReport, key: ApiKey, now: int) -> str:
    """What tells a repeat of the same report from another: see SentReport."""
    if sent.reference:
        return _key_of(portal, key, ["reference", sent.reference])
    if not sent.account:
        return f"{_prefix(key)}{secrets.token_urlsafe(16)}"
    today, yesterday = (
        _key_of(portal, key, [day, sent.account, *_digest_words(sent)])
        for day in (now // DAY_SECONDS, now // DAY_SECONDS - 1)
    )
    with portal.core.connect() as connection:
        row = _find_sent(connection, city_id, yesterday)
    return yesterday if row is not None and row[1] > now - DAY_SECONDS else today


def _digest_words(sent: SentReport) -> list[str]:
    words = [sent.service_code, sent.description, sent.place, sent.address, sent.email]
    answers = sorted((code, list(values)) for code, values in sent.answers.items())
    photos = [hashlib.sha256(body).hexdigest() for _name, body in sent.photos]
    return [json.dumps([*words, sent.is_public, answers, photos])]


def _key_of(portal: Portal, key: ApiKey, identity: list[object]) -> str:
    """No one can guess it who does not have our secret: the form would answer with its link."""
    secret = derive_key(portal.settings, "reports of programs").encode()
    body = json.dumps([key.id, *identity]).encode("utf-8", "replace")
    return _prefix(key) + hmac.new(secret, body, hashlib.sha256).hexdigest()[:32]


def _prefix(key: ApiKey) -> str:
    return f"api {key.id} "


def _find_sent(connection: Connection, city_id: str, form_key: str) -> tuple[str, int] | None:
    row = connection.execute(text(_SENT), {"city": city_id, "key": form_key}).first()
    return None if row is None else (row.case_id, row.created_at)


_OF_CASE = "cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.case_key"
_SENT = f"""
select c.case_id, r.created_at from reports r join {_OF_CASE}
where r.jurisdiction_id = :city and r.idempotency_key = :key
"""
_OWN = """
select c.case_id, c.status, c.opened_at, c.updated_at, c.visibility, s.service_code, s.name
from cases c
join reports r on r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
where c.jurisdiction_id = :city and c.case_id = :number
    and substr(r.idempotency_key, 1, :length) = :own
"""
