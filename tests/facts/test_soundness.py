"""Facts that cannot be read are noticed and made again by themselves; until then, an honest 503."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from app import create_app
from data_sync.publisher import Publisher, publish_if_behind
from portal.context import Portal
from portal.errors import NotReady
from portal.facts import publish, working
from portal.facts.build import repair
from portal.facts.pointer import newest, pointer_path
from portal.facts.soundness import damage_mark, find_damage
from portal.facts.verify import verify


@pytest.fixture
def town(portal, city, add_case) -> Portal:
    """Two public cases, a hidden one, and their facts."""
    add_case("101", neighborhood="Roxbury")
    add_case("102")
    add_case("103", visibility="held")
    publish.update(portal.core, city, portal.facts_folder)
    return portal


def path_of(portal: Portal, city) -> Path:
    published = newest(portal.facts_folder, city.id)
    assert published
    return published.path


def damage_of(portal: Portal, city) -> str | None:
    published = newest(portal.facts_folder, city.id)
    assert published
    return find_damage(published)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_the_middle(path: Path) -> None:
    """The header says that all is well."""
    body = bytearray(path.read_bytes())
    body[3 * 4_096 :] = b"\xff" * (len(body) - 3 * 4_096)
    path.write_bytes(body)


def replace_by_another(path: Path) -> None:
    """A sound file with none of our tables."""
    path.unlink()
    with duckdb.connect(str(path)) as other:
        other.execute("create table mine as select 1")


def change_meta(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with duckdb.connect(str(path)) as facts:
            facts.execute(statement)

    return change


DAMAGES: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"not a database " * 9_000),
    "empty": lambda path: path.write_bytes(b""),
    "truncated": truncate,
    "spoilt in the middle": spoil_the_middle,
    "missing": lambda path: path.unlink(),
    "another database": replace_by_another,
    "another version": change_meta("update meta set schema_version = 1"),
    "another batch": change_meta("update meta set rev = 7"),
    "without its counts": change_meta("drop table counts"),
}
POINTERS = {
    "garbage": "\x00{",
    "empty": "",
    "a list": "[]",
    "nothing": "null",
    "without a name": json.dumps({"schema_version": 5}),
    "with odd values": json.dumps(
        {"schema_version": 5, "file": 3, "rev": {}, "batch": 1, "as_of": 1, "store_mark": ""}
    ),
    "missing": None,
}


def fresh(portal: Portal, city) -> Portal:
    """A process that has not opened the facts yet."""
    return Portal(portal.settings, cities={city.id: city})


def ids(portal: Portal, city) -> list[str]:
    return [
        number for (number,) in portal.facts(city.id).rows("select case_id from cases order by 1")
    ]


def assert_waits_and_is_repaired(portal: Portal, city) -> None:
    """503 with the right words, then facts as before, though no case has changed."""
    waiting = fresh(portal, city)
    client = create_app(waiting.settings, waiting).server.test_client()
    with pytest.raises(NotReady):
        waiting.facts(city.id).rows("select count(*), max(opened_at) from cases")
    answer = client.get("/cases")
    assert answer.status_code == 503
    assert "The first sync has not finished" not in answer.text
    assert client.get("/readyz").status_code == 503
    assert publish_if_behind(portal, city)
    assert ids(waiting, city) == ids(portal, city) == ["101", "102"]
    assert client.get("/cases").status_code == 200
    assert verify(portal.core, city, portal.facts_folder) == []
    assert not publish_if_behind(portal, city)
    waiting.close()


SEEN_AT_ONCE = [name for name in DAMAGES if name not in ("truncated", "spoilt in the middle")]
"""The others may still answer what is asked, as the file was before."""


@pytest.mark.parametrize("damage", SEEN_AT_ONCE)
def test_a_damaged_file_is_made_again_though_no_case_has_changed(town, city, damage):
    DAMAGES[damage](path_of(town, city))
    assert_waits_and_is_repaired(town, city)


def test_the_worker_s_next_look_makes_it_again(town, city, subtests):
    for damage in DAMAGES:
        with subtests.test(damage):
            DAMAGES[damage](path_of(town, city))
            assert publish_if_behind(town, city)
            assert damage_of(town, city) is None
            assert ids(fresh(town, city), city) == ["101", "102"]
            assert not publish_if_behind(town, city)


@pytest.mark.parametrize("pointer", POINTERS)
def test_a_pointer_that_names_nothing_is_written_again(town, city, pointer):
    path = pointer_path(town.facts_folder, city.id)
    written = POINTERS[pointer]
    path.unlink() if written is None else path.write_text(written, encoding="utf-8")
    assert_waits_and_is_repaired(town, city)


def test_the_next_start_makes_damaged_facts_again(town, city, subtests):
    for damage in DAMAGES:
        with subtests.test(damage):
            DAMAGES[damage](path_of(town, city))
            assert repair(town.core, city, town.facts_folder)
            assert damage_of(town, city) is None
            assert repair(town.core, city, town.facts_folder) is None


def test_a_sync_that_brings_nothing_new_makes_them_again_too(town, city, subtests):
    for damage in ("garbage", "empty", "truncated", "missing", "another database"):
        with subtests.test(damage):
            DAMAGES[damage](path_of(town, city))
            publish.update(town.core, city, town.facts_folder)
            assert ids(fresh(town, city), city) == ["101", "102"]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "spoilt in the middle"])
def test_a_copy_of_a_damaged_working_file_is_noticed_too(town, city, damage):
    for path in (path_of(town, city), working.working_path(town.facts_folder, city.id)):
        DAMAGES[damage](path)
    publisher = Publisher(town, city)
    assert publisher.publish()
    publisher.publish()
    assert damage_of(town, city) is None
    assert ids(fresh(town, city), city) == ["101", "102"]


def test_a_file_that_is_damaged_under_a_worker_that_found_it_sound_is_noticed(town, city):
    publisher = Publisher(town, city)
    assert not publisher.publish()
    spoil_the_middle(path_of(town, city))
    assert publisher.publish()
    assert damage_of(town, city) is None


def test_what_a_web_process_could_not_read_is_made_again(town, city):
    """Damage of a kind that a look at the file does not show: the process that met it tells."""
    publisher = Publisher(town, city)
    assert not publisher.publish()
    old = path_of(town, city)
    damage_mark(old).touch()
    assert publisher.publish()
    assert path_of(town, city) != old
    assert not damage_mark(old).exists()
    assert not publisher.publish()


def test_a_city_without_public_cases_has_no_facts_to_make(portal, city, add_case):
    add_case("101", visibility="held")
    assert not publish_if_behind(portal, city)
    assert repair(portal.core, city, portal.facts_folder) is None


def test_sound_facts_are_left_alone(town, city):
    """The known-good sample."""
    before = path_of(town, city)
    assert damage_of(town, city) is None
    assert repair(town.core, city, town.facts_folder) is None
    assert not publish_if_behind(town, city)
    assert path_of(town, city) == before
    assert [path.name for path in town.facts_folder.glob("*.check*")] == []
