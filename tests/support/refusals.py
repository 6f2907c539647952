"""A store that takes no writes: full, read-only or locked, as the database itself says it.

with refusing(portal, "full"):
    assert client.post(…).status_code == 503
"""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import event, text

from portal.context import Portal
from portal.store.engines import core_engine

CAUSES = ("full", "read-only", "locked")
_OF_SQLITE = {
    "read-only": "pragma query_only = on",
    "locked": "pragma busy_timeout = 50",
}
_OF_POSTGRESQL = {
    "read-only": "set default_transaction_read_only = on",
    "locked": "set lock_timeout = '50ms'",
}
_FULL_DISK = """
create function refuse() returns trigger language plpgsql as $$
begin raise exception 'could not extend file' using errcode = '53100'; end $$
"""
_TABLES = (
    "cases",
    "followers",
    "report_notes",
    "photos",
    "buckets",
    "audit_lines",
    "data_versions",
)


@contextmanager
def refusing(portal: Portal, cause: str) -> Iterator[None]:
    """For as long as this lasts, the store refuses what anyone wants to write."""
    is_sqlite = portal.core.dialect.name == "sqlite"
    if cause == "full":
        with no_room_for_files() if is_sqlite else _full_server(portal):
            yield
        return
    setting = (_OF_SQLITE if is_sqlite else _OF_POSTGRESQL)[cause]
    with _setting(portal, setting), _lock(portal) if cause == "locked" else nullcontext():
        yield


@contextmanager
def _setting(portal: Portal, statement: str) -> Iterator[None]:
    """Every connection of the core engine begins with this statement."""

    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(statement)
        if portal.core.dialect.name == "postgresql":
            connection.commit()

    portal.core.dispose()
    event.listen(portal.core, "connect", prepare)
    try:
        yield
    finally:
        event.remove(portal.core, "connect", prepare)
        portal.core.dispose()


@contextmanager
def _lock(portal: Portal) -> Iterator[None]:
    """Another process's transaction has the store, or the city's row in it."""
    other = core_engine(portal.settings)
    with other.connect() as connection:
        if other.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("begin immediate")  # pyright: ignore
        else:
            tables = ", ".join(_TABLES)
            connection.execute(text(f"lock table {tables} in exclusive mode"))
        yield
        connection.connection.dbapi_connection.rollback()  # pyright: ignore
    other.dispose()


@contextmanager
def _full_server(portal: Portal) -> Iterator[None]:
    """What PostgreSQL says once its disk is full."""
    other = core_engine(portal.settings)
    with other.begin() as connection:
        connection.execute(text(_FULL_DISK))
        for table in _TABLES:
            connection.execute(
                text(
                    f"create trigger refuse before insert or update or delete on {table}"
                    " for each statement execute function refuse()"
                )
            )
    yield
    with other.begin() as connection:
        connection.execute(text("drop function refuse cascade"))
    other.dispose()


@contextmanager
def no_room_for_files() -> Iterator[None]:
    """No file of this process may grow any more, as on a full disk (the signal is ignored)."""
    assert threading.current_thread() is threading.main_thread()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
