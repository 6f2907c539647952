"""How reports fare that the public does not see: the system that has them is asked for them by number, with our key.

What everybody may see comes with the sync as any case does. A private report is in no public answer of the system, so its resident would
never learn that it was closed. Only systems that can be asked this way are (`can_look_up`), and only for cases born here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select

from data_sync.dispatch.adapters import key_for
from data_sync.reading.base import Page, Source
from portal.context import Portal
from portal.domain.route_rules import System
from portal.services.sync.ingest import KEPT_VISIBILITY, PORTAL_SOURCE
from portal.store.models import Case
from portal.store.report_models import OutboxMessage

MOST_CASES = 1_000
AFTER_CLOSING = timedelta(days=14)
"""How long a closed case may be opened again and we still see it."""
HIDDEN = (*KEPT_VISIBILITY, "service")


def pages_of_own_hidden_cases(portal: Portal, source: Source, now: datetime) -> Iterator[Page]:
    """Those cases as they stand now, for a source that is the same desk our reports go to; for another source nothing."""
    ask: Any = getattr(source, "pages_of_cases", None)
    system = next((system for system in source.city.systems if _is_same(system, source)), None)
    if ask is None or system is None:
        return
    wanted = _hidden_cases(portal, source, now)
    if wanted:
        for page in ask(wanted, now=now, key=key_for(portal.settings, system)):
            # A server that gives more than it was asked for may give, with our key, what is nobody's business here.
            yield replace(
                page, rows=[row for row in page.rows if source.source_id_of(row) in wanted]
            )


def _is_same(system: System, source: Source) -> bool:
    is_at_same_address = system.endpoint != "" and system.endpoint == getattr(
        source, "endpoint", None
    )
    return (
        system.can_look_up
        and is_at_same_address
        and system.name not in source.city.systems_apart_from(source.name)
    )


def _hidden_cases(portal: Portal, source: Source, now: datetime) -> list[str]:
    """Numbers in the system that the source reads, the newest first."""
    may_move = or_(Case.is_open == 1, Case.closed_at > int((now - AFTER_CLOSING).timestamp()))
    sent = (
        OutboxMessage.jurisdiction_id == Case.jurisdiction_id,
        OutboxMessage.case_key == Case.id,
        OutboxMessage.number == 1,
    )
    query = select(Case.work_order_id).where(
        Case.jurisdiction_id == source.city.id,
        Case.work_order_id.is_not(None),
        Case.source == PORTAL_SOURCE,
        Case.visibility.in_(HIDDEN),
        may_move,
        ~exists().where(
            *sent, OutboxMessage.system.in_(source.city.systems_apart_from(source.name))
        ),
    )
    with portal.core.connect() as connection:
        return [
            number
            for number in connection.execute(
                query.order_by(Case.id.desc()).limit(MOST_CASES)
            ).scalars()
            if number
        ]
