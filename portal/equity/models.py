"""The models of a frame: one for each channel and one of all, for both samples of tracts.

    samples = fit_samples(frame, touching)

Requests of a tract, as a multiple of its residents, are explained by all of its measures at once:
shares in steps of ten points, amounts by their logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from portal.domain.demographics import AMOUNTS
from portal.domain.equity import (
    LARGEST,
    LEAST_NEIGHBORHOODS,
    LEAST_PER_MEASURE,
    LEAST_RESIDENTS,
    POINTS,
    ChannelContrast,
    ChannelFit,
    Frame,
    Interval,
    MeasureRatio,
    Outcome,
    Sample,
    SampleFit,
    StackedFit,
    Tract,
)
from portal.equity.false_alarms import RATIOS, Chance, Tracts, measure_alarm_share
from portal.equity.moran import compute_moran
from portal.equity.negative_binomial import Fitted, fit

Touching = Sequence[tuple[str, str]]
"""Names of two tracts that touch, each pair both ways."""


def fit_samples(
    frame: Frame, touching: Touching, alarm_ratios: int = RATIOS
) -> tuple[SampleFit, ...]:
    """Both samples; without the residential one where the city's files do not say which are.

    `alarm_ratios`: how many ratios the share of false alarms is measured on.
    """
    knows_kinds = any(tract.is_residential is not None for tract in frame.tracts)
    samples = [Sample.RESIDENTIAL, Sample.POPULATED] if knows_kinds else [Sample.POPULATED]
    return tuple(_fit_sample(frame, sample, touching, alarm_ratios) for sample in samples)


def choose_tracts(frame: Frame, sample: Sample) -> tuple[list[Tract], int]:
    """The tracts a sample's models are made from, and how many more are of its kind."""
    kind = [tract for tract in frame.tracts if _is_of_kind(tract, sample)]
    whole = [
        tract
        for tract in kind
        if tract.population > 0 and all(name in tract.measures for name in frame.measures)
    ]
    return whole, len(kind) - len(whole)


def _is_of_kind(tract: Tract, sample: Sample) -> bool:
    if sample == Sample.RESIDENTIAL:
        return bool(tract.is_residential)
    return tract.population >= LEAST_RESIDENTS


def _fit_sample(frame: Frame, sample: Sample, touching: Touching, alarm_ratios: int) -> SampleFit:
    tracts, without_measures = choose_tracts(frame, sample)
    fits = tuple(_fit_channel(frame, tracts, channel.slug, touching) for channel in frame.channels)
    return SampleFit(
        sample=sample,
        tracts=len(tracts),
        left_out=len(frame.tracts) - len(tracts) - without_measures,
        without_measures=without_measures,
        fits=fits,
        stacked=_fit_stacked(frame, tracts, fits),
        alarm_share=_measure_alarms(frame, tracts, fits, alarm_ratios),
    )


def _measure_alarms(
    frame: Frame, tracts: Sequence[Tract], fits: Sequence[ChannelFit], ratios: int
) -> float | None:
    chances = [Chance(one.cases, one.dispersion) for one in fits if one.dispersion is not None]
    known = Tracts(make_columns(frame, tracts), _list_residents(tracts), _list_clusters(tracts))
    return measure_alarm_share(known, chances, ratios)


def make_columns(frame: Frame, tracts: Sequence[Tract]) -> np.ndarray:
    """A column for each measure: shares in steps of POINTS percent, amounts by logarithm."""
    return np.array(
        [[_scale(name, tract.measures[name]) for name in frame.measures] for tract in tracts]
    ).reshape(len(tracts), len(frame.measures))


def _scale(measure: str, value: float) -> float:
    return float(np.log(value)) if measure in AMOUNTS else value * 100 / POINTS


def _count_cases(tracts: Sequence[Tract], channel: str) -> np.ndarray:
    return np.array([tract.cases.get(channel, 0) for tract in tracts], dtype=float)


def _list_residents(tracts: Sequence[Tract]) -> np.ndarray:
    return np.array([tract.population for tract in tracts], dtype=float)


def _list_clusters(tracts: Sequence[Tract]) -> list[str] | None:
    """The neighborhood of each tract; None where there are too few to cluster by."""
    names = [tract.neighborhood or f"tract {tract.name}" for tract in tracts]
    known = {tract.neighborhood for tract in tracts if tract.neighborhood}
    return names if len(known) >= LEAST_NEIGHBORHOODS else None


def _find_reason(frame: Frame, tracts: Sequence[Tract], cases: float) -> Outcome | None:
    """Why no model is tried."""
    least = LEAST_PER_MEASURE * max(1, len(frame.measures))
    if not frame.measures:
        return Outcome.NO_DEMOGRAPHICS
    if len(tracts) < least:
        return Outcome.TOO_FEW_TRACTS
    return Outcome.TOO_FEW_CASES if cases < least else None


