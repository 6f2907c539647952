"""A figure of layouts.figures.kinds as SVG, for the first HTML: no script, no style of its own.

    draw(figure, 288)   # for a phone
    draw(figure, 640)   # for a desk

The text in an SVG shrinks with it, so it is drawn at the width at which it is shown. Colors are
classes (assets/performance-case-3-charts.css): dark mode, forced colors and paper have theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from layouts.figures.kinds import Figure
from layouts.shared.prerender import tag

TEXT = 12
"""Size of the letters, CSS pixels."""
LETTER = 6.6
"""How wide a letter is at most on average, at that size."""
HEIGHTS = ((200, 92), (400, 180), (math.inf, 260))
"""How high charts of lines are, by how wide they are at most."""
ROW = 30
ABOVE, BELOW = 10, 26
RADIUS = 5
MOST_OF_NAMES = 0.42
"""Which share of the width the names of bars may take beside them."""


def draw(figure: Figure, width: int) -> Any:
    """The drawing, `width` CSS pixels wide."""
    if figure["data"] and figure["data"][0]["type"] == "bar":
        return _draw_bars(figure, width)
    if figure["data"] and "error_x" in figure["data"][0]:
        return _draw_dots(figure, width)
    return _draw_lines(figure, width)


def _draw_lines(figure: Figure, width: int) -> Any:
    height = next(height for most, height in HEIGHTS if width < most)
    x, y = figure["layout"]["xaxis"], figure["layout"]["yaxis"]
    left = 8 + LETTER * max((len(word) for word in y["ticktext"]), default=1)
    names = [one["name"] for one in figure["data"]]
    right = 10 + (LETTER * max(map(len, names)) if len(names) > 1 and width >= 400 else 6)
    across = _Scale(x["range"], left, width - right)
    down = _Scale(y["range"], height - BELOW, ABOVE)
    parts = [
        *[_grid(down.at(tick), left, width - right) for tick in y["tickvals"]],
        *[
            _text(word, left - 6, down.at(tick) + 4, "end")
            for tick, word in zip(y["tickvals"], y["ticktext"], strict=True)
        ],
        *_labels_below(x, across, height),
    ]
    for number, one in reversed(list(enumerate(figure["data"]))):
        is_stairs = one.get("line", {}).get("shape") == "hv"
        look = "chart-main" if number == 0 else "chart-other"
        if one["mode"] == "markers":
            parts += _dots(one, across, down)
            continue
        parts.append(tag("path", {"class": look, "d": _path(one, across, down, is_stairs)}))
    if len(names) > 1 and width >= 400:
        parts += _names_at_the_ends(figure, across, down)
    return _svg(width, height, parts)


def _labels_below(axis: Figure, across: _Scale, height: int) -> list[Any]:
    """As many of the words below the axis as there is room for, the last one always."""
    words = list(zip(axis["tickvals"], axis["ticktext"], strict=True))
    for step in range(1, len(words) + 1):
        kept = words[(len(words) - 1) % step :: step]
        placed = [_place_below(word, across.at(tick), across) for tick, word in kept]
        if all(before.end + 6 <= after.start for before, after in pairwise(placed)):
            return [_text(one.word, one.at, height - 8, one.anchor) for one in placed]
    return []


@dataclass(frozen=True)
class _Label:
    word: str
    at: float
    anchor: str
    start: float
    end: float


def _place_below(word: str, at: float, across: _Scale) -> _Label:
    """In the middle below its tick, but within the ends of the axis."""
    room = LETTER * len(word)
    if at + room / 2 > across.last + 8:
        return _Label(word, at, "end", at - room, at)
    if at - room / 2 < across.first - 8:
        return _Label(word, at, "start", at, at + room)
    return _Label(word, at, "middle", at - room / 2, at + room / 2)


def _names_at_the_ends(figure: Figure, across: _Scale, down: _Scale) -> list[Any]:
    """Each series' name beside its last value, none over another."""
    ends = []
    for one in figure["data"]:
        last = next((value for value in reversed(one["y"]) if value is not None), None)
        if last is not None:
            ends.append([down.at(last) + 4, one["name"]])
    ends.sort()
    for before, after in pairwise(ends):
        after[0] = max(after[0], before[0] + TEXT + 2)
    return [_text(name, across.last + 6, at, "start") for at, name in ends]


def _path(one: Figure, across: _Scale, down: _Scale, is_stairs: bool) -> str:
    """The line; where a value is missing, it begins again after it."""
    drawn, is_begun, former = [], False, 0.0
    for place, value in zip(one["x"], one["y"], strict=True):
        if value is None:
            is_begun = False
            continue
        x, y = across.at(place), down.at(value)
        if not is_begun:
            drawn.append(f"M{x:.1f} {y:.1f}h.1")
        elif is_stairs:
            drawn.append(f"H{x:.1f}V{y:.1f}" if y != former else f"H{x:.1f}")
        else:
            drawn.append(f"L{x:.1f} {y:.1f}")
        is_begun, former = True, y
    return "".join(drawn)


