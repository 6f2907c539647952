"""Publishing facts: what is in them, how they follow the store, and that they survive a crash."""

from __future__ import annotations

import json
import threading

import duckdb
import pytest
from sqlalchemy import delete, text

from portal.errors import Conflict, NotReady
from portal.facts import publish, working
from portal.facts.build import rebuild
from portal.facts.reader import FactsVersions, open_newest
from portal.facts.verify import verify
from portal.store.models import Case


@pytest.fixture
def refresh(portal, city):
    """Brings the facts to the store's version, as a sync does when it has stored its pages."""
    return lambda: publish.update(portal.core, city, portal.facts_folder)


def change(portal, city, case_id: str, **columns) -> None:
    """Change a stored case, in a batch of its own."""
    with portal.transaction() as connection:
        connection.execute(
            text(
                "update data_versions set rev = rev + 1, changed_at = changed_at + 60,"
                " public_rev = public_rev + 1, public_changed_at = public_changed_at + 60"
                " where jurisdiction_id = :c"
            ),
            {"c": city.id},
        )
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        rev = "(select rev from data_versions where jurisdiction_id = :c)"
        one_case = "jurisdiction_id = :c and case_id = :case_id"
        query = f"update cases set {assignments}, rev = {rev} where {one_case}"
        connection.execute(text(query), {"c": city.id, "case_id": case_id, **columns})


def ids(facts) -> list[str]:
    return [case_id for (case_id,) in facts.rows("select case_id from cases order by case_id")]


def test_facts_hold_every_public_case_and_no_other(portal, city, add_case, refresh):
    add_case("101")
    add_case("102", visibility="service")
    add_case("103", visibility="held")
    refresh()
    assert ids(portal.facts(city.id)) == ["101"]
    assert verify(portal.core, city, portal.facts_folder) == []


def test_row_says_what_the_store_says_to_the_last_digit(portal, city, add_case, refresh):
    add_case(
        'a,"b"\nc',
        opened="2026-01-05",
        closed="2026-01-07",
        lat=42.31234567890123,
        lon=-71.09876543210987,
        neighborhood="Roxbury",
    )
    refresh()
    columns = "case_id, lat, lon, closed_at - opened_at, days_open, opened_month, status"
    row = portal.facts(city.id).rows(f"select {columns} from cases")[0]
    # 5 January 2026, 00:00 UTC, is still 4 January in Boston: the month is January either way.
    assert row == ('a,"b"\nc', 42.31234567890123, -71.09876543210987, 172_800, 2, 2026 * 12, 2)


def test_case_without_place_has_no_place_in_the_facts(portal, city, add_case, refresh):
    add_case("101", lat=None, lon=None)
    refresh()
    assert portal.facts(city.id).rows("select lat, lon, quad from cases") == [(None, None, None)]


def test_before_the_first_sync_there_are_no_facts(portal, city):
    with pytest.raises(NotReady, match="python -m portal facts rebuild smallville"):
        portal.facts(city.id)


def test_city_without_cases_has_facts_without_rows(portal, city, refresh):
    refresh()
    assert ids(portal.facts(city.id)) == []
    assert verify(portal.core, city, portal.facts_folder) == []


def test_change_hide_and_return_reach_the_facts(portal, city, add_case, refresh):
    add_case("101")
    add_case("102")
    refresh()
    change(portal, city, "101", status="closed", is_open=0, closed_at=1_768_000_000)
    change(portal, city, "102", visibility="held")
    refresh()
    facts = portal.facts(city.id)
    assert facts.rows("select case_id, status, closed_at from cases") == [("101", 2, 1_768_000_000)]
    change(portal, city, "102", visibility="public")
    refresh()
    assert ids(portal.facts(city.id)) == ["101", "102"]
    assert verify(portal.core, city, portal.facts_folder) == []