# One channel


def _fit_channel(
    frame: Frame, tracts: Sequence[Tract], channel: str, touching: Touching
) -> ChannelFit:
    cases = _count_cases(tracts, channel)
    made = ChannelFit(channel, int(cases.sum()), Outcome.FITTED)
    if reason := _find_reason(frame, tracts, cases.sum()):
        return replace(made, outcome=reason)
    fitted = _fit_tracts(frame, tracts, channel, _list_clusters(tracts))
    if isinstance(fitted, Outcome):
        return replace(made, outcome=fitted)
    largest = np.argsort(-cases, kind="stable")[:LARGEST]
    place = {tract.name: index for index, tract in enumerate(tracts)}
    pairs = [(place[one], place[two]) for one, two in touching if one in place and two in place]
    moran = compute_moran(fitted.residuals, pairs)
    return replace(
        made,
        ratios=_read_ratios(frame, fitted, _fit_others(frame, tracts, channel, largest)),
        dispersion=fitted.dispersion,
        moran=moran.i if moran else None,
        moran_p=moran.p if moran else None,
        largest_share=float(cases[largest].sum() / cases.sum()),
    )


def _fit_tracts(
    frame: Frame, tracts: Sequence[Tract], channel: str, clusters: list[str] | None = None
) -> Fitted | Outcome:
    return fit(
        _count_cases(tracts, channel),
        make_columns(frame, tracts),
        _list_residents(tracts),
        clusters,
    )


def _fit_others(
    frame: Frame, tracts: Sequence[Tract], channel: str, largest: np.ndarray
) -> Fitted | None:
    """The model without the largest tracts."""
    without = set(largest.tolist())
    others = [tract for index, tract in enumerate(tracts) if index not in without]
    if _find_reason(frame, others, _count_cases(others, channel).sum()):
        return None
    fitted = _fit_tracts(frame, others, channel)
    return None if isinstance(fitted, Outcome) else fitted


def _read_ratios(frame: Frame, fitted: Fitted, others: Fitted | None) -> tuple[MeasureRatio, ...]:
    return tuple(
        MeasureRatio(
            measure=name,
            ratio=fitted.ratio(index),
            interval=_require(fitted.interval(index)),
            by_neighborhood=fitted.interval(index, is_clustered=True),
            without_largest=others.ratio(index) if others else None,
        )
        for index, name in enumerate(frame.measures)
    )


def _require(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


# All channels


def _fit_stacked(frame: Frame, tracts: Sequence[Tract], fits: Sequence[ChannelFit]) -> StackedFit:
    """A row for each tract and channel; each channel has its own level and its own slopes.

    Slopes of the channels after the first are how they differ from it. Rows of a tract are not
    independent, so errors are clustered: by neighborhood, or by tract where those are few.
    """
    channels = [one.channel for one in fits if one.outcome == Outcome.FITTED]
    if not channels:
        return StackedFit(fits[0].outcome if fits else Outcome.NO_CASES)
    if len(channels) == 1:
        return StackedFit(Outcome.ONE_CHANNEL, channels[0])
    fitted = _fit_stack(frame, tracts, channels)
    if isinstance(fitted, Outcome):
        return StackedFit(fitted, channels[0])
    width = len(frame.measures)
    contrasts = tuple(
        ChannelContrast(channel, name, fitted.ratio(place), _require(interval))
        for order, channel in enumerate(channels[1:], 1)
        for index, name in enumerate(frame.measures)
        for place in [order * (width + 1) - 1 + index]
        for interval in [fitted.interval(place, is_clustered=True)]
    )
    return StackedFit(Outcome.FITTED, channels[0], fitted.dispersion, contrasts)


def _fit_stack(frame: Frame, tracts: Sequence[Tract], channels: Sequence[str]) -> Fitted | Outcome:
    """Columns: the measures; then for each further channel, its measures and its level."""
    columns = make_columns(frame, tracts)
    level = np.ones((len(tracts), 1))
    nothing = np.zeros((len(tracts), columns.shape[1] + 1))
    own = np.hstack([columns, level])
    blocks = [
        np.hstack([columns, *(own if one == channel else nothing for one in channels[1:])])
        for channel in channels
    ]
    clusters = _list_clusters(tracts) or [tract.name for tract in tracts]
    return fit(
        np.concatenate([_count_cases(tracts, channel) for channel in channels]),
        np.vstack(blocks),
        np.tile(_list_residents(tracts), len(channels)),
        clusters * len(channels),
    )
