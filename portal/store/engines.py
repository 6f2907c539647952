"""Connections to the store: a core engine for everything, a public engine for the public views.

The database enforces the difference: on SQLite a read-only connection with an authorizer, on
PostgreSQL a login role that has SELECT on the views and nothing else.

    engine = core_engine(settings)
    with write(engine) as connection:  # waits for its turn, commits at the end
        connection.execute(…)
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, PoolProxiedConnection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError

from portal import private_files
from portal.errors import NotReady, TakesTooLong
from portal.secrets import derive_key
from portal.settings import Settings
from portal.store.sqlite_boundary import guarded_connection, restrict_to_views
from portal.store.sqlite_turns import begin_writing

# 3.7.0 to 3.51.2 can lose committed pages when a WAL is reset while another process checkpoints.
SAFE_SQLITE = (3, 51, 3)
PUBLIC_ROLE = "portal_public"
MOST_NAME_BYTES = 63
BUSY_SECONDS, LOCK_SECONDS = 5, 10
"""How long a writer waits for its turn on SQLite, and for another's lock on PostgreSQL, which can
take longer: a page of an import is stored in one transaction."""
PUBLIC_TIMEOUT_MS = 1_000
CONNECT_SECONDS = 5
TRUSTED_SECONDS = 1.0
"""A connection to PostgreSQL that was used this recently is not pinged before its next use."""


def core_engine(settings: Settings) -> Engine:
    """An engine that may read and write everything.

    On SQLite, `execution_options(writes=True)` makes a transaction begin as the only writer.
    """
    url = store_url(settings)
    if url.get_backend_name() == "postgresql":
        arguments = _connect_arguments(url, _CORE_OPTIONS)
        return create_engine(url, pool_pre_ping=True, connect_args=arguments)
    private_files.make_folder(settings.data_dir)
    engine = create_engine(url, module=sqlite_module())
    event.listen(engine, "do_connect", make_private)
    event.listen(engine, "connect", _prepare_core_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def public_engine(settings: Settings) -> Engine:
    """An engine that can read the public views and nothing else, enforced by the database."""
    url = store_url(settings)
    if url.get_backend_name() == "postgresql":
        return _public_postgresql(public_url(settings))
    return _public_sqlite(url)


def _public_postgresql(url: URL) -> Engine:
    # A query is one statement. Without a transaction around it, it takes two round trips to the
    # server, not four.
    arguments = _connect_arguments(url, _PUBLIC_OPTIONS)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=arguments)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ping_the_idle)
    return engine


def _public_sqlite(url: URL) -> Engine:
    module = sqlite_module()
    # Quoted, because "?", "#" and "%" in a folder's name mean something else in a file: URL.
    address = URL.create(
        "sqlite", database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"}
    )
    factory = guarded_connection(module, PUBLIC_TIMEOUT_MS / 1000)
    engine = create_engine(address, module=module, connect_args={"factory": factory})
    event.listen(engine, "connect", _prepare_public_sqlite)
    return engine


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """Open a write transaction. On SQLite it waits for its turn at the start, never later."""
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def explain_timeouts() -> Iterator[None]:
    """Raise TakesTooLong, with a sentence for the visitor, if the database stops a slow query."""
    try:
        yield
    except Exception as problem:
        original = getattr(problem, "orig", problem)  # SQLAlchemy wraps the driver's error
        if str(original) == "interrupted" or getattr(original, "sqlstate", None) == "57014":
            sentence = (
                "This takes too long to look up."
                " Please ask for fewer days, or for one service or neighborhood."
            )
            raise TakesTooLong(sentence) from problem
        raise


def select_value(engine: Engine, statement: str, *values: Any) -> Any:
    """Run a query written with `?` and return its first value, None if it finds no row.

    Goes to the driver directly: SQLAlchemy takes five times as long.
    """
    try:
        return _first_value(engine, statement, values)
    except ServerAway:
        engine.dispose()
        return _first_value(engine, statement, values)


class ServerAway(Exception):  # noqa: N818 - no error unless the next connection fails too
    """The server closed a connection since its last use, as it does when it restarts."""


def _first_value(engine: Engine, statement: str, values: tuple[Any, ...]) -> Any:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(
            statement if engine.dialect.name == "sqlite" else statement.replace("?", "%s"), values
        )
        row = cursor.fetchone()
        return row[0] if row else None
    except Exception as problem:
        if _is_server_away(engine, connection, problem):
            connection.invalidate()
            raise ServerAway from problem
        raise
    finally:
        connection.close()


def _is_server_away(engine: Engine, connection: PoolProxiedConnection, problem: Any) -> bool:
    used = connection.dbapi_connection
    dialect = engine.dialect
    return dialect.name == "postgresql" and dialect.is_disconnect(problem, used, None)


def store_url(settings: Settings) -> URL:
    """Where the store is: at PORTAL_DATABASE_URL, else in portal.sqlite in the data folder."""
    if not settings.database_url:
        return URL.create("sqlite", database=str(settings.data_dir.absolute() / "portal.sqlite"))
    return _read_url(settings.database_url)


def public_url(settings: Settings) -> URL:
    """Where the public login finds PostgreSQL: at PORTAL_PUBLIC_DATABASE_URL, else at the store."""
    if settings.public_database_url:
        return _read_url(settings.public_database_url)
    url = store_url(settings)
    return url.set(username=public_role(url), password=public_password(settings))


def _read_url(address: str) -> URL:
    url = make_url(address.replace("postgres://", "postgresql://", 1))
    is_postgresql = url.get_backend_name() == "postgresql"
    return url.set(drivername="postgresql+psycopg") if is_postgresql else url


def sqlite_module() -> ModuleType:
    """The SQLite driver: pysqlite3, else the standard library's.

    Raises NotReady if its SQLite is too old to be safe.
    """
    try:
        module: ModuleType = import_module("pysqlite3.dbapi2")
    except ImportError:
        module = sqlite3
    require_safe(module.sqlite_version_info)
    return module


def require_safe(version: tuple[int, int, int]) -> None:
    """Raise NotReady for a version of SQLite that can lose committed data."""
    if version < SAFE_SQLITE:
        raise NotReady(
            f"SQLite {_dotted(version)} can lose data in WAL mode;"
            f" install pysqlite3 with SQLite {_dotted(SAFE_SQLITE)} or newer"
        )


def public_role(engine_url: URL) -> str:
    """The public role's name: one per database, because roles belong to the whole cluster.

    PostgreSQL cuts a name after 63 bytes; a longer one ends in a digest of the whole.
    """
    name = f"{PUBLIC_ROLE}_{engine_url.database}"
    if len(name.encode()) <= MOST_NAME_BYTES:
        return name
    start = name.encode()[: MOST_NAME_BYTES - 9].decode(errors="ignore")
    return f"{start}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def public_password(settings: Settings) -> str:
    """The public role's password, derived from the portal's key, so it is stored nowhere."""
    return derive_key(settings, "public database role")


def optimize(engine: Engine) -> None:
    """After a large import: refresh PostgreSQL's statistics, or merge SQLite's search index.

    An import leaves the index in many pieces. If they stayed, the next small page would merge them,
    which takes seconds. SQLite gathers no statistics: its query plans are the same for the first
    case and the three millionth (tests/store/test_plans.py).
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_postgresql = engine.dialect.name == "postgresql"
        connection.exec_driver_sql(
            "analyze"
            if is_postgresql
            else "insert into case_search (case_search) values ('optimize')"
        )


