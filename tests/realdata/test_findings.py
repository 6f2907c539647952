"""What changed in Boston at the end of 2011, in the real file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from data_sync.pull.run import sync_city
from portal.context import Portal
from portal.facts import publish
from portal.findings.make import find_changes
from portal.findings.surges import find_surges
from portal.findings.weeks import read_weeks
from portal.settings import Settings
from tests.conftest import prepare_store


@pytest.fixture(scope="module")
def boston(real_data, tmp_path_factory):
    """The facts and the city."""
    folder = tmp_path_factory.mktemp("boston")
    portal = Portal(Settings(data_dir=folder, secret_key="test", jurisdictions="boston"))
    city = portal.cities["boston"]
    prepare_store(portal)
    cases = real_data / "boston" / "boston_2011_311_service_requests.zip"
    sync_city(portal, city, from_files=[cases])
    publish.update(portal.core, city, portal.facts_folder)
    yield portal.facts("boston"), city
    portal.close()


def test_the_last_whole_week_of_2011(boston):
    """Recycling carts ended in October; South End's street lights got slower, others' faster."""
    found = find_changes(*boston)
    assert (found.first_day, found.last_day) == ("2011-12-19", "2011-12-25")
    assert (found.base_weeks, found.surges_check.series) == (24, 93)
    assert (found.all_cases, found.in_series, found.in_no_neighborhood) == (56_355, 30_120, 2_819)
    assert found.surges == () and not found.knows_seasons
    [carts], [lights] = found.silences, found.drifts
    assert carts.service.name == "Request for Recycling Cart" and carts.is_everywhere
    assert (lights.service.name, lights.neighborhood.name) == ("Street Light Outages", "South End")
    assert not lights.is_better and lights.first_day == "2011-09-19" and lights.cases == 130
    assert round(lights.before.here, 2) == 0.85 and round(lights.since.here, 2) == 0.62
    assert lights.since.elsewhere > lights.before.elsewhere
    shares = (found.surges_check, found.silences_check, found.drifts_check)
    assert all(0.06 < check.alarm_share < 0.14 for check in shares)


def test_a_week_of_street_lights_in_many_places_is_everywhere(boston):
    """As if September 26 to October 2 were the last week."""
    facts, city = boston
    weeks = read_weeks(facts, city.zone)
    cut = weeks.mondays.index(date(2011, 10, 3))
    then = replace(
        weeks,
        mondays=weeks.mondays[: cut + 1],
        counts=weeks.counts[:, :cut],
        in_no_neighborhood={key: row[:cut] for key, row in weeks.in_no_neighborhood.items()},
    )
    [lights], _ = find_surges(facts, then)
    assert lights.service.name == "Street Light Outages" and lights.is_everywhere
    assert (lights.cases, len(lights.neighborhoods)) == (420, 3)
