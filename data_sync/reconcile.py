"""The weekly look at cases that stay open: does the city still know them?

Absence is not deletion: cities mislay rows and find them again. A case is withdrawn from the public only after two such looks, a week
apart, found nothing, and comes back by itself when the city shows it again. In between it stands in quarantine, so that the public count
of troubles tells. Only sources that can be asked for single cases do this (`pages_of_cases`); the others read all open cases again
within their own walk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from data_sync.sources.base import Page, Source
from portal import leases
from portal.context import Portal
from portal.errors import Conflict
from portal.models import Case, Lease, QuarantinedRow
from portal.services import quarantine, withdrawal
from portal.services.quarantine import RejectedRow

EVERY = timedelta(days=7)
CASES_A_WEEK = 500
"""One question each, so a part of the open cases at a time; those missed before are always among them."""
REASON = "missing_at_source"


def pages_of_old_open_cases(portal: Portal, source: Source, now: datetime) -> Iterator[Page]:
    """The cases that were open a week ago and have not moved since, asked for one by one; those missing twice are withdrawn."""
    ask: Any = getattr(source, "pages_of_cases", None)
    if ask is None or not _is_due(portal, source, now):
        return
    wanted = _old_open_cases(portal, source, now)
    found = set()
    for page in ask(wanted, now=now):
        found |= {source.source_id_of(row) for row in page.rows}
        yield page
    _note_missing(portal, source, [source_id for source_id in wanted if source_id not in found], now)


def _is_due(portal: Portal, source: Source, now: datetime) -> bool:
    """Once a week: a lease that nobody gives back measures the time. The first week begins with the first sync."""
    name = f"reconcile {source.name}"
    with portal.core.connect() as connection:
        is_first = connection.execute(select(Lease.name).where(Lease.jurisdiction_id == source.city.id, Lease.name == name)).first() is None
    try:
        leases.acquire(portal.core, source.city.id, name, "weekly look at open cases", int(EVERY.total_seconds()), now)
    except Conflict:
        return False
    return not is_first


def _old_open_cases(portal: Portal, source: Source, now: datetime) -> list[str]:
    old = (
        Case.jurisdiction_id == source.city.id,
        Case.source == source.name,
        Case.is_open == 1,
        Case.visibility != "withdrawn",
        Case.source_updated_at < int((now - EVERY).timestamp()),
    )
    with portal.core.connect() as connection:
        missed = list(connection.execute(select(QuarantinedRow.source_id).where(*_missing_of(source))).scalars())
        count = connection.execute(select(func.count()).select_from(Case).where(*old)).scalar_one()
        # A different part every week, until all have had their turn.
        start = int(now.timestamp() // EVERY.total_seconds()) * CASES_A_WEEK % max(count, 1)
        query = select(Case.source_id).where(*old).order_by(Case.id).limit(CASES_A_WEEK).offset(start)
        return list(dict.fromkeys([*(source_id for source_id in missed if source_id), *connection.execute(query).scalars()]))


def _note_missing(portal: Portal, source: Source, missing: list[str], now: datetime) -> None:
    """First miss: remembered. Second miss, a week later: withdrawn."""
    epoch, half_a_week_ago = int(now.timestamp()), int((now - EVERY / 2).timestamp())
    with portal.transaction() as connection:
        before = select(QuarantinedRow.source_id).where(*_missing_of(source), QuarantinedRow.first_seen_at < half_a_week_ago)
        missed_before = set(connection.execute(before).scalars())
        withdrawal.withdraw(connection, source.city, source.name, [case for case in missing if case in missed_before], epoch)
        rows = [
            RejectedRow(
                raw=json.dumps({"missing": source_id}),
                reason=REASON,
                message=f"{source.name}: case {source_id} is open here and the city does not know it any more",
                source_id=source_id,
            )
            for source_id in missing
        ]
        quarantine.hold(connection, source.city.id, source.name, rows, epoch)


def _missing_of(source: Source) -> tuple[Any, ...]:
    return (
        QuarantinedRow.jurisdiction_id == source.city.id,
        QuarantinedRow.source == source.name,
        QuarantinedRow.reason == REASON,
        QuarantinedRow.resolved_at.is_(None),
    )
