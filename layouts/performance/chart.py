"""A chart on a page: what it shows as its title, what is counted, the drawing, and its table."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.figures.kinds import Figure
from layouts.figures.svg import draw
from layouts.shared.components import table
from layouts.shared.language import _
from layouts.shared.prerender import tag

NARROW, WIDE = 288, 640


def chart(
    figure: Figure, finding: str, counts: str, heads: list[str], rows: list[list[Any]]
) -> Any:
    """`finding`: the sentence to remember; `counts`: which cases, of which days.

    The table says all that the drawing does, so the drawing is for the eyes alone.
    """
    title = tag("figcaption", {}, [html.H2(finding), html.P(counts, className="numbers")])
    return tag("figure", {"class": "chart"}, [title, *_draw_both(figure, finding, heads, rows)])


def small_chart(
    figure: Figure, caption: str, counts: str, heads: list[str], rows: list[list[Any]]
) -> Any:
    """A drawing and its table below a sentence that says what it shows; `caption` names the table,
    `counts` says what is drawn."""
    title = tag("figcaption", {}, [html.P(counts, className="numbers")])
    return tag("figure", {"class": "chart"}, [title, *_draw_both(figure, caption, heads, rows)])


def _draw_both(figure: Figure, caption: str, heads: list[str], rows: list[list[Any]]) -> list[Any]:
    """For a phone and for a desk, and the table."""
    numeric = frozenset(range(1, len(heads)))
    return [
        html.Div(draw(figure, NARROW), className="chart-narrow"),
        html.Div(draw(figure, WIDE), className="chart-wide"),
        html.Details([html.Summary(_("The numbers")), table(caption, heads, rows, numeric)]),
    ]
