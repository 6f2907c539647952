"""Who is heard in Boston, July to December 2011, with BARI's tracts: the right numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely
from pyogrio.raw import read as read_layer

from data_sync.pull import boundaries
from data_sync.pull.demographics import read_figures
from data_sync.pull.run import sync_city
from portal.context import Portal
from portal.domain.equity import CaseCounts, Outcome
from portal.equity.make import make_equity
from portal.facts import publish
from portal.services.sync import demographics as stored
from portal.settings import Settings
from tests.conftest import prepare_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE, WEB, APP = "constituent-call", "self-service", "citizens-connect-app"


@pytest.fixture(scope="module")
def report_and_equity(real_data, tmp_path_factory):
    """What was taken of the census, and the models."""
    folder = tmp_path_factory.mktemp("boston")
    portal = Portal(Settings(data_dir=folder, secret_key="test", jurisdictions="boston"))
    city = portal.cities["boston"]
    prepare_store(portal)
    boundaries.store_layer(portal, city, "tract", read_bari_tracts(real_data), NOW)
    layer = real_data / "geo" / "boston_neighborhoods_2020tracts_24.geojson"
    polygons = boundaries.read_polygons(city, layer, "neighborhood")
    boundaries.store_layer(portal, city, "neighborhood", polygons, NOW)
    cases = real_data / "boston" / "boston_2011_311_service_requests.zip"
    sync_city(portal, city, from_files=[cases])
    report = store_census(portal, city, real_data)
    yield report, make_equity(portal, city, int(NOW.timestamp()))
    portal.close()


def read_bari_tracts(real_data):
    """The 178 tracts of BARI's shapefile, in degrees of NAD83, a meter from WGS84 at most."""
    archive = f"/vsizip/{real_data}/geo/BARI_CensusTract2010.zip"
    path = f"{archive}/BARI_CensusTract2010/Tracts_Boston_2010_BARI/Tracts_Boston BARI.shp"
    _, _, geometries, [names] = read_layer(path, columns=["GEOID10"])
    shapes = shapely.from_wkb(geometries)
    return sorted(
        (name, shapely.to_geojson(shape)) for name, shape in zip(names, shapes, strict=True)
    )


def store_census(portal, city, real_data):
    files = ["BARI_CensusTract2010.zip", "greater_boston_tracts2012_demographics.geojson"]
    paths = [real_data / "geo" / name for name in files]
    with portal.core.connect() as connection:
        tracts = list(stored.list_tracts(connection, city.id))
    figures, report = read_figures(city.demographics, city.id, tracts, paths)
    with portal.transaction() as connection:
        stored.save_figures(connection, city, figures, int(NOW.timestamp()))
    publish.update(portal.core, city, portal.facts_folder)
    return report


@pytest.fixture
def equity(report_and_equity):
    return report_and_equity[1]


@pytest.fixture
def residential(equity):
    """The models of the residential tracts by channel."""
    return {fit.channel: fit for fit in equity.samples[0].fits}


def test_nine_incomes_are_missing_and_809_rows_are_of_other_towns(report_and_equity):
    report, _ = report_and_equity
    assert (report.taken, report.tracts, report.without_people) == (178, 178, 3)
    assert report.missing["income"] == 9
    assert report.rows_elsewhere == 987 - 178
    assert report.without_row == []


def test_cases_that_are_left_out_are_counted(equity):
    assert equity.frame.counts == CaseCounts(
        all_cases=58_251,
        without_location=4_775,
        in_no_tract=41,
        by_staff=17_075,
        counted=36_360,
    )
    assert (equity.frame.first_day, equity.frame.last_day) == ("2011-07-01", "2011-12-31")


def test_the_residential_sample_has_121_tracts(equity, residential):
    assert (equity.samples[0].sample, equity.samples[0].tracts) == ("residential", 121)
    assert {name: fit.cases for name, fit in residential.items()} == {
        PHONE: 18_547,
        WEB: 5_785,
        APP: 2_305,
        "twitter": 1,
    }
    assert residential["twitter"].outcome == Outcome.TOO_FEW_CASES


def test_ratios_by_phone_and_by_app_are_the_right_ones(residential):
    phone, app = ({one.measure: one for one in residential[name].ratios} for name in (PHONE, APP))
    black, older = phone["black"], app["over_65"]
    assert round(black.ratio, 3) == 1.045
    assert [round(edge, 3) for edge in (black.interval.low, black.interval.high)] == [1.020, 1.071]
    assert round(phone["bachelor"].ratio, 3) == 0.951
    assert round(phone["income"].ratio, 3) == 1.537
    assert round(residential[PHONE].dispersion, 3) == 0.057
    assert round(older.ratio, 3) == 0.535
    assert [round(edge, 3) for edge in (older.interval.low, older.interval.high)] == [0.397, 0.719]
    assert round(residential[APP].dispersion, 3) == 0.540
    assert round(residential[APP].moran, 2) == 0.52


def test_what_holds_in_one_sample_may_not_hold_in_the_other(equity):
    """By app, tracts with more older residents stand out only among the residential ones."""
    older = [
        next(
            one
            for fit in sample.fits
            if fit.channel == APP
            for one in fit.ratios
            if one.measure == "over_65"
        )
        for sample in equity.samples
    ]
    assert [one.is_clear() for one in older] == [True, False]
    assert equity.samples[1].tracts == 167


def test_the_page_says_how_often_chance_stands_out(equity):
    """Of ratios of requests that nothing explains, about 6 in 100, where intervals promise 5."""
    assert all(0.04 < sample.alarm_share < 0.08 for sample in equity.samples)
