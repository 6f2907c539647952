"""What is no longer public goes from every frozen file that is served, and the chain says so."""

from __future__ import annotations

import json

import pytest

from data_sync.datasets import freeze_if_due, run_rewriting
from portal.datasets import retract
from portal.datasets.freeze import freeze
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.conftest import NOW
from tests.datasets.test_freeze import get, manifest_of, numbers

AT = int(NOW.timestamp())
ACT = Act("Ana", "names a neighbor", AT + 60)
FILES = ("cases.parquet", "cases-2026.parquet", "cases.csv.gz", "cases-2026.csv.gz", "cases.sqlite")


def rewrite_all(portal, city) -> list[str]:
    return list(iter(lambda: retract.rewrite_next(portal, city, AT + 120), None))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hidden_case_is_served_in_no_frozen_file_and_the_chain_says_that_it_went(
    client, cases, freeze_day, portal, city, place
):
    freeze_day()
    freeze_day(1)
    before = manifest_of(client, "cases")
    moderation.hold_case(portal, city, "101", ACT)
    assert retract.withhold(portal, city) == ["2026-11-23", "2026-11-24"]
    for version in ("2026-11-23", "2026-11-24"):
        for name in FILES:
            assert client.get(f"/data/cases/{version}/{name}").status_code == 410
        assert client.get(f"/data/daily_counts/{version}/daily_counts.parquet").status_code == 410
        assert client.get(f"/data/services/{version}/services.parquet").status_code == 200
    assert rewrite_all(portal, city) == ["2026-11-24", "2026-11-23"]
    for version in ("2026-11-23", "2026-11-24"):
        base = f"/data/cases/{version}"
        assert numbers(get(client, f"{base}/cases.parquet")) == ["102", "103"]
        assert b"Adams" not in get(client, f"{base}/cases.sqlite")
    after = manifest_of(client, "cases")
    assert after["revision"] == 2 and after["rows"] == 2
    assert after["retractions"] == [
        {
            "id": "2.1",
            "reason": "no longer public",
            "cases": 1,
            "retracted_at": "2026-11-23T12:02:00Z",
        }
    ]
    assert after["supersedes"]["number"] == before["number"]
    assert json.loads(get(client, f"/data/chain/{before['number']}.json")) == before
    kept = [path for path in (place.folder / "files").rglob("*") if path.is_file()]
    assert [path.name for path in kept if b"Adams" in path.read_bytes()] == []
    assert retract.withhold(portal, city) == []


def test_words_that_staff_hide_go_from_frozen_texts_and_the_other_words_stay(
    client, cases, freeze_day, portal, city, place
):
    freeze_day()
    moderation.hide_words(portal, city, "101", "note", '"very" deep', ACT)
    assert retract.withhold(portal, city) == ["2026-11-23"]
    rewrite_all(portal, city)
    data = get(client, "/data/cases/2026-11-23/cases.sqlite")
    assert b'"very" deep' not in data and b"[hidden by the city]" in data and b"and wide" in data
    manifest = manifest_of(client, "cases")
    assert [gone["reason"] for gone in manifest["retractions"]] == ["words hidden"]
    assert manifest["rows"] == 3


def test_a_case_that_was_never_public_withholds_nothing_and_moves_no_byte(
    client, cases, freeze_day, add_case, portal, city, publish
):
    freeze_day()
    before = get(client, "/data/manifest.json"), get(client, "/data/chain.json")
    add_case("106", opened="2026-11-23", visibility="held", note="SECRET")
    publish()
    assert retract.withhold(portal, city) == []
    assert (get(client, "/data/manifest.json"), get(client, "/data/chain.json")) == before
    freeze_day(1)
    hashes = [
        {
            file["name"]: file["sha256"]
            for file in manifest_of(client, "cases", day)["files"]
            if "rows" in file
        }
        for day in ("2026-11-23", "2026-11-24")
    ]
    assert hashes[0] == hashes[1]


def test_a_case_that_is_shown_again_before_the_files_are_written_leaves_them_as_they_were(
    client, cases, freeze_day, portal, city
):
    freeze_day()
    before = manifest_of(client, "cases")
    moderation.hold_case(portal, city, "101", ACT)
    retract.withhold(portal, city)
    moderation.release_case(portal, city, "101", ACT)
    rewrite_all(portal, city)
    assert numbers(get(client, "/data/cases/2026-11-23/cases.parquet")) == ["101", "102", "103"]
    assert manifest_of(client, "cases") == before


def test_the_worker_freezes_a_city_once_a_day_and_writes_again_what_is_withheld(
    client, cases, portal, city
):
    asked = []

    def run(arguments: list[str]) -> None:
        asked.append(arguments)
        freeze(portal, city, AT)

    freeze_if_due(portal, city, run, lambda: AT)
    freeze_if_due(portal, city, run, lambda: AT + 3_600)
    assert asked == [["publish-data", "smallville"]]
    run_rewriting(portal, city, asked.append)
    moderation.hold_case(portal, city, "101", ACT)
    retract.withhold(portal, city)
    run_rewriting(portal, city, asked.append)
    assert asked[1:] == [["publish-data", "smallville", "--rewrite"]]
