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
    numeric = frozenset(range(1, len(heads)))
    parts = [
        tag("figcaption", {}, [html.H2(finding), html.P(counts, className="numbers")]),
        html.Div(draw(figure, NARROW), className="chart-narrow"),
        html.Div(draw(figure, WIDE), className="chart-wide"),
        html.Details([html.Summary(_("The numbers")), table(finding, heads, rows, numeric)]),
    ]
    return tag("figure", {"class": "chart"}, parts)
