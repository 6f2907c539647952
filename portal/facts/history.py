"""The tables of history in a facts file, written whole or kept up to date by the changes.

    write    a new file: every revision of every public case
    follow   the working file: those of the cases that a batch touched, instead of what it had

A case that is hidden or withdrawn loses its rows in the same step as its row in `cases`.
"""

from __future__ import annotations

import duckdb
from sqlalchemy import Connection

from portal.domain.jurisdiction import Jurisdiction
from portal.facts import history_rows
from portal.facts.history_rows import NameNumbers
from portal.facts.history_schema import (
    HISTORY_ORDER,
    HISTORY_TABLES,
    PAST_LABEL_COLUMNS,
    REVISION_COLUMNS,
    WITHDRAWAL_COLUMNS,
)
from portal.facts.past_cases import add_past
from portal.facts.schema import create_table, fill_table
from portal.store.models import LABEL_KINDS

Work = duckdb.DuckDBPyConnection
OF_CASES = ("revisions", "past", "changes")
"""Tables whose rows are of cases, by `id`."""
_REVISION = ", ".join(
    f"nullif({name}, '')" if kind == "VARCHAR" else name for name, kind in REVISION_COLUMNS
)


def write(work: Work, connection: Connection, city: Jurisdiction) -> None:
    """Make the tables, from all that the store has. `cases` is there and unsorted."""
    for name, columns in HISTORY_TABLES.items():
        work.execute(create_table(name, columns))
    _add(work, connection, city, after_batch=-1)


def follow(work: Work, connection: Connection, city: Jurisdiction, after_batch: int) -> None:
    """Bring the tables up to date. `changed_ids` names the cases that were touched since."""
    for table in OF_CASES:
        work.execute(f"delete from {table} where id in (select id from changed_ids)")
    _add(work, connection, city, after_batch)


def copy_sorted(work: Work, source: str) -> None:
    """Copy the tables from another database that is attached, each in its order."""
    for name, columns in HISTORY_TABLES.items():
        work.execute(create_table(name, columns))
        work.execute(
            f"insert into {name} select * from {source}.{name} order by {HISTORY_ORDER[name]}"
        )


def _add(work: Work, connection: Connection, city: Jurisdiction, after_batch: int) -> None:
    work.execute("create or replace temp table revised (id bigint)")
    for batch in history_rows.public_revisions(connection, city.id, after_batch):
        work.register("batch", batch)
        work.execute(f"insert into revisions select {_REVISION} from batch")
        work.execute("insert into revised select distinct id from batch")
        work.unregister("batch")
    work.execute("create or replace temp table revised as select distinct id from revised")
    _add_months(work, city)
    numbers = NameNumbers(connection, city.id)
    add_past(work, numbers)
    _add_withdrawals(work, connection, city.id, after_batch)
    _name_past_labels(work, numbers)


def _add_months(work: Work, city: Jurisdiction) -> None:
    starts = history_rows.month_starts(city.zone)
    work.execute(
        "create or replace temp table months as select unnest(?::bigint[]) as start_at,"
        " unnest(?::integer[]) as month",
        [[start for start, _ in starts], [month for _, month in starts]],
    )


def _add_withdrawals(work: Work, connection: Connection, city_id: str, after_batch: int) -> None:
    rows = history_rows.withdrawals(connection, city_id, after_batch)
    lists = [[row[column] for row in rows] for column in range(len(WITHDRAWAL_COLUMNS))]
    work.execute(fill_table("withdrawals", WITHDRAWAL_COLUMNS), lists)


def _name_past_labels(work: Work, numbers: NameNumbers) -> None:
    """Labels that only past states have; those of `cases` are in `labels`."""
    of_past, of_cases = (
        " union ".join(
            f"select {kind} from {table} where {kind} is not null" for kind in LABEL_KINDS
        )
        for table in ("past", "cases")
    )
    gone = {number for (number,) in work.execute(f"({of_past}) except ({of_cases})").fetchall()}
    rows = [
        (number, kind, name, slug)
        for kind, name, number, slug in numbers.names
        if kind != "service" and number in gone
    ]
    work.execute("delete from past_labels")
    lists = [[row[column] for row in rows] for column in range(len(PAST_LABEL_COLUMNS))]
    work.execute(fill_table("past_labels", PAST_LABEL_COLUMNS), lists)
