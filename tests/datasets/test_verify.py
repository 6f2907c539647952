"""Checking a publication: one changed byte shows; the same rows by another writer pass."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from lxml import html

from portal.cli.datasets import verify
from portal.datasets import files, retract
from portal.datasets.freeze import publish_files
from portal.datasets.index import Version
from portal.datasets.manifests import Release
from portal.datasets.verify import FolderReader, Missing, SiteReader, find_faults
from portal.domain.published_datasets import DATASETS
from portal.services.staff import moderation
from tests.conftest import NOW
from tests.datasets.test_freeze import get, manifest_of
from tests.datasets.test_retract import ACT, rewrite_all

AT = int(NOW.timestamp())


@pytest.fixture
def frozen(cases, freeze_day, place):
    """Two days of Smallville."""
    freeze_day()
    freeze_day(1)
    return place


def faults_of(place) -> list[str]:
    return list(find_faults(FolderReader(place.folder)))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()  # it may be one file under two names
    path.write_bytes(data)


def test_what_was_published_has_no_fault_and_one_flipped_byte_in_any_file_is_one(
    cases, freeze_day, place, subtests
):
    freeze_day()
    frozen = place
    assert faults_of(frozen) == []
    published = [*(frozen.folder / "chain").iterdir(), *(frozen.folder / "files").rglob("*.*")]
    published = [path for path in published if path.is_file()]
    assert len(published) == 5 + 7 + 4 * 2
    for path in published:
        with subtests.test(str(path.relative_to(frozen.folder))):
            kept = path.read_bytes()
            flip(path)
            assert faults_of(frozen) != []
            path.write_bytes(kept)
    (frozen.folder / "chain" / "000003.json").unlink()
    assert "manifest 3 cannot be read: No such file or directory" in faults_of(frozen)


def test_a_rewritten_past_shows_in_the_next_manifest(frozen):
    """Whoever rewrites a manifest and its link still has all later manifests to rewrite."""
    path = frozen.manifest_path(2)
    path.write_bytes(path.read_bytes().replace(b'"revision": 1', b'"revision": 9'))
    index = frozen.load()
    forged = replace(index.links[1], sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    frozen.save(replace(index, links=(index.links[0], forged, *index.links[2:])))
    assert faults_of(frozen) == [
        "manifest 3 names another manifest before it than the one that is there"
    ]


def test_the_chain_is_whole_after_a_retraction(frozen, portal, city):
    moderation.hold_case(portal, city, "101", ACT)
    retract.withhold(portal, city)
    assert faults_of(frozen) == []  # nothing is served, nothing is wrong
    rewrite_all(portal, city)
    assert faults_of(frozen) == []
    assert len(frozen.load().links) == 18  # five, five, and four for each of two days


def test_the_same_rows_by_another_writer_pass_and_others_do_not(frozen, tmp_path):
    index = frozen.load()
    link = index.link_of(index.newest("cases"))
    manifest = frozen.manifest(link)
    old = frozen.folder_of(index.newest("cases")) / "cases.parquet"
    for rows, faults in ((slice(None), 0), (slice(1, None), 1)):
        folder = tmp_path / f"by-pyarrow-{faults}" / "cases"
        folder.mkdir(parents=True)
        table = pq.read_table(old).take(list(range(3))[::-1][rows])
        pq.write_table(table, folder / "cases.parquet", compression="snappy")
        written = files._describe(folder / "cases.parquet", 3)
        version = f"2026-11-{25 + faults}"
        release = Release(
            "smallville", "cases", version, 1, AT, AT,
            manifest["content_sha256"], [written],
        )  # fmt: skip
        state = Version("cases", version, 0, f"cases/{version}/{faults}")
        index = publish_files(frozen, index, folder.parent, release, state)
        frozen.save(index)
        assert manifest["files"][0]["sha256"] != written.sha256
        assert len(faults_of(frozen)) == faults


def test_a_stranger_checks_a_site_and_a_copied_folder(frozen, client, tmp_path):
    def fetch(path: str, to: Path) -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise Missing(f"{path} cannot be had: {answer.status_code}")
        to.write_bytes(answer.data)

    assert list(find_faults(SiteReader(fetch))) == []
    shutil.copytree(frozen.folder, tmp_path / "copy")
    run = CliRunner().invoke(verify, ["--publication", "--from", str(tmp_path / "copy")])
    newest = json.loads(get(client, "/data/chain.json"))["links"][-1]["sha256"]
    assert run.output == (
        f"10 manifests and all files they name are as published; the newest, 10, is {newest}\n"
    )
    flip(tmp_path / "copy" / "chain" / "000010.json")
    run = CliRunner().invoke(verify, ["--publication", "--from", str(tmp_path / "copy")])
    assert run.exit_code == 1
    assert "manifest 10 (daily_counts 2026-11-24) is not the one that was published" in run.output


def test_the_content_hash_is_what_the_page_says_in_python_and_in_duckdb(frozen, client):
    """docs/datasets.md has both; the column order is the manifest's."""
    manifest = manifest_of(client, "cases")
    path = frozen.folder_of(frozen.load().find("cases", "2026-11-23")) / "cases.parquet"
    hashes = sorted(
        hashlib.sha256("\x1f".join(map(as_text, row.values())).encode()).hexdigest()
        for row in pq.read_table(path).to_pylist()
    )
    assert hashlib.sha256("\n".join(hashes).encode()).hexdigest() == manifest["content_sha256"]
    texts = ", chr(31), ".join(
        f"coalesce('+' || {sql_text(column)}, '-')" for column in manifest["columns"]
    )
    query = (
        "select sha256(string_agg(h, chr(10) order by h))"
        f" from (select sha256(concat({texts})) as h from '{path}')"
    )
    assert duckdb.sql(query).fetchall() == [(manifest["content_sha256"],)]
    assert len(DATASETS["cases"].columns) == len(manifest["columns"])


