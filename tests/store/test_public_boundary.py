"""Ways around the public engine, tried on both databases. None may return a private byte."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from portal import migrations
from portal.settings import Settings
from portal.store.engines import core_engine, optimize, public_engine, sqlite_module
from portal.store.public_views import VIEWS
from portal.store.sqlite_boundary import authorize
from tests.store.conftest import CANARY

READING = (
    "select * from cases",
    "select note from cases where case_id = '102'",
    "select 1 from cases",
    "select count(*) from cases",
    "select (select note from cases limit 1) from public_cases",
    "select * from public_cases where id in (select id from cases where visibility <> 'public')",
    "select public_cases.note from public_cases join cases on cases.id = public_cases.id",
    "select case_id from public_cases"
    " where exists (select 1 from cases where visibility = 'reporter')",
    "select case_id from public_cases order by (select note from cases limit 1)",
    "select note from (select * from cases) as public_cases",
    "select note from cases as public_cases",
    "select case_id from public_cases union all select note from cases",
    "with public_cases as (select * from cases) select * from public_cases",
    "select * from case_originals",
    "select * from case_revisions",
    "select raw from quarantine",
    "select token from leases",
    "select cursor from sync_cursors",
    "select message from sync_runs",
    "select photo_url from cases",
    "select name from photos",
    "select * from view_version",
    "select * from alembic_version",
)
"""Good SQL for the core engine; the public one must refuse it."""
NOT_IN_A_VIEW = (
    "select photo_url from public_cases",
    "select source_url from public_photos",
    "select reason from public_photos",
    "select token_hash from public_reports",
    "select answers from public_reports",
    "select doubts from public_reports",
    "select extra from public_cases",
    "select content_hash from public_cases",
    "select source_id from public_cases",
    "select visibility from public_cases",
    "select message from public_sync_runs",
    "select cursor from public_sync_cursors",
    "select raw from public_quarantine_counts",
    "select sync_run_id from public_case_revisions",
)
WRITING = (
    "insert into cases select * from cases",
    "insert into public_labels values ('x', 1, 'x', 'x', 'x')",
    "update public_services set name = 'x'",
    "update public_cases set note = 'x'",
    "delete from public_cases",
    "delete from public_data_versions",
    "drop view public_cases",
    "create table mine (x integer)",
    "create temporary table cases (x integer)",
    "create view public_mine as select * from cases",
)
OF_SQLITE = (
    "select sql from sqlite_master",
    "select * from sqlite_schema",
    "select * from sqlite_stat1",
    "select * from pragma_table_info('cases')",
    "pragma table_info(cases)",
    "pragma query_only = off",
    "pragma writable_schema = on",
    "pragma wal_checkpoint",
    "attach 'portal.sqlite' as mine",
    "detach main",
    "vacuum into 'copy.sqlite'",
    "select load_extension('x')",
    "select readfile('/etc/passwd')",
    "select fts5(1)",
    "select block from case_search_data",
    'select block from "case_search_data"',
    "select * from case_search_idx",
    "create virtual table temp.words using fts5vocab(main, case_search, row)",
    "insert into case_search(case_search) values ('rebuild')",
    "with recursive x(n) as (select 1 union all select n + 1 from x) select max(n) from x",
    "explain select note from cases",
    "select note from main.cases as public_cases",
    "reindex",
    "analyze",
)
OF_POSTGRESQL = (
    "copy cases to stdout",
    "copy (select * from cases) to program 'cat'",
    "copy public_cases to '/tmp/x'",
    "explain select note from cases",
    "explain analyze select note from cases",
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('.')",
    "select lo_import('/etc/passwd')",
    "set role portal",
    "set session authorization portal",
    "select nextval('case_ids')",
    "select currval('case_ids')",
    "select setval('case_ids', 1)",
    "select last_value from case_ids",
    "create function mine() returns int language sql as 'select 1'",
    "create schema mine",
    "create extension dblink",
    "alter view public_cases set (security_barrier = false)",
    "alter role current_user superuser",
    "grant select on cases to current_user",
    "select words from case_search",
    "select * from alembic_version",
    "select rolpassword from pg_authid",
    "select * from pg_statistic",
    "lock table cases",
    "truncate cases",
    "alter system set log_statement = 'all'",
    "select pg_reload_conf()",
)


def allowed(engine: Engine, statements: tuple[str, ...]) -> list[str]:
    """The statements that were carried out; each is rolled back."""
    carried_out = []
    for statement in statements:
        with engine.connect() as connection, suppress(DBAPIError, sqlite_module().Warning):
            connection.exec_driver_sql(statement)
            carried_out.append(statement)
    return carried_out


def everything(engine: Engine, tables: Iterable[str]) -> str:
    with engine.connect() as connection:
        return repr(
            [connection.exec_driver_sql(f"select * from {table}").all() for table in tables]
        )


@pytest.mark.usefixtures("secrets_stored")
def test_tables_are_readable_for_the_core_engine_and_for_no_visitor(portal):
    assert allowed(portal.core, READING) == list(READING)
    assert allowed(portal.public, READING) == []


@pytest.mark.usefixtures("secrets_stored")
def test_views_lack_what_no_visitor_may_see(portal):
    assert allowed(portal.public, NOT_IN_A_VIEW) == []


@pytest.mark.usefixtures("secrets_stored")
def test_nothing_can_be_written(portal):
    before = everything(portal.core, ["cases", "labels", "services", "data_versions"])
    assert allowed(portal.public, WRITING) == []
    assert (
        allowed(
            portal.public,
            tuple(f"begin; set transaction read write; {statement}" for statement in WRITING),
        )
        == []
    )
    assert everything(portal.core, ["cases", "labels", "services", "data_versions"]) == before


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.usefixtures("secrets_stored")
def test_ways_round_of_sqlite_are_closed(portal):
    assert allowed(portal.public, OF_SQLITE) == []


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.usefixtures("secrets_stored")
def test_ways_round_of_postgresql_are_closed(portal):
    optimize(portal.core)  # from here on pg_statistic holds the commonest values of every column
    assert allowed(portal.public, OF_POSTGRESQL) == []


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.usefixtures("secrets_stored")
def test_the_catalogue_of_postgresql_tells_no_secret(portal):
    optimize(portal.core)
    catalogue = (
        "pg_stats",
        "pg_stat_activity",
        "pg_views",
        "pg_roles",
        "pg_settings",
        "information_schema.columns",
        "pg_locks",
    )
    with portal.transaction() as connection:
        connection.exec_driver_sql(f"select '{CANARY}'")
        assert CANARY not in everything(portal.public, catalogue)


@pytest.mark.usefixtures("secrets_stored")
def test_what_the_public_engine_may_read_contains_no_secret(portal):
    readable = [
        *VIEWS,
        "case_search" if portal.public.dialect.name == "sqlite" else "public_case_search",
    ]
    seen = everything(portal.public, readable)
    assert "Pothole" in seen
    assert CANARY not in seen
    assert CANARY in everything(portal.core, ["cases"])


FAILING_ON_A_SECRET = (
    "select case_id from public_cases where cast(title as integer) = 1",
    f"select case_id from public_cases where 1 / (length(title) - {len(CANARY)}) > 0",
    "select case_id from public_cases where case_id > '1' and cast(note as integer) = 1"
    " order by cast(address as integer)",
    "select a.case_id from public_cases a join public_cases b on cast(a.title as integer) = b.id",
    "select case_id from public_cases where 'x' ~ title or cast(title as date) is null",
    "select max(cast(title as integer)) from public_cases where case_id = '102'",
)


@pytest.mark.usefixtures("secrets_stored")
def test_an_error_names_no_private_value(portal):
    """A cast that fails on a private title, before the view filters it out, would quote it."""
    told = []
    for statement in FAILING_ON_A_SECRET:
        with portal.public.connect() as connection:
            try:
                told.append(str(connection.exec_driver_sql(statement).all()))
            except DBAPIError as failed:
                told.append(str(failed.orig))
    assert CANARY not in str(told)
    assert "division by zero" not in str(told)  # the length of the canary, and of no public title


@pytest.mark.usefixtures("secrets_stored")
def test_a_query_of_two_statements_is_refused(portal):
    assert (
        allowed(portal.public, ("select case_id from public_cases; select note from cases",)) == []
    )


@pytest.mark.usefixtures("many_cases")
def test_a_statement_that_takes_longer_than_a_second_is_interrupted(portal):
    endless = (
        "select max(a.id) from public_cases a, public_cases b, public_cases c"
        " where a.id + b.id + c.id = 0"
    )
    began = time.monotonic()
    assert allowed(portal.public, (endless,)) == []
    assert time.monotonic() - began < 60  # the question itself would take hours


def test_the_authorizer_lets_a_base_column_through_for_a_public_view_alone():
    read = 20
    assert authorize(read, "cases", "note", "main", "public_cases") == 0
    assert authorize(read, "cases", "note", "main", None) == 1
    assert authorize(read, "cases", "note", "main", "private_view") == 1
    assert authorize(18, "cases", None, "main", "public_cases") == 1  # an insert


def test_a_folder_with_odd_characters_is_the_same_store_for_both_engines(tmp_path):
    settings = Settings(data_dir=tmp_path / "a b?c%20#d&e=f", secret_key="test")
    core = core_engine(settings)
    migrations.upgrade(core, settings)
    assert everything(public_engine(settings), ["public_cases"]) == "[[]]"
    core.dispose()
