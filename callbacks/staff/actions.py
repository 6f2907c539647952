"""Carrying out what a staff form asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from layouts.staff.case import SIDES
from layouts.staff.frame import REASON
from portal.auth.accounts import StaffMember
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotAllowed
from portal.photos.blur import Region
from portal.services.report import confirming, outbox
from portal.services.staff import audit, moderation
from portal.services.staff.audit import Act, Subject
from portal.store import data_version


def act_on_case(
    portal: Portal, city: Jurisdiction, case_id: str, who: StaffMember, now: int
) -> None:
    """Carry out one decision about a case. Raises NotFound, or BadRequest if it cannot be done."""
    what = request.form.get("do", "")
    if what not in CASE_DECISIONS:
        raise _unknown_decision(what)
    decide, fields = CASE_DECISIONS[what]
    act = Act(who.name, request.form.get(REASON, ""), now)
    decide(portal, city, case_id, *[request.form.get(name, "") for name in fields], act)


def act_on_outbox(portal: Portal, city: Jurisdiction, who: StaffMember, now: int) -> None:
    """Carry out one decision about the outbox.

    Raises NotAllowed for those who may only look, NotFound, or BadRequest if it cannot be done.
    """
    if not who.is_manager:
        raise NotAllowed("Only a manager may decide this.")
    act = Act(who.name, request.form.get(REASON, ""), now)
    what = request.form.get("do", "")
    target = request.form.get("system" if what == "resume" else "message", "")
    with portal.transaction() as connection:
        _decide_about_outbox(connection, city, what, target, act)
        # As late as the sender locks it, so that neither waits for the other forever.
        data_version.lock(connection, city.id, now)
        audit.add_line(connection, city.id, act, f"outbox {what}", Subject(target=target))


def _decide_about_outbox(
    connection: Any, city: Jurisdiction, what: str, target: str, act: Act
) -> None:
    """`target` is the number of a message; to resume, the name of a system."""
    if what == "retry":
        outbox.retry_message(connection, city.id, target, act.now)
    elif what == "give up":
        outbox.give_up_message(connection, city.id, target, act.reason, act.now)
    elif what == "arrived":
        number = request.form.get("number", "")
        confirming.confirm_arrival(connection, city, target, number, act.now)
    elif what == "resume":
        outbox.resume_system(connection, city.id, target, act.now)
    else:
        raise _unknown_decision(what)


def _unknown_decision(what: str) -> BadRequest:
    return BadRequest("There is nothing called “{what}” to do here.", what=what[:40])


def _blur_photo(portal: Portal, city: Jurisdiction, case_id: str, name: str, act: Act) -> None:
    moderation.blur_photo(portal, city, case_id, name, _region(), act)


def _region() -> Region:
    try:
        return Region(*(float(request.form.get(side, "")) for side in SIDES))
    except ValueError:
        raise BadRequest("Say which part of the photo, in numbers from 0 to 100.") from None


CASE_DECISIONS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "release": (moderation.release_case, ()),
    "hold": (moderation.hold_case, ()),
    "hide words": (moderation.hide_words, ("field", "part")),
    "show words": (moderation.show_words, ("field",)),
    "hide photo": (moderation.hide_photo, ("photo",)),
    "show photo": (moderation.show_photo, ("photo",)),
    "blur": (_blur_photo, ("photo",)),
}
"""What each button of a case does, and the fields of its form that it needs."""
