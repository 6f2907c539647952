"""Submit a report: one service for every door, from the form's pages to other programs' requests.

A door makes a `Report` of what the resident says and `Signals` of what it observed, no more:

    report = Report("pothole", "Deep", 42.32, -71.07, "3 Adams St", True, form_key)
    submit(portal, city, report, photo_names, Signals(address="8.8.4.4"), now)
    # Accepted(case_id="K7DX0A4QPM", token="…", is_repeat=False)

Where a report becomes a message to the city, in five steps:

1. callbacks/report/form.py, `send_report`: the door; reads the form and calls `submit`.
2. This file: checks the report, picks who gets it (`choose_route`), and stores the case.
3. portal/services/report/outbox.py, `add_report_message`: writes the message, in the same
   transaction. Either both are stored or neither is.
4. data_sync/dispatch/sender.py, with portal/services/report/sending.py for its transactions:
   claims the message, sends it, and records what the system answered.
5. data_sync/dispatch/open311.py or email.py: the adapter that speaks the system's protocol.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, text

from portal.context import Portal
from portal.domain.answers import Answers, format_for_system
from portal.domain.areas import Areas
from portal.domain.case import CaseRecord
from portal.domain.clean_record import CleanRecord, content_hash
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Accepted, Doubt, Report, ReportableService, case_from_report
from portal.domain.route_rules import Place
from portal.domain.routing import Route, choose_route
from portal.domain.tracking_number import make_tracking_number
from portal.errors import Conflict
from portal.notifications.contacts import Recipient, keep_address
from portal.notifications.strangers import queue_first_email
from portal.queries.cases.outlines import areas_at
from portal.queries.report.reportable_services import reportable_at
from portal.services.performance.forecasts import Shown, add_promises
from portal.services.report.checks import check_report
from portal.services.report.link_token import digest_token, make_token
from portal.services.report.outbox import add_report_message
from portal.services.report.review import Signals, review_check
from portal.services.shared.photos import attach_photos
from portal.services.sync import ingest
from portal.store.models import Case
from portal.store.report_models import ReportRow

_SAID = ("service_code", "note", "lat", "lon", "address", "is_public", "email")


@dataclass(frozen=True)
class Intake:
    """A report that passed its checks, with all that is stored of it.

    `areas` are by polygon: residents don't name a neighborhood. `doubts` say why it waits for
    review; empty if it doesn't. `answers` are as a work-order system reads them.
    """

    report: Report
    photos: Sequence[str]
    service: ReportableService
    areas: Areas
    route: Route
    number: str
    token: str
    answers: Answers
    doubts: tuple[Doubt, ...]
    now: int

    @property
    def is_held(self) -> bool:
        """Whether it waits for review before others see it."""
        return bool(self.doubts)

    @property
    def visibility(self) -> str:
        """Who sees the case, as the store keeps it."""
        if self.is_held:
            return "held"
        return "public" if self.report.is_public else "reporter"


def submit(
    portal: Portal,
    city: Jurisdiction,
    report: Report,
    photos: Sequence[str],
    signals: Signals,
    now: int,
) -> Accepted:
    """Store a report and the message that tells the city, in one transaction.

    `photos` are names of photos kept with the form, `now` is in epoch seconds. The same key with
    the same words again gives the same answer. A doubtful report is stored and sent too, and
    waits for review before others see it.

    Raises BadRequest for a report that can't be taken, and Conflict if its key came before with
    other words.
    """
    token = make_token(portal.settings, city.id, report.idempotency_key)
    services = reportable_at(portal, city, report.lat, report.lon)
    place = Place(report.lat, report.lon, areas_at(portal, city.id, report.lat, report.lon))
    find_doubts = review_check(portal.settings, city.id, report.idempotency_key, signals, now)
    with portal.transaction() as connection:
        _lock_key(connection, city.id, report.idempotency_key)
        if earlier := _find_earlier(connection, city.id, report, photos):
            return Accepted(earlier, token, is_repeat=True)
        service = check_report(city, report, services)
        route = choose_route(city, service.code, service.name, place)
        number = _find_unused_number(connection, city.id)
        answers = format_for_system(service.questions, report.answers, city.zone)
        # From here on everyone else who writes to the city waits, so little is left to do.
        doubts = find_doubts(connection)
        intake = Intake(
            report, photos, service, place.areas, route, number, token, answers, doubts, now
        )
        _store(portal, connection, city, intake)
    return Accepted(number, token, is_repeat=False)


def _store(portal: Portal, connection: Connection, city: Jurisdiction, intake: Intake) -> None:
    """The case, its report and photos, whom to tell, and the message to the city."""
    case_key = _store_case(connection, city, intake)
    _store_report(connection, city.id, case_key, intake)
    if promise := intake.report.promise:
        add_promises(connection, city.id, [Shown(case_key, "form", intake.now, promise)])
    if intake.photos:
        attach_photos(connection, city.id, intake.photos, case_key, intake.now, intake.now)
    if intake.report.email:
        _store_contact(portal, connection, city.id, case_key, intake)
    payload = {"case_id": intake.number, "answers": intake.answers}
    add_report_message(connection, city.id, case_key, payload, intake.route, intake.now)


def _lock_key(connection: Connection, city_id: str, form_key: str) -> None:
    """Wait while another transaction stores the same report. On SQLite all writers wait anyway."""
    if connection.dialect.name == "postgresql":
        lock = "select pg_advisory_xact_lock(hashtextextended(:key, 0))"
        connection.execute(text(lock), {"key": f"report {city_id} {form_key}"})


def _find_earlier(
    connection: Connection, city_id: str, report: Report, photos: Sequence[str]
) -> str | None:
    """The number of the same report sent before. Raises Conflict if its key had other words."""
    of_case = (Case.jurisdiction_id == ReportRow.jurisdiction_id) & (Case.id == ReportRow.case_key)
    query = select(Case.case_id, ReportRow.body_hash).join(ReportRow, of_case)
    of_key = (
        ReportRow.jurisdiction_id == city_id,
        ReportRow.idempotency_key == report.idempotency_key,
    )
    row = connection.execute(query.where(*of_key)).first()
    if row is None:
        return None
    if row.body_hash != _hash_body(report, photos):
        raise Conflict("This report was sent before, with other words.")
    return row.case_id


def _find_unused_number(connection: Connection, city_id: str) -> str:
    query = text("select 1 from cases where jurisdiction_id = :city and case_id = :number")
    while True:
        number = make_tracking_number()
        if connection.execute(query, {"city": city_id, "number": number}).first() is None:
            return number


def _store_case(connection: Connection, city: Jurisdiction, intake: Intake) -> int:
    """Store the case, published like any other; its key."""
    opened_at = datetime.fromtimestamp(intake.now, UTC)
    record = replace(
        case_from_report(intake.report, intake.service, intake.number, opened_at),
        is_public=intake.visibility == "public",
        department=intake.route.department,
        queue=intake.route.queue,
    )
    clean = _clean(record, city, intake.areas, opened_at)
    return ingest.open_case(connection, city, clean, intake.visibility, opened_at)


def _clean(
    record: CaseRecord, city: Jurisdiction, areas: Areas, opened_at: datetime
) -> CleanRecord:
    local = opened_at.astimezone(city.zone)
    now = int(opened_at.timestamp())
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
        areas=areas,
    )


def _store_report(connection: Connection, city_id: str, case_key: int, intake: Intake) -> None:
    report, route = intake.report, intake.route
    values = {
        "jurisdiction_id": city_id,
        "case_key": case_key,
        "idempotency_key": report.idempotency_key,
        "body_hash": _hash_body(report, intake.photos),
        "token_hash": digest_token(intake.token),
        "language": report.language,
        "answers": json.dumps(intake.answers, sort_keys=True),
        "verdict": "held" if intake.is_held else "ok",
        "doubts": " ".join(intake.doubts),
        "is_public": int(report.is_public),
        "created_at": intake.now,
        # A city whose file has no rules has one queue, and staff have nothing to route.
        "is_unrouted": int(route.is_catch_all and bool(route.steps)),
    }
    connection.execute(insert(ReportRow).values(**values))


def _store_contact(
    portal: Portal, connection: Connection, city_id: str, case_key: int, intake: Intake
) -> None:
    """Keep the resident's e-mail address, and owe them a first e-mail."""
    report = intake.report
    recipient = Recipient(report.email, report.language)
    keep_address(connection, portal.settings, city_id, case_key, recipient, intake.now)
    if not intake.is_held:  # a program's report must not e-mail whatever address it names
        queue_first_email(connection, portal.settings, city_id, case_key, intake.now)


def _hash_body(report: Report, photos: Sequence[str]) -> str:
    """Digest all that the resident said.

    Not our doubts, which may differ the second time, nor the order of the photos.
    """
    said = [getattr(report, name) for name in _SAID]
    answers = {code: list(values) for code, values in report.answers.items()}
    body = json.dumps([[*said, answers], sorted(photos)], sort_keys=True)
    return hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()
