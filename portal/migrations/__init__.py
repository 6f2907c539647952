"""Brings the store to this program's tables (Alembic), with its public views and who may read them.

migrations.upgrade(engine, settings)  # an empty or older store; nothing happens to a ready one
migrations.find_refusal(engine)       # why that would fail, and the way out; None if it works
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

import portal.store.demographics_models  # noqa: F401 - imported for its tables, like the next six
import portal.store.follower_models  # noqa: F401
import portal.store.forecast_models  # noqa: F401
import portal.store.key_models  # noqa: F401
import portal.store.report_models  # noqa: F401
import portal.store.staff_models  # noqa: F401
import portal.store.webhook_models  # noqa: F401
from portal import private_files
from portal.errors import NotReady
from portal.migrations import unreleased
from portal.migrations.public_login import let_public_read
from portal.settings import Settings
from portal.store.engines import write
from portal.store.public_views import VIEWS
from portal.store.refusals import Refusal, explain

_LOCK = 311_2009
# Behind a barrier PostgreSQL can't read an index in order: the newest fifty cases would cost a
# sort of the whole city. Without one it still checks the visibility first, since no condition that
# could fail on a private value is cheaper; the search index has no private rows at all.
_WITHOUT_BARRIER = {"public_cases", "public_case_search"}
_SEARCH_VIEW = "select jurisdiction_id, id, opened_at, words from case_search"


def upgrade(engine: Engine, settings: Settings | None = None) -> None:
    """Bring an empty or older store to this program's revision. A ready store stays as it is.

    With `settings`, also make the data folder and let PostgreSQL's public login in. Processes that
    start at the same time take turns. Raises NotReady for a store that find_refusal refuses.
    """
    if settings:
        private_files.make_folder(settings.data_dir)
    with _explain_problems(engine), _take_turn(engine) as connection:
        if refusal := _find_refusal(connection):
            raise NotReady(str(refusal))
        _upgrade_tables(connection)
        _refresh_views(connection)
        if settings and connection.dialect.name == "postgresql":
            let_public_read(connection, settings)


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


@contextmanager
def _explain_problems(engine: Engine) -> Iterator[None]:
    """Raise NotReady, which says what to run, for what PostgreSQL often has against a login."""
    try:
        yield
    except DBAPIError as problem:
        if refusal := explain(problem, engine.url):
            raise NotReady(str(refusal)) from problem
        raise


def _find_refusal(connection: Connection) -> Refusal | None:
    if refusal := _find_wrong_encoding(connection):
        return refusal
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


def _find_wrong_encoding(connection: Connection) -> Refusal | None:
    """PostgreSQL's databases of another encoding can't hold every character that people write."""
    if connection.dialect.name != "postgresql":
        return None
    encoding = connection.exec_driver_sql("show server_encoding").scalar_one()
    if encoding == "UTF8":
        return None
    url = connection.engine.url
    make = f"sudo -u postgres createdb --template template0 --encoding UTF8 --owner {url.username}"
    return Refusal(
        f"the store {_describe_store(connection)} has the encoding {encoding}, not UTF8",
        f"make another database, {make} NAME, and name it in PORTAL_DATABASE_URL",
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
            # Another process may be at it for longer than a page waits.
            connection.execute(text("set local lock_timeout = 0"))
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
