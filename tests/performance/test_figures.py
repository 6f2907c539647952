"""Charts: valid figures for Plotly, drawn as SVG with the same points, ranges and words."""

from __future__ import annotations

import itertools
import re

import plotly.graph_objects as go
import pytest
from lxml import etree

from layouts.figures.kinds import Dots, Series, bars, dots, lines, reliability, round_ticks, steps
from layouts.figures.svg import TEXT, draw
from layouts.shared.prerender import to_html

MONTHS = ("Sep 2026", "Oct 2026", "Nov 2026")
FIGURES = {
    "lines": lines([Series("Opened", (1_200, 0, 950)), Series("Closed", (800, None, 990))], MONTHS),
    "one place": lines([Series("Opened", (3,))], MONTHS[:1]),
    "nothing": lines([Series("Opened", (0, 0, 0))], MONTHS),
    "steps": steps([("Closed", [(0, 0.0), (1, 0.5), (9, 0.75), (30, 0.75)])], 30),
    "reliability": reliability(
        [Dots("What came", (0.5, 0.9), (0.4, 0.95), ((0.3, 0.5), (0.9, 1.0)))], "As promised"
    ),
    "no reliability": reliability([], "As promised"),
    "bars": bars(["Under a week", "Over a year"], [3, 120]),
    "empty bars": bars(["Under a week"], [0]),
    "long names": bars(["Missed trash, recycling or yard waste", "Over a year"], [3, 120]),
    "dots": dots(["Roxbury", "Back Bay"], [(0.5, 0.43, 0.58), None]),
    "far dots": dots(["Fenway / Kenmore / Audubon Circle / Longwood"], [(1.0, 0.0, 1.0)]),
    "no dots": dots(["Roxbury"], [None]),
}


def drawing(figure, width: int):
    return etree.fromstring(to_html(draw(figure, width)))


def words(svg) -> list[str]:
    return [text.text for text in svg.iter("text")]


@pytest.mark.parametrize("name", FIGURES)
def test_plotly_takes_the_figure(name):
    go.Figure(FIGURES[name])


@pytest.mark.parametrize("width", [288, 640])
@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_stays_within_its_frame_and_has_no_number_that_is_none(name, width):
    svg = drawing(FIGURES[name], width)
    assert svg.get("viewBox").split()[2] == str(width)
    numbers = [
        float(n) for path in svg.iter("path") for n in re.findall(r"-?[\d.]+", path.get("d"))
    ]
    assert all(-1 <= number <= width + 1 for number in numbers)
    for text in svg.iter("text"):
        room = 6.6 * len(text.text)
        x = float(text.get("x"))
        left = {"start": x, "end": x - room, "middle": x - room / 2}[text.get("text-anchor")]
        assert left >= -12 and left + room <= width + 12, text.text
    assert "nan" not in etree.tostring(svg).decode().lower() and TEXT >= 12


def test_a_drawing_has_the_words_of_its_axes():
    figure = FIGURES["steps"]
    shown = words(drawing(figure, 640))
    for axis in ("xaxis", "yaxis"):
        assert set(figure["layout"][axis]["ticktext"]) <= set(shown)


@pytest.mark.parametrize("width", [176, 288, 640])
@pytest.mark.parametrize("months", [1, 2, 3, 6, 7, 13, 24])
def test_the_words_below_the_axis_do_not_touch_and_end_with_the_last(width, months):
    places = [f"Dec {2000 + month}" for month in range(months)]
    svg = drawing(lines([Series("Opened", (2_000,) * months)], places), width)
    below = [text for text in svg.iter("text") if text.text.startswith("Dec")]
    assert below[-1].text == places[-1]
    spans = []
    for text in below:
        x, room = float(text.get("x")), 6.6 * len(text.text)
        left = {"start": x, "end": x - room, "middle": x - room / 2}[text.get("text-anchor")]
        spans.append((left, left + room))
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))


