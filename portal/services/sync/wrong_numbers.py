"""Numbers that turn out to be another case's when the city first shows that case.

A system may answer a report with the number of a case that we have not seen yet. When a sync brings
it, and it was there before the report and says something else, the number is taken from our report
again: the city's case is stored as a case of its own, and staff decide about ours.
"""

from __future__ import annotations

from sqlalchemy import Connection, update

from portal.domain.claims import ANOTHER_CASE, Told, can_be_same_case
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.queries.report.told import told_by_cases
from portal.services.sync.case_states import NOTHING_YET, PORTAL_SOURCE
from portal.store import bulk
from portal.store.models import Case
from portal.store.report_models import OutboxMessage

_Waiting = tuple[str, int, str]
"""The number, and the key and the tracking number of the report that got it."""


def take_back_numbers(
    connection: Connection, city: Jurisdiction, source: str, records: list[CleanRecord], rev: int
) -> list[str]:
    """Take back numbers of reports that these records prove to be of other cases.

    Returns the visibility of each report. Only a number that no record has confirmed yet is
    doubted. `rev` is the number of the batch.
    """
    by_number = {clean.record.source_id: clean for clean in records}
    waiting = _waiting_reports(connection, city, source, list(by_number))
    said = told_by_cases(connection, city.id, [case for _, case, _ in waiting])
    wrong = [
        (number, case)
        for number, case, case_id in waiting
        if case_id != by_number[number].record.reference
        and not can_be_same_case(_told_by(by_number[number]), said[case])
    ]
    return [_take_back(connection, city.id, number, case, rev) for number, case in wrong]


def _waiting_reports(
    connection: Connection, city: Jurisdiction, source: str, numbers: list[str]
) -> list[_Waiting]:
    """Reports of which a system gave only the number so far."""
    others = city.systems_apart_from(source)
    rows = bulk.select_in(connection, _WAITING, numbers, city=city.id)
    return [(number, case, case_id) for number, case, case_id, to in rows if to not in others]


def _take_back(connection: Connection, city_id: str, number: str, case: int, rev: int) -> str:
    of_case = Case.jurisdiction_id == city_id, Case.id == case
    changed = update(Case).where(*of_case).values(work_order_id=None, rev=rev)
    visibility = connection.execute(changed.returning(Case.visibility)).scalar_one()
    first = (
        OutboxMessage.jurisdiction_id == city_id,
        OutboxMessage.case_key == case,
        OutboxMessage.number == 1,
    )
    reason = ANOTHER_CASE.format(number=number)
    values = {"state": "stuck", "work_order_id": None, "answer": reason, "finished_at": None}
    connection.execute(update(OutboxMessage).where(*first).values(**values))
    return visibility


def _told_by(clean: CleanRecord) -> Told:
    record = clean.record
    return Told(clean.opened_at, record.lat, record.lon, record.note)


_WAITING = f"""
select c.work_order_id, c.id, c.case_id, coalesce(m.system, '')
from cases c
left join outbox m
    on m.jurisdiction_id = c.jurisdiction_id and m.case_key = c.id and m.number = 1
where c.jurisdiction_id = :city and c.source = '{PORTAL_SOURCE}'
    and c.content_hash = '{NOTHING_YET}' and c.work_order_id in {{values}}
"""
