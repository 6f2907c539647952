"""Stores for tests: a migrated one in a millisecond, or one as older programs left it.

SQLite's is migrated once in a process and copied for each test.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

from portal import migrations, private_files
from portal.context import Portal
from portal.settings import Settings
from portal.store.engines import core_engine
from portal.store.public_views import VIEWS

FILE = "portal.sqlite"


def copy_store(folder: Path) -> None:
    """Put a migrated, empty store into a data folder, which is made where it is not there yet."""
    private_files.make_folder(folder)
    private_files.write_bytes(folder / FILE, read_template())


@cache
def read_template() -> bytes:
    """The bytes of a migrated, empty SQLite store."""
    with tempfile.TemporaryDirectory(prefix="portal-template-") as folder:
        engine = core_engine(Settings(data_dir=Path(folder), secret_key="test"))
        migrations.upgrade(engine)
        engine.dispose()  # the last connection writes the log back: the file is the whole store
        return (Path(folder) / FILE).read_bytes()


def set_revision(portal: Portal, revision: str) -> None:
    """Say that the store is at a revision."""
    with portal.transaction() as connection:
        statement = text("update alembic_version set version_num = :revision")
        connection.execute(statement, {"revision": revision})


def step_back_to_0016(portal: Portal) -> None:
    """Make the store what the unreleased steps made: on PostgreSQL one key had another name."""
    step_back_to_0017(portal)
    set_revision(portal, "0016")
    if portal.core.dialect.name == "postgresql":
        with portal.transaction() as connection:
            rename = "alter table alerts rename constraint alerts_pkey to alerts_pkey1"
            connection.execute(text(rename))


def step_back_to_0017(portal: Portal) -> None:
    """Make the store one from before public changes had a number of their own."""
    with portal.transaction() as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        for view in (*VIEWS, *(["public_case_search"] if is_postgresql else [])):
            connection.execute(text(f"drop view {view}"))
        connection.execute(text("delete from view_version"))
        connection.execute(text("drop table case_notes"))
        for table in (
            "api_keys",
            "forecasts",
            "tract_measures",
            "fitted_models",
            "webhooks",
            "webhook_deliveries",
        ):
            connection.execute(text(f"drop table {table}"))
        connection.execute(text("drop index ix_cases_updated"))
        _drop_columns(connection, is_postgresql)
    set_revision(portal, "0017")


def _drop_columns(connection: Connection, is_postgresql: bool) -> None:
    if not is_postgresql:
        for column in ("public_rev", "public_changed_at"):
            connection.execute(text(f"alter table data_versions drop column {column}"))
        return
    # A dropped column would leave a gap in the numbers of the others.
    rows = connection.execute(text("select jurisdiction_id, rev, changed_at from data_versions"))
    kept = [dict(row) for row in rows.mappings()]
    connection.execute(text("drop table data_versions"))
    columns = "jurisdiction_id text primary key, rev bigint not null, changed_at bigint not null"
    connection.execute(text(f"create table data_versions ({columns})"))
    for row in kept:
        values = text("insert into data_versions values (:jurisdiction_id, :rev, :changed_at)")
        connection.execute(values, row)
