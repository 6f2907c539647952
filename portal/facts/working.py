"""A city's working facts file: one process writes it, and published files are copies of it."""

from __future__ import annotations

import fcntl
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import IO, Any

import duckdb
import pyarrow as pa
from sqlalchemy import Connection

from portal import private_files
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import Conflict
from portal.facts import history, store_rows
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
Work = duckdb.DuckDBPyConnection
"""A connection that writes a file."""
_READ_META = "select schema_version, rev, batch, as_of, store_mark from meta"
_SET_VERSION = "update meta set rev = ?, batch = ?, as_of = ?, unsorted_cases = unsorted_cases + ?"
OF_TOUCHED_YEARS = "(select * from cases where opened_month // 12 in (select year from touched))"


@contextmanager
def only_writer(
    folder: Path, city_id: str, wait_seconds: float = 60.0, what: str = "facts"
) -> Iterator[None]:
    """Lock a city's facts against other writers; the system unlocks them if the process dies.

    `what` else is locked, where it is not the facts.

    Raises Conflict if another process still writes them after `wait_seconds`.
    """
    private_files.make_folder(folder)
    with private_files.open_file(folder / f"lock-{city_id}", "w") as handle:
        give_up_at = time.monotonic() + wait_seconds
        while not _try_lock(handle):
            if time.monotonic() > give_up_at:
                raise Conflict(
                    f"{city_id}: another process is writing the {what} in {folder};"
                    " try again when it has finished"
                )
            time.sleep(0.05)
        yield


