"""What residents can do with their own report by its private link.

See all of it, add a note or a photo, say who may see it, stop e-mails about it, or retract it.
Every function takes the link's token and finds the report by the token's digest.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, func, insert, select, text, update

from portal.context import Portal
from portal.domain.answers import pair_with_prompts
from portal.domain.case import PublicNote
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import OwnNote, OwnReport
from portal.domain.service_definition import questions_from_json
from portal.errors import BadRequest, NotFound
from portal.notifications.contacts import forget_address
from portal.notifications.repeats import find_public_parent
from portal.queries.cases.photos import photos_of_report, photos_of_work
from portal.services.report.link_token import digest_token
from portal.services.report.outbox import ADD_NOTE, SET_PUBLIC, WITHDRAW_CASE, add_update_message
from portal.services.shared import photos
from portal.services.shared.visibility import set_visibility
from portal.store import data_version
from portal.store.report_models import ReportNote, ReportRow

MAX_NOTE = 4_000
MAX_NOTES = 20
MAX_PHOTOS = 8
"""Four that came with the report, and as many later."""


def own_report(portal: Portal, city_id: str, token: str) -> OwnReport | None:
    """The report that the token opens; None if it opens none."""
    with portal.core.connect() as connection:
        return _read_report(connection, city_id, token)


def form_key_of(portal: Portal, city_id: str, token: str) -> str | None:
    """The key of the form that the report came with; its photos are known by it.

    None if the token opens no report.
    """
    of_token = ReportRow.jurisdiction_id == city_id, ReportRow.token_hash == digest_token(token)
    with portal.core.connect() as connection:
        return connection.execute(select(ReportRow.idempotency_key).where(*of_token)).scalar()


def add_note(
    portal: Portal, city: Jurisdiction, token: str, note: str, now: int, photo: str | None = None
) -> None:
    """Add words for the city, or the photo of this name, or both; `now` in epoch seconds.

    Whoever sees the report sees the photo. The same words or photo twice are added once. Raises
    BadRequest for nothing at all, too many notes or photos, or a retracted report; NotFound for
    a token that opens no report.
    """
    said = note.replace("\r\n", "\n").replace("\x00", "").strip()
    if not said and not photo:
        raise BadRequest("Write what you want to add, or choose a photo.")
    if len(said) > MAX_NOTE:
        raise BadRequest("Please shorten your words to 4,000 letters.")
    with portal.transaction() as connection:
        report = _lock_report(connection, city, token, now)
        if len(report.notes) >= MAX_NOTES:
            raise BadRequest(
                "There are 20 notes already. Please send a new report about what has changed."
            )
        has_photo = bool(photo) and _attach_photo(connection, city.id, report, photo, now)
        if not has_photo and said in ("", report.notes[-1].text if report.notes else ""):
            return  # a button pressed twice
        number = _store_note(connection, city.id, report.key, said, now)
        payload = {"case_id": report.case_id, "number": number}
        payload |= {"photo": photo} if has_photo else {}
        add_update_message(connection, city.id, report.key, ADD_NOTE, payload, now)


def _store_note(connection: Connection, city_id: str, case_key: int, said: str, now: int) -> int:
    """The note's number among those of its report."""
    of_case = ReportNote.jurisdiction_id == city_id, ReportNote.case_key == case_key
    last = connection.execute(select(func.max(ReportNote.number)).where(*of_case)).scalar() or 0
    values = {
        "jurisdiction_id": city_id,
        "case_key": case_key,
        "number": last + 1,
        "note": said,
        "added_at": now,
    }
    connection.execute(insert(ReportNote).values(**values))
    return last + 1


def _attach_photo(
    connection: Connection, city_id: str, report: OwnReport, photo: str, now: int
) -> bool:
    """Whether the photo is new to the report. Raises BadRequest if it has too many."""
    if photo in report.photos:
        return False
    if len(report.photos) >= MAX_PHOTOS:
        raise BadRequest(
            "There are 8 photos already. Please send a new report about what has changed."
        )
    # Later than the report, even within one second: later photos go to the city with a note.
    taken_at = max(now, report.opened_at + 1)
    if not photos.attach_photos(connection, city_id, [photo], report.key, taken_at, now):
        return False
    photos.announce_change(connection, city_id, [photo], now)
    return True


def set_public(portal: Portal, city: Jurisdiction, token: str, is_public: bool, now: int) -> None:
    """Show the report to everyone, or to the city only. Raises BadRequest if residents can't."""
    with portal.transaction() as connection:
        report = _lock_report(connection, city, token, now)
        if not report.can_change_visibility:
            raise BadRequest("Who may see this report cannot be changed here.")
        visibility = "public" if is_public else "reporter"
        if visibility == report.visibility:
            return  # a button pressed twice
        rev = set_visibility(connection, city, report.key, visibility, now)
        _change_report(connection, city.id, report.key, is_public=int(is_public))
        payload = {"case_id": report.case_id, "is_public": is_public, "rev": rev}
        add_update_message(connection, city.id, report.key, SET_PUBLIC, payload, now)


