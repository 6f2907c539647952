"""Other programs open what is frozen: Frictionless, Datasette, pandas and DuckDB."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import frictionless
import pytest
from werkzeug.serving import make_server

from portal.datasets.descriptions import Site, cite, schema_org, snippets
from portal.domain.published_datasets import DATASETS
from tests.datasets.test_freeze import get

SITE = Site("Smallville", "https://311.example.gov", "data@example.gov")


@pytest.fixture
def frozen(cases, freeze_day, place):
    freeze_day()
    return place


def package_in(client, folder: Path) -> dict:
    """The data package with its files beside it."""
    package = json.loads(get(client, "/data/datapackage.json"))
    for resource in package["resources"]:
        address = resource["path"].partition("8050")[2]
        resource["path"] = f"{resource['name']}.csv.gz"
        (folder / resource["path"]).write_bytes(get(client, address))
    return package


def test_frictionless_finds_the_package_valid_and_a_wrong_value_in_it(frozen, client, tmp_path):
    package = package_in(client, tmp_path)
    assert [resource["name"] for resource in package["resources"]] == [
        name.replace("_", "-") for name in DATASETS
    ]
    report = frictionless.validate(package, basepath=str(tmp_path))
    assert report.valid, report.to_summary()
    for field in package["resources"][0]["schema"]["fields"]:
        if field["name"] == "status":
            field["type"] = "integer"
    assert not frictionless.validate(package, basepath=str(tmp_path)).valid


def test_datasette_opens_a_version_with_the_command_of_its_readme(frozen, client, tmp_path):
    for name in ("cases.sqlite", "metadata.json", "README.txt"):
        (tmp_path / name).write_bytes(get(client, f"/data/cases/2026-11-23/{name}"))
    readme = (tmp_path / "README.txt").read_text()
    command = next(line.split() for line in readme.splitlines() if "datasette" in line)
    ask = ["--get", "/cases/cases.json?case_id=101&_shape=array"]
    run = subprocess.run(
        [sys.executable, "-m", *command, *ask], cwd=tmp_path, capture_output=True, text=True
    )
    rows = json.loads(run.stdout)
    assert [(row["case_id"], row["opened_at"]) for row in rows] == [("101", "2026-11-20T00:00:00Z")]


def test_the_snippets_of_python_and_duckdb_read_the_newest_file(frozen, client, app, capsys):
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.port}/data/cases/latest/cases.parquet"
        exec(snippets("cases", url)["Python"], {})  # noqa: S102  our own lines
    finally:
        server.shutdown()
        thread.join()
    assert capsys.readouterr().out == "3\n"
    path = frozen.folder_of(frozen.load().newest("cases")) / "cases.parquet"
    # DuckDB reads an address with an extension that it would fetch; a file it reads by itself.
    assert duckdb.sql(snippets("cases", str(path))["DuckDB"]).fetchall() == [(3,)]


def test_catalogs_name_the_newest_files_and_how_to_cite_them(frozen, client):
    catalog = json.loads(get(client, "/data/data.json"))
    assert len(catalog["dataset"]) == len(DATASETS)
    for dataset in catalog["dataset"]:
        for distribution in dataset["distribution"]:
            get(client, distribution["downloadURL"].partition("8050")[2])
    index = frozen.load()
    described = schema_org(frozen, index, SITE)[0]
    link = index.link_of(index.newest("cases"))
    assert described["creditText"] == cite(SITE, DATASETS["cases"], "2026-11-23", link.sha256)
    assert described["creditText"] == (
        "Smallville: Cases, version 2026-11-23. Citizens Connect,"
        f" https://311.example.gov/data/cases/2026-11-23/manifest.json (SHA-256 {link.sha256})."
    )
