"""Forecasts: kept when a page first comes, judged by hand on both databases, shown, in a file."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from lxml import html
from sqlalchemy import select, text

from app import create_app
from data_sync.forecasts import JUDGE_SECONDS, ForecastKeeper
from portal.domain.forecasts import Coverage
from portal.domain.intervals import share_interval
from portal.services.performance.forecasts import (
    NEW_SECONDS,
    Promise,
    Shown,
    add_promises,
    judge_forecasts,
    keep_page_promises,
)
from portal.store import data_version
from portal.store.forecast_models import ForecastRow
from portal.store.models import Case
from tests.conftest import NOW, epoch
from tests.support.pages import publish  # noqa: F401

PATH = "/performance/forecasts"
NOON = int(NOW.timestamp())
DAY, HOUR = 86_400, 3_600


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def client(portal):
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def history(add_case):
    """Sixty potholes of October: thirty closed on their second day, 24 on the tenth, six open."""
    for number, days in enumerate([1.5] * 30 + [9.5] * 24 + [None] * 6):
        opened = epoch("2026-10-01T12:00")
        closed = {} if days is None else closing(opened, days)
        add_case(f"old-{number}", opened="2026-10-01T12:00", **closed)


@pytest.fixture
def add_new(add_case):
    """Cases that were opened ten minutes ago and shown at once."""

    def add(count: int, name: str = "new", **columns) -> None:
        words = {"opened_at": NOON - 600, "first_seen_at": NOON - 600} | columns
        for number in range(count):
            add_case(f"{name}-{number}", opened="2026-11-23", **words)

    return add


@pytest.fixture
def store(portal):
    """The rows of a place: (days of half, days of nine in ten)."""

    def rows(place: str = "page") -> list[tuple]:
        columns = ForecastRow.days_50, ForecastRow.days_90
        query = select(*columns).where(ForecastRow.shown_on == place).order_by(ForecastRow.case_key)
        with portal.core.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    return rows


@pytest.fixture
def keep(portal, city, publish):  # noqa: F811
    def now(at: int = NOON) -> int:
        publish()
        return keep_page_promises(portal, city, at)

    return now


@pytest.fixture
def judge(portal, city, publish):  # noqa: F811
    """judge(4.5, close={1.5: 40}): 4.5 days later; forty new ones were closed after 1.5 days."""

    def later(days: float, close: dict[float, int] | None = None):
        now, begin = NOON + int(days * DAY), 0
        with portal.transaction() as connection:
            rev = data_version.advance(connection, city.id, now, is_public=True)
            for after, count in (close or {}).items():
                for number in range(begin, begin + count):
                    change = {"rev": rev, **closing(NOON - 600, after)}
                    case = Case.__table__.update().where(Case.case_id == f"new-{number}")
                    connection.execute(case.values(**change))
                begin += count
        publish()
        return judge_forecasts(portal, city, now)

    return later


def closing(opened_at: int, days: float) -> dict[str, object]:
    return {"status": "closed", "is_open": 0, "closed_at": round(opened_at + days * DAY)}


def test_a_new_case_is_kept_once_with_what_its_page_says(
    portal, city, keep, store, history, add_new
):
    add_new(2)
    assert keep() == 2
    assert store() == [(2, 10)] * 2
    assert (keep(), keep(NOON + 60)) == (0, 0)
    with portal.core.connect() as connection:
        row = connection.execute(select(ForecastRow.__table__)).first()
    assert (row.shown_at, row.rev) == (NOON, portal.facts(city.id).rev)
    page = create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()
    said = page.get("/cases/new-0").text
    assert "half are closed within 2 days, nine in ten within 10 days" in said


def test_what_is_not_new_is_not_kept(keep, store, history, add_new):
    add_new(1, "earlier", first_seen_at=NOON - NEW_SECONDS - 1)
    add_new(1, "long-open", opened_at=NOON - 31 * DAY)
    add_new(1, "held", visibility="held")
    assert keep() == 0 and store() == []


def test_cases_of_the_first_day_are_the_import_and_not_new(keep, store, add_new):
    add_new(40)
    assert keep() == 0 and store() == []


def test_a_page_without_a_number_is_kept_as_one(keep, store, judge, history, add_new):
    add_new(1, service="Graffiti")
    assert keep() == 1
    assert store() == [(None, None)]
    found = judge(20)
    assert found.without_number == 1 and found.counts == ()


def test_an_area_with_cases_enough_has_its_own_forecast(keep, store, add_case, history, add_new):
    opened = epoch("2026-10-05T12:00")
    for number in range(30):
        words = {"neighborhood": "Roxbury", **closing(opened, 4.5)}
        add_case(f"rox-{number}", opened="2026-10-05T12:00", **words)
    add_new(1, neighborhood="Roxbury")
    keep()
    assert store() == [(5, 5)]


def test_marks_are_judged_when_their_day_is_over(keep, judge, history, add_new):
    add_new(100)
    keep()
    early = judge(1.8, close={1.5: 40})
    assert early.cover("page", 50) == Coverage(waiting=100), "the slow ones could not count yet"
    found = judge(4)
    assert found.cover("page", 50) == Coverage(judged=100, kept=40)
    assert found.cover("page", 50).share == 0.4
    assert found.cover("page", 50).interval == share_interval(40, 100)
    assert found.cover("page", 90) == Coverage(waiting=100)
    assert found.cover("form", 50) == Coverage()


def test_open_past_its_mark_and_closed_after_it_are_missed(keep, judge, history, add_new):
    add_new(100)
    keep()
    found = judge(11, close={1.5: 40, 5: 30, 10.4: 10})
    assert found.cover("page", 50) == Coverage(judged=100, kept=40)
    assert found.cover("page", 90) == Coverage(judged=100, kept=70)
    assert found.cover("page", 90, "pothole", 2026 * 12 + 10) == found.cover("page", 90)
    assert found.cover("page", 90, "graffiti") == Coverage()


def test_closed_at_the_very_end_of_the_day_is_in_time(keep, judge, history, add_new):
    add_new(2)
    keep()
    assert judge(3, close={2: 1, 2.0001: 1}).cover("page", 50) == Coverage(judged=2, kept=1)


def test_what_cannot_be_true_and_what_is_hidden_counts_nowhere(
    portal, keep, judge, history, add_new
):
    add_new(3)
    keep()
    with portal.transaction() as connection:
        hidden = text("update cases set visibility = 'reporter', rev = 999 where case_id = 'new-2'")
        connection.execute(hidden)
    found = judge(3, close={-0.5: 1, 1: 1})
    assert found.cover("page", 50) == Coverage(judged=1, kept=1)


def test_a_private_reports_promise_is_not_even_a_number(portal, city, judge, history, add_new):
    add_new(1, "own", visibility="reporter")
    with portal.transaction() as connection:
        key = connection.execute(select(Case.id).where(Case.case_id == "own-0")).scalar_one()
        promises = [Shown(key, "form", NOON, Promise(1, None, None, 3))]
        add_promises(connection, city.id, promises)
    found = judge(20)
    assert (found.counts, found.without_number, found.first_at) == ((), 0, None)


def test_a_day_that_was_over_before_the_page_came_is_no_forecast(
    keep, judge, store, history, add_case, add_new
):
    closed = closing(epoch("2026-10-01T12:00"), 1.5)
    add_case("one-more", opened="2026-10-01T12:00", **closed)  # or the late one makes it fewer
    add_new(1, opened_at=NOON - 3 * DAY)
    keep()
    assert store() == [(2, 10)]
    found = judge(20)
    assert found.cover("page", 50) == Coverage()
    assert found.cover("page", 90) == Coverage(judged=1)


def test_the_worker_keeps_once_a_version_and_judges_every_quarter_of_an_hour(
    portal,
    city,
    publish,  # noqa: F811
    store,
    history,
    add_new,
):
    now = [NOON]
    keeper = ForecastKeeper(portal, city, lambda: float(now[0]))
    keeper.look()  # nothing is published
    add_new(1)
    publish()
    keeper.look()
    keeper.look()
    assert store() == [(2, 10)]
    made_at = text("select made_at from fitted_models where name = 'forecasts'")

    def judged_at() -> int:
        with portal.core.connect() as connection:
            return connection.execute(made_at).scalar_one()

    assert judged_at() == NOON
    add_new(1, "more")
    publish()
    for later, judged in ((60, NOON), (JUDGE_SECONDS, NOON + JUDGE_SECONDS)):
        now[0] = NOON + later
        keeper.look()
        assert judged_at() == judged
    now[0] += 10 * JUDGE_SECONDS
    keeper.look()
    assert judged_at() == NOON + JUDGE_SECONDS, "the data is the same"
    assert len(store()) == 2


def test_the_page_and_its_file_have_the_same_numbers(client, keep, judge, history, add_new):
    add_new(100)
    keep()
    judge(11, close={1.5: 40, 5: 30})
    page = html.fromstring(client.get(PATH).text)
    said = page.xpath("//main")[0].text_content()
    assert "of 100 cases whose day is over, 40% were closed by it (likely 31 to 50)" in said
    assert "of 100 cases whose day is over, 70% were closed by it (likely 60 to 78)" in said
    assert "They did not hold" in said
    assert page.xpath("//figure//circle")
    cells = [cell.text_content() for cell in page.xpath("//tr[th='Pothole']/td")]
    assert cells == ["40%31–50", "70%60–78", "100", "100"]
    rows = list(csv.DictReader(StringIO(client.get(f"{PATH}.csv").text)))
    assert [(row["promised_pct"], row["judged"], row["kept"]) for row in rows] == [
        ("50", "100", "40"),
        ("90", "100", "70"),
    ]
    assert rows[0]["opened_month"] == "2026-11" and rows[0]["shown_on"] == "page"


def test_few_waiting_and_none_are_sentences(client, keep, judge, history, add_new):
    add_new(5)
    keep()
    assert "No forecast has been kept yet" in client.get(PATH).text
    assert client.get(f"{PATH}.csv").status_code == 404
    judge(1)
    assert "The days of none of them are over yet: 10 are still to come." in client.get(PATH).text
    judge(3)
    answer = client.get(PATH).text
    assert "the day of 5 is over, too few to say" in answer
    assert "NaN" not in answer and "None" not in answer and "<figure" not in answer


def test_a_city_without_a_case_says_so(client, portal, city, publish):  # noqa: F811
    assert client.get(PATH).status_code == 503
    publish()
    found = judge_forecasts(portal, city, NOON)
    assert (found.counts, found.first_at) == ((), None)
    assert "No forecast has been kept yet" in client.get(PATH).text