def make_private(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    """Before SQLite opens a store: make its file, closed to others, as those beside it then are."""
    with suppress(OSError):  # SQLite's own error says more about what is wrong
        private_files.make_file(Path(arguments[0]))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _prepare_core_sqlite(connection: Any, _record: Any) -> None:
    # We begin transactions ourselves (_begin_sqlite), so the driver must not.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = wal",
        "synchronous = full",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "foreign_keys = on",
        "trusted_schema = off",
    ):
        connection.execute(f"pragma {pragma}")
    connection.execute("pragma cache_size = -64000")
    connection.execute("pragma temp_store = memory")
    # A long transaction leaves a long log behind, which is then cut back to this size.
    connection.execute("pragma journal_size_limit = 67108864")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        begin_writing(connection)
    else:
        connection.exec_driver_sql("begin")


def _connect_arguments(url: URL, options: str) -> dict[str, Any]:
    """Ours come after the operator's own, and so decide; the store is in the schema `public`."""
    own = url.query.get("options", ())
    given = [own] if isinstance(own, str) else list(own)
    found = {
        "options": " ".join([*given, options, "-c search_path=public"]),
        "client_encoding": "utf8",
    }
    return found if "connect_timeout" in url.query else found | {"connect_timeout": CONNECT_SECONDS}


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_the_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Ping the server on a connection that was idle; one just used is spared the round trip."""
    if time.monotonic() - record.info.get("used_at", math.inf) < TRUSTED_SECONDS:
        return
    try:
        connection.execute("")
    except Exception as problem:
        raise InvalidatePoolError from problem


def _prepare_public_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "trusted_schema = off",
        "query_only = on",
        "cache_size = -64000",
    ):
        connection.execute(f"pragma {pragma}")
    restrict_to_views(connection)


_CORE_OPTIONS = (
    f"-c plan_cache_mode=force_custom_plan -c lock_timeout={LOCK_SECONDS}s"
    r" -c default_transaction_isolation=read\ committed"
)
"""A plan made without the values, on a table that has grown since, compares every case with every
value: seconds, not milliseconds."""
# A page's query reads a few rows by index from a solid-state disk. Compiling it would take longer
# than running it.
_PUBLIC_OPTIONS = (
    f"-c statement_timeout={PUBLIC_TIMEOUT_MS} -c default_transaction_read_only=on"
    " -c idle_in_transaction_session_timeout=30000 -c jit=off -c random_page_cost=1.1"
)
