"""Comparing the published facts with the store, both ways and by content."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb
from sqlalchemy import Connection, Engine

from portal.domain.jurisdiction import Jurisdiction
from portal.facts import store_rows
from portal.facts.history_schema import HISTORY_TABLES
from portal.facts.pointer import FactsFile, newest
from portal.facts.schema import (
    CASE_NAMES,
    DICTIONARIES,
    counts_query,
    create_table,
    fill_table,
    overview_query,
)
from portal.facts.soundness import find_damage
from portal.facts.working import WRITE_SETTINGS, column_lists, quoted, write_rows

MAX_NAMED = 10


def verify(core: Engine, city: Jurisdiction, folder: Path) -> list[str]:
    """A sentence for each difference; empty where facts and store agree.

    A batch that is stored but not published is a difference too.
    """
    published = newest(folder, city.id)
    if published is None:
        return [f"nothing is published in {folder}"]
    if damage := find_damage(published):
        return [f"the published facts cannot be read: {damage}"]
    with tempfile.TemporaryDirectory(dir=folder, prefix="verify-") as scratch:
        # A copy: readers have the published file open, and a newer version may replace it.
        copy = shutil.copyfile(published.path, Path(scratch) / "facts.duckdb")
        config = {**WRITE_SETTINGS, "temp_directory": scratch}
        with duckdb.connect(copy, config=config) as facts, store_rows.snapshot(core) as connection:
            found = _version_difference(connection, city.id, published)
            _load_store(facts, connection, city, Path(scratch) / "store.duckdb")
            return found + _content_differences(facts)


def _version_difference(connection: Connection, city_id: str, published: FactsFile) -> list[str]:
    stored = store_rows.version(connection, city_id)
    if stored.rev == published.rev:
        return []
    return [f"the facts hold version {published.rev}, the store is at version {stored.rev}"]


def _content_differences(facts: duckdb.DuckDBPyConnection) -> list[str]:
    found = _compare_rows(facts, "cases", ", ".join(CASE_NAMES), "case_id")
    found += _compare_rows(facts, "services", "*", "slug")
    found += _compare_rows(facts, "labels", "*", "slug")
    for table, columns in HISTORY_TABLES.items():
        found += _compare_rows(facts, table, ", ".join(name for name, _ in columns), columns[0][0])
    by_year = counts_query("cases", by_year=True)
    found += _compare_summary(facts, "cells", overview_query("cases"), "lon, lat")
    found += _compare_summary(facts, "counts", counts_query("cases"), "lon_sum, lat_sum")
    return found + _compare_summary(facts, "year_counts", by_year, "lon_sum, lat_sum")


def _load_store(
    facts: duckdb.DuckDBPyConnection, connection: Connection, city: Jurisdiction, path: Path
) -> None:
    """Put what the store has beside the facts, in tables and views `store_…`."""
    write_rows(path, connection, city)
    facts.execute(f"attach '{quoted(path)}' as store (read_only)")
    for table in ("cases", *HISTORY_TABLES):
        facts.execute(f"create temp view store_{table} as select * from store.{table}")
    for name, rows in store_rows.dictionaries(connection, city.id).items():
        columns = DICTIONARIES[name]
        facts.execute(create_table(f"store_{name}", columns))
        facts.execute(fill_table(f"store_{name}", columns), column_lists(rows, len(columns)))


def _compare_rows(
    facts: duckdb.DuckDBPyConnection, table: str, columns: str, name: str
) -> list[str]:
    in_facts, in_store = f"select {columns} from {table}", f"select {columns} from store_{table}"
    differences = {
        "in the facts but not so in the store": f"{in_facts} except all {in_store}",
        "in the store but not so in the facts": f"{in_store} except all {in_facts}",
    }
    found = []
    for sentence, rows in differences.items():
        query = f"select {name}, count(*) over () from ({rows}) order by {name} limit {MAX_NAMED}"
        if named := facts.execute(query).fetchall():
            such_as = ", ".join(str(row[0]) for row in named)
            found.append(f"{table}: {named[0][1]:,} {sentence}, such as {such_as}")
    return found


def _compare_summary(
    facts: duckdb.DuckDBPyConnection, table: str, query: str, sums: str
) -> list[str]:
    """`sums` are columns whose last digit depends on the order of adding."""
    counted = f"select * exclude ({sums}) from ({query})"
    kept = f"select * exclude ({sums}) from {table}"
    ((differing,),) = facts.execute(
        "select count(*) from ("
        f"({counted} except all {kept}) union all ({kept} except all {counted}))"
    ).fetchall()
    return (
        [f"{table}: {differing:,} squares count other cases than the rows do"] if differing else []
    )
