"""News of our own reports that the public does not see: asked for by number, with our key.

What everyone may see comes with the sync, as any case does. A private report is in no public answer
of the system, so its resident would never learn that it was closed. Only systems that can be looked
into are asked (`can_look_up`), and only about cases that were reported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, exists, or_, select

from data_sync.dispatch.adapters import api_key_for
from data_sync.reading.base import Page, Source
from portal.context import Portal
from portal.domain.claims import is_usable_number
from portal.domain.route_rules import System
from portal.services.sync.case_states import KEPT_VISIBILITY, PORTAL_SOURCE
from portal.store.models import Case
from portal.store.report_models import OutboxMessage

MOST_CASES = 1_000
AFTER_CLOSING = timedelta(days=14)
"""How long after its closing we would still see that a case was reopened."""
HIDDEN = (*KEPT_VISIBILITY, "service")


def pages_of_own_hidden_cases(portal: Portal, source: Source, now: datetime) -> Iterator[Page]:
    """Those cases as they are now, if the source is the system our reports go to; else nothing."""
    ask: Any = getattr(source, "pages_of_cases", None)
    system = next((system for system in source.city.systems if _is_same(system, source)), None)
    if ask is None or system is None:
        return
    wanted = _hidden_cases(portal, source, now)
    if not wanted:
        return
    for page in ask(wanted, now=now, key=api_key_for(portal.settings, system)):
        # With our key a server may show more than it was asked for; the rest is none of our
        # business.
        yield replace(page, rows=[row for row in page.rows if source.source_id_of(row) in wanted])


def _is_same(system: System, source: Source) -> bool:
    endpoint = getattr(source, "endpoint", None)
    return (
        system.can_look_up
        and system.endpoint != ""
        and system.endpoint == endpoint
        and system.name not in source.city.systems_apart_from(source.name)
    )


def _hidden_cases(portal: Portal, source: Source, now: datetime) -> list[str]:
    """Their numbers in the system that the source reads, the newest first."""
    may_move = or_(Case.is_open == 1, Case.closed_at > int((now - AFTER_CLOSING).timestamp()))
    query = select(Case.work_order_id).where(
        Case.jurisdiction_id == source.city.id,
        Case.work_order_id.is_not(None),
        Case.source == PORTAL_SOURCE,
        Case.visibility.in_(HIDDEN),
        may_move,
        ~_went_elsewhere(source),
    )
    newest_first = query.order_by(Case.id.desc()).limit(MOST_CASES)
    with portal.core.connect() as connection:
        numbers = connection.execute(newest_first).scalars()
        return [number for number in numbers if number and is_usable_number(number)]


def _went_elsewhere(source: Source) -> Exists:
    """Whether the case was sent to another system than the one that the source reads."""
    return exists().where(
        OutboxMessage.jurisdiction_id == Case.jurisdiction_id,
        OutboxMessage.case_key == Case.id,
        OutboxMessage.number == 1,
        OutboxMessage.system.in_(source.city.systems_apart_from(source.name)),
    )
