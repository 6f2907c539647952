"""Boston's whole file of 2011, July on: the numbers its description gives, on both stores."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from app import create_app
from data_sync.pull.run import sync_city
from portal import jurisdictions
from portal.context import Portal
from portal.domain.as_of import end_of_day
from portal.domain.filters import CaseFilter
from portal.facts.reader import open_newest
from portal.facts.verify import verify
from portal.filter_sql import Selection
from portal.queries.performance.cohorts import read_cohorts
from portal.settings import Settings
from portal.store.public_views import VIEWS
from tests.conftest import prepare_store
from tests.support.databases import lend_database
from tests.sync.support import public_rows_of, rows_of

# Written here anew, so that a mistake in our own patterns cannot hide itself.
PHONE = re.compile(r"(?<!\d)\(?\d{3}\)?[-. ]{1,2}\d{3}[-. ]\d{4}(?!\d)")
EMAIL = re.compile(r"\S+@\S+\.\S+")
CHANNELS = {
    "Constituent Call": 28_136,
    "Employee Generated": 17_925,
    "Self Service": 8_160,
    "Citizens Connect App": 3_907,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def boston(request, real_data, tmp_path_factory):
    """A portal that has read the file once, and the report of it."""
    folder = tmp_path_factory.mktemp("boston")
    url = request.getfixturevalue("boston_postgresql") if request.param == "postgresql" else ""
    settings = Settings(
        data_dir=folder, database_url=url, secret_key="test", jurisdictions="boston"
    )
    portal = Portal(settings)
    prepare_store(portal)
    report = sync_city(portal, portal.cities["boston"], from_files=[zip_of(real_data)])
    yield portal, report
    portal.close()


@pytest.fixture(scope="module")
def boston_postgresql(postgres_cluster):
    """A database of this file's own."""
    with lend_database(postgres_cluster) as url:
        yield url


def zip_of(real_data: Path) -> Path:
    return real_data / "boston" / "boston_2011_311_service_requests.zip"


def test_all_cases_are_stored(boston):
    _, report = boston
    assert (report.read, report.new, report.quarantined, report.problems) == (58_251, 58_251, 0, [])


def test_closed_open_and_unplaced_cases_are_as_described(boston):
    portal, _ = boston
    assert dict(
        public_rows_of(portal, "select status, count(*) from public_cases group by status")
    ) == {"closed": 54_570, "open": 3_681}
    assert rows_of(
        portal, "select count(*) from cases where place_precision = 'exact' and lat is null"
    ) != [(0,)]
    [(unplaced,)] = public_rows_of(portal, "select count(*) from public_cases where lat is null")
    assert unplaced == 4_775


def test_channels_are_as_described(boston):
    portal, _ = boston
    query = (
        "select l.name, count(*) from public_cases c"
        " join public_labels l on l.label_id = c.channel_id group by l.name"
    )
    counts = dict(public_rows_of(portal, query))
    assert {name: counts[name] for name in CHANNELS} == CHANNELS


def test_open_cases_are_never_zero_days(boston):
    portal, _ = boston
    assert public_rows_of(
        portal, "select count(*) from public_cases where is_open = 1 and days_open is not null"
    ) == [(0,)]
    assert public_rows_of(
        portal, "select count(*) from public_cases where is_open = 0 and days_open is null"
    ) == [(0,)]


def test_no_phone_number_and_no_email_is_in_any_public_view(boston):
    portal, _ = boston
    original = rows_of(
        portal, "select closure_reason from case_originals where closure_reason is not null"
    )
    assert sum(bool(EMAIL.search(reason)) for (reason,) in original) == 164
    assert sum(bool(PHONE.search(reason)) for (reason,) in original) >= 960
    for view in VIEWS:
        # Without the public's time limit: a busy test machine is not the question.
        for found in rows_of(portal, f"select * from {view}"):
            for value in found:
                assert not (
                    isinstance(value, str) and (PHONE.search(value) or EMAIL.search(value))
                ), (view, value)


