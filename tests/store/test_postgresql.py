"""PostgreSQL as docs/operations.md says to set it up, and as operators set it up otherwise.

The server asks everyone for a password. Each database is new, with logins of its own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app import create_app
from portal import migrations
from portal.cli.doctor import examine
from portal.cli.serve import migrate
from portal.context import Portal
from portal.errors import NotReady, SettingsError
from portal.facts import publish
from portal.settings import Settings, settings_from_environment
from portal.store.engines import MOST_NAME_BYTES, public_role, store_url
from tests.conftest import NOW, case_adder, smallville
from tests.support.postgres import PASSWORD, ROLE, Cluster
from tests.support.reports import POTHOLE, submit_to
from tests.support.running import ROOT
from tests.support.stores import step_back_to_0017

_numbers = itertools.count(1)
SECRET = "test"  # noqa: S105 - of nobody


@pytest.fixture
def make_login(postgres_cluster: Cluster) -> Iterator[Callable[..., str]]:
    """make_login("createrole") → the name of a new ordinary role, which goes with its test."""
    made: list[str] = []

    def make(rights: str = "") -> str:
        made.append(f"login_{next(_numbers)}")
        postgres_cluster.make_role(made[-1], rights)
        return made[-1]

    yield make
    for role in made:
        postgres_cluster.drop_role(role)


@pytest.fixture
def make_database(postgres_cluster: Cluster, make_login) -> Iterator[Callable[..., str]]:
    """make_database("Citizens-311", owner) → its address; dropped before its owner."""
    made: list[str] = []

    def make(name: str = "", owner: str = ROLE, options: str = "") -> str:
        made.append(name or f"store_{next(_numbers)}")
        template = "template0" if options else "template1"
        postgres_cluster.make_database(made[-1], template, owner, options)
        return postgres_cluster.url(made[-1], owner)

    yield make
    for name in made:
        postgres_cluster.drop_database(name)


@pytest.fixture
def settle(tmp_path: Path) -> Callable[..., Settings]:
    """settle(url) → settings of a portal whose store is there."""

    def make(url: str, public_url: str = "", folder: str = "var") -> Settings:
        addresses = {"database_url": url, "public_database_url": public_url}
        rest = {"secret_key": SECRET, "jurisdictions": "demo", "tile_url": "none"}
        return Settings(data_dir=tmp_path / folder, **addresses, **rest)

    return make


@contextmanager
def opened(settings: Settings) -> Iterator[Portal]:
    """A portal of Smallville on a store that is brought up to date first."""
    migrate(settings)
    city = smallville()
    portal = Portal(settings, cities={city.id: city})
    try:
        yield portal
    finally:
        portal.close()


def read_public_cases(portal: Portal) -> list[str]:
    with portal.public.connect() as connection:
        return list(connection.execute(text("select case_id from public_cases")).scalars())


def find_advice(settings: Settings) -> dict[str, str | None]:
    """What the doctor finds wrong, with the way out."""
    found = examine(settings, NOW)
    return {finding.what: finding.way_out for finding in found if finding.level == "error"}


def find_refusal(settings: Settings) -> str:
    """Why the portal does not start, in a sentence that names no password."""
    with pytest.raises(NotReady) as refused:
        migrate(settings)
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


def use(portal: Portal) -> None:
    """Sync a case, take a report and show both: everything a portal does with its store."""
    city = portal.cities["smallville"]
    case_adder(portal, city)("101", note="Café 😀", address="ÉGLISE St")
    accepted = submit_to(portal, city, "desk", POTHOLE, int(NOW.timestamp()))
    publish.update(portal.core, city, portal.facts_folder)
    assert read_public_cases(portal) == ["101", accepted.case_id]
    client = create_app(portal.settings, portal).server.test_client()
    assert "Café 😀" in client.get("/cases/101").text
    assert "101" in client.get("/cases?q=église").text
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("name", ["Citizens-311", 'a "b" c:d 100%n', "ü" * 31])
def test_a_store_starts_twice_whatever_its_database_is_called(make_database, settle, name):
    settings = settle(make_database(name))
    for _ in range(2):
        with opened(settings) as portal:
            assert read_public_cases(portal) == []
    assert find_advice(settings) == {}


def test_names_that_are_too_long_for_a_role_do_not_become_one(settle):
    long = [settle(f"postgresql://h/{'x' * 60}{end}") for end in "ab"]
    roles = {public_role(store_url(settings)) for settings in long}
    assert len(roles) == 2
    assert all(len(role.encode()) <= MOST_NAME_BYTES for role in roles)


def test_everything_works_for_a_login_that_is_not_allowed_more_than_the_docs_say(
    make_database, make_login, settle
):
    settings = settle(make_database(owner=make_login("createrole")))
    with opened(settings) as portal:
        use(portal)
    assert find_advice(settings) == {}


def test_a_server_with_other_habits_changes_nothing(
    postgres_cluster: Cluster, make_database, make_login, settle
):
    login = make_login("createrole")
    url = make_database(owner=login)
    database = store_url(settle(url)).database
    for habit in (
        "timezone = 'Asia/Kathmandu'",
        "datestyle = 'German, DMY'",
        "search_path = mine, public",
        "client_encoding = 'LATIN1'",
        "default_transaction_isolation = 'serializable'",
        "standard_conforming_strings = off",
    ):
        postgres_cluster.execute(f"alter database {database} set {habit}")
    with psycopg.connect(url) as connection:
        connection.execute("create schema mine")
        connection.execute(f"create schema {login}")
    with opened(settle(url)) as portal:
        use(portal)


def test_a_database_sorted_and_compared_by_bytes_serves_as_well(make_database, settle):
    with opened(settle(make_database(options="locale 'C'"))) as portal:
        use(portal)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_character_is_refused(make_database, settle, encoding):
    url = make_database(options=f"encoding '{encoding}' locale 'C'")
    refusal = find_refusal(settle(url))
    assert f"has the encoding {encoding}, not UTF8" in refusal
    assert "createdb --template template0 --encoding UTF8" in refusal
    ((what, way_out),) = find_advice(settle(url)).items()
    assert refusal == f"{what}; {way_out}"


def test_a_dump_is_restored_into_an_empty_database_of_another_owner(
    postgres_cluster: Cluster, make_database, make_login, settle
):
    old, new = (make_database(owner=make_login("createrole")) for _ in range(2))
    with opened(settle(old)) as portal:
        use(portal)
        step_back_to_0017(portal)  # the backup is of an older program
    postgres_cluster.copy_database(old, new)
    settings = settle(new, folder="new")
    with opened(settings) as portal:
        assert len(read_public_cases(portal)) == 2
        case_adder(portal, portal.cities["smallville"])("102")
        assert len(read_public_cases(portal)) == 3
    assert find_advice(settings) == {}


def test_a_login_that_may_make_no_role_is_told_what_to_run_and_either_way_works(
    postgres_cluster: Cluster, make_database, make_login, settle
):
    login = make_login()
    url = make_database(owner=login)
    refusal = find_refusal(settle(url))
    assert f"sudo -u postgres psql -c 'alter role \"{login}\" createrole'" in refusal
    assert "sudo -u postgres createuser --pwprompt citizens_public" in refusal
    proposed = re.findall("PORTAL_PUBLIC_DATABASE_URL=(\\S+)", refusal)
    place = url.partition("@")[2]
    assert proposed == [f"postgresql://citizens_public:PASSWORD@{place}"]
    reader = postgres_cluster.url(str(store_url(settle(url)).database), make_login())
    with opened(settle(url, reader)) as portal:
        use(portal)
    assert find_advice(settle(url, reader)) == {}
    postgres_cluster.execute(f"alter role {login} createrole")
    with opened(settle(url)) as portal:
        assert len(read_public_cases(portal)) == 2


def test_a_store_that_is_ready_asks_for_no_more_than_writing(
    postgres_cluster: Cluster, make_database, make_login, settle
):
    """One login migrates; the other serves and syncs, and owns nothing."""
    url = make_database(owner=make_login("createrole"))
    migrate(settle(url))
    database = str(store_url(settle(url)).database)
    server = make_login("in role pg_read_all_data, pg_write_all_data")
    postgres_cluster.execute(f"grant connect on database {database} to {server}")
    settings = settle(postgres_cluster.url(database, server))
    with opened(settings) as portal:
        use(portal)
    assert find_advice(settings) == {}


def test_a_role_of_the_public_login_s_name_that_was_there_before_is_made_right(
    postgres_cluster: Cluster, make_database, settle
):
    url = make_database("before")
    left = "login password 'x' valid until '2020-01-01' connection limit 0"
    postgres_cluster.execute(f"create role portal_public_before {left}")
    with opened(settle(url)) as portal:
        assert read_public_cases(portal) == []


def test_a_public_login_in_a_group_that_reads_everything_is_refused(
    postgres_cluster: Cluster, make_database, make_login, settle
):
    url = make_database("grouped")
    postgres_cluster.execute("create role portal_public_grouped in role pg_read_all_data")
    refusal = find_refusal(settle(url))
    assert '\'revoke "pg_read_all_data" from "portal_public_grouped"\'' in refusal
    reader = postgres_cluster.url("grouped", make_login("in role pg_read_all_data"))
    assert "may read every table" in find_refusal(settle(url, reader))


def test_the_portal_s_own_login_as_the_public_one_is_refused_before_it_loses_its_rights(
    make_database, settle
):
    url = make_database()
    assert f"names the login of PORTAL_DATABASE_URL, {ROLE}" in find_refusal(settle(url, url))
    with opened(settle(url)) as portal:
        assert read_public_cases(portal) == []


def test_a_public_login_of_another_database_is_refused(make_database, settle):
    url, other = make_database(), make_database()
    migrate(settle(other))
    migrate(settle(url))
    login = public_role(store_url(settle(other)))
    reader = re.sub("//[^@]*@", f"//{login}:wrong@", other)
    assert "has no login" in find_refusal(settle(url, reader))


@pytest.mark.parametrize(
    ("change", "reason", "way_out"),
    [
        (("//[^@]*@", "//portal:hush@"), "another password", '\\password "portal"'),
        (("//[^@]*@", "//portal@"), "another password", '\\password "portal"'),
        (("/[^/]*$", "/not-there"), "there is no database not-there", "createdb --owner portal"),
        ((":[0-9]+/", ":1/"), "does not answer", "start it, or correct PORTAL_DATABASE_URL"),
        (("127.0.0.1", "x.invalid"), "no host is called", "correct PORTAL_DATABASE_URL"),
    ],
    ids=["password", "no password", "database", "port", "host"],
)
def test_the_start_and_the_doctor_name_what_is_wrong_with_an_address(
    make_database, settle, change, reason, way_out
):
    settings = settle(re.sub(*change, make_database()))
    assert reason in (refusal := find_refusal(settings))
    assert way_out in refusal
    ((what, advice),) = find_advice(settings).items()
    assert reason in what
    assert way_out in str(advice)
    assert "hush" not in f"{refusal} {what} {advice}"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("alter database {} owner to tests_superuser", "does not own the database"),
        ("alter database {} set default_transaction_read_only = on", "takes no writes"),
        ("alter role {} nologin", "does not let the login"),
        ("revoke connect on database {0} from {1}, public", "may not use the database"),
    ],
)
def test_the_start_says_what_a_login_lacks(
    postgres_cluster: Cluster, make_database, make_login, settle, statement, reason
):
    owner = make_login("createrole")
    url = make_database(owner=owner)
    database = store_url(settle(url)).database
    postgres_cluster.execute(statement.format(owner if "role" in statement else database, owner))
    assert reason in find_refusal(settle(url))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://a:hu@sh@h/x", "has an @ in its password; write it %40"),
        ("postgresql://a:hush@h:54x/x", "has the port '54x'"),
        ("postgresql://a:hush@h", "names no database"),
    ],
)
@pytest.mark.parametrize("variable", ["PORTAL_DATABASE_URL", "PORTAL_PUBLIC_DATABASE_URL"])
def test_an_address_that_nobody_could_read_is_named_without_its_password(
    monkeypatch, variable, url, reason
):
    monkeypatch.setenv(variable, url)
    with pytest.raises(SettingsError, match=re.escape(f"{variable} {reason}")) as refused:
        settings_from_environment()
    assert "hu" not in str(refused.value).replace("such", "")


def test_options_of_the_operator_s_own_are_kept_and_ours_decide(make_database, settle):
    own = "?application_name=a@b&options=-c work_mem%3D9MB -c default_transaction_read_only%3Doff"
    with opened(settle(make_database() + own.replace(" ", "%20"))) as portal:
        for engine, read_only in ((portal.core, "off"), (portal.public, "on")):
            with engine.connect() as connection:
                shown = [
                    connection.exec_driver_sql(f"show {name}").scalar_one()
                    for name in ("work_mem", "application_name", "default_transaction_read_only")
                ]
            assert shown == ["9MB", "a@b", read_only]


@pytest.fixture
def town(make_database, settle) -> Iterator[Portal]:
    """A portal with a case, and nothing kept of its answers."""
    with opened(settle(make_database())) as portal:
        city = portal.cities["smallville"]
        case_adder(portal, city)("101")
        publish.update(portal.core, city, portal.facts_folder)
        yield portal


def ask(portal: Portal) -> dict[str, int]:
    """The statuses of what reads, what writes and what watches, asked of a new web process."""
    client = create_app(portal.settings, portal).server.test_client()
    ours = {"Sec-Fetch-Site": "same-origin"}
    guess = {"name": "Ana", "password": "guess", "code": "000000"}
    return {
        "healthz": client.get("/healthz").status_code,
        "readyz": client.get("/readyz").status_code,
        "case": client.get("/cases/101").status_code,
        "sign in": client.post("/staff/sign-in", data=guess, headers=ours).status_code,
    }


THERE = {"healthz": 200, "readyz": 200, "case": 200, "sign in": 403}
AWAY = {"healthz": 200, "readyz": 503, "case": 503, "sign in": 503}


def test_pages_answer_503_while_the_server_is_away_and_come_back_with_it(
    postgres_cluster: Cluster, town
):
    assert ask(town) == THERE
    postgres_cluster.halt()
    try:
        assert ask(town) == AWAY
    finally:
        postgres_cluster.start()
    assert ask(town) == THERE


def test_pages_answer_503_while_no_connection_is_left_and_come_back_with_it(town):
    assert ask(town) == THERE
    town.core.dispose()
    town.public.dispose()
    with ExitStack() as taken:
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(town.settings.database_url))
        assert ask(town) == AWAY
        assert "has no connection left" in find_refusal(town.settings)
        assert "max_connections" in str(find_advice(town.settings))
    assert ask(town) == THERE


def test_the_docs_say_what_these_tests_do():
    page = (ROOT / "docs" / "operations.md").read_text()
    for line in (
        "sudo -u postgres createuser --createrole --pwprompt citizens",
        "sudo -u postgres createdb --owner citizens --template template0 --encoding UTF8 citizens",
        'pg_dump --format=custom --file=/backup/citizens.dump "$PORTAL_DATABASE_URL"',
        "pg_restore --no-owner --no-privileges --exit-on-error",
        "grant pg_read_all_data, pg_write_all_data to",
        "%40",
    ):
        assert line in page, line
    assert migrations.get_wanted_revision()
