"""Cases of the city's that repeat a report of ours under a number we do not know.

A system may give a report back without our reference, under another number than it answered, or
twice. It is known again by its words, its place and its time. The first one is the report's echo if
it still waits for one; any other is held, so that nothing comes to light which the resident or
staff have hidden, and staff decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from portal.domain.claims import Told, can_be_same_case
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.quoted_words import KnownTexts
from portal.queries.report.told import ORIGINAL, SAID
from portal.store import bulk

DAYS = 30
"""How long after a report the city may still make a case of it."""
_SECONDS = DAYS * 86_400
_CLOCKS_SECONDS = 900


def find_copies(
    connection: Connection, city: Jurisdiction, records: Sequence[CleanRecord]
) -> dict[str, int]:
    """The keys of the reports that these records repeat, by the records' source ids.

    For records that are of no case we have.
    """
    if not records or not city.systems:
        return {}
    copies = _copies_by_reference(connection, city.id, records)
    rest = [
        clean for clean in records if clean.record.source_id not in copies and clean.record.note
    ]
    return copies | dict(_copies_by_words(connection, city.id, rest))


def carry_hidden_texts(connection: Connection, city_id: str, case: int, copy: int) -> int:
    """Let what staff have hidden of a case be hidden of its copy too; how many texts."""
    values = {"city": city_id, "case": case, "copy": copy}
    return connection.execute(text(_CARRY_WORDS), values).rowcount


def _copies_by_reference(
    connection: Connection, city_id: str, records: Sequence[CleanRecord]
) -> dict[str, int]:
    """Records with our tracking number that are not the one which became the report's echo."""
    references = [clean.record.reference for clean in records if clean.record.reference]
    keys = dict(bulk.select_in(connection, _BY_REFERENCE, references, city=city_id))
    return {
        clean.record.source_id: keys[clean.record.reference]
        for clean in records
        if clean.record.reference in keys
    }


def _copies_by_words(
    connection: Connection, city_id: str, records: Sequence[CleanRecord]
) -> Iterator[tuple[str, int]]:
    if not records:
        return
    said = _reports_around(connection, city_id, [clean.opened_at for clean in records])
    known = KnownTexts({key: told.note for key, told in said.items() if told.note})
    for clean in records:
        record = clean.record
        told = Told(clean.opened_at, record.lat, record.lon, record.note)
        for key in known.find_repeated(record.note or ""):
            if _is_copy(told, said[key]):
                yield record.source_id, key
                break


def _is_copy(theirs: Told, ours: Told) -> bool:
    """Whether the words can be ours, and not those of a neighbor who wrote the same."""
    seconds = theirs.opened_at - ours.opened_at
    without_words = Told(theirs.opened_at, theirs.lat, theirs.lon, None)
    return -_CLOCKS_SECONDS <= seconds <= _SECONDS and can_be_same_case(without_words, ours)


def _reports_around(connection: Connection, city_id: str, moments: list[int]) -> dict[int, Told]:
    """What reports said that were sent before these moments, by key."""
    first = connection.execute(text(_FIRST_REPORT), {"city": city_id}).scalar()
    if first is None or max(moments) < first - _CLOCKS_SECONDS:
        return {}
    since, until = min(moments) - _SECONDS, max(moments) + _CLOCKS_SECONDS
    values = {"city": city_id, "since": since, "until": until}
    rows: Any = connection.execute(text(_REPORTS), values)
    return {key: Told(*told) for key, *told in rows}


_SENT = """
exists (
    select 1 from outbox m
    where m.jurisdiction_id = c.jurisdiction_id and m.case_key = c.id and m.number = 1
        and m.tried_at is not null)
"""
_BY_REFERENCE = f"""
select c.case_id, c.id from cases c
where c.jurisdiction_id = :city and c.source = 'portal' and {_SENT} and c.case_id in {{values}}
"""
_FIRST_REPORT = """
select c.opened_at from cases c
where c.jurisdiction_id = :city
    and c.id = (select min(r.case_key) from reports r where r.jurisdiction_id = :city)
"""
_REPORTS = f"""
select c.id, {SAID} from cases c {ORIGINAL}
where c.jurisdiction_id = :city and c.source = 'portal'
    and c.opened_at between :since and :until and {_SENT}
"""
_CARRY_WORDS = """
insert into hidden_texts (jurisdiction_id, case_key, field, part, hidden_at)
select jurisdiction_id, :copy, field, part, hidden_at from hidden_texts
where jurisdiction_id = :city and case_key = :case
on conflict do nothing
"""
