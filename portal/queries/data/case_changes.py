"""Changed cases as a page shows them: their cards, and what of them changed from what to what.

Read from the store's public views, so that what was hidden a moment ago is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.queries.cases.case_cards import CaseCard, cards_by_key
from portal.queries.cases.case_detail import CaseChange, changes_of_case
from portal.queries.data.changes import ChangedCase


@dataclass(frozen=True)
class CaseWithChanges:
    """A changed case: its card as it is now, when and how it changed, and the fields that did."""

    card: CaseCard
    seen_at: int
    kinds: tuple[str, ...]
    changes: tuple[CaseChange, ...]


def cases_with_changes(
    connection: Connection, city_id: str, changed: Sequence[ChangedCase], span: tuple[int, int]
) -> tuple[CaseWithChanges, ...]:
    """The cases, in their order, with what changed of them in a span (epoch s, both included).

    A case that is no longer public is left out.
    """
    cards = cards_by_key(connection, city_id, [case.key for case in changed], None)
    first_at, last_at = span
    return tuple(
        CaseWithChanges(
            cards[case.key],
            case.seen_at,
            case.kinds,
            tuple(
                change
                for change in changes_of_case(connection, city_id, case.key)
                if first_at <= change.seen_at <= last_at
            ),
        )
        for case in changed
        if case.key in cards
    )
