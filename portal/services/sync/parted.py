"""Repeats of a case that is hidden: their closing words name it no more, nor do old versions.

The portal takes the number out at once; the city's system gives other words when it has heard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection, delete, or_, select, update

from portal.domain.tracking_number import format_tracking_number
from portal.store.models import Case, CaseRevision

REASON = "closure_reason"


def forget_hidden_parents(connection: Connection, city_id: str, parted: Mapping[int, str]) -> None:
    """Delete published changes of cases' closing words that name the hidden case they repeated.

    `parted`: the city's number of that case, by the key of the repeat.
    """
    for case, number in parted.items():
        if names := _hidden_names(connection, city_id, number):
            _forget_in_changes(connection, city_id, case, names)


def forget_in_repeats(connection: Connection, city_id: str, case: int) -> list[int]:
    """Take the numbers of a case out of its public repeats' closing words; returns their keys."""
    of_case = Case.jurisdiction_id == city_id, Case.id == case
    numbers = connection.execute(select(Case.case_id, Case.work_order_id).where(*of_case)).one()
    known = [number for number in numbers if number]
    is_repeat = Case.parent_case_id.in_(known), Case.visibility == "public", Case.id != case
    query = select(Case.id, Case.closure_reason).where(Case.jurisdiction_id == city_id, *is_repeat)
    changed = []
    for repeat, reason in connection.execute(query).all():
        names = {*known, format_tracking_number(known[0])}
        bare = _without(reason or "", names)
        if bare != (reason or ""):
            of_repeat = Case.jurisdiction_id == city_id, Case.id == repeat
            connection.execute(update(Case).where(*of_repeat).values(closure_reason=bare))
            _forget_in_changes(connection, city_id, repeat, names)
            changed.append(repeat)
    return changed


def _without(reason: str, names: set[str]) -> str:
    """The desk's own words without the number; in others it becomes three dots."""
    for name in sorted(names, key=len, reverse=True):
        whole = rf"(?<!\w){re.escape(name)}(?!\w)"
        reason = re.sub(whole, "…", re.sub(f" as case {whole}", "", reason))
    return reason


def _forget_in_changes(connection: Connection, city_id: str, case: int, names: set[str]) -> None:
    values = (CaseRevision.old_value, CaseRevision.new_value)
    named = [value.contains(name, autoescape=True) for value in values for name in names]
    of_case = CaseRevision.jurisdiction_id == city_id, CaseRevision.id == case
    query = delete(CaseRevision).where(*of_case, CaseRevision.field == REASON)
    connection.execute(query.where(or_(*named)))


def _hidden_names(connection: Connection, city_id: str, number: str) -> set[str]:
    """How a case of this number may be written, if we have it and the public may not see it."""
    is_it = or_(Case.case_id == number, Case.work_order_id == number)
    hidden = Case.jurisdiction_id == city_id, is_it, Case.visibility != "public"
    cases = connection.execute(select(Case.case_id).where(*hidden)).scalars().all()
    names = {name for case in cases for name in (case, format_tracking_number(case))}
    return names | {number} if names else set()
