"""What SQLite lets the public engine do: SELECT from the public views and search, for a second.

An authorizer decides when a statement is compiled: a column of a base table is readable only
through a public view. Two things look the same to it as what is allowed, so statements that contain
them are refused before they get there:

- WITH, because a common table expression *named like a public view* is reported as that view;
- the names of the search index's shadow tables. SQLite reports the index's own reads of them just
  as it would report a visitor's, and words of a case that was made private stay in them until
  SQLite merges its segments.

Counting all rows of a view without a WHERE is reported as a read of the base table, and refused:
count one of the view's columns instead.
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
    ("abs", "avg", "coalesce", "count", "ifnull", "length", "like", "lower", "match", "max", "min",
     "nullif", "round", "substr", "sum", "total", "upper")
)  # fmt: skip
# FTS5 reads the data version before it trusts its cache; SQLAlchemy reads the isolation level once.
PRAGMAS_READ = frozenset({"data_version", "read_uncommitted"})
REFUSED_TEXT = re.compile(rf"\bwith\b|{SEARCH_TABLE}_", re.IGNORECASE)
STEPS_BETWEEN_CLOCK_CHECKS = 20_000
"""Steps of SQLite's virtual machine between two looks at the clock: under a millisecond. A small
query ends before the first."""

_OK, _DENY = 0, 1
_PRAGMA, _READ, _SELECT, _TRANSACTION, _FUNCTION = 19, 20, 21, 22, 31


def authorize(
    action: int, first: str | None, second: str | None, _database: str | None, view: str | None
) -> int:
    """Answer SQLite's authorizer callback: _OK or _DENY.

    For a read, `first` is the table, `second` the column and `view` the view that reads it.
    """
    return _OK if _is_allowed(action, first, second, view) else _DENY


def _is_allowed(action: int, first: str | None, second: str | None, view: str | None) -> bool:
    if action in (_SELECT, _TRANSACTION):
        return True
    if action == _READ:
        is_search = first == SEARCH_TABLE or first in SHADOW_TABLES
        return view in VIEWS or first in VIEWS or is_search
    if action == _FUNCTION:
        return (second or "").lower() in FUNCTIONS
    return action == _PRAGMA and first in PRAGMAS_READ and second is None


def guarded_connection(module: ModuleType, seconds: float) -> type:
    """Make a connection class that checks statements first and stops them after `seconds`."""

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
            if REFUSED_TEXT.search(statement):
                raise module.DatabaseError(
                    "not authorized: the public engine takes no WITH"
                    " and no inner table of the search index"
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


def restrict_to_views(connection: Any) -> None:
    """Restrict a connection of a `guarded_connection` class: from now on it reads public views."""
    connection.set_progress_handler(connection.is_late, STEPS_BETWEEN_CLOCK_CHECKS)
    connection.set_authorizer(authorize)
