"""What staff decide about a case: whether the public sees it, and which of its words and photos. Each with a reason, in the audit.

What is hidden is kept for staff, and the next sync does not bring it back. Showing again what was hidden is as easy as hiding it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, text, update

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotFound
from portal.notifications import alerts
from portal.photos.blur import Region, blur_region
from portal.photos.files import make_name, write_photo
from portal.queries.staff.hidden_texts import FIELDS
from portal.services.report.outbox import SET_PUBLIC, add_update_message
from portal.services.shared import photos
from portal.services.shared.visibility import show_case
from portal.services.staff import audit
from portal.services.sync import ingest
from portal.services.sync.republish import publish_anew
from portal.store import data_version
from portal.store.models import Case, Photo, Service
from portal.store.report_models import ReportRow
from portal.store.staff_models import HiddenText

LONGEST_PART = 4_000


@dataclass(frozen=True)
class Act:
    """Who of the staff does something, why, and when (epoch s)."""

    who: str
    reason: str
    now: int


def release(portal: Portal, city: Jurisdiction, case_id: str, act: Act) -> None:
    """Let a held case be seen by whom it is for: everybody, or where its resident or the city's rule says so, the city alone."""
    with portal.transaction() as connection:
        case = _case(connection, city.id, case_id, act.now)
        if case.visibility not in (ingest.HELD, ingest.HELD_PRIVATE):
            raise BadRequest("This case is not held.")
        report = connection.execute(_report_of(city.id, case.id)).first()
        wanted = "public" if case.type_is_public and case.visibility == ingest.HELD else "service"
        if report and (not report.is_public or report.withdrawn_at) and wanted == "public":
            wanted = "reporter"
        _show(connection, city, case, wanted, "release", act)
        if report:
            alerts.owe(connection, city.id, {case.id: "received"}, 0, act.now)


def hold(portal: Portal, city: Jurisdiction, case_id: str, act: Act) -> None:
    """Take a case out of the public's sight until somebody releases it; no sync brings it back."""
    with portal.transaction() as connection:
        case = _case(connection, city.id, case_id, act.now)
        if case.visibility != "public":
            raise BadRequest("The public does not see this case.")
        _show(connection, city, case, ingest.HELD, "hold", act)


def hide_words(
    portal: Portal, city: Jurisdiction, case_id: str, field: str, part: str, act: Act
) -> None:
    """Hide a part of a text, as it is published now, or all of it where `part` is empty; in the history of the case, too."""
    part = part.replace("\r\n", "\n").strip()[:LONGEST_PART]
    with portal.transaction() as connection:
        case, before = _text_of(connection, city.id, case_id, field, act.now)
        if not before or part not in before:
            raise BadRequest("These words do not stand in the text that the public sees.")
        values = {"jurisdiction_id": city.id, "case_key": case, "field": field, "part": part}
        known = (
            HiddenText.jurisdiction_id == city.id,
            HiddenText.case_key == case,
            HiddenText.field == field,
            HiddenText.part == part,
        )
        if connection.execute(select(HiddenText.part).where(*known)).first() is None:
            connection.execute(insert(HiddenText).values(**values, hidden_at=act.now))
        forget = text(
            "delete from case_revisions where jurisdiction_id = :city and id = :case and field = :field"
        )
        connection.execute(forget, {"city": city.id, "case": case, "field": field})
        _publish_text(connection, city, case, field, before, "hide words", act)


def show_words(portal: Portal, city: Jurisdiction, case_id: str, field: str, act: Act) -> None:
    """Show again all that was hidden of a text."""
    with portal.transaction() as connection:
        case, before = _text_of(connection, city.id, case_id, field, act.now)
        hidden = (
            HiddenText.jurisdiction_id == city.id,
            HiddenText.case_key == case,
            HiddenText.field == field,
        )
        if not connection.execute(delete(HiddenText).where(*hidden)).rowcount:
            raise BadRequest("Nothing is hidden of this text.")
        _publish_text(connection, city, case, field, before, "show words", act)


def hide_photo(portal: Portal, city: Jurisdiction, case_id: str, name: str, act: Act) -> None:
    """Take a photo out of the public's sight."""
    _move_photo(portal, city, case_id, name, photos.READY, photos.HIDDEN, "hide photo", act)


def show_photo(portal: Portal, city: Jurisdiction, case_id: str, name: str, act: Act) -> None:
    """Show a hidden photo again."""
    _move_photo(portal, city, case_id, name, photos.HIDDEN, photos.READY, "show photo", act)


