"""A ratio with its interval as a dot on a line, beside its numbers in a table.

A full dot: every interval leaves out 1, no difference. In the text's own color, so that it needs no
style of its own.

The scale is of multiples: half is as far to the left of the middle as twice is to the right.
"""

from __future__ import annotations

import math
from typing import Any

from layouts.shared.prerender import tag
from portal.domain.equity import Interval

WIDTH, HEIGHT, RADIUS = 180, 20, 4
LARGEST = 2.0
"""The edges of the scale are half and twice."""
_LINE = {"stroke": "currentColor", "stroke-width": 2}


def draw_ratio(ratio: float, interval: Interval, *, is_clear: bool) -> Any:
    """The drawing. An arrow stands where the interval goes beyond the scale."""
    middle = HEIGHT / 2
    low, dot, high = map(place_of, (interval.low, ratio, interval.high))
    left, right = max(low, dot - RADIUS), min(high, dot + RADIUS)
    line = f"M{min(low, left):g} {middle:g}H{left:g}M{right:g} {middle:g}H{max(high, right):g}"
    parts = [
        tag("path", {"d": f"M{WIDTH / 2:g} 0v{HEIGHT}", **_LINE, "opacity": 0.4}),
        tag("path", {"d": line, **_LINE}),
        *([_arrow(0, middle, 5)] if interval.low < 1 / LARGEST else []),
        *([_arrow(WIDTH, middle, -5)] if interval.high > LARGEST else []),
        tag(
            "circle",
            {
                "cx": f"{dot:g}",
                "cy": f"{middle:g}",
                "r": RADIUS,
                "fill": "currentColor" if is_clear else "none",
                **_LINE,
            },
        ),
    ]
    picture = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "width": WIDTH, "height": HEIGHT}
    return tag("svg", picture | {"aria-hidden": "true"}, parts)


def place_of(ratio: float) -> float:
    """Where a ratio is on the scale, in units of the drawing; at its edge beyond it."""
    share = math.log(max(ratio, 1e-9)) / math.log(LARGEST)
    return round((1 + min(1.0, max(-1.0, share))) * WIDTH / 2, 1)


def _arrow(tip: float, middle: float, depth: float) -> Any:
    d = f"M{tip + depth:g} {middle - 4:g}L{tip:g} {middle:g}L{tip + depth:g} {middle + 4:g}"
    return tag("path", {"d": d, "fill": "none"} | _LINE)
