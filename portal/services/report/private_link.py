"""What a resident can do with their own report by its private link: see all of it, add a note, say who may see it, take it back."""

from __future__ import annotations

import json

from sqlalchemy import Connection, func, insert, select, text, update

from portal.context import Portal
from portal.domain.answers import answered
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import OwnNote, OwnReport
from portal.domain.service_definition import questions_from_json
from portal.errors import BadRequest, NotFound
from portal.notifications.contacts import forget_address
from portal.queries.cases.photos import photos_of_report
from portal.services.report.outbox import ADD_NOTE, SET_PUBLIC, WITHDRAW_CASE, tell_city
from portal.services.report.reporting import hash_of
from portal.services.shared import photos
from portal.services.shared.visibility import show_case
from portal.store import data_version
from portal.store.report_models import ReportNote, ReportRow

MAX_NOTE = 4_000
MAX_NOTES = 20
MAX_PHOTOS = 8
"""Four that came with the report, and as many later."""


def own_report(portal: Portal, city_id: str, token: str) -> OwnReport | None:
    """The report that the token opens; None for a token that opens none."""
    with portal.core.connect() as connection:
        return _report(connection, city_id, token)


def key_of(portal: Portal, city_id: str, token: str) -> str | None:
    """The key of the form that the report came with, by which its photos are known; None for a token that opens none."""
    of_token = ReportRow.jurisdiction_id == city_id, ReportRow.token_hash == hash_of(token)
    with portal.core.connect() as connection:
        return connection.execute(select(ReportRow.idempotency_key).where(*of_token)).scalar()


def add_note(
    portal: Portal, city: Jurisdiction, token: str, note: str, now: int, photo: str | None = None
) -> None:
    """Add words for the city, or the held photo of this name, or both; the photo is for everybody where the report is.

    Raises BadRequest for nothing, too many, and a report that was taken back. A photo that the report has already is no news.
    """
    said = note.replace("\r\n", "\n").replace("\x00", "").strip()
    if not said and not photo:
        raise BadRequest("Write what you want to add, or choose a photo.")
    if len(said) > MAX_NOTE:
        raise BadRequest("Please shorten your words to 4,000 letters.")
    with portal.transaction() as connection:
        report = _open_report(connection, city, token, now)
        if len(report.notes) >= MAX_NOTES:
            raise BadRequest("There are 20 notes already. Please report anew what has changed.")
        has_photo = bool(photo) and _attach(connection, city.id, report, photo, now)
        if not has_photo and said in ("", report.notes[-1].text if report.notes else ""):
            return  # a button pressed twice
        of_case = ReportNote.jurisdiction_id == city.id, ReportNote.case_key == report.key
        number = (
            connection.execute(select(func.max(ReportNote.number)).where(*of_case)).scalar() or 0
        ) + 1
        values = {
            "jurisdiction_id": city.id,
            "case_key": report.key,
            "number": number,
            "note": said,
            "added_at": now,
        }
        connection.execute(insert(ReportNote).values(**values))
        told = {"case_id": report.case_id, "number": number} | (
            {"photo": photo} if has_photo else {}
        )
        tell_city(connection, city.id, report.key, ADD_NOTE, told, now)


def _attach(connection: Connection, city_id: str, report: OwnReport, photo: str, now: int) -> bool:
    """Whether the photo is new to the report. Raises BadRequest where it has too many."""
    if photo in report.photos:
        return False
    if len(report.photos) >= MAX_PHOTOS:
        raise BadRequest("There are 8 photos already. Please report anew what has changed.")
    # After the report's own moment even within one second: what comes later goes to the city with the note.
    if not photos.attach(
        connection, city_id, [photo], report.key, max(now, report.opened_at + 1), now
    ):
        return False
    photos.announce(connection, city_id, now)
    return True