def test_the_facts_say_what_the_store_says(boston):
    portal, _ = boston
    assert verify(portal.core, portal.cities["boston"], portal.facts_folder) == []
    facts = open_newest(portal.facts_folder, "boston")
    assert facts.rows(
        "select count(*), count(*) filter (status = 2), count(quad) from cases", []
    ) == [(58_251, 54_570, 53_476)]


def test_reading_it_again_changes_nothing(boston, real_data):
    portal, first = boston
    again = sync_city(portal, jurisdictions.load("boston"), from_files=[zip_of(real_data)])
    assert (again.read, again.unchanged, again.data_version) == (58_251, 58_251, first.data_version)


def test_the_file_of_a_filtered_list_has_the_rows_of_the_citys_own_file(boston, real_data):
    """Row for row, as pandas reads the source: closed cases of the Dorchester neighborhood.

    Types are left out: Boston's file writes some of them in two ways, which we join.
    """
    portal, _ = boston
    source = pd.read_csv(zip_of(real_data), dtype=str, keep_default_na=False)
    wanted = source[(source.neighborhood == "Dorchester") & (source.case_status == "Closed")]
    client = create_app(portal.settings, portal).server.test_client()
    answer = client.get("/cases.csv?neighborhood=dorchester&status=closed")
    found = pd.read_csv(io.BytesIO(answer.data), dtype=str, keep_default_na=False)
    assert len(wanted) > 5_000
    assert answer.headers["X-Result-Count"] == str(len(wanted))
    expected = {
        row.case_enquiry_id: (
            in_utc(row.open_dt),
            in_utc(row.closed_dt),
            in_utc(row.target_dt),
            row.source,
            {"ONTIME": "true", "OVERDUE": "false", "": ""}[row.ontime],
        )
        for row in wanted.itertuples()
    }
    columns = ["opened_at", "closed_at", "target_at", "channel", "city_on_time"]
    got = dict(zip(found.case_id, found[columns].itertuples(index=False, name=None), strict=True))
    assert got == expected


def in_utc(local: str) -> str:
    """A time of Boston's file as the portal writes it."""
    if not local:
        return ""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("America/New_York"))
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_days_to_close_of_every_type_are_those_of_statsmodels(boston):
    """Until January 1, 2012. The closed ones alone would say 1 for New Tree Requests."""
    portal, _ = boston
    city = portal.cities["boston"]
    until = end_of_day(date(2012, 1, 1), city.zone)
    facts = portal.facts(city.id)
    everything = Selection(CaseFilter(), city.zone)
    ours = {one.name: one for one in read_cohorts(facts, everything, "service", until)}
    assert len(ours) > 100
    rows = facts.frame(
        "select s.name as service, opened_at, closed_at, status, contradictions from cases"
        " join services s on s.service_id = cases.service"
    ).astype({"opened_at": float, "closed_at": float})
    for name, cases in rows[rows.opened_at <= until].groupby("service"):
        found = ours[name]
        assert found.opened == len(cases)
        wanted = [other_days(cases, until, share) for share in (50, 90)]
        assert [found.days_until(share) for share in (50, 90)] == wanted, name
    trees = ours["New Tree Requests"]
    assert (trees.opened, trees.days_until(50), trees.days_until(90)) == (485, 146, None)


def other_days(cases: pd.DataFrame, until: int, share: int) -> int | None:
    """By whose end a share is closed, by statsmodels: an open case is at risk for its whole days,
    and what cannot be true is left out."""
    is_closed = (cases.status == 2) & ~(cases.closed_at > until)
    is_possible = (cases.closed_at >= cases.opened_at) & (cases.contradictions & 2 == 0)
    is_kept = ~is_closed | is_possible
    cases, is_closed = cases[is_kept], is_closed[is_kept]
    took = ((cases.closed_at - cases.opened_at) / 86_400).pipe(np.ceil)
    watched = (until - cases.opened_at) // 86_400
    is_over = is_closed & (took.clip(lower=1) <= watched)
    times = took.clip(lower=1).where(is_over, watched + 0.5).astype(float)
    if not is_over.any():
        return None
    survival = SurvfuncRight(times.to_numpy(), is_over.astype(int).to_numpy())
    reached = survival.surv_times[survival.surv_prob <= 1 - share / 100 + 1e-12]
    return int(reached[0]) if len(reached) else None
