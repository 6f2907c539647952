"""What staff decide about a case: whether the public sees it, and which of its words and photos.

    act = Act("Ana", "names a neighbor", now)
    hide_words(portal, city, "101005512345", "note", "Bo Miller", act)

Each decision has a reason and a line in the audit log. What is hidden is kept for staff, and the
next sync does not bring it back. Showing it again is as easy as hiding it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, text, update

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotFound
from portal.notifications.strangers import queue_first_email
from portal.photos.blur import Region, blur_region
from portal.photos.files import make_name, write_photo
from portal.queries.staff import hidden_texts
from portal.queries.staff.hidden_texts import CITY_NOTES, FIELDS
from portal.queries.staff.moderation import join_city_notes
from portal.services.report.outbox import SET_PUBLIC, add_update_message
from portal.services.shared import photos
from portal.services.shared.visibility import set_visibility
from portal.services.staff import audit
from portal.services.staff.audit import Act, Subject
from portal.services.sync.case_states import HELD, HELD_PRIVATE, PORTAL_SOURCE
from portal.services.sync.republish import republish_case
from portal.store import data_version
from portal.store.models import Case, Photo, Service
from portal.store.report_models import ReportRow
from portal.store.staff_models import HiddenText

LONGEST_PART = 4_000


@dataclass(frozen=True)
class _Text:
    """A text of a case, by the case's key, as the public sees it."""

    case: int
    field: str
    published: str | None


@dataclass(frozen=True)
class _PhotoChange:
    """A photo's state before and after, and what the audit log calls the change."""

    old_state: str
    new_state: str
    action: str


_HIDE_PHOTO = _PhotoChange(photos.READY, photos.HIDDEN, "hide photo")
_SHOW_PHOTO = _PhotoChange(photos.HIDDEN, photos.READY, "show photo")


def release_case(portal: Portal, city: Jurisdiction, case_id: str, act: Act) -> None:
    """Release a case that is on hold. Raises NotFound, or BadRequest if it is not on hold.

    Everyone may see it then, unless its resident or the city's rule says that only the city may.
    """
    with portal.transaction() as connection:
        case = _find_case(connection, city.id, case_id, act.now)
        if case.visibility not in (HELD, HELD_PRIVATE):
            raise BadRequest("This case is not held.")
        report = connection.execute(_report_of(city.id, case.id)).first()
        wanted = "public" if case.type_is_public and case.visibility == HELD else "service"
        if report and (not report.is_public or report.withdrawn_at) and wanted == "public":
            wanted = "reporter"
        _change_visibility(connection, city, case, wanted, "release", act)
        if report:
            queue_first_email(connection, portal.settings, city.id, case.id, act.now)


def hold_case(portal: Portal, city: Jurisdiction, case_id: str, act: Act) -> None:
    """Hide a case from the public until staff release it; no sync brings it back.

    Raises NotFound, or BadRequest if the public does not see the case.
    """
    with portal.transaction() as connection:
        case = _find_case(connection, city.id, case_id, act.now)
        if case.visibility != "public":
            raise BadRequest("The public does not see this case.")
        _change_visibility(connection, city, case, HELD, "hold", act)


def hide_words(
    portal: Portal, city: Jurisdiction, case_id: str, field: str, part: str, act: Act
) -> None:
    """Hide a part of a published text, or all of it if `part` is empty.

    The case's other texts lose these words too. The text's history is deleted, and what has the
    words in the others'. Raises NotFound, or BadRequest if the text does not contain the
    part.
    """
    part = part.replace("\r\n", "\n").strip()[:LONGEST_PART]
    with portal.transaction() as connection:
        before = _find_text(connection, city.id, case_id, field, act.now)
        if not before.published or part not in before.published:
            raise BadRequest("These words do not stand in the text that the public sees.")
        _add_hidden_text(connection, city.id, before, part, act.now)
        _delete_history(connection, city.id, before.case, field)
        _publish_text(connection, city, before, "hide words", act)


def show_words(portal: Portal, city: Jurisdiction, case_id: str, field: str, act: Act) -> None:
    """Show everything again that was hidden in a text.

    Raises NotFound, or BadRequest if nothing was hidden.
    """
    with portal.transaction() as connection:
        before = _find_text(connection, city.id, case_id, field, act.now)
        hidden = (
            HiddenText.jurisdiction_id == city.id,
            HiddenText.case_key == before.case,
            HiddenText.field == field,
        )
        if not connection.execute(delete(HiddenText).where(*hidden)).rowcount:
            raise BadRequest("Nothing is hidden of this text.")
        _publish_text(connection, city, before, "show words", act)


def hide_photo(portal: Portal, city: Jurisdiction, case_id: str, name: str, act: Act) -> None:
    """Hide a photo from the public. Raises NotFound if the case has no such photo."""
    _change_photo(portal, city, case_id, name, _HIDE_PHOTO, act)


def show_photo(portal: Portal, city: Jurisdiction, case_id: str, name: str, act: Act) -> None:
    """Show a hidden photo again. Raises NotFound if the case has no such photo."""
    _change_photo(portal, city, case_id, name, _SHOW_PHOTO, act)


