"""The kinds of charts, each a plain function that returns a Plotly figure as a dict.

    figure = lines([Series("Opened", (12, 9)), Series("Closed", (10, 11))], ("October", "November"))
    figure["data"][0]["y"]   # [12, 9]

No Plotly is needed to make them, which would cost a hundred times as long; tests build a
`plotly.graph_objects.Figure` from each. What is drawn of it: layouts.figures.svg. The first series
is the one that the chart is about, the others are beside it in a quieter color.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]
MOST_LABELS = 5
"""How many places of the axis below have a label: on a phone there is no room for more."""


@dataclass(frozen=True)
class Series:
    """One line: its name, and a value for each place of the axis; None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Dots:
    """Shares, from 0 to 1, that were promised, what came of each, and its interval."""

    name: str
    promised: tuple[float, ...]
    found: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]


def lines(
    series: Sequence[Series],
    places: Sequence[str],
    write: Callable[[float], str] = "{:g}".format,
    up_to: float = 0,
    most_ticks: int = 4,
) -> Figure:
    """Values over time, from 0 upward. `write` writes a value as people read it.

    `up_to`: how far the scale goes at least, so that several charts have the same.
    """
    values = [value or 0 for one in series for value in one.values]
    ticks = round_ticks(max(up_to, *values, 0), most_ticks)
    numbers = list(range(len(places)))
    labeled = _spread(numbers)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": one.name,
                "x": numbers,
                "y": list(one.values),
                "text": list(places),
            }
            for one in series
        ],
        "layout": {
            "xaxis": _axis([0, max(1, len(places) - 1)], labeled, [places[i] for i in labeled]),
            "yaxis": _axis([0, ticks[-1]], ticks, [write(tick) for tick in ticks]),
        },
    }


def steps(
    series: Sequence[tuple[str, Sequence[tuple[int, float]]]],
    last_day: int,
    write_day: Callable[[int], str] = str,
) -> Figure:
    """Shares, from 0 to 1, that are reached on whole days from 0 to `last_day`, as stairs."""
    days = round_ticks(last_day, most=MOST_LABELS)
    shares = [0, 0.25, 0.5, 0.75, 1]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "line": {"shape": "hv"},
                "name": name,
                "x": [day for day, _ in points],
                "y": [share for _, share in points],
            }
            for name, points in series
        ],
        "layout": {
            "xaxis": _axis([0, days[-1]], days, [write_day(int(day)) for day in days]),
            "yaxis": _axis([0, 1], shares, [f"{share:.0%}" for share in shares]),
        },
    }


def reliability(dots: Sequence[Dots], promised: str) -> Figure:
    """What came of shares that were promised, beside the line on which all would be as promised.

    A dot above the line: more than promised. `promised` is the line's name.
    """
    shares = [0, 0.25, 0.5, 0.75, 1]
    words = [f"{share:.0%}" for share in shares]
    line = {"type": "scatter", "mode": "lines", "name": promised, "x": [0, 1], "y": [0, 1]}
    return {
        "data": [*map(_draw_dots, dots), line],
        "layout": {"xaxis": _axis([0, 1], shares, words), "yaxis": _axis([0, 1], shares, words)},
    }


def _draw_dots(one: Dots) -> Figure:
    pairs = list(zip(one.found, one.intervals, strict=True))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": one.name,
        "x": list(one.promised),
        "y": list(one.found),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [high - found for found, (_, high) in pairs],
            "arrayminus": [found - low for found, (low, _) in pairs],
        },
    }


def bars(
    names: Sequence[str], values: Sequence[float], write: Callable[[float], str] = "{:g}".format
) -> Figure:
    """Horizontal bars, the first one on top, each with its value written at its end."""
    highest = max(values, default=0)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": list(values),
                "y": list(names),
                "text": [write(value) for value in values],
            }
        ],
        "layout": {
            "xaxis": _axis([0, highest or 1], [], []),
            "yaxis": {"autorange": "reversed", "fixedrange": True},
        },
    }


def dots(
    names: Sequence[str],
    shares: Sequence[tuple[float, float, float] | None],
) -> Figure:
    """Shares (value, low, high; 0 to 1) as dots with their intervals, the first name on top."""
    ticks = _span_ticks([share for share in shares if share])
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": [share and share[0] for share in shares],
                "y": list(names),
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [share and share[2] - share[0] for share in shares],
                    "arrayminus": [share and share[0] - share[1] for share in shares],
                },
            }
        ],
        "layout": {
            "xaxis": _axis([ticks[0], ticks[-1]], ticks, [f"{tick:.0%}" for tick in ticks]),
            "yaxis": {"autorange": "reversed", "fixedrange": True},
        },
    }


def _span_ticks(shares: Sequence[tuple[float, float, float]]) -> list[float]:
    """Round shares from below the lowest interval to above the highest, four steps at most."""
    low = math.floor(10 * min((low for _, low, _ in shares), default=0) + 1e-9)
    high = math.ceil(10 * max((high for _, _, high in shares), default=1) - 1e-9)
    step = max(1, math.ceil((high - low) / 4))
    steps_up = max(1, math.ceil((high - low) / step))
    first = max(0, min(low, 10 - step * steps_up))
    return [min(1.0, (first + step * number) / 10) for number in range(steps_up + 1)]


def round_ticks(highest: float, most: int = 4) -> list[float]:
    """Round numbers from 0 to the first one at or above `highest`, at most `most` above 0."""
    if highest <= 0:
        return [0, 1]
    raw = highest / most
    size = 10 ** math.floor(math.log10(raw))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= raw * (1 - 1e-9))
    step = max(1, step) if float(highest).is_integer() else step
    return [number * step for number in range(math.ceil(highest / step - 1e-9) + 1)]


def _axis(span: list[float], ticks: Sequence[float], words: Sequence[str]) -> Figure:
    return {
        "range": list(span),
        "tickmode": "array",
        "tickvals": list(ticks),
        "ticktext": list(words),
        "tickangle": 0,
        "fixedrange": True,
    }


def _spread(numbers: Sequence[int]) -> list[int]:
    """The last place and others evenly before it."""
    if len(numbers) <= MOST_LABELS:
        return list(numbers)
    step = math.ceil((len(numbers) - 1) / (MOST_LABELS - 1))
    return sorted(
        numbers[-1] - step * back for back in range(MOST_LABELS) if step * back <= numbers[-1]
    )
