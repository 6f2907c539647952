"""A city's working facts file: one process writes it, and published files are copies of it."""

from __future__ import annotations

import fcntl
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Connection

from portal.errors import Conflict
from portal.facts import store_rows
from portal.facts.schema import (
    CASE_NAMES,
    DICTIONARIES,
    META_COLUMNS,
    SCHEMA_VERSION,
    SORT_ORDER,
    case_table,
    counts_of_years_query,
    counts_query,
    create_table,
    fill_table,
    overview_query,
)
from portal.facts.store_rows import StoreVersion
from portal.store.models import LABEL_KINDS

WRITE_SETTINGS: dict[str, Any] = {
    "threads": 2,
    "memory_limit": "512MB",
    "preserve_insertion_order": False,
}
ROW_GROUP_CASES = 20_480
"""How many rows share a smallest and a largest value.

A sixth of DuckDB's own choice: it halves the time of a box or a tile.
"""
UNSORTED_SHARE = 0.1
UNSORTED_CASES = 200_000
"""A file is sorted again once this many cases, and this share of all, were added unsorted."""
SUMMARIES = {
    "cells": overview_query("cases"),
    "year_counts": counts_query("cases", by_year=True),
    "counts": counts_of_years_query("year_counts"),
}
"""Tables made from `cases` for every version, each from those before it."""
OF_TOUCHED_YEARS = "(select * from cases where opened_month // 12 in (select year from touched))"


@contextmanager
def only_writer(folder: Path, city_id: str, wait_seconds: float = 60.0) -> Iterator[None]:
    """Lock a city's facts against other writers; the system unlocks them if the process dies.

    Raises Conflict if another process still writes them after `wait_seconds`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"lock-{city_id}").open("w") as handle:
        give_up_at = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    raise Conflict(
                        f"{city_id}: another process is writing the facts in {folder};"
                        " try again when it has finished"
                    ) from None
                time.sleep(0.05)
        yield


def working_path(folder: Path, city_id: str) -> Path:
    """Where a city's working file is."""
    return folder / f"work-{city_id}.duckdb"


def build_working_file(connection: Connection, city_id: str, folder: Path) -> Path:
    """Make a new working file from the whole store, sorted.

    It replaces the old one at the very end, so a killed process leaves the old one.
    """
    wanted = store_rows.version(connection, city_id)
    rows_path, new_path = _temporary(folder, city_id), _temporary(folder, city_id)
    try:
        with _open(rows_path) as rows:
            rows.execute(case_table("cases"))
            for batch in store_rows.public_cases(connection, city_id):
                _append(rows, batch)
            _fill_dictionaries(rows, connection, city_id)
        _write_sorted(rows_path, new_path, city_id, wanted)
        return new_path.replace(working_path(folder, city_id))
    finally:
        _forget(rows_path)
        _forget(new_path)


def bring_up_to_date(connection: Connection, city_id: str, folder: Path) -> StoreVersion:
    """Bring the working file to the store's version, by the changes alone; returns that version.

    It is built again where it is missing, damaged, or made from another store.
    """
    wanted = store_rows.version(connection, city_id)
    present = working_version(folder, city_id)
    if present is None or present.mark != wanted.mark or present.rev > wanted.rev:
        build_working_file(connection, city_id, folder)
    elif present.rev < wanted.rev:
        try:
            _apply_changes(connection, city_id, folder, present, wanted)
        except duckdb.Error:
            # The file opens but is damaged further in. Everything in it is in the store.
            build_working_file(connection, city_id, folder)
    return wanted


def working_version(folder: Path, city_id: str) -> StoreVersion | None:
    """The version of the working file; None where there is none that can be used."""
    path = working_path(folder, city_id)
    if not path.exists():
        return None
    try:
        with _open(path) as work:
            row = work.execute("select schema_version, rev, as_of, store_mark from meta").fetchone()
    except duckdb.Error:
        return None
    if row is None or row[0] != SCHEMA_VERSION:
        return None
    return StoreVersion(*row[1:])


def _apply_changes(
    connection: Connection, city_id: str, folder: Path, present: StoreVersion, wanted: StoreVersion
) -> None:
    path = working_path(folder, city_id)
    with _open(path) as work:
        work.execute("create temp table touched (year integer)")
        work.execute("begin")
        added = sum(
            _replace(work, batch)
            for batch in store_rows.public_cases(connection, city_id, present.rev)
        )
        withdrawn = store_rows.withdrawn_cases(connection, city_id, present.rev)
        _touch(work, "cases where id in (select unnest(?::bigint[]))", [withdrawn])
        work.execute("delete from cases where id in (select unnest(?::bigint[]))", [withdrawn])
        _fill_dictionaries(work, connection, city_id)
        work.execute(
            "update meta set rev = ?, as_of = ?, unsorted_cases = unsorted_cases + ?",
            [wanted.rev, wanted.as_of, added],
        )
        _sum_up(work)
        work.execute("commit")
        work.execute("checkpoint")
        unsorted_cases, cases = work.execute(
            "select (select unsorted_cases from meta), (select count(*) from cases)"
        ).fetchone() or (0, 0)
    if unsorted_cases > max(UNSORTED_CASES, UNSORTED_SHARE * cases):
        _sort_again(folder, city_id, wanted)


