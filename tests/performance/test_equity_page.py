"""The page of who is heard: what it says, what it says when there is nothing, and its files."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import replace

import pandas as pd
import pytest
from lxml import html

from app import create_app
from layouts.performance.equity_dots import draw_ratio, place_of
from layouts.performance.equity_scripts import ModelNames, write_python, write_r
from layouts.performance.equity_words import (
    describe_difference,
    measure_names,
    measure_words,
    outcome_words,
    write_interval,
    write_ratio,
)
from layouts.shared.language import speaking
from layouts.shared.prerender import to_html
from portal.domain.demographics import MEASURES
from portal.domain.equity import CaseCounts, Equity, Interval, Outcome
from portal.equity.frame_csv import write_frame
from portal.equity.keep import save_equity
from portal.equity.models import fit_samples
from portal.facts import publish
from portal.services.sync import areas
from portal.services.sync.demographics import save_figures
from tests.conftest import NOW
from tests.performance.frames import APP, PHONE, draw_tracts, make_frame
from tests.support.outlines import rectangle

LABEL = "This is reporting, not need."


@pytest.fixture(scope="module")
def equity():
    """By app ten points more over 65 halve requests; the phone does not care."""
    rate = lambda of: {"phone": 100.0, "app": 80 * 0.5 ** (of["over_65"] * 10)}  # noqa: E731
    tracts = draw_tracts(120, rate)
    tracts[0] = replace(tracts[0], name="=1+1", measures={"over_65": 0.1})
    tracts[1] = replace(tracts[1], is_residential=False)
    frame = make_frame(tracts, ("over_65", "income"), (PHONE, APP))
    counts = CaseCounts(all_cases=20, without_location=1, in_no_tract=2, by_staff=3, counted=14)
    frame = replace(frame, counts=counts)
    return Equity(Outcome.FITTED, int(NOW.timestamp()), frame, fit_samples(frame, (), 200))


@pytest.fixture
def ask(portal, add_case, clock):
    """A function that asks for an address of Smallville, which has one case."""
    add_case("101")
    publish.update(portal.core, portal.cities["smallville"], portal.facts_folder)
    client = create_app(portal.settings, portal, clock).server.test_client()
    return client.get


def keep(portal, equity) -> None:
    with portal.transaction() as connection:
        save_equity(connection, "smallville", equity, 1, int(NOW.timestamp()))


def words_of(answer) -> str:
    [main] = html.fromstring(answer.data).xpath("//main")
    return " ".join(main.text_content().split())


def test_the_page_says_what_stands_out_and_what_it_is_not(portal, ask, equity):
    keep(portal, equity)
    answer = ask("/performance/equity")
    said = words_of(answer)
    assert answer.status_code == 200 and said.index(LABEL) < said.index("14 requests by residents")
    assert (
        "Tracts with 10 points more residents over 65 sent about half as many requests per resident"
        " by App" in said
    )
    assert "The same holds in tracts with 500 residents or more" in said
    share = equity.samples[0].alarm_share
    assert 0 < share < 0.15
    assert (
        f"4 ratios were looked at. If nothing made a difference, about {4 * share:.1f} of" in said
    )
    assert "All cases of these days20" in said and "In no census tract2" in said
    assert "Residential tracts: 118. Left out: 1 tracts of another kind, and 1 of which" in said
    assert "Without a location, or on a pin that means none1" in said
    assert "NaN" not in said and "nan" not in said.split()
    assert b'href="/data/counting#who-is-heard"' in answer.data


def test_a_new_answer_is_shown_though_the_data_is_the_same(portal, ask, clock, equity):
    keep(portal, equity)
    assert "14 requests" in words_of(ask("/performance/equity"))
    counts = replace(equity.frame.counts, counted=15)
    with portal.transaction() as connection:
        newer = replace(equity, frame=replace(equity.frame, counts=counts))
        save_equity(connection, "smallville", newer, 1, int(NOW.timestamp()) + 60)
    clock.now += 60
    assert "15 requests" in words_of(ask("/performance/equity"))


def test_without_demographics_the_page_says_so(portal, city, ask, equity):
    answer = ask("/performance/equity")
    assert LABEL in words_of(answer)
    assert "We do not know who lives in the census tracts of Smallville" in words_of(answer)
    assert ask("/performance/equity.csv").status_code == 404
    keep(portal, replace(equity, outcome=Outcome.NO_DEMOGRAPHICS, samples=()))
    assert "We do not know who lives" in words_of(ask("/performance/equity"))
    assert ask("/performance/equity.py").status_code == 404


def test_before_the_worker_has_been_there_the_page_says_so(portal, city, ask):
    layer = [("1", rectangle(42.31, 42.33, -71.09, -71.05))]
    with portal.transaction() as connection:
        areas.save_layer(connection, city, "tract", layer, int(NOW.timestamp()))
        save_figures(connection, city, {"1": {"population": 5.0}}, int(NOW.timestamp()))
    assert "This page is being made." in words_of(ask("/performance/equity"))


@pytest.mark.parametrize(
    ("tracts", "channels", "sentence"),
    [
        (5, (PHONE,), "Too few tracts to say anything."),
        (120, (), "No resident’s request is in a tract."),
    ],
)
def test_a_page_without_a_fitted_model_says_why(portal, ask, equity, tracts, channels, sentence):
    frame = replace(
        equity.frame, tracts=equity.frame.tracts[:tracts], channels=channels, first_day=""
    )
    keep(portal, replace(equity, frame=frame, samples=fit_samples(frame, (), 0)))
    said = words_of(ask("/performance/equity"))
    assert sentence in said and LABEL in said and "requests by residents from" not in said


def test_the_frame_is_a_csv_that_a_spreadsheet_does_not_run(portal, ask, equity):
    keep(portal, equity)
    answer = ask("/performance/equity.csv")
    frame = pd.read_csv(io.BytesIO(answer.data), dtype={"tract": str})
    assert list(frame.columns) == [
        *("tract", "neighborhood", "population", "over_65", "income", "cases_phone", "cases_app"),
        *("in_residential", "in_populated"),
    ]
    assert (len(frame), frame.in_residential.sum(), frame.in_populated.sum()) == (120, 118, 119)
    assert frame.tract[0] == "'=1+1" and pd.isna(frame.income[0])
    assert frame.cases_app.sum() == sum(tract.cases["app"] for tract in equity.frame.tracts)
    assert 'filename="smallville-equity.csv"' in answer.headers["Content-Disposition"]


def test_the_python_script_makes_the_same_numbers(tmp_path, equity):
    path = tmp_path / "frame.csv"
    path.write_bytes(write_frame(equity.frame))
    names = ModelNames(str(path), "in_residential", equity.frame.measures, ["cases_app"])
    script = write_python(names)
    lines = script.replace(str(path), "https://portal.example/equity.csv").splitlines()
    assert len(lines) == 12 and max(map(len, lines)) < 130
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(script, {})  # noqa: S102 - it is ours
    app = equity.samples[0].fits[1]
    assert app.channel == "app"
    for one in app.ratios:
        [line] = [line for line in printed.getvalue().splitlines() if line.startswith(one.measure)]
        wanted = [one.interval.low, one.interval.high, one.ratio]
        assert [float(number) for number in line.split()[1:]] == pytest.approx(wanted, abs=2e-4)
    alpha = float(printed.getvalue().splitlines()[1])
    assert alpha == pytest.approx(app.dispersion, abs=1e-4)


def test_the_scripts_are_served_with_their_address(portal, ask, equity):
    keep(portal, equity)
    python, r = (ask(f"/performance/equity.{name}").text for name in ("py", "R"))
    assert f'"{portal.settings.site_url}/performance/equity.csv"' in python
    assert 'for channel in ["cases_phone", "cases_app"]' in python
    assert 'terms <- c("over_65", "income", "offset(log(population))")' in r


def test_the_script_in_r_takes_logarithms_of_amounts_alone():
    r = write_r(ModelNames("f.csv", "in_populated", ["over_65", "density"], ["cases_a"]))
    assert 'for (share in c("over_65"))' in r and 'for (amount in c("density"))' in r
    assert "subset(frame, in_populated == 1)" in r


def test_every_measure_and_outcome_has_its_words():
    with speaking("en"):
        assert set(measure_words()) == set(measure_names()) == set(MEASURES)
        assert set(outcome_words()) == set(Outcome) - {Outcome.FITTED}


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.5, "about half as many requests"),
        (2.0, "about twice as many requests"),
        (1.05, "5% more requests"),
        (0.9, "10% fewer requests"),
        (1.002, "1% more requests"),
        (12.5, "1,150% more requests"),
    ],
)
def test_a_ratio_in_words(ratio, words):
    with speaking("en"):
        assert describe_difference(ratio) == words


def test_numbers_are_written_as_people_read_them():
    assert [write_ratio(ratio) for ratio in (1.0449, 0.0043, 12.3, 1234.5)] == [
        "1.04",
        "0.0043",
        "12.30",
        "1,234",
    ]
    assert write_interval(None) == "–" and write_interval(Interval(0.4, 0.723)) == "0.40–0.72"


def test_a_dot_stands_where_its_ratio_is():
    assert [place_of(ratio) for ratio in (0.1, 0.5, 1, 2**0.5, 2, 9, 0)] == [
        0,
        0,
        90,
        135,
        180,
        180,
        0,
    ]
    drawn = to_html(draw_ratio(1, Interval(0.1, 9), is_clear=False))
    assert drawn.count("<path") == 4 and 'fill="none"' in drawn and 'cx="90"' in drawn
    drawn = to_html(draw_ratio(1.2, Interval(1.1, 1.3), is_clear=True))
    assert drawn.count("<path") == 2 and 'fill="currentColor"' in drawn
