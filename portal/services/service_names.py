"""What a service is called when its records disagree: by the newest of them, whatever the order in which they come."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from portal import search
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.models import Case
from portal.services.words import Words


def settle(connection: Connection, city: Jurisdiction, words: Words, records: list[CleanRecord]) -> bool:
    """Rename the services whose newest record is among these; returns whether any was. Comes before the records are stored.

    Services not met before are only noted: they are made with the first case that is stored under them.
    """
    renamed = False
    for code, (moment, name, group) in _newest_names(records).items():
        word = words.service_word(code)
        if word is None:
            words.note_name(code, name, group)
            continue
        # Boston files some types under several groups: the first in the alphabet stands.
        group = min(filter(None, (group, word.group_name)), default=None)
        if name != word.name and (moment, name) > (_newest_stored(connection, city.id, word.service_id), word.name):
            words.rename_service(code, name, group)
            _index_anew(connection, city.id, word.service_id, name)
            renamed = True
        elif group != word.group_name:
            words.rename_service(code, word.name, group)
            renamed = True
    return renamed


def _newest_names(records: list[CleanRecord]) -> dict[str, tuple[int, str, str | None]]:
    """By service code: the time and the name of the newest record, and the first group of all."""
    newest: dict[str, tuple[int, str, str | None]] = {}
    for clean in records:
        record, moment = clean.record, clean.updated_at
        held = newest.get(record.service_code)
        if held is None:
            newest[record.service_code] = moment, record.service_name, record.service_group
        elif (moment, record.service_name, record.service_group) != held:
            moment, name = max(held[:2], (moment, record.service_name))
            newest[record.service_code] = moment, name, min(filter(None, (held[2], record.service_group)), default=None)
    return newest


def _newest_stored(connection: Connection, city_id: str, service_id: int) -> int:
    query = select(func.max(Case.source_updated_at)).where(Case.jurisdiction_id == city_id, Case.service_id == service_id)
    return connection.execute(query).scalar() or 0


def _index_anew(connection: Connection, city_id: str, service_id: int, name: str) -> None:
    columns = Case.id, Case.opened_at, Case.title, Case.address, Case.note, Case.closure_reason
    of_service = Case.jurisdiction_id == city_id, Case.service_id == service_id, Case.visibility == "public"
    for case, opened_at, title, *texts in connection.execute(select(*columns).where(*of_service)).all():
        words = " ".join(part for part in (title, name, *texts) if part)
        search.index_cases(connection, [search.Entry(city_id, case, opened_at, words, True, opened_at)])