def blur_photo(
    portal: Portal, city: Jurisdiction, case_id: str, name: str, region: Region, act: Act
) -> str:
    """Show a copy of a photo with a part made unreadable, under a new name, which is returned; the original is hidden and kept."""
    developed = blur_region(portal.photos_folder, name, region)
    copy = make_name()
    write_photo(portal.photos_folder, copy, developed)
    with portal.transaction() as connection:
        case, photo = _photo(connection, city.id, case_id, name, photos.READY, act.now)
        of = {column.name: getattr(photo, column.name) for column in Photo.__table__.columns}
        of |= {
            "name": copy,
            "changed_at": act.now,
            "width": developed.size[0],
            "height": developed.size[1],
        }
        of |= {"source_hash": photos.hash_of(copy) if photo.source_url else None}
        connection.execute(insert(Photo).values(**of))
        photos.hide(connection, city.id, name, act.reason, act.now)
        audit.note(
            connection,
            city.id,
            act.who,
            "blur photo",
            act.reason,
            act.now,
            case=case,
            target=f"{name} → {copy}",
        )
    return copy


def _show(
    connection: Connection, city: Jurisdiction, case, visibility: str, action: str, act: Act
) -> None:
    audit.note(
        connection,
        city.id,
        act.who,
        action,
        act.reason,
        act.now,
        case=case.id,
        before=case.visibility,
        after=visibility,
    )
    rev = show_case(connection, city, case.id, visibility, act.now)
    if case.source == ingest.PORTAL_SOURCE and "public" in (case.visibility, visibility):
        told = {"case_id": case.case_id, "is_public": visibility == "public", "rev": rev}
        add_update_message(connection, city.id, case.id, SET_PUBLIC, told, act.now)


def _publish_text(
    connection: Connection,
    city: Jurisdiction,
    case: int,
    field: str,
    before: str | None,
    action: str,
    act: Act,
) -> None:
    publish_anew(connection, city, case, act.now)
    after = connection.execute(
        select(getattr(Case, field)).where(Case.jurisdiction_id == city.id, Case.id == case)
    ).scalar()
    audit.note(
        connection,
        city.id,
        act.who,
        action,
        act.reason,
        act.now,
        case=case,
        target=field,
        before=before,
        after=after,
    )


def _move_photo(
    portal: Portal,
    city: Jurisdiction,
    case_id: str,
    name: str,
    was: str,
    becomes: str,
    action: str,
    act: Act,
) -> None:
    with portal.transaction() as connection:
        case, _photo_row = _photo(connection, city.id, case_id, name, was, act.now)
        key = Photo.jurisdiction_id == city.id, Photo.name == name
        connection.execute(
            update(Photo)
            .where(*key)
            .values(state=becomes, reason=act.reason[:200], changed_at=act.now)
        )
        photos.announce(connection, city.id, act.now)
        audit.note(
            connection, city.id, act.who, action, act.reason, act.now, case=case, target=name
        )


def _case(connection: Connection, city_id: str, case_id: str, now: int):
    """The case, locked until the transaction ends. Raises NotFound."""
    data_version.lock(connection, city_id, now)
    of_service = (Service.jurisdiction_id == Case.jurisdiction_id) & (
        Service.service_id == Case.service_id
    )
    query = select(
        Case.id,
        Case.case_id,
        Case.visibility,
        Case.source,
        Service.is_public.label("type_is_public"),
    ).join(Service, of_service)
    row = connection.execute(
        query.where(Case.jurisdiction_id == city_id, Case.case_id == case_id).order_by(
            Case.id.desc()
        )
    ).first()
    if row is None:
        raise NotFound("There is no such case.")
    return row


def _report_of(city_id: str, case: int):
    columns = ReportRow.is_public, ReportRow.withdrawn_at
    return select(*columns).where(ReportRow.jurisdiction_id == city_id, ReportRow.case_key == case)


def _text_of(
    connection: Connection, city_id: str, case_id: str, field: str, now: int
) -> tuple[int, str | None]:
    if field not in FIELDS:
        raise BadRequest("There is no such text.")
    case = _case(connection, city_id, case_id, now).id
    return case, connection.execute(
        select(getattr(Case, field)).where(Case.jurisdiction_id == city_id, Case.id == case)
    ).scalar()


def _photo(connection: Connection, city_id: str, case_id: str, name: str, state: str, now: int):
    """(the case's key, the photo's row). Raises NotFound where the case has no such photo in this state."""
    case = _case(connection, city_id, case_id, now).id
    key = (
        Photo.jurisdiction_id == city_id,
        Photo.name == name,
        Photo.case_key == case,
        Photo.state == state,
    )
    row = connection.execute(select(Photo.__table__).where(*key)).first()
    if row is None:
        raise NotFound("There is no such photo.")
    return case, row