def retract_report(portal: Portal, city: Jurisdiction, token: str, now: int) -> None:
    """Hide the report from everyone else, and tell the city that it is no longer asked for.

    Raises BadRequest if it was retracted before.
    """
    with portal.transaction() as connection:
        report = _lock_report(connection, city, token, now)
        if report.visibility == "public":
            set_visibility(connection, city, report.key, "reporter", now)
        _change_report(connection, city.id, report.key, withdrawn_at=now)
        payload = {"case_id": report.case_id}
        add_update_message(connection, city.id, report.key, WITHDRAW_CASE, payload, now)


def stop_emails(portal: Portal, city: Jurisdiction, token: str) -> None:
    """Forget the address that was given with the report. Raises NotFound for an unknown token."""
    with portal.transaction() as connection:
        report = _require_report(connection, city.id, token)
        forget_address(connection, city.id, report.key)


def _change_report(connection: Connection, city_id: str, case_key: int, **values: int) -> None:
    of_report = ReportRow.jurisdiction_id == city_id, ReportRow.case_key == case_key
    connection.execute(update(ReportRow).where(*of_report).values(**values))


def _lock_report(connection: Connection, city: Jurisdiction, token: str, now: int) -> OwnReport:
    """The report, locked until the transaction ends. Raises BadRequest if it was retracted."""
    data_version.lock(connection, city.id, now)
    report = _require_report(connection, city.id, token)
    if report.is_withdrawn:
        raise BadRequest("You have taken this report back; nothing more can be done with it.")
    return report


def _require_report(connection: Connection, city_id: str, token: str) -> OwnReport:
    report = _read_report(connection, city_id, token)
    if report is None:
        raise NotFound(
            "This link opens no report. It may have been cut off: please open or copy all of it."
        )
    return report


def _read_report(connection: Connection, city_id: str, token: str) -> OwnReport | None:
    key = {"city": city_id, "hash": digest_token(token)}
    row = connection.execute(text(_REPORT), key).mappings().first()
    if row is None:
        return None
    values = dict(row)
    answers = {code: tuple(given) for code, given in json.loads(values.pop("answers")).items()}
    questions = questions_from_json(values.pop("questions") or "[]")
    notes = connection.execute(text(_NOTES), {"city": city_id, "case": row["key"]})
    return OwnReport(
        **values,
        answers=pair_with_prompts(questions, answers),
        photos=photos_of_report(connection, city_id, row["key"]),
        notes=tuple(OwnNote(*note) for note in notes),
        said_by_city=_said_by_city(connection, city_id, row["key"]),
        work_photos=photos_of_work(connection, city_id, row["key"]),
        repeated_case=find_public_parent(connection, city_id, row["key"]),
    )


def _said_by_city(connection: Connection, city_id: str, case: int) -> tuple[PublicNote, ...]:
    rows = connection.execute(text(_SAID_BY_CITY), {"city": city_id, "case": case})
    return tuple(PublicNote(*row) for row in rows)


# The texts as they were sent: the original if something was hidden, else what is published.
_REPORT = """
select c.id as key, c.case_id, s.name as service_name, s.slug as service_slug, c.status,
    c.visibility, c.opened_at, coalesce(o.note, c.note) as note,
    coalesce(o.address, c.address) as address,
    coalesce(o.lat, c.lat) as lat, coalesce(o.lon, c.lon) as lon,
    n.slug as neighborhood_slug, d.name as department, r.sent_at, r.withdrawn_at, c.closed_at,
    c.closure_reason, r.answers, a.questions,
    exists (
        select 1 from contacts t
        where t.jurisdiction_id = c.jurisdiction_id and t.case_key = c.id
    ) as has_contact
from reports r
join cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.case_key
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join service_definitions a
    on a.jurisdiction_id = c.jurisdiction_id and a.service_code = s.service_code
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
left join labels n on n.jurisdiction_id = c.jurisdiction_id and n.label_id = c.neighborhood_id
left join labels d on d.jurisdiction_id = c.jurisdiction_id and d.label_id = c.department_id
where r.jurisdiction_id = :city and r.token_hash = :hash
"""
_NOTES = """
select note, added_at from report_notes
where jurisdiction_id = :city and case_key = :case order by number
"""
_SAID_BY_CITY = """
select kind, words, said_at from case_notes
where jurisdiction_id = :city and case_key = :case and words <> '' order by number
"""