def _dots(one: Figure, across: _Scale, down: _Scale) -> list[Any]:
    """Each value as a dot on its interval."""
    parts, error = [], one["error_y"]
    for number, (place, value) in enumerate(zip(one["x"], one["y"], strict=True)):
        x, y = across.at(place), down.at(value)
        low = down.at(value - error["arrayminus"][number])
        high = down.at(value + error["array"][number])
        parts += [
            tag("path", {"class": "chart-main", "d": f"M{x:.1f} {low:.1f}V{high:.1f}"}),
            tag("circle", {"class": "chart-dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": RADIUS}),
        ]
    return parts


def _draw_bars(figure: Figure, width: int) -> Any:
    """Each bar beside its name, or below it where the names take too much of the width."""
    (one,) = figure["data"]
    longest = 10 + LETTER * max(map(len, one["y"]))
    is_below = longest > width * MOST_OF_NAMES
    row, left = (ROW + TEXT, 0.0) if is_below else (ROW, longest)
    right = 10 + LETTER * max(map(len, one["text"]))
    across = _Scale(figure["layout"]["xaxis"]["range"], left, width - right)
    parts = []
    for number, (name, value, word) in enumerate(zip(one["y"], one["x"], one["text"], strict=True)):
        bottom, end = (number + 1) * row, across.at(value)
        box = f"M{left:.1f} {bottom - 25}H{end:.1f}V{bottom - 5}H{left:.1f}z"
        parts += [
            _text(_shorten(name, width), 0, bottom - 29, "start")
            if is_below
            else _text(name, left - 8, bottom - 11, "end"),
            tag("path", {"class": "chart-bar", "d": box}),
            _text(word, end + 6, bottom - 11, "start"),
        ]
    return _svg(width, row * len(one["y"]), parts)


def _draw_dots(figure: Figure, width: int) -> Any:
    """Each dot on its interval, beside its name, or below it as the bars are."""
    (one,) = figure["data"]
    x = figure["layout"]["xaxis"]
    longest = 10 + LETTER * max(map(len, one["y"]))
    is_below = longest > width * MOST_OF_NAMES
    row, left = (ROW + TEXT, RADIUS) if is_below else (ROW, longest + RADIUS)
    height = row * len(one["y"]) + BELOW
    across = _Scale(x["range"], left, width - 16)
    parts = [_upright(across.at(tick), height - BELOW + 4) for tick in x["tickvals"]]
    rows = zip(
        one["y"], one["x"], one["error_x"]["arrayminus"], one["error_x"]["array"], strict=True
    )
    for number, (name, value, less, more) in enumerate(rows):
        at = (number + 1) * row - ROW / 2
        parts.append(
            _text(_shorten(name, width), 0, at - 12, "start")
            if is_below
            else _text(name, left - 8 - RADIUS, at + 4, "end")
        )
        if value is not None:
            line = f"M{across.at(value - less):.1f} {at:g}H{across.at(value + more):.1f}"
            dot = {"cx": f"{across.at(value):.1f}", "cy": f"{at:g}", "r": RADIUS}
            parts.append(tag("path", {"class": "chart-main", "d": line}))
            parts.append(tag("circle", {"class": "chart-bar"} | dot))
    return _svg(width, height, [*parts, *_labels_below(x, across, height)])


def _upright(at: float, height: float) -> Any:
    return tag("path", {"class": "chart-grid", "d": f"M{at:.1f} 0V{height:g}"})


def _shorten(name: str, room: float) -> str:
    most = int(room / LETTER + 0.01)
    return name if len(name) <= most else f"{name[: max(1, most - 1)]}…"


class _Scale:
    """From values to places on the drawing."""

    def __init__(self, span: Sequence[float], first: float, last: float) -> None:
        self.low, self.high = span
        self.first, self.last = first, last

    def at(self, value: float) -> float:
        """Where a value is."""
        share = (value - self.low) / ((self.high - self.low) or 1)
        return self.first + share * (self.last - self.first)


def _grid(at: float, left: float, right: float) -> Any:
    return tag("path", {"class": "chart-grid", "d": f"M{left:.1f} {at:.1f}H{right:.1f}"})


def _text(words: str, x: float, y: float, anchor: str) -> Any:
    return tag("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}, words)


def _svg(width: int, height: float, parts: list[Any]) -> Any:
    attributes = {
        "class": "chart-drawing",
        "viewBox": f"0 0 {width} {height:g}",
        "width": width,
        "height": f"{height:g}",
        "aria-hidden": "true",
        "focusable": "false",
    }
    return tag("svg", attributes, parts)
