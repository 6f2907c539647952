"""What changed: from the cases of a small city to the page, its file, and the lists it leads to."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from lxml import html

from app import create_app
from data_sync.kept_answers import ANSWERS, PAUSE_SECONDS, make_if_due
from portal.cli.findings import findings as findings_command
from portal.domain.findings import Check, Findings, Outcome, Shares
from portal.facts import publish as facts
from portal.findings.drifts import is_large
from portal.findings.keep import read_findings, save_findings
from portal.findings.make import find_changes, make_findings
from portal.findings.weeks import read_weeks
from portal.services.sync import sync_runs
from tests.conftest import NOW
from tests.support.findings import DORCHESTER, DRIFT, FOUND, ROXBURY, SILENCE, SURGE

PATH = "/performance/changes"
MONDAY = date(2026, 11, 16)
"""Of the last whole week before NOW, a Monday noon."""


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def publish(portal, city):
    return lambda: facts.update(portal.core, city, portal.facts_folder)


@pytest.fixture
def ask(portal, add_case, publish, clock):
    """A function that asks for an address of Smallville, which has one case."""
    add_case("101")
    publish()
    return create_app(portal.settings, portal, clock).server.test_client().get


def keep(portal, found: Findings = FOUND) -> None:
    with portal.transaction() as connection:
        save_findings(connection, "smallville", found, 1, int(NOW.timestamp()))


def words_of(answer) -> str:
    [main] = html.fromstring(answer.data).xpath("//main")
    return " ".join(main.text_content().split())


class TestOnBothDatabases:
    @pytest.fixture(params=["sqlite", "postgresql"])
    def database(self, request) -> str:
        return request.param

    def test_whole_weeks_begin_on_monday_in_the_city(self, portal, city, add_case, publish):
        """Ten weeks of one case each; the first and the last week are not over on both sides."""
        zone = city.zone
        for week in range(10):
            at = datetime(2026, 9, 7, 0, 30, tzinfo=zone) + timedelta(weeks=week)
            add_case(str(100 + week), opened=at.isoformat(), neighborhood="Roxbury")
        sunday = datetime(2026, 9, 20, 23, 30, tzinfo=zone)
        add_case("201", opened=sunday.isoformat(), neighborhood="Roxbury")
        add_case("202", opened=sunday.isoformat())
        add_case("203", opened="1999-12-31", neighborhood="Roxbury")
        publish()
        weeks = read_weeks(portal.facts(city.id), zone)
        assert (weeks.mondays[0], weeks.mondays[-1]) == (date(2026, 9, 14), date(2026, 11, 9))
        assert weeks.counts.tolist() == [[2, 1, 1, 1, 1, 1, 1, 1]]
        [(service, others)] = weeks.in_no_neighborhood.items()
        assert others.tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
        assert weeks.sum_type(service).tolist() == [3, 1, 1, 1, 1, 1, 1, 1]

    def test_an_empty_city_and_one_week(self, portal, city, add_case, publish):
        publish()
        assert read_weeks(portal.facts(city.id), city.zone) is None
        assert find_changes(portal.facts(city.id), city).outcome == Outcome.NO_CASES
        add_case("101", opened="2026-11-18", neighborhood="Roxbury")
        publish()
        assert find_changes(portal.facts(city.id), city).outcome == Outcome.TOO_FEW_WEEKS

    def test_an_answer_is_kept_and_read_again(self, portal):
        keep(portal)
        keep(portal)
        with portal.public_connection() as connection:
            assert read_findings(connection, "smallville") == FOUND


@pytest.fixture
def autumn(add_case, publish):
    """Five or six potholes a week in three neighborhoods. In the last week Roxbury has thirty.

    All are closed within a day, but in Dorchester since October 5 after nine days.
    """
    for week in range(16):
        monday = MONDAY - timedelta(weeks=15 - week)
        for place in ("Roxbury", "Dorchester", "Mattapan"):
            is_burst = monday == MONDAY and place == "Roxbury"
            is_slow = monday >= date(2026, 10, 5) and place == "Dorchester"
            for number in range(30 if is_burst else 5 + week % 2):
                opened = datetime.combine(monday, datetime.min.time(), UTC) + timedelta(
                    days=number % 5 + 1, hours=number
                )
                closed = opened + (timedelta(days=9) if is_slow else timedelta(hours=5))
                add_case(
                    f"{week:02d}{place[0]}{number:02d}",
                    opened=opened.isoformat(),
                    closed=closed.isoformat(),
                    neighborhood=place,
                )
    add_case("999", opened=NOW.astimezone(UTC).isoformat())
    publish()


def test_from_the_cases_to_the_page_and_on_to_exactly_these(portal, city, autumn, clock):
    found = make_findings(portal, city, int(NOW.timestamp()))
    assert (found.first_day, found.last_day) == ("2026-11-16", "2026-11-22")
    # The first of the sixteen weeks may have begun before the record did.
    assert (found.base_weeks, found.surges_check.series) == (14, 3)
    [surge], [drift] = found.surges, found.drifts
    assert (surge.cases, surge.usual, surge.is_everywhere) == (30, pytest.approx(5.5), False)
    assert (drift.neighborhood.name, drift.is_better, drift.days) == ("Dorchester", False, 1)
    assert drift.first_day == "2026-10-05" and drift.last_day == "2026-11-15"
    assert (drift.before, drift.since) == (Shares(1, 1), Shares(0, 1))
    assert found.silences == ()
    client = create_app(portal.settings, portal, clock).server.test_client()
    page = html.fromstring(client.get(PATH).data)
    links = page.xpath("//main//a[starts-with(., 'See the ')]")
    assert len(links) == 2
    for link in links:
        listed = html.fromstring(client.get(link.get("href")).data).xpath("//h1")[0].text_content()
        assert re.search(r"\d+", listed)[0] == re.search(r"\d+", link.text_content())[0]


def test_the_page_says_what_stands_out_and_how_often_it_is_wrong(portal, ask):
    keep(portal)
    answer = ask(PATH)
    said = words_of(answer)
    assert answer.status_code == 200
    for sentence in (
        "The week from 16 November 2026 to 22 November 2026, compared with the 13 weeks before.",
        "Pothole in Dorchester: 41% now closed within 3 days, 78% before",
        "In the other neighborhoods together, 77% are closed in that time, 75% before.",
        "42 Pothole cases in Roxbury; a usual week has about 10",
        "all other neighborhoods together had 31 in that time, and usually have about 30.",
        "No =Street Light case in Roxbury in the last 2 weeks",
        "We looked at 12 types in neighborhoods.",
        "9% of such lists would still name something.",
        "11% of such lists would still name something.",
        "27% of such pages would name something in one of the lists.",
        "So nothing here claims a season",
        "In no neighborhood50",
        "Of rarer ones, where a surprise says nothing150",
    ):
        assert sentence in said, sentence
    assert said.count("Nothing stands out.") == 1
    assert "nan" not in said.lower().split()
    assert b'href="/data/counting#what-changed"' in answer.data
    anchors = html.fromstring(ask("/data/counting").data).xpath("//*[@id='what-changed']")
    assert len(anchors) == 1


def test_a_neighborhood_that_stays_where_another_changes_has_not_changed():
    """Against the others it is 60 points better: the other is worse."""
    assert is_large(DRIFT) and not is_large(replace(DRIFT, is_better=True))
    same = Shares(0.9, 0.3)
    assert not is_large(replace(DRIFT, is_better=True, before=Shares(0.9, 0.9), since=same))
    assert not is_large(replace(DRIFT, before=Shares(0.9, 0.9), since=Shares(0.5, 0.5)))


def test_what_is_everywhere_and_comes_with_the_season(portal, ask):
    surge = replace(
        SURGE, is_everywhere=True, neighborhoods=(ROXBURY, DORCHESTER), earlier=39.5, is_season=True
    )
    ended = replace(SILENCE, is_everywhere=True, others=0)
    fewer = replace(SILENCE, is_everywhere=True, others=3, silent_weeks=1)
    keep(portal, replace(FOUND, surges=(surge,), silences=(ended, fewer), known_weeks=110))
    said = words_of(ask(PATH))
    for sentence in (
        "42 Pothole cases in the whole city; a usual week has about 10",
        "It is everywhere: Roxbury and Dorchester have more than usual, but no more than their",
        "Around this week of earlier years, there were about 40 a week. So it comes with the",
        "The type may have ended or been renamed.",
        "It is everywhere: the whole city had 3 in that time, and usually has about 44.",
        "No =Street Light case in Roxbury in the last week",
        "Weeks are compared with those of earlier years",
    ):
        assert sentence in said, sentence
    assert "So nothing here claims a season" not in said


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome.NO_CASES, "There are no cases yet, so nothing has changed."),
        (Outcome.TOO_FEW_WEEKS, "There are fewer than 13 whole weeks of cases"),
    ],
)
def test_a_page_with_nothing_to_compare_says_so(portal, ask, outcome, sentence):
    keep(portal, Findings(outcome, int(NOW.timestamp())))
    assert sentence in words_of(ask(PATH))
    assert len(ask(f"{PATH}.csv").text.splitlines()) == 1


def test_without_a_series_no_share_is_claimed(portal, ask):
    nothing = Check()
    keep(
        portal,
        replace(
            FOUND, surges=(), silences=(), drifts=(),
            surges_check=nothing, silences_check=nothing, drifts_check=nothing,
        ),
    )  # fmt: skip
    said = words_of(ask(PATH))
    assert said.count("Nothing stands out.") == 4
    assert "There was nothing to look at" in said and "such lists" not in said


def test_a_long_list_is_cut_on_the_page_and_whole_in_the_file(portal, ask):
    keep(portal, replace(FOUND, surges=(SURGE,) * 30))
    answer = ask(PATH)
    assert words_of(answer).count("42 Pothole cases in Roxbury;") >= 20
    assert answer.text.count("<h3") == 22 and "The first 20; the file below has all." in answer.text
    assert len(list(csv.reader(io.StringIO(ask(f"{PATH}.csv").text)))) == 33


def test_before_anyone_has_looked_the_page_says_so(portal, ask):
    assert "This page is being made." in words_of(ask(PATH))
    assert ask(f"{PATH}.csv").status_code == 404


def test_the_file_has_a_row_for_each_and_the_address_of_its_cases(portal, ask):
    keep(portal)
    answer = ask(f"{PATH}.csv")
    slower, unusual, silent = csv.DictReader(io.StringIO(answer.text))
    assert [row["list"] for row in (slower, unusual, silent)] == ["slower", "unusual", "silent"]
    assert slower["share_since"] == "0.41" and slower["usual_cases"] == ""
    assert unusual["cases"] == "42" and unusual["neighborhoods"] == "Roxbury"
    assert silent["service"] == "'=Street Light" and silent["silent_weeks"] == "2"
    assert unusual["cases_url"] == (
        f"{portal.settings.site_url}/cases?service=pothole&neighborhood=roxbury"
        "&start=2026-11-16&end=2026-11-22"
    )
    assert 'filename="smallville-changes.csv"' in answer.headers["Content-Disposition"]


def test_performance_leads_to_it(ask):
    assert f'href="{PATH}"' in ask("/performance").text


def test_the_worker_looks_once_for_each_version_of_the_data(portal, city, add_case, publish):
    asked = []

    def run(arguments):
        asked.append(arguments)
        make_findings(portal, city, int(NOW.timestamp()))

    answer = ANSWERS[1]
    assert make_if_due(portal, city, answer, run) is None  # nothing is published
    add_case("101")
    with portal.transaction() as connection:
        number = sync_runs.start_run(connection, city.id, "town", int(NOW.timestamp()))
        sync_runs.finish_run(connection, city.id, number, "done", None, int(NOW.timestamp()))
    publish()
    assert make_if_due(portal, city, answer, run) == PAUSE_SECONDS
    assert make_if_due(portal, city, answer, run) is None
    add_case("102")
    publish()
    assert make_if_due(portal, city, answer, run) == PAUSE_SECONDS
    assert asked == [["findings", city.id]] * 2


def test_the_command_refuses_a_city_without_facts(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORTAL_SECRET_KEY", "test")
    result = CliRunner().invoke(findings_command, ["boston"])
    assert result.exit_code == 1 and "There are no facts of boston yet" in str(result.exception)


def test_zones_with_a_change_of_clocks_have_whole_weeks(portal, city, add_case, publish):
    """On November 1 the clocks go back: 23:30 that Sunday is still in its week."""
    zone = ZoneInfo("America/New_York")
    for week in range(9):
        at = datetime(2026, 9, 27, 23, 30, tzinfo=zone) + timedelta(weeks=week)
        add_case(str(100 + week), opened=at.isoformat(), neighborhood="Roxbury")
    publish()
    weeks = read_weeks(portal.facts(city.id), zone)
    assert weeks.counts.tolist() == [[1] * 7]
