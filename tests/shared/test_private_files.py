"""What the portal writes is closed to others on the machine, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest

from data_sync.desk.models import open_desk
from data_sync.desk.photos import store_photo
from data_sync.dispatch.mailer import deliver_to_folder
from portal import migrations, private_files
from portal.cli.serve import only_run_on, prepare_metrics
from portal.facts import publish
from portal.facts.build import rebuild
from portal.photos import files
from portal.photos.pipeline import SIZES, Developed, Picture
from portal.secrets import secret_key
from portal.settings import Settings
from portal.store.engines import core_engine
from tests.photos.samples import saved, scene


@pytest.fixture(params=[0o000, 0o022], ids=["umask 000", "umask 022"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in private_files.find_open_to_others(folder)
    ]


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "not there" / "var"


def test_the_store_is_closed_and_so_are_the_files_beside_it(umask, new):
    engine = core_engine(Settings(data_dir=new, secret_key="test"))
    migrations.upgrade(engine, Settings(data_dir=new, secret_key="test"))
    with engine.connect() as connection:
        connection.exec_driver_sql("select 1")
        assert {path.name for path in new.iterdir()} == {
            "portal.sqlite",
            "portal.sqlite-shm",
            "portal.sqlite-wal",
        }
        assert open_to_others(new.parent) == []
    engine.dispose()


def test_facts_their_pointer_and_their_lock_are_closed(umask, portal, city, add_case):
    add_case("101")
    publish.update(portal.core, city, portal.facts_folder)
    add_case("102")
    publish.update(portal.core, city, portal.facts_folder)
    rebuild(portal.core, city, portal.facts_folder)
    assert len(list(portal.facts_folder.iterdir())) == 4
    assert open_to_others(portal.facts_folder) == []


def test_photos_and_keys_are_closed(umask, new):
    developed = Developed({side: Picture(9, 9, b"picture") for side in SIZES}, None)
    files.write_photo(new / "photos", files.make_name(), developed)
    secret_key(Settings(data_dir=new))
    assert len(list(new.rglob("*.webp"))) == len(SIZES)
    assert open_to_others(new.parent) == []


def test_e_mails_in_a_folder_are_closed(umask, new):
    email = EmailMessage()
    email["Message-ID"] = "<one@example.org>"
    deliver_to_folder(new / "mail")(email)
    assert [path.name for path in (new / "mail").iterdir()] == ["one.eml"]
    assert open_to_others(new.parent) == []


def test_the_desk_s_store_and_photos_are_closed(umask, new):
    engine = open_desk(new / "desk.sqlite")
    store_photo(BytesIO(saved(scene(), "PNG")), new / "desk-photos")
    assert open_to_others(new.parent) == []
    engine.dispose()


def test_the_locks_and_counts_of_a_run_are_closed(umask, new):
    with only_run_on(new):
        prepare_metrics(Settings(data_dir=new))
        assert open_to_others(new.parent) == []


def test_a_command_leaves_nothing_open_to_others(tmp_path):
    """What a library writes for us has no mode of its own: the process's umask decides."""
    variables = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path / "var")}
    command = ["sh", "-c", 'umask 022; exec "$0" -m portal migrate', sys.executable]
    subprocess.run(command, env=variables, check=True, capture_output=True)
    assert (tmp_path / "var" / "portal.sqlite").exists()
    assert open_to_others(tmp_path / "var") == []


def test_what_is_open_to_others_is_found_and_can_be_closed(tmp_path):
    """The known-bad sample: an old folder and a file that others may read; links mean nothing."""
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    (folder / "old").touch(mode=0o644)
    (folder / "new").touch(mode=0o600)
    (folder / "link").symlink_to("/etc/hosts")
    assert open_to_others(tmp_path / "var") == [". 755", "old 644"]
    for path in list(private_files.find_open_to_others(folder)):
        private_files.close_to_others(path)
    assert open_to_others(tmp_path / "var") == []