def test_a_line_goes_through_its_values_at_the_scale_of_its_axis():
    svg = drawing(lines([Series("Opened", (0, 10))], ("a", "b")), 640)
    path = next(path.get("d") for path in svg.iter("path") if path.get("class") == "chart-main")
    grid = [p.get("d") for p in svg.iter("path") if p.get("class") == "chart-grid"]
    lowest, highest = (float(re.search(r" ([\d.]+)H", one)[1]) for one in (grid[0], grid[-1]))
    (first, last) = re.findall(r"[ML][\d.]+ ([\d.]+)", path)
    assert (float(first), float(last)) == (lowest, highest)


def test_a_value_that_is_missing_is_a_gap_and_no_zero():
    svg = drawing(FIGURES["lines"], 640)
    other = next(path.get("d") for path in svg.iter("path") if path.get("class") == "chart-other")
    assert other.count("M") == 2 and "L" not in other


def test_series_are_named_at_their_ends_where_there_is_room():
    assert {"Opened", "Closed"} <= set(words(drawing(FIGURES["lines"], 640)))
    assert "Opened" not in words(drawing(FIGURES["lines"], 288))


def test_a_dot_is_at_its_value_and_its_interval_at_its_ends():
    svg = drawing(FIGURES["reliability"], 640)
    grid = [p.get("d") for p in svg.iter("path") if p.get("class") == "chart-grid"]
    lowest, highest = (float(re.search(r" ([\d.]+)H", one)[1]) for one in (grid[0], grid[-1]))
    dots = [float(dot.get("cy")) for dot in svg.iter("circle")]
    at = [lowest + share * (highest - lowest) for share in (0.4, 0.95)]
    assert dots == [pytest.approx(place, abs=0.1) for place in at]
    spans = [p.get("d") for p in svg.iter("path") if p.get("class") == "chart-main"]
    ends = [float(end) for end in re.findall(r"[ V]([\d.]+)", spans[0])]
    assert ends == [
        pytest.approx(lowest + share * (highest - lowest), abs=0.1) for share in (0.3, 0.5)
    ]
    assert {"What came", "As promised"} <= set(words(svg))


def test_bars_have_their_names_and_their_values():
    shown = words(drawing(FIGURES["bars"], 640))
    assert shown == ["Under a week", "3", "Over a year", "120"]


def test_names_too_long_to_stand_beside_their_bars_stand_above_them_whole():
    assert "Missed trash, recycling or yard waste" in words(drawing(FIGURES["long names"], 288))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.43, 0.58, [0.4, 0.5, 0.6]),
        (0.0, 1.0, [0.0, 0.3, 0.6, 0.9, 1.0]),
        (0.97, 0.98, [0.9, 1.0]),
        (1.0, 1.0, [0.9, 1.0]),
        (0.0, 0.0, [0.0, 0.1]),
        (0.52, 0.99, [0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_the_axis_of_shares_goes_from_below_the_lowest_to_above_the_highest(low, high, ticks):
    axis = dots(["a"], [(low, low, high)])["layout"]["xaxis"]
    assert axis["tickvals"] == pytest.approx(ticks)
    assert axis["range"][0] <= low and high <= axis["range"][1]


def test_a_dot_stands_at_its_share_on_its_interval():
    svg = drawing(FIGURES["dots"], 640)
    (dot,) = svg.iter("circle")
    (line,) = (p.get("d") for p in svg.iter("path") if p.get("class") == "chart-main")
    grid = [p.get("d") for p in svg.iter("path") if p.get("class") == "chart-grid"]
    places = [float(re.match(r"M([\d.]+)", one)[1]) for one in grid]
    assert float(dot.get("cx")) == pytest.approx(places[1], abs=0.2)  # 50 %, of 40, 50 and 60
    assert float(re.match(r"M([\d.]+)", line)[1]) < float(dot.get("cx"))


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0, 1]), (1, [0, 1]), (3, [0, 1, 2, 3]), (10, [0, 5, 10]), (950, [0, 500, 1000])],
)
def test_an_axis_has_round_numbers_up_to_its_highest_value(highest, ticks):
    assert round_ticks(highest) == ticks
