"""What changed: by hand on a few series, and by chance on many."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from portal.domain.findings import LEAST_WEEKS, MOST_ALARMS, Check, Findings, Outcome
from portal.findings.drifts import TypeWeeks, find_shares, judge_types, rate_sums
from portal.findings.shuffling import judge
from portal.findings.silences import count_silent_weeks, find_silences, run_chances
from portal.findings.surges import (
    choose_series,
    find_surges,
    pool_dispersion,
    rate_week,
    tail_chance,
)
from tests.performance.weekly import FewFacts, draw_weeks, make_weeks

CALM = [8, 12, 10, 9, 11, 10, 13, 7, 10, 10, 12, 8, 11, 9, 10, 10, 9, 11, 10]
"""Nineteen weeks of about ten cases, and a twentieth to be added."""


def surges_of(rows, without=(), draws=300):
    return find_surges(FewFacts(), make_weeks(rows, without), draws)


def silences_of(rows, draws=300):
    return find_silences(FewFacts(), make_weeks(rows), draws)


# Shuffling


def test_the_oddest_is_held_against_the_oddest_of_all_and_the_next_against_the_rest():
    """In 4 of 100 lists the first series is as odd as it is, in 20 the second, in 0 both."""
    shuffled = np.full((100, 2), 9.0)
    shuffled[:4, 0], shuffled[4:24, 1] = 0, 1

    calls = iter([shuffled[:50], shuffled[50:], shuffled[:50], shuffled[50:]])
    verdict = judge(np.array([0.0, 1.0]), lambda _chance, _number: next(calls), 100)
    assert verdict.chances.tolist() == [5 / 101, 21 / 101]
    assert verdict.stands_out == [0]


def test_where_everything_is_alike_nothing_stands_out():
    verdict = judge(np.ones(3), lambda _chance, number: np.ones((number, 3)), 100)
    assert verdict.stands_out == [] and verdict.alarm_share == 0


def test_without_series_there_is_no_share():
    verdict = judge(np.array([]), lambda _chance, number: np.ones((number, 0)))
    assert verdict.stands_out == [] and verdict.alarm_share is None


# Unusual in the last week


def test_the_tail_is_that_of_a_negative_binomial_with_this_mean_and_dispersion():
    cases, means, dispersion = np.array([0, 3, 20]), np.array([5.0, 5, 8]), np.array([2.0, 2, 3])
    size = means / (dispersion - 1)
    wanted = stats.nbinom.sf(cases - 1, size, 1 / dispersion)
    assert tail_chance(cases, means, dispersion) == pytest.approx(wanted)


def test_with_no_dispersion_the_tail_is_a_poissons():
    """Of five expected, the chance of one or more is 1 − e⁻⁵."""
    found = tail_chance(np.array([1]), np.array([5.0]), np.array([1.0]))
    assert found[0] == pytest.approx(1 - np.exp(-5), abs=1e-4)


def test_the_dispersion_is_that_of_all_neighborhoods_of_a_type():
    """Variances 12 and 28 of means 10 and 10, together 2; of another type 5 of 10, so 1."""
    chosen = choose_series(make_weeks({(1, 0): [10] * 20, (2, 0): [10] * 20, (1, 1): [10] * 20}))
    found = pool_dispersion(chosen, np.array([10.0, 10, 10]), np.array([12.0, 28, 5]))
    assert found == pytest.approx([2, 2, 1], abs=1e-3)


def test_a_week_is_rated_beside_all_the_others_without_itself():
    rows = {(place, 0): counts for place, counts in enumerate([[*CALM, 30], [*CALM[::-1], 9]])}
    chosen = choose_series(make_weeks(rows))
    others = np.array([CALM, CALM[::-1]], dtype=float)
    dispersion = max(1.0001, others.var(axis=1, ddof=1).sum() / others.mean(axis=1).sum())
    wanted = tail_chance(
        np.array([30, 9]), others.mean(axis=1), np.full(2, dispersion * (1 + 1 / 19))
    )
    assert rate_week(chosen, np.array([30.0, 9])) == pytest.approx(wanted)


def test_a_burst_in_one_neighborhood_is_here():
    rows = {(place, 0): [*CALM, 10] for place in range(6)}
    rows[3, 0] = [*CALM, 40]
    [surge], check = surges_of(rows)
    assert [place.slug for place in surge.neighborhoods] == ["neighborhood-3"]
    assert not surge.is_everywhere and (surge.cases, surge.usual) == (40, pytest.approx(10))
    assert (surge.others, surge.others_usual) == (50, pytest.approx(50))
    assert check.series == 6 and surge.chance <= MOST_ALARMS
    assert surge.weeks == (*CALM, 40)


def test_a_burst_in_the_whole_city_is_told_once_as_everywhere():
    """Also those in no neighborhood are in its numbers, as they are in the list it leads to."""
    rows = {(place, 0): [*CALM, 40] for place in range(6)}
    [surge], _ = surges_of(rows, without=[*[2] * 19, 7])
    assert surge.is_everywhere and len(surge.neighborhoods) == 6
    assert (surge.cases, surge.usual) == (247, pytest.approx(62))
    assert surge.case_filter.to_query_string() == (
        f"service=service-0&start={surge.first_day}&end={surge.last_day}"
    )


def test_a_burst_in_one_is_found_beside_one_in_the_whole_city():
    rows = {(place, 0): [*CALM, 30] for place in range(6)}
    rows[3, 0] = [*CALM, 120]
    found, _ = surges_of(rows)
    assert {surge.is_everywhere for surge in found} == {True, False}
    [here] = [surge for surge in found if not surge.is_everywhere]
    assert here.neighborhoods[0].slug == "neighborhood-3"


def test_a_type_of_one_neighborhood_is_here():
    [surge], _ = surges_of({(1, 0): [*CALM, 60]})
    assert not surge.is_everywhere and surge.others_usual == 0


def test_many_bursts_do_not_hide_each_other():
    rows = {(place, kind): [*CALM, 10] for place in range(5) for kind in range(8)}
    for kind in range(8):
        rows[kind % 5, kind] = [*CALM, 60 + 10 * kind]
    found, _ = surges_of(rows)
    assert len(found) == 8 and not any(surge.is_everywhere for surge in found)


def test_small_series_are_not_looked_at():
    assert surges_of({(1, 0): [*[1] * 19, 30]}) == ((), Check())
    assert surges_of({(1, 0): [0] * 20}) == ((), Check())
    assert silences_of({(1, 0): [0] * 20}) == ((), Check())


def test_a_season_is_claimed_with_two_years_alone():
    """The same weeks of each year have five times as many."""
    year = [(10, 9, 11, 12, 8)[week % 5] if week < 50 else 50 for week in range(52)]
    long = {(1, 0): [*year, *year, *year]}
    [surge], _ = surges_of(long)
    assert surge.earlier == pytest.approx((50 + 50 + year[0]) / 3, rel=0.1)
    assert surge.is_season
    short = {(1, 0): [*year[-20:], *year]}
    assert all(surge.earlier is None and not surge.is_season for surge in surges_of(short)[0])
    assert Findings(Outcome.LOOKED_AT, 0, known_weeks=104).knows_seasons
    assert not Findings(Outcome.LOOKED_AT, 0, known_weeks=103).knows_seasons


# Gone silent


def test_empty_weeks_at_the_end_are_counted():
    counts = np.array([[1, 0, 2, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])
    assert count_silent_weeks(counts).tolist() == [2, 5, 0]


def test_the_chance_that_shuffled_weeks_end_empty():
    """Two empty of four: the last one is in 2 of 4, the last two in 2/4 × 1/3."""
    found = run_chances(np.array([[3, 0, 1, 0]]), 3)
    assert found[0] == pytest.approx([1 / 2, 1 / 6, 0])


def test_one_that_stops_while_others_go_on_is_here():
    rows = {(place, 0): [*CALM, 10] for place in range(6)}
    rows[2, 0] = [*CALM[:-1], 0, 0]
    [silence], check = silences_of(rows)
    assert silence.silent_weeks == 2 and not silence.is_everywhere and check.series == 6
    assert silence.cases == sum(CALM[:-1]) and silence.usual == pytest.approx(10)
    assert silence.others == 5 * 20 and silence.others_usual == pytest.approx(100)
    first, last = (date.fromisoformat(day) for day in (silence.first_day, silence.last_day))
    assert last - first == timedelta(weeks=18, days=-1)


def test_a_type_that_ends_is_told_once():
    [silence], _ = silences_of({(place, 0): [*CALM[:-3], 0, 0, 0, 0] for place in range(6)})
    assert silence.is_everywhere and len(silence.neighborhoods) == 6 and silence.others == 0
    assert silence.case_filter.neighborhood == ()


def test_one_that_fell_silent_later_is_told_with_the_others():
    rows = {(place, 0): [*CALM[:-3], 0, 0, 0, 0] for place in range(6)}
    rows[4, 0] = [*CALM[:-1], 0, 0]
    [silence], _ = silences_of(rows)
    assert silence.is_everywhere and len(silence.neighborhoods) == 6
    assert silence.silent_weeks == 2 and silence.cases == sum(map(sum, rows.values()))


def test_what_has_been_silent_for_long_is_no_news():
    rows = {(place, 0): [*CALM, *CALM] for place in range(6)}
    rows[1, 0] = [*CALM, *CALM[:10], *[0] * 9]
    assert silences_of(rows)[0] == ()


# Slower or faster


def make_type(cases, in_time) -> TypeWeeks:
    cases, in_time = np.array(cases, dtype=float), np.array(in_time, dtype=float)
    return TypeWeeks(0, 3, cases.shape[1], tuple(range(len(cases))), cases, cases, in_time)


def test_one_that_slows_down_against_its_peers_stands_out():
    """In time were 9 of 10, then 4; elsewhere 8 and 7 of 10 in turn, always."""
    cases = [[10] * 16, [10] * 16, [10] * 16]
    other = [8, 7] * 8
    of_type = make_type(cases, [[9, 9, 8, 9, 9, 9, 10, 9, 4, 4, 5, 4, 4, 3, 4, 4], other, other])
    odd, check = judge_types([of_type], 300)
    assert check.series == 3
    first = odd[0][1]
    assert (first.row, first.change, first.is_better) == (0, 8, False)
    before, since = (find_shares(of_type, 0, slice(*span)) for span in ((0, 8), (8, 16)))
    assert (before.here, before.elsewhere) == (72 / 80, 0.75)
    assert (since.here, since.elsewhere) == (32 / 80, 0.75)


def test_what_all_neighborhoods_do_is_no_change_of_one():
    counts = [9, 9, 8, 9, 9, 9, 10, 9, 4, 4, 5, 4, 4, 3, 4, 4]
    of_type = make_type([[10] * 16] * 3, [counts] * 3)
    assert np.abs(of_type.differences()).max() == pytest.approx(0)
    assert judge_types([of_type], 300)[0] == []


def test_differences_add_up_to_nothing_and_a_week_without_peers_is_left_aside():
    chance = np.random.default_rng(1)
    cases = chance.poisson(9, (4, 20))
    cases[1:, 5] = 0
    of_type = make_type(cases, chance.binomial(cases, 0.6))
    differences = of_type.differences()
    assert differences.sum(axis=1) == pytest.approx(np.zeros(len(differences)))
    assert abs(differences[0, 5]) < 1e-9


def test_types_without_peers_or_with_few_cases_are_not_looked_at():
    assert judge_types([make_type([[10] * 16], [[9] * 16])]) == ([], Check())
    assert judge_types([make_type([[2] * 16] * 2, [[1] * 16] * 2)]) == ([], Check())
    assert judge_types([]) == ([], Check())
    assert rate_sums(np.zeros((1, 5))).tolist() == [0]


# By chance


CITIES = 150
HIGHEST = MOST_ALARMS + 3 * (MOST_ALARMS * (1 - MOST_ALARMS) / CITIES) ** 0.5
"""Three standard errors over the share that is promised."""


def test_where_nothing_changes_no_more_lists_have_alarms_than_the_page_claims():
    alarms, claims = 0, []
    for seed in range(CITIES):
        rows = draw_weeks(5, 6, 27, seed)
        found, check = surges_of(rows, draws=200)
        alarms += bool(found)
        claims.append(check.alarm_share)
    assert alarms / CITIES <= HIGHEST
    assert np.mean(claims) == pytest.approx(MOST_ALARMS, abs=0.02)


def test_the_same_of_silences():
    alarms = sum(
        bool(silences_of(draw_weeks(5, 6, 27, seed, mean=5.5, dispersion=4), 200)[0])
        for seed in range(CITIES)
    )
    assert 0 < alarms / CITIES <= HIGHEST


def test_the_same_of_drifts():
    alarms = 0
    for seed in range(CITIES):
        chance = np.random.default_rng(seed)
        types = []
        for _ in range(3):
            cases = chance.poisson(10, (5, 26))
            types.append(make_type(cases, chance.binomial(cases, 0.7)))
        alarms += bool(judge_types(types, 200)[0])
    assert alarms / CITIES <= HIGHEST


def test_fewer_weeks_than_can_stand_out_are_never_compared():
    """The chance of the odd one among n weeks in random order is 1/n."""
    assert 1 / LEAST_WEEKS < MOST_ALARMS
