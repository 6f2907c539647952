"""Comparing the published facts with the store, both ways and by content."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb
from sqlalchemy import Connection, Engine

from portal.domain.jurisdiction import Jurisdiction
from portal.facts import store_rows
from portal.facts.publish import FactsFile, newest
from portal.facts.schema import (
    CASE_NAMES,
    DICTIONARIES,
    case_table,
    counts_query,
    create_table,
    fill_table,
    overview_query,
)
from portal.facts.working import WRITE_SETTINGS, column_lists

MAX_NAMED = 10


def verify(core: Engine, city: Jurisdiction, folder: Path) -> list[str]:
    """A sentence for each difference; empty where facts and store agree.

    A batch that is stored but not published is a difference too.
    """
    published = newest(folder, city.id)
    if published is None:
        return [f"nothing is published in {folder}"]
    with tempfile.TemporaryDirectory(dir=folder, prefix="verify-") as scratch:
        # A copy: readers have the published file open, and a newer version may replace it.
        copy = shutil.copyfile(published.path, Path(scratch) / "facts.duckdb")
        with (
            duckdb.connect(
                str(copy), config={**WRITE_SETTINGS, "temp_directory": scratch}
            ) as facts,
            store_rows.snapshot(core) as connection,
        ):
            return _version_difference(connection, city.id, published) + _content_differences(
                facts, connection, city.id
            )


def _version_difference(connection: Connection, city_id: str, published: FactsFile) -> list[str]:
    stored = store_rows.version(connection, city_id)
    if stored.rev == published.rev:
        return []
    return [f"the facts hold batch {published.rev}, the store is at batch {stored.rev}"]


def _content_differences(
    facts: duckdb.DuckDBPyConnection, connection: Connection, city_id: str
) -> list[str]:
    facts.execute(case_table("store_cases"))
    for batch in store_rows.public_cases(connection, city_id):
        facts.register("batch", batch)
        facts.execute("insert into store_cases from batch")
    for name, rows in store_rows.dictionaries(connection, city_id).items():
        columns = DICTIONARIES[name]
        facts.execute(create_table(f"store_{name}", columns))
        facts.execute(fill_table(f"store_{name}", columns), column_lists(rows, len(columns)))
    found = _compare_rows(facts, "cases", ", ".join(CASE_NAMES), "case_id")
    found += _compare_rows(facts, "services", "*", "slug")
    found += _compare_rows(facts, "labels", "*", "slug")
    by_year = counts_query("cases", by_year=True)
    found += _compare_summary(facts, "cells", overview_query("cases"), "lon, lat")
    found += _compare_summary(facts, "counts", counts_query("cases"), "lon_sum, lat_sum")
    return found + _compare_summary(facts, "year_counts", by_year, "lon_sum, lat_sum")


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
        named = facts.execute(
            f"select {name}, count(*) over () from ({rows}) order by {name} limit {MAX_NAMED}"
        ).fetchall()
        if named:
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
