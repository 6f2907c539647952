"""The doctor names what is wrong and the way out, and touches nothing."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from portal import jurisdictions, migrations
from portal.cli import doctor
from portal.cli.doctor import examine
from portal.cli.serve import migrate
from portal.context import Portal
from portal.errors import NotReady
from portal.facts import publish
from portal.facts.pointer import pointer_path
from portal.settings import Settings, variables_without_a_setting
from portal.store.ids import reserve_case_ids
from portal.web import proxies
from tests.conftest import NOW, case_adder
from tests.support.stores import set_revision, step_back_to_0016


def wrong(settings: Settings, now=NOW) -> dict[str, str | None]:
    """What is not well, by its sentence, with the way out."""
    return {
        finding.what: finding.way_out for finding in examine(settings, now) if finding.level != "ok"
    }


def only(found: dict[str, str | None], part: str) -> str:
    """The way out of the one finding that has these words."""
    ((_, way_out),) = [pair for pair in found.items() if part in pair[0]]
    assert way_out
    return way_out


@pytest.fixture
def synced(portal: Portal) -> Settings:
    """A healthy installation of the demo city: migrated, synced an hour ago."""
    with portal.transaction() as connection:
        add_run(connection, 1, "done", None)
    return portal.settings


def add_run(connection, number: int, state: str, message: str | None) -> None:
    connection.execute(
        text(
            "insert into sync_runs (jurisdiction_id, sync_run_id, source, state, started_at,"
            " finished_at, read, new, changed, unchanged, quarantined, message)"
            " values ('demo', :number, 'desk', :state, :at, :at, 0, 0, 0, 0, 0, :message)"
        ),
        {
            "number": number,
            "state": state,
            "message": message,
            "at": int((NOW - timedelta(hours=1)).timestamp()),
        },
    )


def test_a_healthy_installation_has_nothing_to_mend(synced):
    assert wrong(synced) == {}


EVERYONE_IS_ONE = "every visitor seems to have its address"


def ask_through_a_proxy(settings: Settings, said: str) -> None:
    """A page is asked for from this machine, by a proxy that says this of the visitor."""
    headers = {"HTTP_X_FORWARDED_FOR": said} if said else {}
    environ = {"REMOTE_ADDR": "127.0.0.1", "PATH_INFO": "/"} | headers
    folder = settings.data_dir / proxies.FOLDER
    known = proxies.KnownProxies(lambda *_: [], settings.trusted_proxies, folder)
    known(environ, lambda *_: None)


def test_a_proxy_in_front_that_is_not_trusted_is_a_warning(synced):
    tls = synced.model_copy(update={"base_url": "https://311.example.gov"})
    assert "docs/operations.md" in only(wrong(tls), EVERYONE_IS_ONE)
    assert wrong(tls.model_copy(update={"trusted_proxies": 1})) == {}


def test_a_header_that_nobody_reads_is_a_warning_until_it_is_read(synced):
    ask_through_a_proxy(synced, "")
    assert wrong(synced) == {}
    ask_through_a_proxy(synced, "93.184.216.34")
    assert "PORTAL_TRUSTED_PROXIES" in only(wrong(synced), EVERYONE_IS_ONE)
    assert wrong(synced.model_copy(update={"trusted_proxies": 1})) == {}


def test_a_trusted_proxy_that_names_no_visitor_is_a_warning(synced):
    trusting = synced.model_copy(update={"trusted_proxies": 2})
    ask_through_a_proxy(trusting, "93.184.216.34, 198.41.0.4")
    assert wrong(trusting) == {}
    ask_through_a_proxy(trusting, "93.184.216.34")
    assert only(wrong(trusting), "came past some of the 2 trusted proxies")


def test_a_store_that_was_never_made(tmp_path: Path):
    found = wrong(Settings(data_dir=tmp_path / "var"))
    assert only(found, "there is no store yet") == "python -m portal migrate"
    assert not (tmp_path / "var").exists()


def test_a_store_without_tables_and_a_newer_one(synced, portal: Portal):
    set_revision(portal, "9999")
    found = only(wrong(synced), "is at revision 9999, which this program does not know")
    assert found.startswith("install the newer program")
    with portal.transaction() as connection:
        connection.execute(text("drop table alembic_version"))
    assert only(wrong(synced), "this program wants") == "python -m portal migrate"


def test_a_store_from_before_the_first_release(synced, portal: Portal):
    set_revision(portal, "0011")
    found = only(wrong(synced), "is at revision 0011, from before the first release")
    assert found.startswith("build it again: ")
    assert found.endswith("python -m portal migrate")


def test_the_doctor_and_the_start_refuse_a_store_in_the_same_words(synced, portal: Portal):
    for revision in ("0001", "9999"):
        set_revision(portal, revision)
        ((reason, way_out),) = wrong(synced).items()
        with pytest.raises(NotReady) as refused:
            migrate(synced)
        assert str(refused.value) == f"{reason}; {way_out}"


def test_a_store_of_the_last_unreleased_revision_needs_a_migration_alone(synced, portal: Portal):
    step_back_to_0016(portal)
    assert only(wrong(synced), "at 0016, this program wants") == "python -m portal migrate"
    migrate(synced)
    assert wrong(synced) == {}


def test_an_unknown_city(synced):
    found = wrong(synced.model_copy(update={"jurisdictions": "atlantis"}))
    assert "PORTAL_JURISDICTIONS" in only(found, "there is no city 'atlantis'")


def test_a_city_without_a_mail_server_is_named_and_a_demonstration_is_not(synced):
    settings = synced.model_copy(update={"jurisdictions": "demo,boston"})
    found = wrong(settings)
    assert "PORTAL_SMTP_URL" in only(found, "Boston sends no e-mail")
    assert not any("Demo City sends" in what for what in found)
    told = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    assert not any("no e-mail" in what for what in wrong(told))


def test_a_misspelt_setting(synced):
    unread = variables_without_a_setting(
        {"PORTAL_PROT": "80", "PORTAL_PORT": "80", "portal_host": "::1", "HOME": "/"}
    )
    assert unread == ["PORTAL_PROT"]
    (finding,) = (finding for finding in examine(synced, NOW, unread) if finding.level != "ok")
    assert (finding.level, finding.what) == (
        "warning",
        "PORTAL_PROT is not a setting: nothing reads it",
    )


def test_an_address_without_its_scheme(synced):
    assert "https://" in only(
        wrong(synced.model_copy(update={"base_url": "311.example.gov"})), "PORTAL_BASE_URL"
    )


def test_a_public_address_nobody_set(synced):
    assert "PORTAL_BASE_URL" in only(
        wrong(synced.model_copy(update={"host": "0.0.0.0"})), "links to this portal begin with"
    )


def test_a_secret_that_others_can_read(synced):
    path = synced.data_dir.absolute() / "secret"
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    path.chmod(0o644)
    assert only(wrong(synced), "can be read by others") == f"chmod 600 {path}"


def test_a_clock_that_is_behind_what_is_stored(synced, portal: Portal):
    with portal.transaction() as connection:
        connection.execute(
            text("insert into data_versions values ('demo', 0, :at, 0, :at)"),
            {"at": int(NOW.timestamp())},
        )
    assert wrong(synced, NOW + timedelta(hours=1)) == {}
    assert "timedatectl" in only(wrong(synced, NOW - timedelta(minutes=6)), "the clock says")


def test_facts_that_are_behind_the_store(synced, portal: Portal):
    with portal.transaction() as connection:
        connection.execute(text("insert into data_versions values ('demo', 5, 0, 5, 0)"))
    assert only(wrong(synced), "the store is at version 5").endswith(
        "python -m portal facts rebuild demo"
    )


def test_facts_that_are_ahead_of_a_restored_store(synced, portal: Portal):
    with portal.transaction() as connection:
        connection.execute(text("insert into data_versions values ('demo', 5, 0, 5, 0)"))
    publish.update(portal.core, jurisdictions.load("demo"), portal.facts_folder)
    assert wrong(synced) == {}
    with portal.transaction() as connection:
        connection.execute(text("update data_versions set rev = 4, public_rev = 4"))
    assert only(wrong(synced), "as after a restored backup").startswith(
        "python -m portal facts rebuild demo"
    )


def test_a_sync_that_failed_or_is_late(synced, portal: Portal):
    assert "data_sync sync demo" in only(
        wrong(synced, NOW + timedelta(days=2)), "the last good sync ended 2026-11-23 11:00 UTC"
    )
    with portal.transaction() as connection:
        add_run(connection, 2, "failed", "the desk answered 500")
    assert "tries again" in only(wrong(synced), "the last sync failed: the desk answered 500")


def hold_lease(portal: Portal, name: str, holder: str, days: int) -> None:
    """A lease of the demo city that ends in this many days."""
    ends = int((NOW + timedelta(days=days)).timestamp())
    with portal.transaction() as connection:
        connection.execute(
            text("insert into leases values ('demo', :name, 't', :holder, :ends)"),
            {"name": name, "holder": holder, "ends": ends},
        )


def test_a_lease_that_is_held_for_too_long(synced, portal: Portal):
    hold_lease(portal, "sync", "host process 7", days=3)
    assert "delete from leases" in only(wrong(synced), "host process 7 holds sync until 2026-11-26")


def test_the_weekly_look_at_open_cases_is_no_lease_held_for_too_long(synced, portal: Portal):
    hold_lease(portal, "reconcile desk", "weekly look", days=7)
    assert wrong(synced) == {}


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_public_login_that_may_read_too_much(synced):
    """The mistake that matters most: the core login given as the public one."""
    found = wrong(synced.model_copy(update={"public_database_url": synced.database_url}))
    assert "PORTAL_PUBLIC_DATABASE_URL" in only(
        found, "the public engine was allowed to: select count(*) from cases"
    )


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_database_that_does_not_answer(synced):
    found = wrong(
        synced.model_copy(update={"database_url": "postgresql://portal:secret@127.0.0.1:1/none"})
    )
    assert "PORTAL_DATABASE_URL" in only(found, "cannot be reached")
    assert "secret" not in str(found)


def test_the_doctor_changes_nothing(synced, portal: Portal):
    with portal.transaction() as connection:
        before = reserve_case_ids(connection, 1)[0]
    examine(synced, NOW)
    assert migrations.read_revision(portal.core) == migrations.get_wanted_revision()
    with portal.transaction() as connection:
        assert reserve_case_ids(connection, 1) == [before + 1]


@pytest.fixture
def published(synced, portal: Portal):
    """The demo city with a case and its facts; returns the published file."""
    case_adder(portal, jurisdictions.load("demo"))("101")
    return publish.update(portal.core, jurisdictions.load("demo"), portal.facts_folder).path


def test_facts_with_garbage_in_them_are_not_called_ok(synced, published):
    assert wrong(synced) == {}
    published.write_bytes(b"not a database" * 9_000)
    found = only(wrong(synced), "demo: the published facts cannot be read")
    assert found.startswith("python -m portal facts rebuild demo")


@pytest.mark.parametrize("said", ["", "[]", "{", '{"schema_version": 1}'])
def test_a_pointer_that_names_no_facts_is_not_called_ok(synced, published, said):
    pointer_path(published.parent, "demo").write_text(said)
    found = only(wrong(synced), "names no facts that can be used")
    assert found.startswith("python -m portal facts rebuild demo")


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_store_with_garbage_in_the_middle_is_not_called_ok(synced, published, portal: Portal):
    portal.close()
    store = synced.data_dir / "portal.sqlite"
    body = bytearray(store.read_bytes())
    body[30 * 4_096 :] = b"\xff" * (len(body) - 30 * 4_096)
    store.write_bytes(body)
    assert "restore a backup" in ", ".join(map(str, wrong(synced).values()))


def test_files_that_others_can_read_are_named_with_the_command_that_closes_them(synced, published):
    assert wrong(synced) == {}
    synced.data_dir.chmod(0o755)
    published.chmod(0o644)
    way_out = only(wrong(synced), "2 files and folders can be read by others")
    assert way_out == f"chmod -R go= {synced.data_dir.absolute()}"
    subprocess.run(way_out.split(), check=True)
    assert wrong(synced) == {}


def test_an_empty_secret_is_not_called_ok(synced):
    path = synced.data_dir.absolute() / "secret"
    path.touch(mode=0o600)
    assert only(wrong(synced), f"{path} is empty").startswith(f"rm {path}")


def test_one_finding_does_not_hide_the_others(synced, published, portal: Portal):
    published.write_bytes(b"")
    synced.data_dir.chmod(0o755)
    set_revision(portal, "9999")
    settings = synced.model_copy(update={"base_url": "311.example.gov"})
    found = "; ".join(wrong(settings))
    for part in ("PORTAL_BASE_URL", "can be read by others", "9999", "facts cannot be read"):
        assert part in found, found


def test_every_command_that_the_doctor_advises_is_one(synced, published, portal: Portal):
    """What it says in each of these troubles, and in those of the tests above."""
    source = inspect.getsource(doctor)
    advised = set(re.findall(r"python -m (portal|data_sync) ((?:[a-z-]+ ?)+)", source))
    assert len(advised) >= 4
    for program, words in advised:
        command = [sys.executable, "-m", program, *words.split(), "--help"]
        asked = subprocess.run(command, capture_output=True, text=True)
        assert asked.returncode == 0, (words, asked.stderr)
        assert "Usage: " in asked.stdout
    assert {"chmod", "chown", "rm"} <= set(re.findall(r"chmod|chown|rm(?= \{path)", source))
    assert all(shutil.which(program) for program in ("chmod", "chown", "rm"))
