"""What a page says: the newest version of each case in it, beside the case as we have it.

An echo is a city's record of a case that was reported here. It is found by our case number or by
the number that the city's system gave the case.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from portal.domain.case import CaseRecord
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction, ServiceRule
from portal.services.sync.case_rows import visibility_of
from portal.services.sync.case_states import NOTHING_YET, PORTAL_SOURCE, kept_visibility
from portal.services.sync.vocabulary import Vocabulary
from portal.store import bulk

Version = tuple[int, str]
"""(source time in epoch seconds, content hash): the greatest version of a case wins."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """What decides whether an arriving record is newer than the case we have."""

    id: int
    source_updated_at: int
    content_hash: str
    visibility: str
    place_precision: str
    source: str
    awaits_echo: bool
    """Reported here, and no source has sent it back yet."""

    @property
    def version(self) -> Version:
        """The version that we have."""
        return self.source_updated_at, self.content_hash


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of a page, with the rule of its service and the case it is about."""

    clean: CleanRecord
    rule: ServiceRule
    stored: StoredCase | None
    set_visibility: str | None = None
    """Its visibility, if the service's rule does not decide it."""

    @property
    def version(self) -> Version:
        """The version that arrives."""
        return self.clean.updated_at, self.clean.content_hash

    @property
    def is_new(self) -> bool:
        """Whether we do not have this case yet."""
        return self.stored is None

    @property
    def is_change(self) -> bool:
        """Whether this changes a case that we have."""
        return self.stored is not None and _changes(self, self.stored)


def find_arrivals(
    connection: Connection,
    city: Jurisdiction,
    source: str,
    records: list[CleanRecord],
    vocabulary: Vocabulary,
) -> list[Arrival]:
    """The newest version of each case in a page, with the case we have, if we have it."""
    newest: dict[str, tuple[Version, CleanRecord]] = {}
    for clean in records:
        version = clean.updated_at, clean.content_hash
        key = clean.record.source_id
        if key not in newest or version > newest[key][0]:
            newest[key] = version, clean
    stored = _find_stored(connection, city, source, [clean.record for _, clean in newest.values()])
    return [
        Arrival(
            clean,
            vocabulary.rule_for(clean.record.service_code, clean.record.service_name),
            stored.get(key),
        )
        for key, (_, clean) in newest.items()
    ]


def _changes(arrival: Arrival, stored: StoredCase) -> bool:
    if stored.awaits_echo:
        return True
    if arrival.clean.content_hash == stored.content_hash:
        return arrival.version >= stored.version and _is_published_differently(arrival, stored)
    return arrival.version > stored.version


def _is_published_differently(arrival: Arrival, stored: StoredCase) -> bool:
    """Same content, but the city's rules have changed, or the case had been withdrawn."""
    wanted = visibility_of(arrival.clean, arrival.rule)
    visibility = kept_visibility(wanted, stored.visibility, stored.source)
    return arrival.rule.place != stored.place_precision or visibility != stored.visibility


_STORED = (
    "select {key}, id, source_updated_at, content_hash, visibility, place_precision, source,"
    " work_order_id"
    " from cases where jurisdiction_id = :city and source = :source and {key} in {{values}}"
)
_SENT_TO = (
    "select case_key, system from outbox"
    " where jurisdiction_id = :city and number = 1 and case_key in {values}"
)


def _find_stored(
    connection: Connection, city: Jurisdiction, source: str, records: list[CaseRecord]
) -> dict[str, StoredCase]:
    """The cases that these records are about, by source id."""

    def find(key: str, of_source: str, values: list[str]) -> dict[str, StoredCase]:
        query = _STORED.format(key=key)
        rows = bulk.select_in(connection, query, values, city=city.id, source=of_source)
        others: set[int] = set()
        if key == "work_order_id":
            others = _sent_elsewhere(connection, city, source, [row[1] for row in rows])
        return {
            row[0]: StoredCase(*row[1:7], awaits_echo=_awaits_echo(row[3], *row[6:]))
            for row in rows
            if row[1] not in others
        }

    found = find("source_id", source, [record.source_id for record in records])
    by_number = find(
        "work_order_id",
        PORTAL_SOURCE,
        [record.source_id for record in records if record.source_id not in found],
    )
    references = {
        record.reference: record.source_id
        for record in records
        if record.reference and record.source_id not in found
    }
    by_reference = {
        references[case_id]: stored
        for case_id, stored in find("case_id", PORTAL_SOURCE, list(references)).items()
    }
    return found | by_reference | by_number


def _sent_elsewhere(
    connection: Connection, city: Jurisdiction, source: str, cases: list[int]
) -> set[int]:
    """Cases reported here that went to a system which this source does not read.

    That system may have given its case the same number that this source gave one of its own.
    """
    others = city.systems_apart_from(source)
    if not others:
        return set()
    return {
        case
        for case, system in bulk.select_in(connection, _SENT_TO, cases, city=city.id)
        if system in others
    }


def _awaits_echo(content_hash: str, source: str, work_order_id: str | None) -> bool:
    # A number alone may come from the system that took the case (services/report/sending).
    return source == PORTAL_SOURCE and (work_order_id is None or content_hash == NOTHING_YET)