def _try_lock(handle: IO[Any]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def working_path(folder: Path, city_id: str) -> Path:
    """Where a city's working file is."""
    return folder / f"work-{city_id}.duckdb"


def build_working_file(connection: Connection, city: Jurisdiction, folder: Path) -> Path:
    """Make a new working file from the whole store, sorted.

    It replaces the old one at the very end, so a killed process leaves the old one.
    """
    city_id = city.id
    wanted = store_rows.version(connection, city_id)
    rows_path, new_path = _temporary(folder, city_id), _temporary(folder, city_id)
    try:
        write_rows(rows_path, connection, city)
        _write_sorted(rows_path, new_path, city_id, wanted)
        # What a killed process left in the old file's log must not be applied to the new file.
        old = working_path(folder, city_id)
        old.with_name(old.name + ".wal").unlink(missing_ok=True)
        return new_path.replace(old)
    finally:
        _forget(rows_path)
        _forget(new_path)


def bring_up_to_date(connection: Connection, city: Jurisdiction, folder: Path) -> StoreVersion:
    """Bring the working file to the store's version, by the changes alone; returns that version.

    It is built again where it is missing, damaged, or made from another store.
    """
    wanted = store_rows.version(connection, city.id)
    present = working_version(folder, city.id)
    if present is None or present.mark != wanted.mark or present.batch > wanted.batch:
        build_working_file(connection, city, folder)
    elif present.batch < wanted.batch:
        try:
            _apply_changes(connection, city, folder, present, wanted)
        except duckdb.Error:
            # The file opens but is damaged further in. Everything in it is in the store.
            build_working_file(connection, city, folder)
    return wanted


def working_version(folder: Path, city_id: str) -> StoreVersion | None:
    """The version of the working file; None where there is none that can be used."""
    path = working_path(folder, city_id)
    if not path.exists():
        return None
    try:
        with _open(path) as work:
            row = work.execute(_READ_META).fetchone()
    except (duckdb.Error, RuntimeError, ValueError):
        return None
    if row is None or row[0] != SCHEMA_VERSION:
        return None
    return StoreVersion(*row[1:])


def write_rows(path: Path, connection: Connection, city: Jurisdiction) -> None:
    """Write the store's public cases, their history and their names to a new file, unsorted."""
    with _open(path) as rows:
        rows.execute(case_table("cases"))
        for batch in store_rows.public_cases(connection, city.id):
            _append(rows, batch)
        history.write(rows, connection, city)
        _fill_dictionaries(rows, connection, city.id)


def _apply_changes(
    connection: Connection,
    city: Jurisdiction,
    folder: Path,
    present: StoreVersion,
    wanted: StoreVersion,
) -> None:
    city_id = city.id
    with _open(working_path(folder, city_id)) as work:
        work.execute("create temp table touched (year integer)")
        work.execute("create temp table changed_ids (id bigint)")
        work.execute("begin")
        added = _change_cases(work, connection, city_id, present.batch)
        history.follow(work, connection, city, present.batch)
        _fill_dictionaries(work, connection, city_id)
        work.execute(_SET_VERSION, [wanted.rev, wanted.batch, wanted.as_of, added])
        _sum_up(work)
        work.execute("commit")
        work.execute("checkpoint")
        is_unsorted = _has_many_unsorted(work)
    if is_unsorted:
        _sort_again(folder, city_id, wanted)


def _change_cases(work: Work, connection: Connection, city_id: str, after_batch: int) -> int:
    """Replace the cases that changed and delete those withdrawn; returns how many were written."""
    changed = store_rows.public_cases(connection, city_id, after_batch)
    added = sum(_replace(work, batch) for batch in changed)
    withdrawn = store_rows.withdrawn_cases(connection, city_id, after_batch)
    work.execute("insert into changed_ids select unnest(?::bigint[])", [withdrawn])
    _touch(work, "cases where id in (select unnest(?::bigint[]))", [withdrawn])
    work.execute("delete from cases where id in (select unnest(?::bigint[]))", [withdrawn])
    return added


def _has_many_unsorted(work: Work) -> bool:
    unsorted_cases, cases = work.execute(
        "select (select unsorted_cases from meta), (select count(*) from cases)"
    ).fetchone() or (0, 0)
    return unsorted_cases > max(UNSORTED_CASES, UNSORTED_SHARE * cases)


def _sum_up(work: Work) -> None:
    """Make the summaries again; of the counts by year only years that changed: mostly the last."""
    work.execute("delete from year_counts where year in (select year from touched)")
    work.execute(f"insert into year_counts {counts_query(OF_TOUCHED_YEARS, by_year=True)}")
    for table in ("cells", "counts"):
        work.execute(f"delete from {table}")
        work.execute(f"insert into {table} {SUMMARIES[table]}")


def _touch(work: Work, rows: str, values: list[Any] | None = None) -> None:
    """Remember in which years these cases were opened, before and after they change."""
    work.execute(
        f"insert into touched select distinct opened_month // 12 from {rows}", values or []
    )


def _replace(work: Work, batch: pa.Table) -> int:
    work.register("changed", batch)
    _touch(work, "changed")
    work.execute("insert into changed_ids select id from changed")
    _touch(work, "cases where id in (select id from changed)")
    work.execute("delete from cases where id in (select id from changed)")
    work.unregister("changed")
    _append(work, batch)
    return batch.num_rows


def _append(work: Work, batch: pa.Table) -> None:
    work.register("batch", batch)
    work.execute(f"insert into cases select {', '.join(CASE_NAMES)} from batch")
    work.unregister("batch")


def used_labels(folder: Path, city_id: str) -> list[int]:
    """The labels of the working file's cases, and of the city's boundary layers."""
    with _open(working_path(folder, city_id)) as work:
        return [number for (number,) in work.execute("select label_id from labels").fetchall()]


def _fill_dictionaries(work: Work, connection: Connection, city_id: str) -> None:
    """Write services and labels; of labels only those that a case in the file or a layer has.

    Others would tell of private cases.
    """
    for name, rows in store_rows.dictionaries(connection, city_id).items():
        _fill_dictionary(work, name, rows)
    of_cases = " union ".join(
        f"select {kind} from cases where {kind} is not null" for kind in LABEL_KINDS
    )
    of_layers = store_rows.labels_of_layers(connection, city_id)
    work.execute(
        f"delete from labels where label_id not in ({of_cases} union select unnest(?::integer[]))",
        [of_layers],
    )


def _fill_dictionary(work: Work, name: str, rows: list[tuple]) -> None:
    columns = DICTIONARIES[name]
    table = create_table(name, columns).replace("create table", "create table if not exists", 1)
    work.execute(table)
    work.execute(f"delete from {name}")
    work.execute(fill_table(name, columns), column_lists(rows, len(columns)))


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
        work.execute(f"attach '{quoted(rows_path)}' as unsorted (read_only)")
        work.execute(f"attach '{quoted(new_path)}' as sorted (row_group_size {ROW_GROUP_CASES})")
        private_files.close_to_others(new_path)
        work.execute("use sorted")
        work.execute(case_table("cases"))
        # A sorted table keeps its order only where the insert does.
        work.execute("set preserve_insertion_order = true")
        work.execute(f"insert into cases select * from unsorted.cases order by {SORT_ORDER}")
        history.copy_sorted(work, "unsorted")
        _write_small_tables(work, city_id, version)
        work.execute("checkpoint sorted")


def _write_small_tables(work: Work, city_id: str, version: StoreVersion) -> None:
    for name, columns in DICTIONARIES.items():
        work.execute(create_table(name, columns))
        work.execute(f"insert into {name} from unsorted.{name} order by 1")
    for table, query in SUMMARIES.items():
        work.execute(f"create table {table} as {query}")
    work.execute(create_table("meta", META_COLUMNS))
    values = [SCHEMA_VERSION, city_id, *astuple(version)]
    work.execute("insert into meta values (?, ?, ?, ?, ?, ?, 0)", values)


@contextmanager
def _open(path: Path) -> Iterator[Work]:
    with _connected(str(path), path.parent) as work:
        yield work


@contextmanager
def _connected(database: str, folder: Path) -> Iterator[Work]:
    config = {**WRITE_SETTINGS, "temp_directory": str(folder / "spill")}
    work = duckdb.connect(database, config=config)
    try:
        if database != ":memory:":
            private_files.close_to_others(Path(database))
        yield work
    finally:
        work.close()


def _temporary(folder: Path, city_id: str) -> Path:
    return folder / f"building-{city_id}-{secrets.token_hex(4)}.duckdb"


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def quoted(path: Path) -> str:
    """A path as it stands between the quotes of SQL."""
    return str(path).replace("'", "''")
