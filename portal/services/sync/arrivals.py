"""What a page says: the newest version of each case in it, beside the case as we have it.

An echo is a city's record of a case that was reported here. It is found by our case number or by
the number that the city's system gave the case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from portal.domain.case import STATUSES, CaseRecord
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction, ServiceRule
from portal.services.sync.case_rows import visibility_of
from portal.services.sync.case_states import (
    HELD,
    HELD_PRIVATE,
    NOTHING_YET,
    PORTAL_SOURCE,
    kept_visibility,
)
from portal.services.sync.own_copies import find_copies
from portal.services.sync.vocabulary import Vocabulary
from portal.store import bulk

Version = tuple[int, int, int, str]
"""(source time, status, closing time, content hash): the greatest version of a case wins.

Of two rows of one time the later state does: closed beats open, and a closing time none.
"""
_PROGRESS = {status: step for step, status in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True)
class StoredCase:
    """What decides whether an arriving record is newer than the case we have."""

    id: int
    source_updated_at: int
    content_hash: str
    visibility: str
    place_precision: str
    source: str
    status: str
    closed_at: int | None
    opened_at: int
    awaits_echo: bool
    """Reported here, and no source has sent it back yet."""

    @property
    def version(self) -> Version:
        """The version that we have."""
        closed_at = self.closed_at or 0
        return self.source_updated_at, _PROGRESS[self.status], closed_at, self.content_hash


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of a page, with the rule of its service and the case it is about."""

    clean: CleanRecord
    rule: ServiceRule
    stored: StoredCase | None
    set_visibility: str | None = None
    """Its visibility, if the service's rule does not decide it."""
    copy_of: int | None = None
    """The key of the report that it repeats, if it is one more case of the same."""

    @property
    def version(self) -> Version:
        """The version that arrives."""
        return _version_of(self.clean)

    @property
    def visibility(self) -> str:
        """The visibility that the case has once this is stored."""
        wanted = self.set_visibility or visibility_of(self.clean, self.rule)
        if self.stored is None:
            return wanted
        return kept_visibility(wanted, self.stored.visibility, self.stored.source)

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
        version = _version_of(clean)
        key = clean.record.source_id
        if key not in newest or version > newest[key][0]:
            newest[key] = version, clean
    stored = _find_stored(connection, city, source, [clean.record for _, clean in newest.values()])
    unknown = [clean for key, (_, clean) in newest.items() if key not in stored]
    copies = find_copies(connection, city, unknown) if source != PORTAL_SOURCE else {}
    stored |= _first_echoes(connection, city, source, copies, {case.id for case in stored.values()})
    arrivals = []
    for key, (_, clean) in newest.items():
        rule = vocabulary.rule_for(clean.record.service_code, clean.record.service_name)
        arrival = Arrival(clean, rule, stored.get(key))
        is_copy = arrival.is_new and key in copies
        arrivals.append(_hold_copy(arrival, copies[key]) if is_copy else arrival)
    return arrivals


def _version_of(clean: CleanRecord) -> Version:
    progress = _PROGRESS[clean.record.status]
    return clean.updated_at, progress, clean.closed_at or 0, clean.content_hash


def _hold_copy(arrival: Arrival, report: int) -> Arrival:
    """One more case of a report of ours: the public sees it only if staff say so."""
    is_public = visibility_of(arrival.clean, arrival.rule) == "public"
    return replace(arrival, set_visibility=HELD if is_public else HELD_PRIVATE, copy_of=report)


def _first_echoes(
    connection: Connection,
    city: Jurisdiction,
    source: str,
    copies: dict[str, int],
    found: set[int],
) -> dict[str, StoredCase]:
    """Of copies of reports that still wait for their echo, the first one of each is the echo.

    `found` are the cases that other records of the page are about.
    """
    reports = list(copies.values())
    others = found | _sent_elsewhere(connection, city, source, reports)
    rows = bulk.select_in(connection, _WAITING, reports, city=city.id)
    waiting = {row[0]: StoredCase(*row, awaits_echo=True) for row in rows if row[0] not in others}
    echoes: dict[str, StoredCase] = {}
    for key, case in sorted(copies.items()):
        if case in waiting:
            echoes[key] = waiting.pop(case)
    return echoes


def _changes(arrival: Arrival, stored: StoredCase) -> bool:
    if stored.awaits_echo:
        return True
    if arrival.clean.content_hash == stored.content_hash:
        return arrival.version >= stored.version and _is_published_differently(arrival, stored)
    return arrival.version > stored.version


def _is_published_differently(arrival: Arrival, stored: StoredCase) -> bool:
    """Same content, but the city's rules have changed, or the case had been withdrawn."""
    has_moved = arrival.rule.place != stored.place_precision
    return has_moved or arrival.visibility != stored.visibility


_STORED = (
    "select {key}, id, source_updated_at, content_hash, visibility, place_precision, source,"
    " status, closed_at, opened_at, work_order_id"
    " from cases where jurisdiction_id = :city and source = :source and {key} in {{values}}"
)
_WAITING = (
    "select id, source_updated_at, content_hash, visibility, place_precision, source,"
    " status, closed_at, opened_at from cases where jurisdiction_id = :city"
    f" and (work_order_id is null or content_hash = '{NOTHING_YET}') and id in {{values}}"
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
            row[0]: StoredCase(*row[1:10], awaits_echo=_awaits_echo(row[3], row[6], row[10]))
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
