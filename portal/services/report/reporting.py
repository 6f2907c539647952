"""Taking a report: the case, its photos, whom to tell, and what the city's system is to be told, in one transaction."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, text

from portal.context import Portal
from portal.domain.answers import Answers, written
from portal.domain.areas import Areas
from portal.domain.case import CaseRecord
from portal.domain.clean_record import CleanRecord, content_hash
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Accepted, Doubt, Report, ReportableService, as_case
from portal.domain.route_rules import Place
from portal.domain.routing import Decision, decide
from portal.domain.tracking_number import make_tracking_number
from portal.errors import Conflict
from portal.notifications import alerts
from portal.notifications.contacts import keep_address
from portal.queries.cases.outlines import areas_at
from portal.queries.report.reporting import reportable_at
from portal.secrets import derive_key
from portal.services.report.checks import checked
from portal.services.report.outbox import report_to_city
from portal.services.shared.photos import attach
from portal.services.sync import ingest
from portal.store.models import Case
from portal.store.report_models import ReportRow

Look = Callable[[Connection], tuple[Doubt, ...]]
"""Why a report should be looked at before others see it; asked within the transaction, once for each report that is taken."""


def accept_report(
    portal: Portal,
    city: Jurisdiction,
    report: Report,
    photos: Sequence[str],
    now: int,
    look: Look | None = None,
) -> Accepted:
    """Store a report; `photos` are names of held ones, `now` is in epoch seconds. The same key and words again give the same answer.

    Raises BadRequest for what cannot be taken, Conflict where the key came before with other words. When this returns, the report is
    safe: it is a case here, and the outbox holds what the city is to be told.
    """
    token = token_of(portal, city.id, report.idempotency_key)
    services = reportable_at(portal, city, report.lat, report.lon)
    place = Place(report.lat, report.lon, areas_at(portal, city.id, report.lat, report.lon))
    with portal.transaction() as connection:
        _wait_for_the_same(connection, city.id, report)
        if before := _before(connection, city.id, report, photos):
            return Accepted(before, token, is_repeat=True)
        service = checked(city, report, services)
        to = decide(city, service.code, service.name, place)
        number = _unused_number(connection, city.id)
        # From here on everybody else who writes to the city waits, so there is little left to do.
        report = report.doubted(look(connection)) if look else report
        case = _open_case(connection, city, Opening(report, service, number, place.areas, to), now)
        answers = written(service.questions, report.answers, city.zone)
        _keep_report(connection, city.id, case, report, photos, token, answers, to, now)
        if photos:
            attach(connection, city.id, photos, case, now, now)
        if report.email:
            keep_address(
                connection, portal.settings, city.id, case, report.email, report.language, now
            )
            if report.verdict == "ok":  # a program's report must not write to whomever it names
                alerts.owe(connection, city.id, {case: "received"}, 0, now)
        report_to_city(
            connection,
            city.id,
            case,
            {"case_id": number, "answers": answers},
            now,
            to.system or "",
            to.code,
        )
        return Accepted(number, token, is_repeat=False)


def token_of(portal: Portal, city_id: str, idempotency_key: str) -> str:
    """The token of a report's private link: 128 bits, made from our key and the report's, so that a repeat finds the same."""
    key = derive_key(portal.settings, "private link").encode()
    made = hmac.new(key, f"{city_id}\n{idempotency_key}".encode(), hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _wait_for_the_same(connection: Connection, city_id: str, report: Report) -> None:
    """A second sending of the same report waits here until the first is stored; on SQLite all writers have waited already."""
    if connection.dialect.name == "postgresql":
        held = "select pg_advisory_xact_lock(hashtextextended(:key, 0))"
        connection.execute(text(held), {"key": f"report {city_id} {report.idempotency_key}"})


def _before(
    connection: Connection, city_id: str, report: Report, photos: Sequence[str]
) -> str | None:
    """The number of the same report sent before. Raises Conflict where the key stands for other words."""
    of_case = (Case.jurisdiction_id == ReportRow.jurisdiction_id) & (Case.id == ReportRow.case_key)
    query = select(Case.case_id, ReportRow.body_hash).join(ReportRow, of_case)
    row = connection.execute(
        query.where(
            ReportRow.jurisdiction_id == city_id,
            ReportRow.idempotency_key == report.idempotency_key,
        )
    ).first()
    if row is None:
        return None
    if row.body_hash != _body_hash(report, photos):
        raise Conflict("This report was sent before, with other words.")
    return row.case_id


def _unused_number(connection: Connection, city_id: str) -> str:
    query = text("select 1 from cases where jurisdiction_id = :city and case_id = :number")
    while True:
        number = make_tracking_number()
        if connection.execute(query, {"city": city_id, "number": number}).first() is None:
            return number


class Opening(NamedTuple):
    """All that the case is made of. A resident names no neighborhood: `areas` are by polygon."""

    report: Report
    service: ReportableService
    number: str
    areas: Areas
    to: Decision


def _open_case(connection: Connection, city: Jurisdiction, opening: Opening, now: int) -> int:
    """The case's row, published as any other; its key."""
    moment, report, to = datetime.fromtimestamp(now, UTC), opening.report, opening.to
    visibility = (
        "held" if report.verdict == "held" else "public" if report.is_public else "reporter"
    )
    record = as_case(
        report,
        opening.service,
        opening.number,
        moment,
        visibility == "public",
        to.department,
        to.queue,
    )
    return ingest.open_case(
        connection, city, _clean(record, city, opening.areas, moment), visibility, moment
    )


def _clean(record: CaseRecord, city: Jurisdiction, found: Areas, moment: datetime) -> CleanRecord:
    local, now = moment.astimezone(city.zone), int(moment.timestamp())
    return CleanRecord(
        record=record,
        contradictions=0,
        updated_at=now,
        opened_at=now,
        closed_at=None,
        target_at=None,
        opened_month=local.year * 12 + local.month - 1,
        closed_month=None,
        days_open=None,
        content_hash=content_hash(record, now, None, None),
        areas=found,
    )


def _keep_report(
    connection: Connection,
    city_id: str,
    case: int,
    report: Report,
    photos: Sequence[str],
    token: str,
    answers: Answers,
    to: Decision,
    now: int,
) -> None:
    values = {
        "jurisdiction_id": city_id,
        "case_key": case,
        "idempotency_key": report.idempotency_key,
        "body_hash": _body_hash(report, photos),
        "token_hash": hash_of(token),
        "language": report.language,
        "answers": json.dumps(answers, sort_keys=True),
        "verdict": report.verdict,
        "doubts": " ".join(report.doubts),
        "is_public": int(report.is_public),
        "created_at": now,
        # A town whose file has no rules has one queue, and nothing to be looked into.
        "is_unrouted": int(to.is_catch_all and bool(to.steps)),
    }
    connection.execute(insert(ReportRow).values(**values))


def _body_hash(report: Report, photos: Sequence[str]) -> str:
    """Of everything the resident said; not of our verdict on it nor of the photos' order, which may be others the second time."""
    said = (
        report.service_code,
        report.note,
        report.lat,
        report.lon,
        report.address,
        report.is_public,
        report.email,
    )
    answers = {code: list(values) for code, values in report.answers.items()}
    return hashlib.sha256(
        json.dumps([[*said, answers], sorted(photos)], sort_keys=True).encode("utf-8", "replace")
    ).hexdigest()
