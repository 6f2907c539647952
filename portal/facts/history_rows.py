"""What the tables of history read from the store: revisions, withdrawals, and names as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Connection, text

from portal.domain.city_days import start_of_day
from portal.domain.spelling import spelling_key
from portal.facts import store_rows
from portal.facts.history_schema import REVISION_COLUMNS
from portal.facts.schema import Column

FIRST_YEAR, LAST_YEAR = 1969, 2101
_REVISION_FIELDS = tuple(Column(name, kind, f"r.{name}", "") for name, kind in REVISION_COLUMNS)
Name = tuple[str, str, int, str]
"""Kind (service or a kind of label), name, number and slug."""


def public_revisions(
    connection: Connection, city_id: str, after_batch: int = -1
) -> Iterator[pa.Table]:
    """Revisions of the public cases that batches after `after_batch` touched; by default all."""
    source = "public_case_revisions r where r.jurisdiction_id = {city}"
    if after_batch >= 0:
        source += (
            " and r.id in (select id from cases"
            " where jurisdiction_id = {city} and rev > {rev} and visibility = 'public')"
        )
    yield from store_rows.stream(connection, _REVISION_FIELDS, source, city_id, after_batch)


def withdrawals(
    connection: Connection, city_id: str, after_batch: int = -1
) -> list[tuple[int, int, int]]:
    """(when, batch, how many public cases) of what the city withdrew in batches after that one."""
    source = "case_revisions r where r.jurisdiction_id = :city"
    if after_batch >= 0:
        # In this order, on SQLite too: from the few cases that were touched to their revisions.
        source = (
            "cases c cross join case_revisions r where c.jurisdiction_id = :city and c.rev > :rev"
            " and r.jurisdiction_id = c.jurisdiction_id and r.id = c.id"
        )
    query = text(f"select r.seen_at, r.rev, count(r.id) from {source} {_IS_WITHDRAWAL}")
    rows = connection.execute(query, {"city": city_id, "rev": after_batch})
    return [(seen_at, rev, cases) for seen_at, rev, cases in rows]


_IS_WITHDRAWAL = """
    and r.rev > :rev and r.field = 'visibility' and r.old_value = 'public'
    and r.new_value = 'withdrawn' group by r.seen_at, r.rev order by r.seen_at, r.rev
"""


class NameNumbers:
    """Numbers of the names in revisions, which have names. A name may be spelled another way now.

    A service has one only if the public may know it.
    """

    def __init__(self, connection: Connection, city_id: str) -> None:
        self.names: list[Name] = [
            tuple(row) for row in connection.execute(text(_NAMES), {"city": city_id})
        ]
        self._exact: dict[tuple[str, str], int] = {}
        self._alike: dict[tuple[str, str], int] = {}
        for kind, name, number, _slug in self.names:
            self._exact[kind, name] = number
            self._alike.setdefault((kind, spelling_key(name)), number)

    def number(self, kind: str, name: str) -> int | None:
        """The number of a name; None for one that the public may not know, or that is gone."""
        found = self._exact.get((kind, name))
        return found if found is not None else self._alike.get((kind, spelling_key(name)))


_NAMES = """
select 'service', name, service_id, slug from services
    where jurisdiction_id = :city and is_public = 1 and is_shown = 1
union all
select kind, name, label_id, slug from labels where jurisdiction_id = :city and slug not like '~%'
"""


def month_starts(zone: ZoneInfo) -> list[tuple[int, int]]:
    """(when it begins, year × 12 + month − 1) of every month a case can be of, in a zone."""
    return [(start_of_day(day, zone), day.year * 12 + day.month - 1) for day in _first_days()]


def _first_days() -> Iterable[date]:
    return (date(year, month, 1) for year in range(FIRST_YEAR, LAST_YEAR) for month in range(1, 13))