def _sum_up(work: duckdb.DuckDBPyConnection) -> None:
    """Make the summaries again; of the counts by year only years that changed: mostly the last."""
    work.execute("delete from year_counts where year in (select year from touched)")
    work.execute(f"insert into year_counts {counts_query(OF_TOUCHED_YEARS, by_year=True)}")
    for table in ("cells", "counts"):
        work.execute(f"delete from {table}")
        work.execute(f"insert into {table} {SUMMARIES[table]}")


def _touch(work: duckdb.DuckDBPyConnection, rows: str, values: list[Any] | None = None) -> None:
    """Remember in which years these cases were opened, before and after they change."""
    work.execute(
        f"insert into touched select distinct opened_month // 12 from {rows}", values or []
    )


def _replace(work: duckdb.DuckDBPyConnection, batch: pa.Table) -> int:
    work.register("changed", batch)
    _touch(work, "changed")
    _touch(work, "cases where id in (select id from changed)")
    work.execute("delete from cases where id in (select id from changed)")
    work.unregister("changed")
    _append(work, batch)
    return batch.num_rows


def _append(work: duckdb.DuckDBPyConnection, batch: pa.Table) -> None:
    work.register("batch", batch)
    work.execute(f"insert into cases select {', '.join(CASE_NAMES)} from batch")
    work.unregister("batch")


def used_labels(folder: Path, city_id: str) -> list[int]:
    """The labels of the working file's cases, and of the city's boundary layers."""
    with _open(working_path(folder, city_id)) as work:
        return [number for (number,) in work.execute("select label_id from labels").fetchall()]


def _fill_dictionaries(
    work: duckdb.DuckDBPyConnection, connection: Connection, city_id: str
) -> None:
    """Write services and labels; of labels only those that a case in the file or a layer has.

    Others would tell of private cases.
    """
    for name, rows in store_rows.dictionaries(connection, city_id).items():
        columns = DICTIONARIES[name]
        work.execute(
            create_table(name, columns).replace("create table", "create table if not exists", 1)
        )
        work.execute(f"delete from {name}")
        work.execute(fill_table(name, columns), column_lists(rows, len(columns)))
    of_cases = " union ".join(
        f"select {kind} from cases where {kind} is not null" for kind in LABEL_KINDS
    )
    of_layers = store_rows.labels_of_layers(connection, city_id)
    work.execute(
        f"delete from labels where label_id not in ({of_cases} union select unnest(?::integer[]))",
        [of_layers],
    )


def column_lists(rows: list[tuple], columns: int) -> list[list]:
    """Rows as one list for each column.

    Arrow could do it too, but it loads pandas to make an array: half a second, 50 MB.
    """
    return [[row[column] for row in rows] for column in range(columns)]


def _sort_again(folder: Path, city_id: str, version: StoreVersion) -> None:
    new_path = _temporary(folder, city_id)
    try:
        _write_sorted(working_path(folder, city_id), new_path, city_id, version)
        new_path.replace(working_path(folder, city_id))
    finally:
        _forget(new_path)


def _write_sorted(rows_path: Path, new_path: Path, city_id: str, version: StoreVersion) -> None:
    """Write a file with the same rows, sorted, without the holes that deletions leave."""
    with _connected(":memory:", new_path.parent) as work:
        work.execute(f"attach '{_quoted(rows_path)}' as unsorted (read_only)")
        work.execute(f"attach '{_quoted(new_path)}' as sorted (row_group_size {ROW_GROUP_CASES})")
        work.execute("use sorted")
        work.execute(case_table("cases"))
        # A sorted table keeps its order only where the insert does.
        work.execute("set preserve_insertion_order = true")
        work.execute(f"insert into cases select * from unsorted.cases order by {SORT_ORDER}")
        for name, columns in DICTIONARIES.items():
            work.execute(create_table(name, columns))
            work.execute(f"insert into {name} from unsorted.{name} order by 1")
        for table, query in SUMMARIES.items():
            work.execute(f"create table {table} as {query}")
        work.execute(create_table("meta", META_COLUMNS))
        work.execute(
            "insert into meta values (?, ?, ?, ?, ?, 0)",
            [SCHEMA_VERSION, city_id, version.rev, version.as_of, version.mark],
        )
        work.execute("checkpoint sorted")


@contextmanager
def _open(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with _connected(str(path), path.parent) as work:
        yield work


@contextmanager
def _connected(database: str, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    work = duckdb.connect(
        database, config={**WRITE_SETTINGS, "temp_directory": str(folder / "spill")}
    )
    try:
        yield work
    finally:
        work.close()


def _temporary(folder: Path, city_id: str) -> Path:
    return folder / f"building-{city_id}-{secrets.token_hex(4)}.duckdb"


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
