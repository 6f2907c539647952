"""Whether a number that a work-order system gave our report is ours to take.

A system may name another case by mistake, because it merged the two, or to see what happens. The
number of a case that was there before, or of another report, is not taken: staff decide.

    why = why_not_ours(connection, city, message, "P-7")   # a sentence for staff, or None
    take_out_twin(connection, city, message, "26-7", now)
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, text, update

from portal.domain.claims import ANOTHER_CASE, ANOTHER_REPORT, Told, can_be_same_case
from portal.domain.dispatch import Message
from portal.domain.jurisdiction import Jurisdiction
from portal.queries.report.told import ORIGINAL, SAID, told_by_cases
from portal.services.shared.visibility import set_visibility
from portal.services.sync import withdrawal
from portal.services.sync.case_states import HELD, HELD_PRIVATE, MERGED, PORTAL_SOURCE
from portal.services.sync.own_copies import carry_hidden_texts
from portal.services.sync.republish import republish_case
from portal.store.models import Case


def why_not_ours(
    connection: Connection, city: Jurisdiction, message: Message, number: str
) -> str | None:
    """Why a report may not have this number, for staff; None if it may.

    Whoever else writes to the city must wait until the caller's transaction ends.
    """
    values = {"city": city.id, "number": number, "case": message.case_key}
    for other in connection.execute(text(_OTHER_REPORTS), values):
        if other.case_id == number or _gives_same_numbers(city, message.system, other.system):
            return ANOTHER_REPORT.format(number=number, case_id=other.case_id)
    ours = told_by_cases(connection, city.id, [message.case_key])[message.case_key]
    for theirs in _cases_with(connection, city, message.system, number):
        if not _is_twin(theirs, ours, message):
            return ANOTHER_CASE.format(number=number)
    return None


def take_out_twin(
    connection: Connection, city: Jurisdiction, message: Message, number: str, now: int
) -> None:
    """Withdraw the city's side of a report, if a sync brought it before we knew its number.

    The next sync then finds ours. What staff have hidden of it stays hidden of ours.
    """
    for twin in _cases_with(connection, city, message.system, number):
        _carry_over(connection, city, twin, message.case_key, now)
        withdrawal.withdraw_cases(connection, city, twin.source, [twin.source_id], now)
        key = Case.jurisdiction_id == city.id, Case.id == twin.id
        connection.execute(update(Case).where(*key).values(source=MERGED))


def _carry_over(connection: Connection, city: Jurisdiction, twin: Any, case: int, now: int) -> None:
    """What staff have decided about the city's side counts for ours."""
    values = {"city": city.id, "twin": twin.id, "case": case}
    connection.execute(text(_CARRY_PHOTOS), values | {"now": now})
    if carry_hidden_texts(connection, city.id, twin.id, case):
        republish_case(connection, city, case, now)
    is_shown = connection.execute(text(_IS_SHOWN), values).first()
    if is_shown and twin.visibility in (HELD, HELD_PRIVATE):
        set_visibility(connection, city, case, HELD, now)


def _cases_with(connection: Connection, city: Jurisdiction, system: str, number: str) -> list[Any]:
    """The city's own cases that have this number in the system."""
    values = {"city": city.id, "number": number}
    names = [str(table.get("name")) for table in city.sources]
    found = {row.id: row for row in connection.execute(_BY_CASE_ID, values)}
    if names:
        by_source_id = connection.execute(_BY_SOURCE_ID, {**values, "names": names})
        found |= {row.id: row for row in by_source_id}
    return [row for row in found.values() if system not in city.systems_apart_from(row.source)]


def _is_twin(theirs: Any, ours: Told, message: Message) -> bool:
    """Whether it can be the city's side of this report: it came after it, and says the same."""
    said = Told(theirs.opened_at, theirs.lat, theirs.lon, theirs.note)
    return theirs.first_seen_at >= message.created_at and can_be_same_case(said, ours)


def _gives_same_numbers(city: Jurisdiction, system: str, other: str) -> bool:
    """Whether a number in the one system is the same case as in the other."""
    numbering = [found.name for found in city.systems if found.kind == "open311"]
    return system == other or len(numbering) < 2 or not {system, other} <= set(numbering)


_OTHER_REPORTS = """
select c.case_id, coalesce(m.system, '') as system
from cases c
left join outbox m
    on m.jurisdiction_id = c.jurisdiction_id and m.case_key = c.id and m.number = 1
where c.jurisdiction_id = :city and c.source = 'portal' and c.id <> :case
    and (c.work_order_id = :number or c.case_id = :number)
"""
# Two questions, each with its index: no database finds both numbers with one.
_CASES = f"""
select c.id, c.source, c.source_id, c.first_seen_at, c.visibility, {SAID}
from cases c {ORIGINAL}
where c.jurisdiction_id = :city and c.source not in ('{PORTAL_SOURCE}', '{MERGED}')
"""
_BY_CASE_ID = text(f"{_CASES} and c.case_id = :number")
_BY_SOURCE_ID = text(f"{_CASES} and c.source_id = :number and c.source in :names").bindparams(
    bindparam("names", expanding=True)
)
# Fetched again, they are compared with the photos that came with the report.
_CARRY_PHOTOS = """
update photos set case_key = :case, changed_at = :now, attempts = 0, due_at = :now,
    state = case when state = 'ready' then 'pending' else state end
where jurisdiction_id = :city and case_key = :twin
"""
_IS_SHOWN = (
    "select 1 from cases where jurisdiction_id = :city and id = :case and visibility = 'public'"
)
