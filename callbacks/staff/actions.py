"""Carrying out what a staff form asks for."""

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
from portal.services.staff.audit import Act, Subject
from portal.store import data_version


def act_on_case(
    portal: Portal, city: Jurisdiction, case_id: str, who: StaffMember, now: int
) -> None:
    """Carry out one decision about a case. Raises NotFound, or BadRequest if it cannot be done."""
    form = request.form
    act = Act(who.name, form.get(REASON, ""), now)
    field = form.get("field", "")
    photo = form.get("photo", "")
    what = form.get("do", "")
    if what == "release":
        moderation.release_case(portal, city, case_id, act)
    elif what == "hold":
        moderation.hold_case(portal, city, case_id, act)
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
    """Carry out one decision about the outbox.

    Raises NotAllowed for those who may only look, NotFound, or BadRequest if it cannot be done.
    """
    if not who.is_manager:
        raise NotAllowed("Only a manager may decide this.")
    act = Act(who.name, request.form.get(REASON, ""), now)
    what = request.form.get("do", "")
    target = request.form.get("message", "")
    with portal.transaction() as connection:
        if what == "retry":
            outbox.retry_message(connection, city.id, target, now)
        elif what == "give up":
            outbox.give_up_message(connection, city.id, target, act.reason, now)
        elif what == "resume":
            target = request.form.get("system", "")
            outbox.resume_system(connection, city.id, target, now)
        else:
            raise BadRequest("There is nothing called “{what}” to do here.", what=what[:40])
        # As late as the sender locks it, so that neither waits for the other forever.
        data_version.lock(connection, city.id, now)
        audit.add_line(connection, city.id, act, f"outbox {what}", Subject(target=target))


def _region() -> Region:
    try:
        return Region(*(float(request.form.get(side, "")) for side in SIDES))
    except ValueError:
        raise BadRequest("Say which part of the photo, in numbers from 0 to 100.") from None
