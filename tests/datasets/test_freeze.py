"""A frozen day: its files say the same rows, keep their bytes, and appear whole or not at all."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json

import pandas as pd
import pyarrow.parquet as pq
import pysqlite3
import pytest

from portal.datasets import files, sources
from portal.datasets import freeze as freezing
from portal.domain.published_datasets import DATASETS
from portal.errors import Conflict, NotReady
from portal.facts.working import only_writer


def get(client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.data


def manifest_of(client, dataset: str, version: str = "2026-11-23") -> dict:
    return json.loads(get(client, f"/data/{dataset}/{version}/manifest.json"))


def numbers(data: bytes) -> list[str]:
    return pq.read_table(io.BytesIO(data)).column("case_id").to_pylist()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_file_of_a_day_has_its_rows_and_none_has_a_private_one(
    client, cases, freeze_day, place
):
    assert freeze_day() == "2026-11-23"
    for name, dataset in DATASETS.items():
        manifest = manifest_of(client, name)
        for file in manifest["files"]:
            data = get(client, f"/data/{name}/2026-11-23/{file['name']}")
            assert hashlib.sha256(data).hexdigest() == file["sha256"]
            assert len(data) == file["bytes"]
            if file["name"].endswith(".parquet"):
                table = pq.read_table(io.BytesIO(data))
                assert tuple(table.column_names) == dataset.column_names
                assert table.num_rows == file["rows"]
            if file["name"].endswith(".csv.gz"):
                frame = pd.read_csv(io.BytesIO(gzip.decompress(data)))
                assert tuple(frame.columns) == dataset.column_names
                assert len(frame) == file["rows"]
            unpacked = gzip.decompress(data) if file["name"].endswith(".gz") else data
            assert b"SECRET" not in unpacked and b"Secret St" not in unpacked
    base = "/data/cases/2026-11-23"
    assert numbers(get(client, f"{base}/cases.parquet")) == ["101", "102", "103"]
    assert numbers(get(client, f"{base}/cases-2026.parquet")) == ["101", "102", "103"]
    (place.folder / "read.sqlite").write_bytes(get(client, f"{base}/cases.sqlite"))
    read = pysqlite3.connect(str(place.folder / "read.sqlite"))
    assert read.execute("select case_id, opened_at, days_open from cases limit 1").fetchall() == [
        ("101", "2026-11-20T00:00:00Z", 2)
    ]


def test_two_freezes_of_a_day_are_two_versions_and_the_first_keeps_its_bytes(
    client, cases, freeze_day, add_case, publish
):
    freeze_day()
    before = get(client, "/data/cases/2026-11-23/cases.parquet")
    add_case("105", opened="2026-11-23")
    publish()
    assert freeze_day() == "2026-11-23.2"
    assert get(client, "/data/cases/2026-11-23/cases.parquet") == before
    latest = client.get("/data/cases/latest/cases.parquet")
    assert latest.status_code == 307
    assert latest.headers["Location"].endswith("/data/cases/2026-11-23.2/cases.parquet")
    assert numbers(get(client, "/data/cases/2026-11-23.2/cases.parquet"))[-1] == "105"


def test_the_same_rows_make_the_same_bytes_with_one_thread_and_with_two(
    client, cases, freeze_day, monkeypatch
):
    freeze_day()
    first = manifest_of(client, "cases")
    monkeypatch.setattr(sources, "THREADS", 1)
    freeze_day()
    second = manifest_of(client, "cases", "2026-11-23.2")
    assert [file["sha256"] for file in first["files"] if "rows" in file] == [
        file["sha256"] for file in second["files"] if "rows" in file
    ]
    assert first["content_sha256"] == second["content_sha256"]


def test_many_rows_make_the_same_bytes_too(tmp_path, monkeypatch):
    """Several row groups, which two threads make side by side."""
    rows = "'S' || lpad(i::varchar, 7, '0'), md5(i::varchar), 'group ' || i % 7, 'type-' || i"
    hashes = []
    for threads in (1, 2):
        monkeypatch.setattr(sources, "THREADS", threads)
        folder = tmp_path / str(threads)
        folder.mkdir()
        with sources.open_work(folder) as work:
            work.execute(
                "create table services (service_code varchar, service varchar,"
                " service_group varchar, slug varchar)"
            )
            work.execute(f"insert into services select {rows} from range(350_000) t(i) order by 1")
            written = files.write_files(work, DATASETS["services"], folder / "services", "Types")
        hashes.append([(file.name, file.rows, file.sha256) for file in written])
    assert hashes[0] == hashes[1]
    assert [rows for _, rows, _ in hashes[0]] == [350_000, 350_000]


def test_a_day_is_not_published_while_another_is_being_made(client, cases, freeze_day, place):
    refusal = pytest.raises(Conflict, match="another process is writing the datasets")
    with only_writer(place.folder, "smallville", what="datasets"), refusal:
        freeze_day()
    assert json.loads(get(client, "/data/manifest.json"))["chain"]["links"] == 0


@pytest.mark.parametrize("at", ["write_files", "add_manifest"])
def test_a_full_disk_leaves_nothing_behind_and_what_was_served_is_served_as_before(
    client, cases, freeze_day, place, monkeypatch, at
):
    freeze_day()
    before = get(client, "/data/chain.json"), sorted(place.folder.rglob("*"))
    real, calls = getattr(freezing, at), []

    def fail_the_third_time(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(freezing, at, fail_the_third_time)
    with pytest.raises(NotReady, match="the disk is full"):
        freeze_day(1)
    assert get(client, "/data/chain.json") == before[0]
    left = [path for path in place.folder.rglob("*") if path.is_file()]
    assert sorted(left) == [path for path in before[1] if path.is_file()]
    assert freeze_day(1) == "2026-11-24"


def test_what_a_killed_run_left_is_served_to_nobody_and_removed_by_the_next(
    client, cases, freeze_day, place
):
    freeze_day()
    half = place.folder / "files" / "cases" / "2026-11-24" / "0a1b2c3d"
    half.mkdir(parents=True)
    (half / "cases.parquet").write_bytes(b"half")
    (place.folder / "building-0a1b2c3d").mkdir()
    place.manifest_path(6).write_text("{}")
    assert client.get("/data/cases/2026-11-24/cases.parquet").status_code == 404
    assert client.get("/data/chain/6.json").status_code == 404
    freeze_day(2)
    assert not half.exists() and not list(place.folder.glob("building-*"))
    assert json.loads(get(client, "/data/chain/6.json"))["version"] == "2026-11-25"


def test_old_days_keep_the_first_of_each_month_and_their_manifests(
    client, cases, freeze_day, place, portal
):
    portal.settings = portal.settings.model_copy(update={"dataset_days": 3})
    for days in (0, 1, 8, 9):
        freeze_day(days)
    versions = json.loads(get(client, "/data/manifest.json"))["datasets"][0]["versions"]
    assert [(version["version"], version["state"]) for version in versions] == [
        ("2026-12-02", "served"),
        ("2026-12-01", "served"),
        ("2026-11-24", "expired"),
        ("2026-11-23", "served"),
    ]
    assert client.get("/data/cases/2026-11-24/cases.parquet").status_code == 410
    assert manifest_of(client, "cases", "2026-11-24")["rows"] == 3
    assert list((place.folder / "files").glob("*/2026-11-24/*")) == []


def test_a_file_is_sent_in_parts_and_not_again_to_who_has_it(client, cases, freeze_day):
    freeze_day()
    path = "/data/cases/2026-11-23/cases.parquet"
    whole = client.get(path)
    tag = whole.headers["ETag"]
    assert tag == f'"{hashlib.sha256(whole.data).hexdigest()}"'
    assert whole.headers["Access-Control-Allow-Origin"] == "*"
    assert whole.headers["Cache-Control"] == "public, no-cache"
    part = client.get(path, headers={"Range": "bytes=4-9", "If-Range": tag})
    assert (part.status_code, part.data) == (206, whole.data[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(whole.data)}"
    assert client.get(path, headers={"Range": "bytes=-5"}).data == whole.data[-5:]
    changed = client.get(path, headers={"Range": "bytes=4-9", "If-Range": '"other"'})
    assert (changed.status_code, changed.data) == (200, whole.data)
    beyond = client.get(path, headers={"Range": "bytes=9999999-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (
        416,
        f"bytes */{len(whole.data)}",
    )
    assert client.get(path, headers={"Range": "bytes=0-1,4-5"}).data == whole.data
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    head = client.head(path)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(whole.data)))
    link = client.get("/data/chain/1.json")
    assert link.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/data/cases/2026-11-22/cases.parquet",
        "/data/cases/2026-11-23/nothing.parquet",
        "/data/cases/2026-11-23/..%2findex.json",
        "/data/nothing/latest/cases.parquet",
        "/data/nothing/2026-11-23/cases.parquet",
        "/data/chain/0.json",
        "/data/chain/6.json",
    ],
)
def test_what_no_manifest_names_is_not_there(client, cases, freeze_day, path):
    freeze_day()
    assert client.get(path).status_code == 404
