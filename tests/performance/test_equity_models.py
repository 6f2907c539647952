"""Models of who is heard: known rates are found again, and what cannot be said is named."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from portal.domain.equity import (
    Equity,
    Interval,
    MeasureRatio,
    Outcome,
    Sample,
    Tract,
)
from portal.equity.false_alarms import Chance, Tracts, measure_alarm_share
from portal.equity.models import choose_tracts, fit_samples
from portal.equity.moran import compute_moran
from portal.equity.negative_binomial import Fitted, find_residuals, fit
from tests.performance.frames import APP, PHONE, draw_tracts, make_frame

ESDA = 0.6267039654063268
SAME = {"over_65": 0.1}


def fit_one(tracts, measures=("over_65",), channels=(PHONE,), touching=()):
    [sample] = [
        sample
        for sample in fit_samples(make_frame(tracts, measures, channels), touching, alarm_ratios=0)
        if sample.sample == Sample.RESIDENTIAL
    ]
    return sample


@pytest.fixture(scope="module")
def drawn():
    """400 tracts: ten points more over 65 halve requests by app; the phone does not care."""
    rate = lambda of: {"phone": 100.0, "app": 80 * 0.5 ** (of["over_65"] * 10)}  # noqa: E731
    return draw_tracts(400, rate)


def test_a_known_ratio_and_dispersion_are_found_again(drawn):
    sample = fit_one(drawn, channels=(PHONE, APP))
    phone, app = sample.fits
    assert (phone.outcome, app.outcome, sample.tracts) == ("fitted", "fitted", 400)
    [by_phone], [by_app] = phone.ratios, app.ratios
    assert by_app.ratio == pytest.approx(0.5, abs=0.03)
    assert by_app.interval.low < 0.5 < by_app.interval.high and by_app.is_clear()
    assert by_phone.ratio == pytest.approx(1, abs=0.03) and not by_phone.is_clear()
    assert phone.dispersion == pytest.approx(0.1, abs=0.02)
    assert by_app.by_neighborhood is not None and by_app.by_neighborhood.high < 1
    assert by_app.without_largest == pytest.approx(0.5, abs=0.04)


def test_the_stacked_model_says_how_far_channels_differ(drawn):
    stacked = fit_one(drawn, channels=(PHONE, APP)).stacked
    assert (stacked.outcome, stacked.reference) == (Outcome.FITTED, "phone")
    [contrast] = stacked.contrasts
    assert (contrast.channel, contrast.measure) == ("app", "over_65")
    assert contrast.ratio == pytest.approx(0.5, abs=0.04)
    assert contrast.interval.low < 0.5 < contrast.interval.high


def test_two_measures_have_their_contrasts_in_their_places(drawn):
    stacked = fit_one(drawn, ("over_65", "income"), (PHONE, APP)).stacked
    found = {contrast.measure: contrast.ratio for contrast in stacked.contrasts}
    assert found["over_65"] == pytest.approx(0.5, abs=0.04)
    assert found["income"] == pytest.approx(1, abs=0.15)


def test_an_amount_counts_by_its_logarithm():
    doubled = draw_tracts(400, lambda of: {"phone": 100 * of["income"] / 60_000})
    [ratio] = fit_one(doubled, ("income",)).fits[0].ratios
    assert ratio.ratio == pytest.approx(math.e, rel=0.06)
    twice, interval = ratio.shown()
    assert twice == pytest.approx(2, rel=0.05) and interval.low < 2 < interval.high


def test_with_one_channel_there_is_nothing_to_compare(drawn):
    assert fit_one(drawn).stacked.outcome == Outcome.ONE_CHANNEL


def test_the_five_largest_tracts_are_weighed():
    tracts = [
        Tract(str(index), "", 1000, True, {"over_65": index / 100}, {"phone": 20})
        for index in range(40)
    ]
    tracts[0] = replace(tracts[0], cases={"phone": 220})
    [fit] = fit_one(tracts).fits
    assert fit.largest_share == pytest.approx((220 + 4 * 20) / (220 + 39 * 20))
    [ratio] = fit.ratios
    assert ratio.ratio < 0.9 and ratio.without_largest == pytest.approx(1)
    assert ratio.by_neighborhood is None


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda tracts: tracts[:9], Outcome.TOO_FEW_TRACTS),
        (lambda tracts: [replace(one, cases={"phone": 0}) for one in tracts], "too_few_cases"),
        (lambda tracts: [replace(one, measures=SAME) for one in tracts], "no_variation"),
        (lambda tracts: [replace(one, population=0) for one in tracts], "too_few_tracts"),
        (lambda tracts: [replace(one, measures={}) for one in tracts], "too_few_tracts"),
        (
            lambda tracts: [
                replace(
                    one,
                    measures={"over_65": float(index < 30)},
                    cases={"phone": 0 if index < 30 else 90 + index % 20},
                )
                for index, one in enumerate(tracts)
            ],
            Outcome.SEPARATION,
        ),
        (
            lambda tracts: [replace(one, cases={"phone": 100}) for one in tracts],
            Outcome.FITTED,
        ),
    ],
)
def test_what_cannot_be_said_is_named(drawn, change, outcome):
    sample = fit_one(change(drawn[:60]))
    assert sample.fits[0].outcome == outcome
    equity = Equity(Outcome.FITTED, 1, make_frame(drawn[:60]), (sample,))
    assert "NaN" not in TypeAdapter(Equity).dump_json(equity).decode()


def test_requests_without_any_spread_have_no_dispersion(drawn):
    [fit] = fit_one([replace(one, cases={"phone": 100}) for one in drawn[:60]]).fits
    assert fit.dispersion == 0
    assert fit.ratios[0].ratio == pytest.approx(1)


@pytest.mark.parametrize("dispersion", [0, 0.01, 1])
@pytest.mark.parametrize("mean", [2, 8_000])
def test_the_search_finds_its_end_whatever_the_size_of_the_numbers(mean, dispersion):
    """Without columns of one size, a third of these gave up."""
    chance = np.random.default_rng(7)
    for _ in range(5):
        columns = np.column_stack([chance.uniform(0, 8, (121, 6)), chance.normal(11, 0.4, 121)])
        residents = np.exp(chance.normal(8, 0.5, 121))
        expected = mean * residents / residents.mean() * np.exp(0.1 * (columns[:, 0] - 4))
        spread = chance.gamma(1 / dispersion, dispersion, 121) if dispersion else 1
        found = fit(chance.poisson(expected * spread).astype(float), columns, residents)
        assert isinstance(found, Fitted), found
        assert found.ratio(0) == pytest.approx(math.exp(0.1), abs=5 * found.errors[0])


def test_false_alarms_are_counted_on_requests_that_nothing_explains():
    chance = np.random.default_rng(3)
    columns = chance.uniform(0, 8, (121, 2))
    known = Tracts(columns, np.full(121, 1000.0), [f"n{index % 12}" for index in range(121)])
    share = measure_alarm_share(known, [Chance(9_000, 0.1), Chance(3_000, 0)])
    assert share == measure_alarm_share(known, [Chance(9_000, 0.1), Chance(3_000, 0)])
    assert share is not None and 0.03 < share < 0.1
    assert measure_alarm_share(known, []) is None
    same = known._replace(columns=np.ones((121, 2)))
    assert measure_alarm_share(same, [Chance(9_000, 0.1)]) is None


def test_without_measures_or_channels_no_model_is_tried(drawn):
    assert fit(np.zeros(9), np.arange(9.0)[:, None], np.ones(9)) == Outcome.TOO_FEW_CASES
    assert fit_one(drawn, ()).fits[0].outcome == Outcome.NO_DEMOGRAPHICS
    assert fit_one(drawn, channels=()).stacked.outcome == Outcome.NO_CASES
    assert fit_samples(make_frame([]), ())[0].fits[0].outcome == Outcome.TOO_FEW_TRACTS


def test_tracts_of_a_sample():
    of = {"over_65": 0.1}
    tracts = [
        Tract("1", "", 600, True, of, {}),
        Tract("2", "", 600, False, of, {}),
        Tract("3", "", 400, True, of, {}),
        Tract("4", "", 900, True, {}, {}),
        Tract("5", "", 0, True, {}, {}),
    ]
    frame = make_frame(tracts)
    names = lambda sample: [tract.name for tract in choose_tracts(frame, sample)[0]]  # noqa: E731
    assert names(Sample.RESIDENTIAL) == ["1", "3"]
    assert names(Sample.POPULATED) == ["1", "2"]
    [residential, populated] = fit_samples(frame, ())
    assert (residential.tracts, residential.left_out, residential.without_measures) == (2, 1, 2)
    assert (populated.tracts, populated.left_out, populated.without_measures) == (2, 2, 1)
    unknown = make_frame([replace(tract, is_residential=None) for tract in tracts])
    assert [one.sample for one in fit_samples(unknown, ())] == [Sample.POPULATED]


def test_a_ratio_is_clear_only_if_every_interval_is():
    ratio = MeasureRatio("over_65", 0.5, Interval(0.4, 0.6))
    assert ratio.is_clear()
    assert not replace(ratio, by_neighborhood=Interval(0.4, 1.1)).is_clear()
    assert not replace(ratio, interval=Interval(0.9, 1.1)).is_clear()


def test_morans_i_by_hand():
    line = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]
    # Deviations -3 -1 1 3, weights shared by neighbors: -3·-1 + -1·(-3+1)/2 + 1·(-1+3)/2 + 3·1 = 8;
    # their squares are 20, and the weights add up to as many as there are places.
    found = compute_moran(np.array([0.0, 2, 4, 6]), line)
    assert found is not None and found.i == pytest.approx(8 / 20)
    assert compute_moran(np.array([1.0, 1, 1, 1]), line) is None
    assert compute_moran(np.array([1.0, 2]), []) is None


def test_morans_i_is_what_esda_says():
    """esda 2.9 on a grid of 10 by 10 (rook): Moran(values, lat2W(10, 10)).I."""
    values = np.add.outer(np.arange(10) % 4, np.arange(10) ** 0.5).ravel()
    pairs = [
        (row * 10 + column, (row + down) * 10 + column + right)
        for row in range(10)
        for column in range(10)
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0))
        if 0 <= row + down < 10 and 0 <= column + right < 10
    ]
    found = compute_moran(values, pairs)
    assert found is not None and found.i == pytest.approx(ESDA, abs=1e-9)
    assert found.p < 0.05 and found == compute_moran(values, pairs)


def test_deviance_residuals_by_hand():
    # Poisson: 4 cases where 1 is expected: 2(4 ln 4 - 3); none where 2 are expected: 2·2.
    found = find_residuals(np.array([4.0, 0, 3]), np.array([1.0, 2, 3]), 0)
    assert found == pytest.approx([math.sqrt(8 * math.log(4) - 6), -2, 0])
    # Alpha 1: none where 1 is expected: -sqrt(2 ln 2).
    [none] = find_residuals(np.array([0.0]), np.array([1.0]), 1)
    assert none == pytest.approx(-math.sqrt(2 * math.log(2)))
