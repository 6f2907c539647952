"""What SQLite lets the public do: SELECT from the public views and search, nothing else, and not for longer than a second.

An authorizer decides when a statement is compiled: a column of a base table is readable only on behalf of a public view. Two things it
cannot tell apart, so statements that hold them are refused before they reach it:

- a common table expression *named like a public view* is reported as that view, so there is no WITH;
- the search index reads its own shadow tables in the name of nobody, as a visitor's statement would, and words of a case that was made
  private stay in them until SQLite merges its segments, so no statement names one.

A count of all rows of a view without a WHERE is reported as a read of the base table and refused: count one of its columns.
"""

from __future__ import annotations

import re
import time
from types import ModuleType
from typing import Any

from portal.store.public_views import VIEWS

SEARCH_TABLE = "case_search"
SHADOW_TABLES = frozenset(
    f"{SEARCH_TABLE}_{part}" for part in ("data", "idx", "content", "docsize", "config")
)
FUNCTIONS = frozenset(
    ("abs", "avg", "coalesce", "count", "ifnull", "length", "like", "lower", "match", "max", "min", "nullif", "round", "substr", "sum",
     "total", "upper")
)  # fmt: skip
# FTS5 asks for the data version before it trusts its cache; SQLAlchemy asks for the isolation level once.
PRAGMAS_READ = frozenset({"data_version", "read_uncommitted"})
UNSPEAKABLE = re.compile(rf"\bwith\b|{SEARCH_TABLE}_", re.IGNORECASE)
STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks at the clock: under a millisecond, and a small query ends before the first."""

_OK, _DENY = 0, 1
_PRAGMA, _READ, _SELECT, _TRANSACTION, _FUNCTION = 19, 20, 21, 22, 31


def authorize(
    action: int, first: str | None, second: str | None, _database: str | None, view: str | None
) -> int:
    """SQLite's question while it compiles a statement: for a read, `first` is the table and `view` the view that wants it."""
    if action in (_SELECT, _TRANSACTION):
        return _OK
    if action == _READ:
        return (
            _OK
            if view in VIEWS or first in VIEWS or first == SEARCH_TABLE or first in SHADOW_TABLES
            else _DENY
        )
    if action == _FUNCTION:
        return _OK if (second or "").lower() in FUNCTIONS else _DENY
    return _OK if action == _PRAGMA and first in PRAGMAS_READ and second is None else _DENY


def guarded_connection(module: ModuleType, seconds: float) -> type:
    """A connection class of a SQLite driver whose statements are looked at first and interrupted after `seconds`."""

    class GuardedCursor(module.Cursor):
        def execute(self, statement: str, *args: Any) -> Any:
            self.connection.begin_statement(statement)
            return super().execute(statement, *args)

        def executemany(self, statement: str, *args: Any) -> Any:
            self.connection.begin_statement(statement)
            return super().executemany(statement, *args)

        def executescript(self, *_args: Any) -> Any:
            raise module.DatabaseError("not authorized: the public engine runs no scripts")

    class GuardedConnection(module.Connection):
        deadline = 0.0

        def begin_statement(self, statement: str) -> None:
            if UNSPEAKABLE.search(statement):
                raise module.DatabaseError(
                    "not authorized: the public engine takes no WITH and no inner table of the search index"
                )
            self.deadline = time.monotonic() + seconds

        def is_late(self) -> bool:
            return time.monotonic() > self.deadline

        def cursor(self, factory: type = GuardedCursor) -> Any:
            return super().cursor(factory)

        def execute(self, statement: str, *args: Any) -> Any:
            return self.cursor().execute(statement, *args)

        def executemany(self, statement: str, *args: Any) -> Any:
            return self.cursor().executemany(statement, *args)

        def executescript(self, *args: Any) -> Any:
            return self.cursor().executescript(*args)

    return GuardedConnection


def guard(connection: Any) -> None:
    """Put a guarded connection under guard; from here on it reads the public views alone."""
    connection.set_progress_handler(connection.is_late, STEPS_BETWEEN_LOOKS)
    connection.set_authorizer(authorize)