def test_hidden_case_is_in_no_file_that_is_left(portal, city, add_case, refresh):
    add_case("101")
    add_case("102")
    refresh()
    change(portal, city, "102", visibility="held")
    refresh()
    left = list(portal.facts_folder.glob("*.duckdb"))
    assert len(left) == 2, "the working file and the published one"
    for path in left:
        with duckdb.connect(
            str(path),
            config=working.WRITE_SETTINGS
            if path.name.startswith("work")
            else {"access_mode": "READ_ONLY"},
        ) as file:
            assert file.execute("select case_id from cases").fetchall() == [("101",)]


def test_reader_keeps_its_version_while_it_reads_and_gets_the_new_one_next(
    portal, city, add_case, refresh
):
    add_case("101")
    refresh()
    held = portal.facts(city.id)
    add_case("102")
    refresh()
    assert ids(held) == ["101"]
    assert ids(portal.facts(city.id)) == ["101", "102"]


def test_nothing_new_publishes_nothing(portal, city, add_case, refresh):
    add_case("101")
    first = refresh()
    assert refresh() == first
    assert portal.facts(city.id) is portal.facts(city.id)


def test_same_version_published_again_has_another_name(portal, city, add_case, refresh):
    add_case("101")
    first = refresh()
    again = rebuild(portal.core, city, portal.facts_folder)
    assert again.rev == first.rev
    assert again.path != first.path
    assert not first.path.exists()


_A_BATCH_LESS = "update data_versions set rev = rev - 1, public_rev = public_rev - 1"


def set_back(portal, city, case_id: str) -> None:
    """The store as it was a batch before, without a case: what a restored backup is."""
    with portal.transaction() as connection:
        connection.execute(
            delete(Case).where(Case.jurisdiction_id == city.id, Case.case_id == case_id)
        )
        connection.execute(text(_A_BATCH_LESS))


def test_facts_of_what_a_restored_store_has_lost_are_built_anew(portal, city, add_case, refresh):
    add_case("101")
    add_case("102")
    refresh()
    set_back(portal, city, "102")
    assert publish.rebuild_if_ahead(portal.core, city, portal.facts_folder)
    assert ids(portal.facts(city.id)) == ["101"]
    assert not publish.rebuild_if_ahead(portal.core, city, portal.facts_folder)


def test_there_is_nothing_to_mend_where_facts_are_missing_or_behind(
    portal, city, add_case, refresh
):
    assert not publish.rebuild_if_ahead(portal.core, city, portal.facts_folder)
    add_case("101")
    refresh()
    add_case("102")
    assert not publish.rebuild_if_ahead(portal.core, city, portal.facts_folder)


def test_facts_built_anew_hide_the_words_that_no_case_bears_any_more(
    portal, city, add_case, refresh
):
    add_case("101", queue="Potholes")
    add_case("102", queue="Paving")
    refresh()
    change(portal, city, "102", visibility="held")
    rebuild(portal.core, city, portal.facts_folder)
    assert verify(portal.core, city, portal.facts_folder) == []
    with portal.public.connect() as connection:
        assert list(connection.execute(text("select name from public_labels")).scalars()) == [
            "Potholes"
        ]


def test_damaged_working_file_is_built_anew(portal, city, add_case, refresh):
    add_case("101")
    refresh()
    working.working_path(portal.facts_folder, city.id).write_bytes(b"not a database")
    add_case("102")
    refresh()
    assert ids(portal.facts(city.id)) == ["101", "102"]


def test_damaged_pointer_is_written_anew(portal, city, add_case, refresh):
    add_case("101")
    refresh()
    publish.pointer_path(portal.facts_folder, city.id).write_text("{", encoding="utf-8")
    with pytest.raises(NotReady):
        open_newest(portal.facts_folder, city.id)
    refresh()
    assert ids(open_newest(portal.facts_folder, city.id)) == ["101"]


