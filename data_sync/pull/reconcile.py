"""The weekly check of cases that stay open: does the city still know them?

Absence is not deletion: cities mislay rows and find them again. A case is withdrawn from the public
only after two checks, a week apart, found nothing; it comes back by itself when the city shows it
again. In between it is in quarantine, so that the public count of troubles includes it. Where most
open cases of a year are missing, the city has taken down a table, or the cases came from a file and
were never in it: that says nothing about a single case, and none is withdrawn.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from data_sync.reading.base import AskedByNumber, Page, Source
from portal.context import Portal
from portal.domain.claims import is_usable_number
from portal.errors import Conflict
from portal.services.sync import quarantine, withdrawal
from portal.services.sync.quarantine import RejectedRow
from portal.store import leases
from portal.store.models import Case, Lease, QuarantinedRow

EVERY = timedelta(days=7)
FEW = 20
"""This many cases of a year may go missing together, however many are left."""
REASON = "missing_at_source"


def pages_of_old_open_cases(
    portal: Portal, source: Source, now: datetime, say: Callable[[str], None]
) -> Iterator[Page]:
    """The cases that were open a week ago and have not moved since, asked for by number.

    Those missing for the second time are withdrawn. `say` gets a sentence for each year in which
    too many are missing to be believed. Raises SourceError, and then none counts as missing.
    """
    if not isinstance(source, AskedByNumber) or not _is_due(portal, source, now):
        return
    wanted = _old_open_cases(portal, source, source.cases_a_week, now)
    found = set()
    for page in source.pages_of_cases(list(wanted), now=now):
        found |= {source.source_id_of(row) for row in page.rows}
        yield page
    missing = {source_id: year for source_id, year in wanted.items() if source_id not in found}
    by_year = Counter(missing.values()), Counter(wanted.values())
    doubtful = _doubtful_years(portal, source, *by_year, now)
    for year, words in doubtful.items():
        known = f"{words} open cases of {year}"
        say(f"{source.name}: the city knows only {known} any more; none is withdrawn")
    believed = [source_id for source_id, year in missing.items() if year not in doubtful]
    _note_missing(portal, source, believed, now)


def _is_due(portal: Portal, source: Source, now: datetime) -> bool:
    """Once a week: a lease that is never given back measures the time. The first sync starts it."""
    name = f"reconcile {source.name}"
    mine = Lease.jurisdiction_id == source.city.id, Lease.name == name
    seconds = int(EVERY.total_seconds())
    with portal.core.connect() as connection:
        is_first = connection.execute(select(Lease.name).where(*mine)).first() is None
    try:
        leases.acquire(portal.core, source.city.id, name, "weekly look at open cases", seconds, now)
    except Conflict:
        return False
    return not is_first


def _old_open_cases(portal: Portal, source: Source, most: int, now: datetime) -> dict[str, int]:
    """Their numbers and the years they were opened in.

    All of them, or a different part every week until all have had their turn.
    """
    is_old = Case.visibility != "withdrawn", Case.source_updated_at < _a_week_before(now)
    old = (*_open_of(source), *is_old)
    query = select(Case.source_id, Case.opened_month).where(*old).order_by(Case.id)
    with portal.core.connect() as connection:
        count = connection.execute(select(func.count()).select_from(Case).where(*old)).scalar_one()
        start = int(now.timestamp() // EVERY.total_seconds()) * most % count if count > most else 0
        rest = max(0, start + most - count)
        parts = query.limit(most).offset(start), query.limit(rest), _missed_before(source)
        rows = [row for part in parts for row in connection.execute(part)]
    # A number that cannot be asked for says nothing about its case, so it is not missing either.
    return {source_id: month // 12 for source_id, month in rows if is_usable_number(source_id)}


def _missed_before(source: Source) -> Select:
    """They are always included, even if withdrawn: the city may show them again."""
    missed = select(QuarantinedRow.source_id).where(*_missing_of(source))
    of_source = Case.jurisdiction_id == source.city.id, Case.source == source.name
    return select(Case.source_id, Case.opened_month).where(*of_source, Case.source_id.in_(missed))


def _doubtful_years(
    portal: Portal, source: Source, missing: Counter[int], asked: Counter[int], now: datetime
) -> dict[int, str]:
    """Years in which more than a few and more than half are missing, each with "3 of 90"."""
    seen = (*_open_of(source), Case.source_updated_at >= _a_week_before(now))
    with portal.core.connect() as connection:
        query = select(Case.opened_month, func.count()).where(*seen)
        months = connection.execute(query.group_by(Case.opened_month)).all()
    known = asked - missing
    for month, count in months:
        known[month // 12] += count
    return {
        year: f"{known[year]:,} of {known[year] + count:,}"
        for year, count in missing.items()
        if count > FEW and count > known[year]
    }


def _note_missing(portal: Portal, source: Source, missing: list[str], now: datetime) -> None:
    """Remember what is missing for the first time; withdraw what was missing a week ago too."""
    epoch = int(now.timestamp())
    half_a_week_ago = int((now - EVERY / 2).timestamp())
    with portal.transaction() as connection:
        before = select(QuarantinedRow.source_id).where(
            *_missing_of(source), QuarantinedRow.first_seen_at < half_a_week_ago
        )
        missed_before = set(connection.execute(before).scalars())
        missed_twice = [case for case in missing if case in missed_before]
        withdrawal.withdraw_cases(connection, source.city, source.name, missed_twice, epoch)
        rows = [_missing_row(source, source_id) for source_id in missing]
        quarantine.add_rows(connection, source.city.id, source.name, rows, epoch)


def _missing_row(source: Source, source_id: str) -> RejectedRow:
    raw = json.dumps({"missing": source_id})
    said = f"case {source_id} is open here and the city does not know it any more"
    return RejectedRow(raw, REASON, f"{source.name}: {said}", source_id)


def _a_week_before(now: datetime) -> int:
    return int((now - EVERY).timestamp())


def _open_of(source: Source) -> tuple[Any, ...]:
    return Case.jurisdiction_id == source.city.id, Case.source == source.name, Case.is_open == 1


def _missing_of(source: Source) -> tuple[Any, ...]:
    return (
        QuarantinedRow.jurisdiction_id == source.city.id,
        QuarantinedRow.source == source.name,
        QuarantinedRow.reason == REASON,
        QuarantinedRow.resolved_at.is_(None),
    )
