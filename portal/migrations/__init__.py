"""The store's tables from one version of the program to the next (Alembic), its public views, and the role that may read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import DBAPIError

import portal.store.follower_models  # noqa: F401
import portal.store.staff_models  # noqa: F401 - its tables are the store's, too
from portal.errors import NotReady
from portal.settings import Settings
from portal.store.engines import public_password, public_role, write
from portal.store.public_views import VIEWS

_LOCK = 311_2009
# Behind a barrier PostgreSQL cannot read an index in its order: the newest fifty would cost a sort of the whole city. Without one it
# still looks at the visibility first, since nothing that could fail on a private value is cheaper; the search has no private row at all.
_WITHOUT_BARRIER = {"public_cases", "public_case_search"}
_SEARCH_VIEW = "select jurisdiction_id, id, opened_at, words from case_search"


def upgrade(engine: Engine, settings: Settings | None = None) -> None:
    """Bring an empty or older store to this program's version; nothing happens when it is there already.

    With `settings`, the data folder is made and PostgreSQL's public login is let in too. Two processes that start at once take turns.
    Raises NotReady for a store that is newer than the program.
    """
    if settings:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _turn(engine) as connection:
        if not is_known(_applied(connection)):
            raise NotReady(
                f"the store is at {_applied(connection)}, newer than this program ({head()}); install the newer program"
            )
        if _applied(connection) != head():
            command.upgrade(_config(connection), "head")
        _refresh_views(connection)
        if settings and connection.dialect.name == "postgresql":
            _let_the_public_read(connection, settings)


def current(engine: Engine) -> str | None:
    """The store's version; None for an empty one."""
    with engine.connect() as connection:
        return _applied(connection)


def head() -> str:
    """The version this program wants."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision
    return revision


def is_known(version: str | None) -> bool:
    """Whether this program can bring a store of this version to its own; None, the empty store, is one."""
    return version is None or version in {
        script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()
    }


def _applied(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _turn(engine: Engine) -> Iterator[Connection]:
    with write(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection


def _refresh_views(connection: Connection) -> None:
    """Views hold no data: they are made anew whenever their text differs from what the store was given last."""
    postgresql = connection.dialect.name == "postgresql"
    views = VIEWS | ({"public_case_search": _SEARCH_VIEW} if postgresql else {})
    checksum = hashlib.sha256(
        repr((sorted(views.items()), sorted(_WITHOUT_BARRIER))).encode()
    ).hexdigest()
    if connection.execute(text("select checksum from view_version")).scalar() == checksum:
        return
    for name, query in views.items():
        connection.execute(text(f"drop view if exists {name}"))
        barrier = (
            " with (security_barrier = true)" if postgresql and name not in _WITHOUT_BARRIER else ""
        )
        connection.exec_driver_sql(f"create view {name}{barrier} as {query}")
    connection.execute(text("delete from view_version"))
    connection.execute(
        text("insert into view_version (checksum) values (:checksum)"), {"checksum": checksum}
    )


def _let_the_public_read(connection: Connection, settings: Settings) -> None:
    """Grant the views, which may just have been made anew, to the public login; without one of its own, make it."""
    url = connection.engine.url
    if settings.public_database_url:
        role = str(make_url(settings.public_database_url).username)
    else:
        role = public_role(url)
        _ensure_role(connection, role, public_password(settings))
    try:
        for statement in _grants(role, str(url.database)):
            connection.exec_driver_sql(statement)
    except DBAPIError as problem:
        raise NotReady(
            f"the login {role} of PORTAL_PUBLIC_DATABASE_URL cannot be let in: {problem.orig}"
        ) from problem


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    exists = connection.execute(
        text("select 1 from pg_roles where rolname = :role"), {"role": role}
    ).scalar()
    # Hashed here, so that no log of statements holds the password.
    driver: Any = connection.connection.driver_connection
    hashed = driver.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    verb = "alter" if exists else "create"
    try:
        connection.exec_driver_sql(
            f"{verb} role \"{role}\" with login nosuperuser nocreatedb nocreaterole noinherit password '{hashed}'"
        )
    except DBAPIError as problem:
        raise NotReady(
            f"this PostgreSQL login may not make the role {role}; make a login without any rights and name it in "
            f"PORTAL_PUBLIC_DATABASE_URL ({problem.orig})"
        ) from problem


def _grants(role: str, database: str) -> list[str]:
    views = ", ".join([*VIEWS, "public_case_search"])
    return [
        f'revoke all on database "{database}" from public',
        "revoke create on schema public from public",
        f'grant connect on database "{database}" to "{role}"',
        f'grant usage on schema public to "{role}"',
        f'revoke all on all tables in schema public from "{role}"',
        f'grant select on {views} to "{role}"',
    ]
