"""What the page of who is heard says of its numbers, in plain sentences."""

from __future__ import annotations

from layouts.shared.language import _
from portal.domain.equity import Interval, MeasureRatio, Outcome, Sample

HALF, TWICE = (0.45, 0.55), (1.85, 2.15)


def measure_words() -> dict[str, str]:
    """What a tract has more of, as a sentence about it says."""
    return {
        "black": _("10 points more Black residents"),
        "hispanic": _("10 points more Hispanic residents"),
        "asian": _("10 points more Asian residents"),
        "white": _("10 points more white residents"),
        "immigrant": _("10 points more residents born abroad"),
        "under_18": _("10 points more residents under 18"),
        "over_65": _("10 points more residents over 65"),
        "bachelor": _("10 points more residents with a bachelor’s degree"),
        "owner": _("10 points more homes whose owners live in them"),
        "renter": _("10 points more rented homes"),
        "poverty": _("10 points more residents in poverty"),
        "income": _("twice the household income"),
        "density": _("twice as many residents per area"),
    }


def measure_names() -> dict[str, str]:
    """The measures as rows of a table."""
    return {
        "black": _("Black residents"),
        "hispanic": _("Hispanic residents"),
        "asian": _("Asian residents"),
        "white": _("White residents"),
        "immigrant": _("Born abroad"),
        "under_18": _("Under 18"),
        "over_65": _("Over 65"),
        "bachelor": _("Bachelor’s degree"),
        "owner": _("Owner-occupied"),
        "renter": _("Rented homes"),
        "poverty": _("In poverty"),
        "income": _("Income, doubled"),
        "density": _("Density, doubled"),
    }


def outcome_words() -> dict[Outcome, str]:
    """Why there are no ratios."""
    return {
        Outcome.NO_DEMOGRAPHICS: _("It is not known who lives in the tracts."),
        Outcome.NO_CASES: _("No resident’s request is in a tract."),
        Outcome.TOO_FEW_TRACTS: _("Too few tracts to say anything."),
        Outcome.TOO_FEW_CASES: _("Too few requests to say anything."),
        Outcome.ONE_CHANNEL: _("There is only one channel with enough requests to compare."),
        Outcome.NO_VARIATION: _(
            "What we know of the tracts is the same in all of them, or one measure follows from"
            " the others. No ratio can be told apart."
        ),
        Outcome.SEPARATION: _(
            "One measure tells exactly which tracts send any requests, so no ratio fits."
        ),
        Outcome.NO_CONVERGENCE: _("The model found no answer, so we show none."),
    }


def sample_word(sample: Sample) -> str:
    """What the tracts of a sample are called."""
    if sample == Sample.RESIDENTIAL:
        return _("residential tracts")
    return _("tracts with 500 residents or more")


def describe_difference(ratio: float) -> str:
    """How many requests: “about half as many requests”, “5% more requests”."""
    if HALF[0] <= ratio <= HALF[1]:
        return _("about half as many requests")
    if TWICE[0] <= ratio <= TWICE[1]:
        return _("about twice as many requests")
    percent = round(abs(ratio - 1) * 100) or 1
    if ratio < 1:
        return _("{n}% fewer requests", n=percent)
    return _("{n}% more requests", n=f"{percent:,}")


def describe_ratio(ratio: MeasureRatio, channel: str) -> str:
    """“Tracts with 10 points more residents over 65 sent about half as many requests by app.”"""
    shown, interval = ratio.shown()
    return _(
        "Tracts with {more} sent {many} per resident by {channel} (95% interval: {low} to {high}"
        " times as many).",
        more=measure_words()[ratio.measure],
        many=describe_difference(shown),
        channel=channel,
        low=write_ratio(interval.low),
        high=write_ratio(interval.high),
    )


def describe_other_sample(other: MeasureRatio | None, ratio: MeasureRatio, sample: Sample) -> str:
    """Whether the other sample agrees; empty where it has no such ratio."""
    if other is None:
        return ""
    words = {"tracts": sample_word(sample), "ratio": write_ratio(other.shown()[0])}
    if other.is_clear() and (other.ratio > 1) == (ratio.ratio > 1):
        return _("The same holds in {tracts} ({ratio}).", **words)
    return _("In {tracts}, chance could explain it ({ratio}).", **words)


def write_ratio(ratio: float) -> str:
    """1.05; 12; 0.0043."""
    if ratio >= 1000:
        return f"{ratio:,.0f}"
    return f"{ratio:.2f}" if ratio >= 0.01 else f"{ratio:.2g}"


def write_interval(interval: Interval | None) -> str:
    """0.40–0.72; a dash where there is none."""
    if interval is None:
        return "–"
    return f"{write_ratio(interval.low)}–{write_ratio(interval.high)}"
