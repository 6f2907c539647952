"""The map that is there before any script runs: outlines, and circles that link to their cases.

A circle is a link to the same list with only the cases around it, so the map works without scripts.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared.language import ngettext
from layouts.shared.prerender import aria_label, tag
from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.domain.map_cells import Cell
    from portal.queries.cases.map_views import MapView


def still_map(city: Jurisdiction, view: MapView) -> html.Div:
    """The outlines of the city's areas, and on them its cases as circles."""
    width, height = _size(view.bounds)
    circles = html.Ul([_circle(cell, view) for cell in view.cells], className="still-clusters")
    return html.Div(
        [_outlines(city, view), circles],
        className="still-map",
        style={"--ratio": f"{width / height:.4f}"},
    )


def _outlines(city: Jurisdiction, view: MapView) -> Any:
    if view.outlines is None or not view.outlines.path:
        return None
    drawing = {
        "viewBox": view.outlines.view_box,
        "preserveAspectRatio": "none",
        "aria-hidden": "true",
        "class": "still-areas",
        "style": _place_outlines(city, view),
    }
    return tag("svg", drawing, [tag("path", {"d": view.outlines.path})])


def _place_outlines(city: Jurisdiction, view: MapView) -> dict[str, str]:
    """Where the drawing of the whole city goes if only a part of it is shown, in % of that part."""
    left, top = _position(city.bounds.north, city.bounds.west, view.bounds)
    right, bottom = _position(city.bounds.south, city.bounds.east, view.bounds)
    return {
        "left": f"{left:.2f}%",
        "top": f"{top:.2f}%",
        "width": f"{right - left:.2f}%",
        "height": f"{bottom - top:.2f}%",
    }


def _circle(cell: Cell, view: MapView) -> html.Li:
    """A circle with its number, which leads to the cases around it."""
    left, top = _position(cell.lat, cell.lon, view.bounds)
    link = html.A(
        short_number(cell.cases),
        href=f"/cases?{zoom_in_query(cell, view)}",
        className=f"cluster cluster-{cluster_size(cell.cases)}",
        **aria_label(ngettext("{n} case, zoom in", "{n} cases, zoom in", cell.cases)),
    )
    return html.Li(link, style={"left": f"{left:.1f}%", "top": f"{top:.1f}%"})


def _position(lat: float, lon: float, bounds: Bounds) -> tuple[float, float]:
    """Where a place is on a map of the bounds: % from its left, % from its top."""
    x0, y0 = morton.mercator(bounds.north, bounds.west)
    x, y = morton.mercator(lat, lon)
    width, height = _size(bounds)
    return 100 * (x - x0) / width, 100 * (y - y0) / height


def _size(bounds: Bounds) -> tuple[int, int]:
    """Width and height of a box on the Mercator grid."""
    x0, y0 = morton.mercator(bounds.north, bounds.west)
    x1, y1 = morton.mercator(bounds.south, bounds.east)
    return x1 - x0, y1 - y0


def zoom_in_query(cell: Cell, view: MapView) -> str:
    """The query of the same cases, but only those around a cell."""
    around = _round(_box_around(cell, view.zoom))
    return replace(view.case_filter, bbox=around).to_query_string()


def _box_around(cell: Cell, zoom: int) -> Bounds:
    """The 64 by 64 pixels around a cell, at the zoom where its cases were counted."""
    half = 360.0 / (1 << zoom) / 8
    flat = half * math.cos(math.radians(cell.lat))
    return Bounds(
        south=cell.lat - flat, west=cell.lon - half, north=cell.lat + flat, east=cell.lon + half
    )


def _round(bounds: Bounds) -> Bounds:
    edges = (bounds.south, bounds.west, bounds.north, bounds.east)
    return Bounds(*(round(edge, 4) for edge in edges))


def short_number(n: int) -> str:
    """A count that fits in a circle: 950, 1.2k, 58k, 1.2M."""
    if n < 1_000:
        return str(n)
    value = n / 1_000 if n < 999_500 else n / 1_000_000
    digits = f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"
    return digits + ("k" if n < 999_500 else "M")


def cluster_size(n: int) -> int:
    """How large a circle of so many cases is drawn: 1 to 5."""
    return 1 + sum(n >= step for step in (10, 100, 1_000, 10_000))
