"""Whether a published facts file can be read, and telling others if it cannot.

A web process meets a damaged file when it opens or asks it. It answers 503 and leaves a mark beside
the file. The publisher (data_sync.publisher) sees the mark or finds the damage itself. If the
file is damaged, the facts are built again from the store, which has everything that is in them. If
it is not, another copy is published: a process of its own that lost its way opens that.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from portal import private_files
from portal.facts.history_schema import HISTORY_TABLES
from portal.facts.pointer import FactsFile
from portal.facts.schema import DICTIONARIES, SCHEMA_VERSION

READ_SETTINGS: dict[str, Any] = {
    "threads": 2,
    "memory_limit": "512MB",
    "max_temp_directory_size": "0B",
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "lock_configuration": True,
}
TABLES = ("cases", "cells", "counts", "year_counts", "meta", *DICTIONARIES, *HISTORY_TABLES)
UNREADABLE = (duckdb.Error, OSError, RuntimeError, ValueError)
"""What opening and reading a file may raise that is not as it was written."""
DAMAGE = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)
"""What a question may raise, in the middle of such a file, that is not the question's fault."""

Seal = tuple[str, int, int]
"""A file's name, size and time of its last change (ns): the same as long as nobody touches it."""


class NotAsPublished(ValueError):
    """The file can be opened, and is not the one that the pointer names."""


def check_tables(facts: duckdb.DuckDBPyConnection, file: FactsFile) -> None:
    """Raises NotAsPublished for a file with other tables or of another version; quick."""
    found = {name for (name,) in facts.execute("select table_name from duckdb_tables()").fetchall()}
    if missing := sorted(set(TABLES) - found):
        raise NotAsPublished(f"{file.path.name} has no table {missing[0]}")
    versions = facts.execute("select schema_version, rev, batch from meta").fetchall()
    if versions != [(SCHEMA_VERSION, file.rev, file.batch)]:
        raise NotAsPublished(f"{file.path.name} is of another version: {versions}")


def can_be_opened(file: FactsFile) -> bool:
    """Whether a published file opens as what it should be. A look, in milliseconds."""
    if damage_mark(file.path).exists():
        return False
    try:
        with _open_apart(file.path) as facts:
            check_tables(facts, file)
    except UNREADABLE:
        return False
    return True


def find_damage(file: FactsFile) -> str | None:
    """Why a published file cannot be read; None if all of it can. Reads the whole file."""
    try:
        with _open_apart(file.path) as facts:
            check_tables(facts, file)
            for table in TABLES:
                facts.execute(f"select bit_xor(hash(t)) from {table} t").fetchall()
    except UNREADABLE as problem:
        return str(problem).splitlines()[0]
    return None


def seal_of(path: Path) -> Seal | None:
    """The file's seal; None where there is no file."""
    with suppress(OSError):
        seen = path.stat()
        return path.name, seen.st_size, seen.st_mtime_ns
    return None


def damage_mark(path: Path) -> Path:
    """The file beside a published one that says that someone could not read it."""
    return path.with_name(f"{path.name}.damaged")


def mark_damaged(path: Path) -> None:
    """Tell the publisher that this file cannot be read. Where nothing can be written, no one
    is told: they find out by themselves."""
    with suppress(OSError):
        private_files.make_file(damage_mark(path))


@contextmanager
def _open_apart(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file by a second name: a process that has it open would read from memory otherwise."""
    alias = path.with_name(f"{path.name}.check{secrets.token_hex(4)}")
    try:
        alias.hardlink_to(path)
    except OSError:  # nothing can be written here, or the file is gone
        alias = path
    try:
        with duckdb.connect(str(alias), read_only=True, config=READ_SETTINGS) as facts:
            yield facts
    finally:
        if alias != path:
            alias.unlink(missing_ok=True)
