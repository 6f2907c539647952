"""Brings the store to this program's tables (Alembic), with its public views and who may read them.

migrations.upgrade(engine, settings)  # an empty or older store; nothing happens to a ready one
migrations.find_refusal(engine)       # why that would fail, and the way out; None if it works
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import DBAPIError

import portal.store.follower_models  # noqa: F401 - imported for its tables, like the next two
import portal.store.report_models  # noqa: F401
import portal.store.staff_models  # noqa: F401
from portal.errors import NotReady
from portal.migrations import unreleased
from portal.settings import Settings
from portal.store.engines import public_password, public_role, write
from portal.store.public_views import VIEWS

_LOCK = 311_2009
# Behind a barrier PostgreSQL can't read an index in order: the newest fifty cases would cost a
# sort of the whole city. Without one it still checks the visibility first, since no condition that
# could fail on a private value is cheaper; the search index has no private rows at all.
_WITHOUT_BARRIER = {"public_cases", "public_case_search"}
_SEARCH_VIEW = "select jurisdiction_id, id, opened_at, words from case_search"


@dataclass(frozen=True)
class Refusal:
    """Why this program can't use a store, and what to do about it."""

    reason: str
    way_out: str


def upgrade(engine: Engine, settings: Settings | None = None) -> None:
    """Bring an empty or older store to this program's revision. A ready store stays as it is.

    With `settings`, also make the data folder and let PostgreSQL's public login in. Processes that
    start at the same time take turns. Raises NotReady for a store that find_refusal refuses.
    """
    if settings:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _take_turn(engine) as connection:
        if refusal := _find_refusal(connection):
            raise NotReady(f"{refusal.reason}; {refusal.way_out}")
        _upgrade_tables(connection)
        _refresh_views(connection)
        if settings and connection.dialect.name == "postgresql":
            _let_public_read(connection, settings)


def read_revision(engine: Engine) -> str | None:
    """The store's revision; None for an empty store."""
    with engine.connect() as connection:
        return _read_revision(connection)


def get_wanted_revision() -> str:
    """The revision that this program works with."""
    revision = _read_scripts().get_current_head()
    assert revision
    return revision


def find_refusal(engine: Engine) -> Refusal | None:
    """Why this program can't bring a store to its own revision; None if it can."""
    with engine.connect() as connection:
        return _find_refusal(connection)


@cache
def _read_scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_make_config())


def _find_refusal(connection: Connection) -> Refusal | None:
    revision = _read_revision(connection)
    if revision in (None, unreleased.LAST, *_list_revisions()):
        return None
    place = f"the store {_describe_store(connection)} is at revision {revision}"
    if revision in unreleased.EARLIER:
        reason = f"{place}, from before the first release; no upgrade leads from there to"
        return Refusal(f"{reason} {get_wanted_revision()}", _explain_rebuild(connection))
    return Refusal(
        f"{place}, which this program does not know; its own is {get_wanted_revision()}",
        "install the newer program that made it, or restore a backup from before that upgrade",
    )


def _explain_rebuild(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        get_ready = "create an empty database and name it in PORTAL_DATABASE_URL"
    else:
        path = _describe_store(connection)
        get_ready = f"stop the portal and move {path}, {path}-wal and {path}-shm away"
    return f"build it again: {get_ready}, then run python -m portal migrate"


def _describe_store(connection: Connection) -> str:
    """The file on SQLite; on PostgreSQL the database and its host, without the login."""
    url = connection.engine.url
    if connection.dialect.name == "sqlite":
        return str(url.database)
    return f"{url.database} on {url.host or 'this machine'}"


def _upgrade_tables(connection: Connection) -> None:
    config = _make_config(connection)
    if _read_revision(connection) == unreleased.LAST:
        unreleased.take_over_store(connection, config)
    if _read_revision(connection) != get_wanted_revision():
        command.upgrade(config, "head")


def _read_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _list_revisions() -> list[str]:
    scripts = _read_scripts().walk_revisions()
    return [script.revision for script in scripts]


def _make_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _take_turn(engine: Engine) -> Iterator[Connection]:
    with write(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection


def _refresh_views(connection: Connection) -> None:
    """Make the views again if their text differs from the store's. They hold no data."""
    views = dict(VIEWS)
    if connection.dialect.name == "postgresql":
        views["public_case_search"] = _SEARCH_VIEW
    checksum = _compute_checksum(views)
    if connection.execute(text("select checksum from view_version")).scalar() == checksum:
        return
    for name, query in views.items():
        connection.execute(text(f"drop view if exists {name}"))
        options = _choose_view_options(connection, name)
        connection.exec_driver_sql(f"create view {name}{options} as {query}")
    connection.execute(text("delete from view_version"))
    new = text("insert into view_version (checksum) values (:checksum)")
    connection.execute(new, {"checksum": checksum})


def _compute_checksum(views: dict[str, str]) -> str:
    content = repr((sorted(views.items()), sorted(_WITHOUT_BARRIER)))
    return hashlib.sha256(content.encode()).hexdigest()


def _choose_view_options(connection: Connection, name: str) -> str:
    has_barrier = connection.dialect.name == "postgresql" and name not in _WITHOUT_BARRIER
    return " with (security_barrier = true)" if has_barrier else ""


def _let_public_read(connection: Connection, settings: Settings) -> None:
    """Grant the views, which may be new, to the public login. Makes a login if none is set."""
    url = connection.engine.url
    if settings.public_database_url:
        role = str(make_url(settings.public_database_url).username)
    else:
        role = public_role(url)
        _ensure_role(connection, role, public_password(settings))
    try:
        for statement in _list_grants(role, str(url.database)):
            connection.exec_driver_sql(statement)
    except DBAPIError as problem:
        raise NotReady(
            f"the login {role} of PORTAL_PUBLIC_DATABASE_URL cannot be let in: {problem.orig}"
        ) from problem


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    change = _write_role_change(connection, role)
    hashed = _hash_password(connection, role, password)
    try:
        connection.exec_driver_sql(f"{change} password '{hashed}'")
    except DBAPIError as problem:
        raise NotReady(
            f"this PostgreSQL login may not make the role {role}; make a login without any rights"
            f" and name it in PORTAL_PUBLIC_DATABASE_URL ({problem.orig})"
        ) from problem


def _write_role_change(connection: Connection, role: str) -> str:
    """The statement that makes the role, or takes away rights it should not have.

    The password comes after it.
    """
    query = text(
        "select rolsuper or rolcreatedb or rolcreaterole from pg_roles where rolname = :role"
    )
    has_too_many_rights = connection.execute(query, {"role": role}).scalar()
    if has_too_many_rights is None:
        return f'create role "{role}" with login nosuperuser nocreatedb nocreaterole noinherit'
    # Only a superuser may say "nosuperuser" of an existing role, even if it changes nothing.
    rights = "nosuperuser nocreatedb nocreaterole" if has_too_many_rights else ""
    return f'alter role "{role}" with login noinherit {rights}'


def _hash_password(connection: Connection, role: str, password: str) -> str:
    """The password as PostgreSQL stores it: hashed here, so that no statement log shows it."""
    driver: Any = connection.connection.driver_connection
    hashed = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return hashed.decode()


def _list_grants(role: str, database: str) -> list[str]:
    views = ", ".join([*VIEWS, "public_case_search"])
    return [
        f'revoke all on database "{database}" from public',
        "revoke create on schema public from public",
        f'grant connect on database "{database}" to "{role}"',
        f'grant usage on schema public to "{role}"',
        f'revoke all on all tables in schema public from "{role}"',
        f'grant select on {views} to "{role}"',
    ]
