"""What cities' systems really answered, through the whole sync to what the public sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from data_sync.pull.run import sync_city
from portal import jurisdictions
from portal.domain.bounds import Bounds
from portal.facts.verify import verify
from tests.sources.conftest import answer_of
from tests.sync.support import public_rows_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COLOGNE = {
    "kind": "open311",
    "name": "sags-uns",
    "endpoint": "https://sags-uns.example/georeport/v2",
    "quirks": {"paging": "none"},
}
STATUSES = "select status, count(*) from public_cases group by status order by status"


@pytest.fixture
def cologne(city):
    bounds = Bounds(south=50.8, west=6.7, north=51.1, east=7.2)
    return replace(
        city,
        zone=ZoneInfo("Europe/Berlin"),
        bounds=bounds,
        sources=(COLOGNE,),
        no_place_pins=(),
        service_rules=(),
    )


def synced(portal, city, **options):
    report = sync_city(portal, city, now=lambda: NOW, **options)
    assert (report.problems, report.quarantined, report.has_failed) == ([], 0, False)
    assert verify(portal.core, city, portal.facts_folder) == []
    return report


def test_colognes_open311_answer_is_synced_live_and_again_from_the_saved_file(
    portal, cologne, real_data
):
    path = real_data / "open311" / "koeln_requests_2023-12-11.json"

    def fetch(url, **_rest):
        services = [
            {
                "service_code": "009",
                "service_name": "Schrottfahrzeuge/-fahrräder",
                "metadata": False,
                "type": "realtime",
            }
        ]
        return answer_of(services if "/services." in url else path.read_bytes(), url)

    report = synced(portal, cologne, fetch=fetch)
    assert (report.read, report.new, report.unchanged) == (50, 49, 1), (
        "one case is in the answer twice"
    )
    assert public_rows_of(portal, STATUSES) == [("open", 49)]
    opened = public_rows_of(portal, "select opened_at from public_cases where case_id = 'A-173480'")
    assert opened == [(int(datetime(2023, 12, 11, 8, 1, 37, tzinfo=UTC).timestamp()),)], (
        "09:01:37+01:00"
    )
    again = synced(portal, cologne, from_files=[path])
    assert (again.read, again.unchanged) == (50, 50)


@pytest.mark.parametrize(
    ("city_id", "file", "statuses"),
    [
        ("nyc", "nyc/nyc_soda_2026-04_newcols.csv", {"closed": 997, "in_progress": 2, "open": 1}),
        ("losangeles", "la/la_10k_2018.csv", {"closed": 9_971, "in_progress": 13, "open": 16}),
    ],
)
def test_exports_of_socrata_are_synced_without_a_row_refused(
    portal, real_data, city_id, file, statuses
):
    city = replace(jurisdictions.load(city_id), service_rules=(), boundaries=())
    synced(portal, city, from_files=[real_data / file])
    assert dict(public_rows_of(portal, STATUSES)) == statuses
