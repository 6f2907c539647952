"""Who is heard: requests by channel and census tract, and what models make of them, as data.

What cannot be said is said as an Outcome; no number here is ever NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portal.domain.demographics import AMOUNTS

POINTS = 10
"""Points of a share (percent) that a ratio is for."""
LEAST_PER_MEASURE = 10
"""Tracts, and cases of a channel, for each measure of a model: with fewer it says nothing."""
LEAST_NEIGHBORHOODS = 10
"""With fewer clusters, intervals by neighborhood are too narrow to be shown."""
LEAST_RESIDENTS = 500
LARGEST = 5
"""How many of the tracts with the most cases are looked at apart."""


class Outcome(StrEnum):
    """What came of a model."""

    FITTED = "fitted"
    NO_DEMOGRAPHICS = "no_demographics"
    NO_CASES = "no_cases"
    TOO_FEW_TRACTS = "too_few_tracts"
    TOO_FEW_CASES = "too_few_cases"
    ONE_CHANNEL = "one_channel"
    NO_VARIATION = "no_variation"
    """A measure is the same in all tracts, or follows from the others."""
    SEPARATION = "separation"
    """A measure tells exactly where there is any case: no ratio fits."""
    NO_CONVERGENCE = "no_convergence"


class Sample(StrEnum):
    """Which tracts a model is of."""

    RESIDENTIAL = "residential"
    POPULATED = "populated"
    """With LEAST_RESIDENTS residents or more."""


@dataclass(frozen=True)
class Tract:
    """A row of the model frame. `measures` has those that are known."""

    name: str
    neighborhood: str
    """Empty: in none that we know."""
    population: float
    is_residential: bool | None
    """None: the city's files do not say."""
    measures: Mapping[str, float]
    cases: Mapping[str, int]
    """By the channel's slug; a channel without a case has 0."""


@dataclass(frozen=True)
class Channel:
    """A channel of residents."""

    slug: str
    name: str


@dataclass(frozen=True)
class CaseCounts:
    """Where all cases of the period went: `all_cases` is the sum of the other four."""

    all_cases: int = 0
    without_location: int = 0
    """Without a location, such as those on a pin that means none."""
    in_no_tract: int = 0
    by_staff: int = 0
    """In a tract, by a channel of the city's staff, or by none that we know."""
    counted: int = 0


@dataclass(frozen=True)
class Frame:
    """What models are made from."""

    first_day: str
    last_day: str
    """Days of opening, in the city's zone, first and last included; empty without cases."""
    counts: CaseCounts
    channels: tuple[Channel, ...]
    """Most cases first."""
    measures: tuple[str, ...]
    tracts: tuple[Tract, ...]


@dataclass(frozen=True)
class Interval:
    """A ratio's 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class MeasureRatio:
    """How many times as many requests per resident come where a measure is larger.

    For a share, POINTS percentage points larger; for an amount, by one in its natural logarithm.
    """

    measure: str
    ratio: float
    interval: Interval
    """With robust errors (HC1)."""
    by_neighborhood: Interval | None = None
    """With errors clustered by neighborhood; None with fewer than LEAST_NEIGHBORHOODS."""
    without_largest: float | None = None
    """The ratio without the LARGEST tracts; None where that model cannot be made."""

    def is_clear(self) -> bool:
        """Whether every interval leaves out 1, no difference."""
        intervals = [one for one in (self.interval, self.by_neighborhood) if one]
        return all(one.low > 1 or one.high < 1 for one in intervals)

    def shown(self) -> tuple[float, Interval]:
        """Ratio and interval as people read them: of an amount, where it is twice as large."""
        return show_ratio(self.measure, self.ratio), show_interval(self.measure, self.interval)

    def shown_by_neighborhood(self) -> Interval | None:
        """The clustered interval, as people read it."""
        inner = self.by_neighborhood
        return show_interval(self.measure, inner) if inner else None

    def shown_without_largest(self) -> float | None:
        """The ratio without the largest tracts, as people read it."""
        ratio = self.without_largest
        return None if ratio is None else show_ratio(self.measure, ratio)


def show_ratio(measure: str, ratio: float) -> float:
    """A measure's ratio as people read it: of an amount, where it is twice as large."""
    return ratio**_LN_2 if measure in AMOUNTS else ratio


def show_interval(measure: str, interval: Interval) -> Interval:
    """The same of an interval."""
    return Interval(show_ratio(measure, interval.low), show_ratio(measure, interval.high))


_LN_2 = 0.6931471805599453


@dataclass(frozen=True)
class ChannelFit:
    """A model of one channel."""

    channel: str
    cases: int
    outcome: Outcome
    ratios: tuple[MeasureRatio, ...] = ()
    dispersion: float | None = None
    """Alpha of the negative binomial: the variance is mean + alpha × mean²."""
    moran: float | None = None
    """Moran's I of the deviance residuals of touching tracts; None where none touch."""
    moran_p: float | None = None
    largest_share: float | None = None
    """The share of the channel's cases that is in the LARGEST tracts."""


@dataclass(frozen=True)
class ChannelContrast:
    """How many times as large a measure's ratio is by one channel as by the reference."""

    channel: str
    measure: str
    ratio: float
    interval: Interval

    def shown(self) -> tuple[float, Interval]:
        """Ratio and interval as people read them: of an amount, where it is twice as large."""
        return show_ratio(self.measure, self.ratio), show_interval(self.measure, self.interval)


@dataclass(frozen=True)
class StackedFit:
    """One model of all channels together: do they differ?"""

    outcome: Outcome
    reference: str = ""
    """The channel with the most cases."""
    dispersion: float | None = None
    contrasts: tuple[ChannelContrast, ...] = ()


@dataclass(frozen=True)
class SampleFit:
    """The models of one sample of tracts, and which tracts are not in it."""

    sample: Sample
    tracts: int
    left_out: int
    """Tracts of the city that are not of this kind."""
    without_measures: int
    """Of this kind, but with a measure that is not known, or without residents."""
    fits: tuple[ChannelFit, ...]
    stacked: StackedFit
    alarm_share: float | None = None
    """The share of ratios that would stand out if nothing made a difference, measured on drawn
    requests; None where there are no models."""


@dataclass(frozen=True)
class Equity:
    """All of it. `outcome` is FITTED where there are models, whatever came of each."""

    outcome: Outcome
    as_of: int
    """When the data was stored (epoch s)."""
    frame: Frame
    samples: tuple[SampleFit, ...] = field(default=())
