"""The model frame, by hand, on three tracts; how its models are made, kept and read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from data_sync.kept_answers import ANSWERS, PAUSE_SECONDS, make_if_due
from portal.cli.equity import equity as equity_command
from portal.domain.equity import CaseCounts, Channel, Outcome
from portal.equity.frame import find_touching, make_frame, read_tracts
from portal.equity.keep import read_equity, read_mark
from portal.equity.make import make_equity
from portal.facts import publish
from portal.services.sync import areas, sync_runs
from portal.services.sync.demographics import save_figures
from tests.conftest import NOW
from tests.support.outlines import rectangle

NOON = int(NOW.timestamp())
FIGURES = {
    "1": {"population": 900.0, "residential": 1.0, "over_65": 0.2, "income": 50_000.0},
    "2": {"population": 0.0, "residential": 0.0},
}


@pytest.fixture
def staffed(city):
    return replace(city, staff_channels=("Employee Generated",))


@pytest.fixture
def tracts(portal, city):
    """Tracts 1 and 2 side by side, 3 apart; a neighborhood around 1."""
    layer = [
        ("1", rectangle(42.31, 42.33, -71.08, -71.06)),
        ("2", rectangle(42.31, 42.33, -71.06, -71.05)),
        ("3", rectangle(42.34, 42.345, -71.08, -71.06)),
    ]
    with portal.transaction() as connection:
        areas.save_layer(connection, city, "tract", layer, NOON)
        areas.save_layer(connection, city, "neighborhood", [("North", layer[0][1])], NOON)


@pytest.fixture
def census(portal, city, tracts):
    with portal.transaction() as connection:
        save_figures(connection, city, FIGURES, NOON)


@pytest.fixture
def cases(add_case):
    """By phone two in tract 1 and one in 2; by app one in 1. Left out: see the counts."""
    for number, more in enumerate(
        (
            {"tract": "1", "channel": "Phone"},
            {"tract": "1", "channel": "Phone", "opened": "2025-11-25"},
            {"tract": "1", "channel": "App"},
            {"tract": "2", "channel": "Phone"},
            {"tract": "1", "channel": "Employee Generated"},
            {"tract": "1"},
            {"channel": "Phone"},
            {"tract": "9", "channel": "Phone"},
            {"channel": "Phone", "lat": None, "lon": None},
            {"tract": "1", "channel": "Phone", "visibility": "held"},
            {"tract": "1", "channel": "Phone", "opened": "2025-11-20"},
            {"tract": "1", "channel": "Phone", "opened": "2026-11-30"},
        )
    ):
        add_case(str(number), **{"opened": "2026-11-23 12:00"} | more)


def frame_of(portal, city):
    publish.update(portal.core, city, portal.facts_folder)
    with portal.public_connection() as connection:
        return make_frame(connection, portal.facts(city.id), city)


def test_every_case_of_the_year_is_counted_once(portal, staffed, census, cases):
    frame = frame_of(portal, staffed)
    assert (frame.first_day, frame.last_day) == ("2025-11-24", "2026-11-23")
    assert frame.counts == CaseCounts(
        all_cases=9, without_location=1, in_no_tract=2, by_staff=2, counted=4
    )
    assert frame.channels == (Channel("phone", "Phone"), Channel("app", "App"))
    assert frame.measures == ("over_65", "income")
    one, two = frame.tracts  # nobody knows who lives in tract 3
    assert (one.name, one.neighborhood, one.population, one.is_residential) == (
        ("1", "North", 900, True)
    )
    assert one.cases == {"phone": 2, "app": 1} and one.measures["income"] == 50_000
    assert (two.neighborhood, two.population, two.is_residential, two.measures) == (
        ("", 0, False, {})
    )
    assert two.cases == {"phone": 1, "app": 0}


def test_a_measure_that_most_tracts_lack_is_not_used(portal, city, tracts, add_case):
    add_case("101", tract="1", channel="Phone")
    figures = {name: {"population": 9.0, "owner": 0.5} for name in "123"}
    figures["1"]["over_65"] = 0.1
    for measures in (("owner",), ("over_65", "owner")):
        with portal.transaction() as connection:
            save_figures(connection, city, figures, NOON)
        assert frame_of(portal, city).measures == measures
        figures["2"]["over_65"] = 0.1


def test_without_cases_or_a_census_the_frame_says_so(portal, city, tracts, add_case):
    add_case("101", visibility="held")
    publish.update(portal.core, city, portal.facts_folder)
    frame = frame_of(portal, city)
    assert (frame.first_day, frame.counts, frame.tracts) == ("", CaseCounts(), ())
    assert make_equity(portal, city, NOON).outcome == Outcome.NO_DEMOGRAPHICS


def test_tracts_side_by_side_touch(portal, city, census):
    with portal.public_connection() as connection:
        outlines = {tract.name: tract.outline for tract in read_tracts(connection, city.id)}
    assert sorted(find_touching(outlines)) == [("1", "2"), ("2", "1")]


def test_an_answer_is_kept_and_read_as_it_was_made(portal, staffed, census, cases):
    publish.update(portal.core, staffed, portal.facts_folder)
    made = make_equity(portal, staffed, NOON)
    assert made.outcome == Outcome.FITTED
    assert {fit.outcome for sample in made.samples for fit in sample.fits} == {"too_few_tracts"}
    with portal.public_connection() as connection:
        assert read_equity(connection, staffed.id) == made
        assert read_mark(connection, staffed.id) == (portal.facts(staffed.id).rev, NOON)
        assert read_equity(connection, "elsewhere") is None


def test_models_are_made_once_for_each_version(portal, city, tracts, add_case):
    asked = []

    def run(arguments):
        asked.append(arguments)
        make_equity(portal, city, NOON)

    assert make_if_due(portal, city, ANSWERS[0], run) is None  # nothing is published
    add_case("101", tract="1")
    publish.update(portal.core, city, portal.facts_folder)
    assert make_if_due(portal, city, ANSWERS[0], run) is None  # nobody knows who lives there
    with portal.transaction() as connection:
        save_figures(connection, city, FIGURES, NOON)
        number = sync_runs.start_run(connection, city.id, "town", NOON)
    publish.update(portal.core, city, portal.facts_folder)
    assert make_if_due(portal, city, ANSWERS[0], run) is None  # the first import is on its way
    with portal.transaction() as connection:
        sync_runs.finish_run(connection, city.id, number, "done", None, NOON)
    assert make_if_due(portal, city, ANSWERS[0], run) == PAUSE_SECONDS
    assert make_if_due(portal, city, ANSWERS[0], run) is None
    add_case("102", tract="1")
    publish.update(portal.core, city, portal.facts_folder)
    assert make_if_due(portal, city, ANSWERS[0], run) == PAUSE_SECONDS
    assert asked == [["equity", city.id]] * 2


def test_the_command_refuses_a_city_without_facts(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORTAL_SECRET_KEY", "test")
    result = CliRunner().invoke(equity_command, ["boston"])
    assert result.exit_code == 1 and "There are no facts of boston yet" in str(result.exception)
