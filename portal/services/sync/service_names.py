"""What a service is called when its records disagree: by the newest of them, whatever the order in which they come.

Once the public knows the service, the newest public record names it: what a private one says is not to be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync.vocabulary import ServiceWord, Words
from portal.store import search_index
from portal.store.models import Case


def settle(
    connection: Connection, city: Jurisdiction, words: Words, records: list[CleanRecord]
) -> bool:
    """Rename the services whose newest record is among these; returns whether any was. Comes before the records are stored.

    Services not met before are only noted: they are made with the first case that is stored under them.
    """
    renamed = False
    for code, told in _newest_names(records, words).items():
        word = words.service_word(code)
        if word is None:
            words.note_name(code, told.name, told.group)
        elif told.is_public >= word.is_shown:
            renamed = _rename(connection, city, words, code, word, told) or renamed
    return renamed


@dataclass(frozen=True, slots=True)
class _Told:
    """How records name a service: the newest of them, and the first group of all."""

    is_public: bool
    moment: int
    name: str
    group: str | None


def _rename(
    connection: Connection,
    city: Jurisdiction,
    words: Words,
    code: str,
    word: ServiceWord,
    told: _Told,
) -> bool:
    """Name the service as told, where that is newer than what is stored or the first that is public; returns whether it was."""
    if told.is_public > word.is_shown:
        group, is_newer = told.group, True
    else:
        # Boston files some types under several groups: the first in the alphabet stands.
        group = _first(told.group, word.group_name)
        stored = (
            _newest_stored(connection, city.id, word) if told.name != word.name else told.moment
        )
        is_newer = (told.moment, told.name) > (stored, word.name)
    name = told.name if is_newer else word.name
    if (name, group) == (word.name, word.group_name):
        return False
    is_new_name = name != word.name
    words.rename_service(code, name, group)
    if is_new_name:
        _index_anew(connection, city.id, word.service_id, name)
    return True


def _newest_names(records: list[CleanRecord], words: Words) -> dict[str, _Told]:
    """By service code; a public record goes before all private ones."""
    newest: dict[str, _Told] = {}
    for (code, name, group, is_public), moment in _moments(records).items():
        told = _Told(is_public and words.rule(code, name).public, moment, name, group)
        held = newest.get(code)
        newest[code] = _newer(held, told) if held else told
    return newest


def _moments(records: list[CleanRecord]) -> dict[tuple[str, str, str | None, bool], int]:
    """When each way to name a service was last used: a page of thousands has a few hundred."""
    last: dict[tuple[str, str, str | None, bool], int] = {}
    for clean in records:
        record = clean.record
        named = record.service_code, record.service_name, record.service_group, record.is_public
        if named not in last or clean.updated_at > last[named]:
            last[named] = clean.updated_at
    return last


def _newer(one: _Told, other: _Told) -> _Told:
    if one.is_public != other.is_public:
        return one if one.is_public else other
    moment, name = max((one.moment, one.name), (other.moment, other.name))
    return _Told(one.is_public, moment, name, _first(one.group, other.group))


def _first(*groups: str | None) -> str | None:
    return min(filter(None, groups), default=None)


def _newest_stored(connection: Connection, city_id: str, word: ServiceWord) -> int:
    query = select(func.max(Case.source_updated_at)).where(
        Case.jurisdiction_id == city_id, Case.service_id == word.service_id
    )
    if word.is_shown:
        query = query.where(Case.visibility == "public")
    return connection.execute(query).scalar() or 0


def _index_anew(connection: Connection, city_id: str, service_id: int, name: str) -> None:
    columns = Case.id, Case.opened_at, Case.title, Case.address, Case.note, Case.closure_reason
    of_service = (
        Case.jurisdiction_id == city_id,
        Case.service_id == service_id,
        Case.visibility == "public",
    )
    for case, opened_at, title, *texts in connection.execute(
        select(*columns).where(*of_service)
    ).all():
        words = " ".join(part for part in (title, name, *texts) if part)
        search_index.index_cases(
            connection, [search_index.Entry(city_id, case, opened_at, words, True, opened_at)]
        )
