"""What a service is called if its records disagree: what the newest says, in whatever order they
come. A code is no name, and of several spellings of one name the most frequent counts
(portal.services.sync.spellings).

Once the public knows the service, only public records name it: what a private one says must not be
published.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.spelling import spelling_key
from portal.services.sync.vocabulary import ServiceWord, Vocabulary
from portal.store import search_index
from portal.store.models import Case


def rename_services(
    connection: Connection, city: Jurisdiction, vocabulary: Vocabulary, records: list[CleanRecord]
) -> bool:
    """Rename the services whose newest record is among these.

    Returns whether any was renamed that the public knows.

    Call this before the records are stored. Names of new services are only noted: a new service is
    stored with its first case.
    """
    has_renamed = False
    for code, naming in _newest_namings(records, vocabulary).items():
        word = vocabulary.find_service(code, naming.name)
        if word is None:
            vocabulary.note_name(code, naming.name, naming.group)
        elif naming.is_public >= word.is_shown:
            is_renamed = _rename(connection, city.id, vocabulary, code, word, naming)
            has_renamed |= is_renamed and word.is_shown
    return has_renamed


@dataclass(frozen=True, slots=True)
class _Naming:
    """What records call a service: the newest of them, and the first group of all."""

    is_public: bool
    is_name: bool
    """False if it only repeats the code."""
    moment: int
    name: str
    group: str | None


def _rename(
    connection: Connection,
    city_id: str,
    vocabulary: Vocabulary,
    code: str,
    word: ServiceWord,
    naming: _Naming,
) -> bool:
    """Rename a service if this naming is newer than the stored one, or the first public one."""
    if naming.is_public > word.is_shown:
        group = naming.group
        name = naming.name
    else:
        # Boston files some types under several groups: the first in the alphabet wins.
        group = _first(naming.group, word.group_name)
        name = naming.name if _is_newer(connection, city_id, naming, word) else word.name
    if (name, group) == (word.name, word.group_name):
        return False
    is_new_name = name != word.name
    vocabulary.rename_service(code, name, group)
    if is_new_name:
        reindex_service(connection, city_id, word.service_id, name)
    return True


def _is_newer(connection: Connection, city_id: str, naming: _Naming, word: ServiceWord) -> bool:
    if not naming.is_name or spelling_key(naming.name) == spelling_key(word.name):
        return False
    stored = _newest_stored(connection, city_id, word)
    return (naming.moment, naming.name) > (stored, word.name)


def _newest_namings(records: list[CleanRecord], vocabulary: Vocabulary) -> dict[str, _Naming]:
    """By service code; a public record goes before all private ones."""
    newest: dict[str, _Naming] = {}
    for (code, name, group, is_public), moment in _last_uses(records).items():
        is_public = is_public and vocabulary.rule_for(code, name).public
        naming = _Naming(is_public, name != code, moment, name, group)
        newest[code] = _newer(newest[code], naming) if code in newest else naming
    return newest


def _last_uses(records: list[CleanRecord]) -> dict[tuple[str, str, str | None, bool], int]:
    """When each name of a service was last used: a page of thousands has a few hundred."""
    last: dict[tuple[str, str, str | None, bool], int] = {}
    for clean in records:
        record = clean.record
        key = record.service_code, record.service_name, record.service_group, record.is_public
        if key not in last or clean.updated_at > last[key]:
            last[key] = clean.updated_at
    return last


def _newer(one: _Naming, other: _Naming) -> _Naming:
    if one.is_public != other.is_public:
        return one if one.is_public else other
    newer = max(one, other, key=lambda naming: (naming.is_name, naming.moment, naming.name))
    return replace(newer, group=_first(one.group, other.group))


def _first(*groups: str | None) -> str | None:
    return min(filter(None, groups), default=None)


def _newest_stored(connection: Connection, city_id: str, word: ServiceWord) -> int:
    query = select(func.max(Case.source_updated_at)).where(
        Case.jurisdiction_id == city_id, Case.service_id == word.service_id
    )
    if word.is_shown:
        query = query.where(Case.visibility == "public")
    return connection.execute(query).scalar() or 0


def reindex_service(connection: Connection, city_id: str, service_id: int, name: str) -> None:
    """Index the public cases of a service again, under its new name."""
    columns = Case.id, Case.opened_at, Case.title, Case.address, Case.note, Case.closure_reason
    query = select(*columns).where(
        Case.jurisdiction_id == city_id,
        Case.service_id == service_id,
        Case.visibility == "public",
    )
    for case, opened_at, title, *texts in connection.execute(query).all():
        words = " ".join(part for part in (title, name, *texts) if part)
        search_index.index_cases(
            connection, [search_index.Entry(city_id, case, opened_at, words, True, opened_at)]
        )
