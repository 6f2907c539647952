"""`python -m portal route` explains who gets a report: each rule, whether it fits, the result."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from data_sync.pull.boundaries import load_missing_layers
from portal import jurisdictions
from portal.__main__ import cli
from portal.context import Portal
from portal.settings import Settings
from tests.conftest import NOW, prepare_store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The demonstration's data folder before its first case, with the areas its file brings."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("var"), secret_key="test")
    portal = Portal(settings)
    prepare_store(portal)
    load_missing_layers(portal, jurisdictions.load("demo"), NOW)
    portal.close()
    return settings.data_dir


@pytest.fixture
def run(folder):
    def call(*words: str, exit_code: int = 0) -> str:
        environment = {
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": "",
            "PORTAL_SECRET_KEY": "test",
        }
        answer = CliRunner(env=environment).invoke(cli, ["route", "demo", *words])
        assert answer.exit_code == exit_code, answer.output
        return answer.output

    return call


def test_a_pothole_goes_to_the_road_district_of_its_neighborhood(run):
    said = run("--service", "pothole", "--at", "42.3209,-71.07").splitlines()
    assert said[0] == "pothole (pothole) at 42.3209,-71.07: Roxbury, District 7, Roxbury 14"
    assert said[1].startswith(
        "   1  no, for other areas  neighborhood=Jamaica Plain: ^(dead animal"
    )
    assert said[10].startswith("  10  yes                  neighborhood=Roxbury: ^(dead animal")
    assert "→  Public Works, queue District 10B: Roxbury; system desk, code pothole" in said[11]


def test_what_no_rule_covers_is_said_to_be_shown_to_staff(run):
    said = json.loads(run("--service", "juggling", "--at", "42.3209,-71.07", "--json"))
    assert (said["department"], said["queue"], said["system"], said["is_catch_all"]) == (
        "Mayor's Hotline",
        "All Cases",
        "desk",
        True,
    )
    assert {rule["misfit"] for rule in said["rules"]} == {"type"}
    assert said["not_taken"] == ["the city offers no type 'juggling' here"]


def test_a_place_that_is_not_the_citys_is_said_to_be_so(run):
    assert "!  not taken by the form: the place is looked after by State Parks" in run(
        "--service", "pothole", "--at", "42.302,-71.0955"
    )
    assert "outside of Demo City's bounds" in run("--service", "pothole", "--at", "43,-71")


@pytest.mark.parametrize("at", ["here", "42.3", "42.3,-71.07,5", "91,0", "nan,0", "1,inf"])
def test_a_place_that_is_none_is_refused(run, at):
    assert "write latitude and longitude in degrees" in run(
        "--service", "pothole", f"--at={at}", exit_code=2
    )