def test_file_of_another_schema_is_not_served_and_built_anew(portal, city, add_case, refresh):
    add_case("101")
    refresh()
    pointer = publish.pointer_path(portal.facts_folder, city.id)
    pointer.write_text(
        json.dumps(json.loads(pointer.read_text()) | {"schema_version": 0}), encoding="utf-8"
    )
    with pytest.raises(NotReady):
        open_newest(portal.facts_folder, city.id)
    refresh()
    assert ids(open_newest(portal.facts_folder, city.id)) == ["101"]


def test_store_begun_anew_is_noticed_though_its_batches_are_numbered_alike(
    portal, city, add_case, refresh
):
    add_case("101")
    refresh()
    with portal.transaction() as connection:
        connection.execute(text("delete from cases"))
        connection.execute(text("delete from data_versions"))
    add_case("201", opened="2026-02-01")
    refresh()
    assert ids(portal.facts(city.id)) == ["201"]


def test_what_a_killed_run_left_behind_is_cleared(portal, city, add_case, refresh):
    add_case("101")
    refresh()
    folder = portal.facts_folder
    left = [
        folder / f"building-{city.id}-0123abcd.duckdb",
        folder / f"facts-{city.id}-7-0123abcd.duckdb.part",
        folder / f"facts-{city.id}-7-0123abcd.duckdb",
    ]
    other_city = folder / "facts-smallville-east-7-0123abcd.duckdb"
    for path in [*left, other_city]:
        path.write_bytes(b"")
    refresh()
    assert [path.exists() for path in left] == [False, False, False]
    assert other_city.exists()


def test_two_writers_take_turns_and_the_second_says_whom_it_waits_for(portal, city, add_case):
    add_case("101")
    with (
        working.only_writer(portal.facts_folder, city.id),
        pytest.raises(Conflict, match="another process is writing the facts"),
        working.only_writer(portal.facts_folder, city.id, wait_seconds=0.1),
    ):
        pass


def test_many_threads_read_while_versions_come_and_go(portal, city, add_case, refresh):
    add_case("101")
    refresh()
    shelf, problems, stop = FactsVersions(portal.facts_folder), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                assert shelf.newest(city.id).rows("select count(*) from cases")[0][0] >= 1
            except Exception as problem:
                problems.append(problem)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(8):
        add_case(f"2{number}")
        refresh()
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert len(ids(shelf.newest(city.id))) == 9


def test_public_readers_cannot_write_or_reach_other_files(
    portal, city, add_case, refresh, tmp_path
):
    add_case("101")
    refresh()
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    facts = portal.facts(city.id)
    for forbidden in (
        "delete from cases",
        f"select * from read_csv('{secret}')",
        f"attach '{secret}' as x",
        "set threads = 8",
        "load httpfs",
    ):
        with pytest.raises(duckdb.Error):
            facts.rows(forbidden)
    assert ids(facts) == ["101"]


def test_verify_names_what_differs_both_ways(portal, city, add_case, refresh):
    add_case("101")
    add_case("102")
    refresh()
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = 'held' where case_id = '101'"))
        connection.execute(text("update cases set channel_id = 7 where case_id = '102'"))
    assert verify(portal.core, city, portal.facts_folder) == [
        "cases: 2 in the facts but not so in the store, such as 101, 102",
        "cases: 1 in the store but not so in the facts, such as 102",
    ]
    add_case("103")
    assert "the facts hold version 2, the store is at version 3" in verify(
        portal.core, city, portal.facts_folder
    )


def test_file_is_sorted_anew_when_much_was_added(portal, city, add_case, refresh, monkeypatch):
    monkeypatch.setattr(working, "UNSORTED_CASES", 1)
    add_case("101", opened="2020-01-05")
    refresh()
    for case_id, opened in (("102", "2026-01-05"), ("103", "2024-01-05")):
        add_case(case_id, opened=opened)
    refresh()
    facts = portal.facts(city.id)
    assert facts.rows("select case_id from cases") == [("102",), ("103",), ("101",)]
    assert facts.rows("select unsorted_cases from meta") == [(0,)]
    assert verify(portal.core, city, portal.facts_folder) == []