def test_the_lines_of_the_page_make_the_hash_of_the_manifest(
    frozen, client, tmp_path, monkeypatch, capsys
):
    page = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?:^(?: {4}.*)?\n)+", page, re.M)]
    wanted = manifest_of(client, "services")["content_sha256"]
    monkeypatch.chdir(tmp_path)
    path = Path("services.parquet")
    path.write_bytes(get(client, "/data/services/2026-11-23/services.parquet"))
    (query,) = [block for block in blocks if "string_agg" in block]
    assert duckdb.sql(query).fetchall() == [(wanted,)]
    (lines,) = [block for block in blocks if "import hashlib" in block]
    exec(lines, {})  # noqa: S102  our own page
    assert capsys.readouterr().out.strip() == wanted


def as_text(value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "+true" if value else "+false"
    is_time = hasattr(value, "hour")
    return "+" + (value.strftime("%Y-%m-%dT%H:%M:%SZ") if is_time else str(value))


def sql_text(column: dict) -> str:
    name = column["name"]
    if column["kind"] == "timestamp":
        return f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    return f"{name}::varchar"


def test_the_page_of_the_chain_has_the_newest_links_first_and_says_what_was_replaced(
    cases, freeze_day, client, portal, city
):
    assert "Nothing is frozen yet." in get(client, "/data/chain").decode()
    freeze_day()
    moderation.hold_case(portal, city, "101", ACT)
    retract.withhold(portal, city)
    assert "is being written again" in get(client, "/data/chain").decode()
    rewrite_all(portal, city)
    page = html.fromstring(get(client, "/data/chain"))
    rows = [row.text_content() for row in page.xpath("//tbody/tr")]
    assert len(rows) == 9
    assert rows[0].startswith("9daily_counts 2026-11-23, revision 2")
    assert "replaced" in rows[-1] and "101" not in rows[-1]
