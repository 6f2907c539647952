"""From nothing to this program's tables, whoever starts first, on either database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from portal import migrations
from portal.context import Portal
from portal.errors import NotReady
from portal.settings import Settings
from portal.store.engines import core_engine, public_password
from portal.store.models import Base
from portal.store.public_views import VIEWS

BESIDE_THE_MODELS = {"alembic_version", "view_version", "case_ids"}


def test_the_store_is_what_the_models_say(portal: Portal):
    with portal.core.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(_object, name, kind, _reflected, _to):
    return kind != "table" or (name not in BESIDE_THE_MODELS and not name.startswith("case_search"))


def test_every_unique_key_begins_with_the_city(portal: Portal):
    look = inspect(portal.core)
    for table in Base.metadata.tables:
        keys = [look.get_pk_constraint(table)["constrained_columns"]]
        keys += [key["column_names"] for key in look.get_unique_constraints(table)]
        assert {key[0] for key in keys} == {"jurisdiction_id"}, table


def test_a_second_upgrade_changes_nothing(portal: Portal, city, add_case):
    add_case("101")
    migrations.upgrade(portal.core, portal.settings)
    assert portal.data_version(city.id) == 1
    assert migrations.current(portal.core) == migrations.head()


def test_an_empty_store_has_no_version(tmp_path: Path):
    engine = core_engine(Settings(data_dir=tmp_path))
    assert migrations.current(engine) is None
    engine.dispose()


def test_a_newer_store_is_refused_and_left_alone(portal: Portal, city, add_case):
    add_case("101")
    with portal.transaction() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(
        NotReady, match=r"9999, newer than this program .* install the newer program"
    ):
        migrations.upgrade(portal.core, portal.settings)
    assert portal.data_version(city.id) == 1
    assert migrations.current(portal.core) == "9999"


def test_views_whose_text_changed_are_made_anew_and_stay_readable(portal: Portal, city, add_case):
    add_case("101")
    with portal.transaction() as connection:
        connection.execute(text("drop view public_cases"))
        connection.execute(text("create view public_cases as select 1 as old"))
        connection.execute(text("update view_version set checksum = 'of an older program'"))
    migrations.upgrade(portal.core, portal.settings)
    with portal.public.connect() as connection:
        assert connection.execute(text("select case_id from public_cases")).scalar_one() == "101"


def test_an_upgrade_that_is_broken_off_leaves_the_store_as_it_was(tmp_path: Path):
    """Everything is one transaction: there is no half-made store to mend by hand."""
    engine = core_engine(Settings(data_dir=tmp_path / "broken"))
    with (
        engine.connect() as connection
    ):  # a table in the way of the last one that the migration makes
        connection.exec_driver_sql("create table case_ids (x integer)")
        connection.commit()
    with pytest.raises(Exception, match="case_ids"):
        migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == ["case_ids"]
    engine.dispose()


def start_migrate(folder: Path, database_url: str) -> subprocess.Popen:
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATA_DIR": str(folder),
        "PORTAL_DATABASE_URL": database_url,
    }
    command = [sys.executable, "-m", "portal", "migrate"]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        command,
        env=environment,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_four_that_start_at_once_make_one_store(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
):
    url = ""
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        engine = core_engine(Settings(database_url=url))
        with engine.begin() as connection:
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
        engine.dispose()
    started = [start_migrate(tmp_path, url) for _ in range(4)]
    outputs = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], outputs
    assert set(outputs) == {f"the store is at {migrations.head()}\n"}


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_login_of_the_operators_own_is_let_in_to_the_views_alone(portal: Portal, city, add_case):
    add_case("101")
    url = portal.core.url
    with portal.transaction() as connection:
        connection.exec_driver_sql("create role test_reader login password 'x'")
    own = f"postgresql://test_reader:x@{url.host}:{url.port}/{url.database}"
    other = Portal(
        portal.settings.model_copy(update={"public_database_url": own}), cities=portal.cities
    )
    try:
        migrations.upgrade(other.core, other.settings)
        assert other.data_version(city.id) == 1
        with other.public.connect() as connection:
            assert all(
                connection.exec_driver_sql(f"select * from {view} limit 1") for view in VIEWS
            )
            with pytest.raises(Exception, match="permission denied"):
                connection.exec_driver_sql("select * from cases")
    finally:
        other.close()
        with portal.transaction() as connection:
            connection.exec_driver_sql("drop owned by test_reader")
            connection.exec_driver_sql("drop role test_reader")


@pytest.mark.parametrize("database", ["postgresql"])
def test_the_public_password_is_in_no_statement(portal: Portal):
    with portal.core.connect() as connection:
        stored = (
            connection.exec_driver_sql(
                "select rolpassword from pg_authid where rolname like 'portal_public_t%%'"
            )
            .scalars()
            .all()
        )
    assert stored
    assert all(password.startswith("SCRAM-SHA-256$") for password in stored)
    assert len(public_password(portal.settings)) == 64