def set_public(portal: Portal, city: Jurisdiction, token: str, is_public: bool, now: int) -> None:
    """Show the report to everybody, or to the city alone. Raises BadRequest where that is not the resident's to say."""
    with portal.transaction() as connection:
        report = _open_report(connection, city, token, now)
        if not report.may_change_visibility:
            raise BadRequest("Who may see this report cannot be changed here.")
        visibility = "public" if is_public else "reporter"
        if visibility == report.visibility:
            return  # a button pressed twice
        rev = show_case(connection, city, report.key, visibility, now)
        of_report = ReportRow.jurisdiction_id == city.id, ReportRow.case_key == report.key
        connection.execute(update(ReportRow).where(*of_report).values(is_public=int(is_public)))
        tell_city(
            connection,
            city.id,
            report.key,
            SET_PUBLIC,
            {"case_id": report.case_id, "is_public": is_public, "rev": rev},
            now,
        )


def withdraw(portal: Portal, city: Jurisdiction, token: str, now: int) -> None:
    """Take the report back: nobody else sees it any more, and the city is told. Raises BadRequest where it was taken back before."""
    with portal.transaction() as connection:
        report = _open_report(connection, city, token, now)
        if report.visibility == "public":
            show_case(connection, city, report.key, "reporter", now)
        of_report = ReportRow.jurisdiction_id == city.id, ReportRow.case_key == report.key
        connection.execute(update(ReportRow).where(*of_report).values(withdrawn_at=now))
        tell_city(connection, city.id, report.key, WITHDRAW_CASE, {"case_id": report.case_id}, now)


def stop_letters(portal: Portal, city: Jurisdiction, token: str) -> None:
    """Forget the address that was given with the report. Raises NotFound for a token that opens nothing."""
    with portal.transaction() as connection:
        report = _report(connection, city.id, token)
        if report is None:
            raise NotFound(
                "This link opens no report. It may have been cut off: please open or copy all of it."
            )
        forget_address(connection, city.id, report.key)


def _open_report(connection: Connection, city: Jurisdiction, token: str, now: int) -> OwnReport:
    """The report, locked until the transaction ends, as something is to be done with it."""
    data_version.lock(connection, city.id, now)
    report = _report(connection, city.id, token)
    if report is None:
        raise NotFound(
            "This link opens no report. It may have been cut off: please open or copy all of it."
        )
    if report.is_withdrawn:
        raise BadRequest("You have taken this report back; nothing more can be done with it.")
    return report


def _report(connection: Connection, city_id: str, token: str) -> OwnReport | None:
    row = (
        connection.execute(text(_REPORT), {"city": city_id, "hash": hash_of(token)})
        .mappings()
        .first()
    )
    if row is None:
        return None
    values = {"city": city_id, "case": row["key"]}
    own_photos = photos_of_report(connection, city_id, row["key"])
    notes = connection.execute(text(_NOTES), values)
    told = dict(row)
    answers = {code: tuple(given) for code, given in json.loads(told.pop("answers")).items()}
    told["answers"] = answered(questions_from_json(told.pop("questions") or "[]"), answers)
    return OwnReport(**told, photos=own_photos, notes=tuple(OwnNote(*note) for note in notes))


# The texts as they were sent: the original where something was hidden from the public, else what is published.
_REPORT = """
select c.id as key, c.case_id, s.name as service_name, s.slug as service_slug, c.status, c.visibility, c.opened_at,
    coalesce(o.note, c.note) as note, coalesce(o.address, c.address) as address,
    coalesce(o.lat, c.lat) as lat, coalesce(o.lon, c.lon) as lon,
    n.slug as neighborhood_slug, d.name as department, r.sent_at, r.withdrawn_at, c.closed_at,
    c.closure_reason, r.answers, a.questions,
    exists (select 1 from contacts t where t.jurisdiction_id = c.jurisdiction_id and t.case_key = c.id) as is_told
from reports r
join cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.case_key
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join service_definitions a on a.jurisdiction_id = c.jurisdiction_id and a.service_code = s.service_code
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
left join labels n on n.jurisdiction_id = c.jurisdiction_id and n.label_id = c.neighborhood_id
left join labels d on d.jurisdiction_id = c.jurisdiction_id and d.label_id = c.department_id
where r.jurisdiction_id = :city and r.token_hash = :hash
"""
_NOTES = "select note, added_at from report_notes where jurisdiction_id = :city and case_key = :case order by number"
