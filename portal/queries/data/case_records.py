"""One public case for programs: its published columns, photos, notes, changes and links."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from portal.domain.published_columns import CASE_COLUMN_NAMES
from portal.facts.reader import Facts
from portal.queries.cases.case_detail import CaseDetail, case_by_id
from portal.queries.cases.case_numbers import newest_key
from portal.queries.cases.linked_cases import linked_cases
from portal.queries.data.case_history import Event, list_events
from portal.queries.data.published_cases import Case, published_cases
from portal.queries.data.revisions import Revision, revisions_of_case

NONE = -1


@dataclass(frozen=True)
class CaseRecord:
    """A public case. `detail` is what its page shows; `columns` are those that we publish."""

    detail: CaseDetail
    columns: Case
    revisions: tuple[Revision, ...]
    parent: str | None
    repeats: tuple[str, ...]

    @property
    def events(self) -> list[Event]:
        """All that happened to it, oldest first."""
        return list_events(self.detail, self.revisions)


def find_record(
    connection: Connection, city_id: str, facts: Facts, zone: ZoneInfo, typed: str
) -> CaseRecord | None:
    """The public case with this number, however it was typed; None if there is none."""
    detail = case_by_id(connection, city_id, typed)
    if detail is None:
        return None
    key = newest_key(connection, city_id, detail.case_id, NONE)
    columns = published_cases(connection, city_id, zone, [key], CASE_COLUMN_NAMES).get(key)
    if columns is None:
        return None
    linked = linked_cases(connection, city_id, detail.case_id, 0)
    return CaseRecord(
        detail,
        columns,
        revisions_of_case(connection, city_id, facts, key),
        linked.parent.case_id if linked.parent else None,
        tuple(repeat.case_id for repeat in linked.repeats),
    )
