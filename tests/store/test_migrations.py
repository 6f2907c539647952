"""From an empty database to our tables, on both databases, whichever process starts first."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from portal import migrations
from portal.context import Portal
from portal.errors import NotReady
from portal.migrations import unreleased
from portal.settings import Settings
from portal.store.engines import core_engine, public_password
from portal.store.models import Base
from portal.store.public_views import VIEWS
from tests.support.postgres import PASSWORD, Cluster
from tests.support.stores import set_revision, step_back_to_0016, step_back_to_0017

BESIDE_THE_MODELS = {"alembic_version", "view_version", "case_ids"}


def test_the_store_is_what_the_models_say(portal: Portal):
    with portal.core.connect() as connection:
        # On SQLite Alembic takes the default '' for another one than "".
        has_defaults = connection.dialect.name == "postgresql"
        opts = {"include_object": _is_ours, "compare_server_default": has_defaults}
        context = MigrationContext.configure(connection, opts=opts)
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
    assert migrations.read_revision(portal.core) == migrations.get_wanted_revision()


def test_an_empty_store_has_no_version(tmp_path: Path):
    engine = core_engine(Settings(data_dir=tmp_path))
    assert migrations.read_revision(engine) is None
    engine.dispose()


def test_a_newer_store_is_refused_and_left_alone(portal: Portal, city, add_case):
    add_case("101")
    set_revision(portal, "9999")
    with pytest.raises(NotReady) as refused:
        migrations.upgrade(portal.core, portal.settings)
    assert str(refused.value) == (
        f"the store {name_store(portal)} is at revision 9999, which this program does not know;"
        f" its own is {migrations.get_wanted_revision()};"
        " install the newer program that made it, or restore a backup from before that upgrade"
    )
    assert portal.data_version(city.id) == 1
    assert migrations.read_revision(portal.core) == "9999"


@pytest.mark.parametrize("revision", sorted(unreleased.EARLIER))
def test_a_store_from_before_the_release_is_refused_and_left_alone(portal: Portal, revision):
    set_revision(portal, revision)
    before = describe_schema(portal.core)
    with pytest.raises(NotReady) as refused:
        migrations.upgrade(portal.core, portal.settings)
    store = name_store(portal)
    get_ready = {
        "sqlite": f"stop the portal and move {store}, {store}-wal and {store}-shm away",
        "postgresql": "create an empty database and name it in PORTAL_DATABASE_URL",
    }
    assert str(refused.value) == (
        f"the store {store} is at revision {revision}, from before the first release;"
        f" no upgrade leads from there to {migrations.get_wanted_revision()};"
        f" build it again: {get_ready[portal.core.dialect.name]},"
        " then run python -m portal migrate"
    )
    assert describe_schema(portal.core) == before
    assert migrations.read_revision(portal.core) == revision


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_refusal_tells_no_password(portal: Portal):
    set_revision(portal, "0001")
    refusal = migrations.find_refusal(portal.core)
    assert refusal
    assert str(portal.core.url.password) == PASSWORD
    assert PASSWORD not in unquote(refusal.reason + refusal.way_out)


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_refused_store_can_be_built_again_as_the_refusal_says(portal: Portal, tmp_path: Path):
    set_revision(portal, "0001")
    portal.close()
    store = Path(name_store(portal))
    for path in store.parent.glob("portal.sqlite*"):
        path.rename(tmp_path / path.name)
    engine = core_engine(portal.settings)
    migrations.upgrade(engine, portal.settings)
    assert migrations.read_revision(engine) == migrations.get_wanted_revision()
    engine.dispose()
    assert (tmp_path / "portal.sqlite").exists()


def test_a_store_of_the_last_unreleased_revision_becomes_the_first_release(
    portal: Portal, city, add_case
):
    add_case("101")
    fresh = describe_schema(portal.core)
    step_back_to_0016(portal)
    migrations.upgrade(portal.core, portal.settings)
    assert describe_schema(portal.core) == fresh
    assert migrations.read_revision(portal.core) == migrations.get_wanted_revision()
    assert portal.data_version(city.id) == 1
    with portal.public.connect() as connection:
        assert connection.execute(text("select case_id from public_cases")).scalar_one() == "101"


def test_a_new_store_has_no_unreleased_revision(portal: Portal):
    assert migrations.read_revision(portal.core) not in {*unreleased.EARLIER, unreleased.LAST}


def test_public_versions_go_on_from_where_the_numbers_of_an_older_store_are(
    portal: Portal, city, add_case
):
    add_case("101")
    add_case("102")
    step_back_to_0017(portal)
    migrations.upgrade(portal.core, portal.settings)
    assert portal.data_version(city.id) == 2
    assert migrations.read_revision(portal.core) == migrations.get_wanted_revision()


def name_store(portal: Portal) -> str:
    url = portal.core.url
    return str(url.database) if url.host is None else f"{url.database} on {url.host}"


def describe_schema(engine: Engine) -> dict[str, list]:
    """Everything the database knows of its tables, columns, keys, indexes, triggers and views."""
    with engine.connect() as connection:
        queries = SCHEMA_QUERIES[engine.dialect.name]
        return {query: sorted(map(str, connection.execute(text(query)))) for query in queries}


SCHEMA_QUERIES = {
    "sqlite": ("select type, name, tbl_name, sql from sqlite_master",),
    "postgresql": (
        "select table_name, column_name, ordinal_position, data_type, is_nullable, column_default"
        " from information_schema.columns where table_schema = 'public'",
        "select conrelid::regclass, conname, pg_get_constraintdef(oid) from pg_constraint"
        " where connamespace = 'public'::regnamespace",
        "select indexname, indexdef from pg_indexes where schemaname = 'public'",
        "select tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
        "select viewname, definition from pg_views where schemaname = 'public'",
        "select sequencename from pg_sequences where schemaname = 'public'",
        "select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace",
    ),
}


def test_views_whose_text_changed_are_replaced_and_stay_readable(portal: Portal, city, add_case):
    add_case("101")
    with portal.transaction() as connection:
        connection.execute(text("drop view public_cases"))
        connection.execute(text("create view public_cases as select 1 as old"))
        connection.execute(text("update view_version set checksum = 'of an older program'"))
    migrations.upgrade(portal.core, portal.settings)
    with portal.public.connect() as connection:
        assert connection.execute(text("select case_id from public_cases")).scalar_one() == "101"


def test_an_upgrade_that_is_broken_off_leaves_the_store_as_it_was(tmp_path: Path):
    """Everything is one transaction: there is no half-made store to fix by hand."""
    engine = core_engine(Settings(data_dir=tmp_path / "broken"))
    with (
        engine.connect() as connection
    ):  # a table in the way of the last one that the migration makes
        connection.exec_driver_sql("create table view_version (x integer)")
        connection.commit()
    with pytest.raises(Exception, match="view_version"):
        migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == ["view_version"]
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


@pytest.fixture
def empty_database(postgres_cluster: Cluster) -> Iterator[str]:
    """The address of a PostgreSQL database that has neither tables nor a public login."""
    postgres_cluster.make_database("four_at_once")
    yield postgres_cluster.url("four_at_once")
    postgres_cluster.drop_database("four_at_once")


def test_four_that_start_at_once_make_one_store(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
):
    url = ""
    if database == "postgresql":
        url = request.getfixturevalue("empty_database")
    started = [start_migrate(tmp_path, url) for _ in range(4)]
    outputs = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], outputs
    assert set(outputs) == {f"the store is at {migrations.get_wanted_revision()}\n"}


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
            for what in (
                "all tables in schema public",
                "schema public",
                f"database {url.database}",
            ):
                connection.exec_driver_sql(f"revoke all on {what} from test_reader")
            connection.exec_driver_sql("drop role test_reader")


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_second_start_lets_the_public_in_again_without_a_superuser(
    portal: Portal, city, postgres_cluster: Cluster
):
    """It set "nosuperuser" on the existing public role, which only a superuser may do.

    So a portal could start only once.
    """
    role = str(portal.public.url.username)
    postgres_cluster.disable_login(role)
    migrations.upgrade(portal.core, portal.settings)
    assert portal.data_version(city.id) == 0


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_public_role_that_may_do_everything_is_refused(portal: Portal, postgres_cluster: Cluster):
    role = str(portal.public.url.username)
    postgres_cluster.make_superuser(role)
    with pytest.raises(NotReady, match=f"may not make the role {role}"):
        migrations.upgrade(portal.core, portal.settings)


@pytest.mark.parametrize("database", ["postgresql"])
def test_the_public_password_is_in_no_statement(portal: Portal, postgres_cluster: Cluster):
    stored = postgres_cluster.public_passwords()
    assert stored
    assert all(password.startswith("SCRAM-SHA-256$") for password in stored)
    assert len(public_password(portal.settings)) == 64
