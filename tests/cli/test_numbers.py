"""`python -m portal numbers`: JSON for programs, a table for people, and clear refusals."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from portal.cli import numbers as command
from portal.context import Portal
from tests.support.pages import database, publish  # noqa: F401


@pytest.fixture
def run(portal, city, settings, monkeypatch, add_case, publish):  # noqa: F811
    add_case("101", opened="2026-03-01", closed="2026-03-03", neighborhood="Roxbury")
    add_case("102", opened="2026-03-02")
    publish()
    monkeypatch.setattr(command, "settings_from_environment", lambda: settings)
    monkeypatch.setattr("portal.context.Portal", lambda settings: Portal(settings, {city.id: city}))
    return lambda *arguments: CliRunner().invoke(command.numbers, [city.id, *arguments])


def test_it_prints_one_list_of_objects(run):
    said = run("neighborhood=roxbury", "--json", "--until", "2026-03-31")
    assert said.exit_code == 0
    assert json.loads(said.stdout) == [
        {
            "slug": "",
            "name": "Smallville",
            "opened_cases": 1,
            "closed_cases": 1,
            "open_cases": 0,
            "median_days": 2,
            "p90_days": 2,
            "on_time_pct": None,
        }
    ]


def test_for_people_it_is_a_table_with_those_in_no_group(run):
    lines = run("--by", "neighborhood").stdout.splitlines()
    assert lines[0].startswith("name\topened_cases")
    assert {line.partition("\t")[0] for line in lines[1:]} == {"Roxbury", "(none)"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["color=red"], "We do not know the filter “color”"),
        (["--until", "soon"], "We do not understand the date “soon”"),
        (["--as-of", "2001-01-01"], "The portal knew nothing yet"),
        (["--by", "moon"], "is not one of"),
    ],
)
def test_what_it_does_not_understand_is_said_and_the_exit_status_is_2(run, arguments, says):
    said = run(*arguments)
    assert said.exit_code == 2
    assert says in said.output


def test_a_city_that_is_none_is_said(run, settings):
    said = CliRunner().invoke(command.numbers, ["atlantis"])
    assert said.exit_code == 2
    assert "there is no city 'atlantis'" in said.output