def blur_photo(
    portal: Portal, city: Jurisdiction, case_id: str, name: str, region: Region, act: Act
) -> str:
    """Show a copy of a photo with a part blurred; returns the copy's name.

    The original is hidden and kept. Raises NotFound if the case has no such photo.
    """
    developed = blur_region(portal.photos_folder, name, region)
    copy = make_name()
    write_photo(portal.photos_folder, copy, developed)
    width, height = developed.size
    with portal.transaction() as connection:
        photo = _find_photo(connection, city.id, case_id, name, photos.READY, act.now)
        values = {column.name: getattr(photo, column.name) for column in Photo.__table__.columns}
        values |= {
            "name": copy,
            "changed_at": act.now,
            "width": width,
            "height": height,
            "source_hash": photos.hash_of(copy) if photo.source_url else None,
        }
        connection.execute(insert(Photo).values(**values))
        photos.hide_photo(connection, city.id, name, act.reason, act.now)
        subject = Subject(photo.case_key, f"{name} → {copy}")
        audit.add_line(connection, city.id, act, "blur photo", subject)
    return copy


def _change_visibility(
    connection: Connection, city: Jurisdiction, case: Any, visibility: str, action: str, act: Act
) -> None:
    subject = Subject(case.id, before=case.visibility, after=visibility)
    audit.add_line(connection, city.id, act, action, subject)
    rev = set_visibility(connection, city, case.id, visibility, act.now)
    if case.source == PORTAL_SOURCE and "public" in (case.visibility, visibility):
        payload = {"case_id": case.case_id, "is_public": visibility == "public", "rev": rev}
        add_update_message(connection, city.id, case.id, SET_PUBLIC, payload, act.now)


def _add_hidden_text(
    connection: Connection, city_id: str, hidden_in: _Text, part: str, now: int
) -> None:
    known = (
        HiddenText.jurisdiction_id == city_id,
        HiddenText.case_key == hidden_in.case,
        HiddenText.field == hidden_in.field,
        HiddenText.part == part,
    )
    if connection.execute(select(HiddenText.part).where(*known)).first() is not None:
        return
    values = {
        "jurisdiction_id": city_id,
        "case_key": hidden_in.case,
        "field": hidden_in.field,
        "part": part,
        "hidden_at": now,
    }
    connection.execute(insert(HiddenText).values(**values))


def _delete_history(connection: Connection, city_id: str, case: int, field: str) -> None:
    """Delete the revisions of a text, and those of others that say what is hidden."""
    parts = hidden_texts.hidden_parts(connection, city_id, [case])[case]
    values = {"city": city_id, "case": case}
    for rev, revised, *texts in connection.execute(text(_TEXT_HISTORY), values).all():
        said = " ".join(filter(None, texts))
        if revised == field or hidden_texts.hide_in_text(said, parts) != said:
            key = {"rev": rev, "field": revised}
            connection.execute(text(_DELETE_REVISION), values | key)


def _publish_text(
    connection: Connection, city: Jurisdiction, before: _Text, action: str, act: Act
) -> None:
    republish_case(connection, city, before.case, act.now)
    after = _published_text(connection, city.id, before.case, before.field)
    subject = Subject(before.case, before.field, before.published, after)
    audit.add_line(connection, city.id, act, action, subject)


def _change_photo(
    portal: Portal, city: Jurisdiction, case_id: str, name: str, change: _PhotoChange, act: Act
) -> None:
    with portal.transaction() as connection:
        photo = _find_photo(connection, city.id, case_id, name, change.old_state, act.now)
        key = Photo.jurisdiction_id == city.id, Photo.name == name
        values = {
            "state": change.new_state,
            "reason": act.reason[: photos.LONGEST_REASON],
            "changed_at": act.now,
        }
        connection.execute(update(Photo).where(*key).values(**values))
        photos.announce_change(connection, city.id, [name], act.now)
        subject = Subject(photo.case_key, name)
        audit.add_line(connection, city.id, act, change.action, subject)


def _find_case(connection: Connection, city_id: str, case_id: str, now: int) -> Any:
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
    of_case = query.where(Case.jurisdiction_id == city_id, Case.case_id == case_id)
    row = connection.execute(of_case.order_by(Case.id.desc())).first()
    if row is None:
        raise NotFound("There is no such case.")
    return row


def _report_of(city_id: str, case: int) -> Select:
    columns = ReportRow.is_public, ReportRow.withdrawn_at
    return select(*columns).where(ReportRow.jurisdiction_id == city_id, ReportRow.case_key == case)


def _find_text(connection: Connection, city_id: str, case_id: str, field: str, now: int) -> _Text:
    """Raises NotFound, or BadRequest if cases have no such text."""
    if field not in (*FIELDS, CITY_NOTES):
        raise BadRequest("There is no such text.")
    case = _find_case(connection, city_id, case_id, now).id
    return _Text(case, field, _published_text(connection, city_id, case, field))


def _published_text(connection: Connection, city_id: str, case: int, field: str) -> str | None:
    if field == CITY_NOTES:
        return join_city_notes(connection, city_id, case).published
    return connection.execute(
        select(getattr(Case, field)).where(Case.jurisdiction_id == city_id, Case.id == case)
    ).scalar()


def _find_photo(
    connection: Connection, city_id: str, case_id: str, name: str, state: str, now: int
) -> Any:
    """The photo's row. Raises NotFound if the case has no such photo in this state."""
    case = _find_case(connection, city_id, case_id, now).id
    key = (
        Photo.jurisdiction_id == city_id,
        Photo.name == name,
        Photo.case_key == case,
        Photo.state == state,
    )
    row = connection.execute(select(Photo.__table__).where(*key)).first()
    if row is None:
        raise NotFound("There is no such photo.")
    return row


_TEXT_HISTORY = (
    "select rev, field, old_value, new_value from case_revisions"
    " where jurisdiction_id = :city and id = :case"
    " and field in ('title', 'note', 'closure_reason', 'address')"
)
_DELETE_REVISION = (
    "delete from case_revisions"
    " where jurisdiction_id = :city and id = :case and rev = :rev and field = :field"
)
