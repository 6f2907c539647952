"""What a form of staff's asks to be done."""

from __future__ import annotations

from flask import request

from layouts.staff.case import SIDES
from layouts.staff.frame import REASON
from portal.auth.accounts import StaffMember
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotAllowed
from portal.photos.blur import Region
from portal.services.report import outbox
from portal.services.staff import audit, moderation
from portal.services.staff.moderation import Act
from portal.store import data_version


def act_on_case(
    portal: Portal, city: Jurisdiction, case_id: str, who: StaffMember, now: int
) -> None:
    """One decision about a case. Raises BadRequest for one there is not or that cannot be made, NotFound."""
    form, act = request.form, Act(who.name, request.form.get(REASON, ""), now)
    field, photo = form.get("field", ""), form.get("photo", "")
    what = form.get("do", "")
    if what == "release":
        moderation.release(portal, city, case_id, act)
    elif what == "hold":
        moderation.hold(portal, city, case_id, act)
    elif what == "hide words":
        moderation.hide_words(portal, city, case_id, field, form.get("part", ""), act)
    elif what == "show words":
        moderation.show_words(portal, city, case_id, field, act)
    elif what == "hide photo":
        moderation.hide_photo(portal, city, case_id, photo, act)
    elif what == "show photo":
        moderation.show_photo(portal, city, case_id, photo, act)
    elif what == "blur":
        moderation.blur_photo(portal, city, case_id, photo, _region(), act)
    else:
        raise BadRequest("There is nothing called “{what}” to do here.", what=what[:40])


def act_on_outbox(portal: Portal, city: Jurisdiction, who: StaffMember, now: int) -> None:
    """One decision about what is on its way. Raises NotAllowed for who may only look, BadRequest, NotFound."""
    if not who.is_manager:
        raise NotAllowed("Only a manager may decide this.")
    what, reason, message = (
        request.form.get("do", ""),
        request.form.get(REASON, ""),
        request.form.get("message", ""),
    )
    with portal.transaction() as connection:
        if what == "retry":
            outbox.retry_message(connection, city.id, message, now)
        elif what == "give up":
            outbox.give_up_message(connection, city.id, message, reason, now)
        elif what == "resume":
            message = request.form.get("system", "")
            outbox.resume_system(connection, city.id, message, now)
        else:
            raise BadRequest("There is nothing called “{what}” to do here.", what=what[:40])
        data_version.lock(
            connection, city.id, now
        )  # as late as the sender takes it, so that neither waits for the other for ever
        audit.note(connection, city.id, who.name, f"outbox {what}", reason, now, target=message)


def _region() -> Region:
    try:
        return Region(*(float(request.form.get(side, "")) for side in SIDES))
    except ValueError:
        raise BadRequest("Say which part of the photo, in numbers from 0 to 100.") from None
