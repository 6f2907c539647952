"""The map: a still one drawn in HTML from the same tiles, and the live one that takes its place when Dash is awake."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dash import html
from dash_leaflet.MapContainer import MapContainer
from dash_leaflet.TileLayer import TileLayer

from layouts.cases.map_tools import map_legend, map_tools
from layouts.shared import formats, ids
from layouts.shared.components import case_card
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import aria_label, island, tag
from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook

if TYPE_CHECKING:
    from portal.queries.cases.area_drawing import AreaDrawing
    from portal.queries.cases.case_cards import CaseCard

TILE_PIXELS = 256
STILL_PIXELS = 420.0
"""About the longer side of a phone's map; decides how coarse the still clusters are."""
APART = 0.1
"""Share of the map's longer side that still circles keep from each other: about 25 pixels on a phone."""
MAX_ZOOM = 18


@dataclass(frozen=True)
class Cell:
    """Cases near one place, as a tile tells them."""

    lat: float
    lon: float
    cases: int
    open_cases: int


@dataclass(frozen=True)
class MapView:
    """What a map shows: a part of the city, the filter, and the version of the data."""

    bounds: Bounds
    case_filter: CaseFilter
    rev: int
    cells: tuple[Cell, ...]
    zoom: int
    look: MapLook = MapLook()
    outlines: AreaDrawing | None = None
    """Of the whole city; stands in the page, so that the map is there with its first words."""


def still_zoom(bounds: Bounds) -> int:
    """The zoom at which a part of the city is about as wide as a phone."""
    for zoom in range(MAX_ZOOM, 0, -1):
        if max(_pixels(bounds, zoom)) <= STILL_PIXELS:
            return zoom
    return 0


def still_tiles(bounds: Bounds) -> list[tuple[int, int, int]]:
    """Tiles (z, x, y) that cover a part of the city at `still_zoom`; at most nine."""
    zoom = still_zoom(bounds)
    shift = morton.ZOOM - zoom
    west, north = (edge >> shift for edge in morton.mercator(bounds.north, bounds.west))
    east, south = (edge >> shift for edge in morton.mercator(bounds.south, bounds.east))
    return [(zoom, x, y) for x in range(west, east + 1) for y in range(north, south + 1)]


def join_near_cells(cells: list[Cell], bounds: Bounds) -> tuple[Cell, ...]:
    """The same cases in circles that do not cover each other on a phone: the largest stay, near ones join them."""
    longer = max(_pixels(bounds, MAX_ZOOM))
    kept: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: -cell.cases):
        near = next(
            (i for i, other in enumerate(kept) if _distance(cell, other) < APART * longer), None
        )
        if near is None:
            kept.append(cell)
        else:
            kept[near] = _joined(kept[near], cell)
    return tuple(kept)


def _distance(one: Cell, other: Cell) -> float:
    """Pixels between two circles at the closest zoom."""
    x0, y0 = morton.mercator(one.lat, one.lon)
    x1, y1 = morton.mercator(other.lat, other.lon)
    return math.hypot(x1 - x0, y1 - y0) * TILE_PIXELS / (1 << (morton.ZOOM - MAX_ZOOM))


def _joined(one: Cell, other: Cell) -> Cell:
    cases = one.cases + other.cases
    lat, lon = (
        (one.lat * one.cases + other.lat * other.cases) / cases,
        (one.lon * one.cases + other.lon * other.cases) / cases,
    )
    return Cell(lat, lon, cases, one.open_cases + other.open_cases)


def _pixels(bounds: Bounds, zoom: int) -> tuple[float, float]:
    x0, y0 = morton.mercator(bounds.north, bounds.west)
    x1, y1 = morton.mercator(bounds.south, bounds.east)
    pixel = (1 << (morton.ZOOM - zoom)) / TILE_PIXELS
    return (x1 - x0) / pixel, (y1 - y0) / pixel


def map_pane(city: Jurisdiction, view: MapView) -> html.Section:
    """The map's part of a page; its data attributes are what assets/cases-map-5-show.js reads."""
    attributes: Any = {
        "aria-label": _("Map of these cases"),
        "data-filter": view.case_filter.to_query_string(),
        "data-rev": str(view.rev),
        "data-box": _box(view.bounds),
        "data-city": _box(city.bounds),
        "data-words": json.dumps(_said_by_the_script(), ensure_ascii=False),
    }
    return html.Section(
        [
            map_tools(view.look),
            island(_still(city, view)),
            map_legend(),
            html.P(id=ids.map.SAID, role="status", className="for-screen-readers"),
            html.P(
                html.A(
                    _("List the cases on this part of the map"),
                    href="/cases",
                    id=ids.home.LIST_VIEW,
                ),
                className="map-action",
                hidden=True,
            ),
        ],
        id=ids.home.MAP,
        className="map-pane",
        tabIndex="-1",
        **attributes,
    )


def _said_by_the_script() -> dict[str, Any]:
    """Every word that assets/cases-map-*.js show, in the page's language."""
    return {
        "status": {name: formats.status_word(name) for name in formats.STATUSES},
        "one": _("1 case"),
        "many": ngettext("{n} case", "{n} cases", 2).replace("2", "{n}"),
        "closer": _("zoom in"),
        "list": _("list them"),
        "pin": _("{status}: {service}, case {number}"),
        "popup": _("Case {number}"),
        "opened": _("Opened {day}"),
        "map": _("Map. Arrow keys move, plus and minus zoom."),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "close": _("Close popup"),
        "square": _("Cases in a square"),
        "no_squares": _("No case here"),
        "here": _("You are here, within {metres} m"),
        "no_place": _(
            "Your place is not known. Allow this page to see it, or search for an address."
        ),
        "outside": _("You are outside of this map."),
        "no_tiles": _("The map could not be brought up to date. Move it to try again."),
        "full": _("Full screen"),
        "leave_full": _("Leave full screen"),
        "list_of": _said_by_the_list(),
    }


def _said_by_the_list() -> dict[str, str]:
    """Every word that assets/cases-list-2-show.js shows."""
    return {
        "slow": _("This takes longer than usual …"),
        "failed": _("We could not fetch this. The list still shows what it showed before."),
        "again": _("Try again"),
        "offline": _("You are offline. The list shows what was known at {time}."),
        "silent": _(
            "The portal does not answer at the moment. The list shows what was known at {time}."
        ),
        "back": _("You are online again."),
        "newer_one": _("1 newer case has come in. Show it"),
        "newer": ngettext(
            "{n} newer case has come in. Show it", "{n} newer cases have come in. Show them", 2
        ).replace("2", "{n}", 1),
        "days": _("The first day is after the last one."),
    }


def _still(city: Jurisdiction, view: MapView) -> html.Div:
    width, height = _pixels(view.bounds, view.zoom)
    return html.Div(
        [
            _still_areas(city, view),
            html.Ul(
                [_still_cluster(cell, view) for cell in view.cells], className="still-clusters"
            ),
        ],
        className="still-map",
        style={"--ratio": f"{width / height:.4f}"},
    )


def _still_areas(city: Jurisdiction, view: MapView) -> Any:
    if view.outlines is None or not view.outlines.path:
        return None
    drawing = {
        "viewBox": view.outlines.view_box,
        "preserveAspectRatio": "none",
        "aria-hidden": "true",
    }
    place = {"class": "still-areas", "style": _area_place(city, view)}
    return tag("svg", {**drawing, **place}, [tag("path", {"d": view.outlines.path})])


def _area_place(city: Jurisdiction, view: MapView) -> dict[str, str]:
    """Where the drawing of the whole city lies when only a part of it is shown, in per cent of that part."""
    left, top = _share(city.bounds.north, city.bounds.west, view.bounds)
    right, bottom = _share(city.bounds.south, city.bounds.east, view.bounds)
    return {
        "left": f"{left:.2f}%",
        "top": f"{top:.2f}%",
        "width": f"{right - left:.2f}%",
        "height": f"{bottom - top:.2f}%",
    }


def _share(lat: float, lon: float, bounds: Bounds) -> tuple[float, float]:
    x0, y0 = morton.mercator(bounds.north, bounds.west)
    x1, y1 = morton.mercator(bounds.south, bounds.east)
    x, y = morton.mercator(lat, lon)
    return 100 * (x - x0) / (x1 - x0), 100 * (y - y0) / (y1 - y0)


def _still_cluster(cell: Cell, view: MapView) -> html.Li:
    left, top = _share(cell.lat, cell.lon, view.bounds)
    name = aria_label(ngettext("{n} case, zoom in", "{n} cases, zoom in", cell.cases))
    look = f"cluster cluster-{cluster_size(cell.cases)}"
    link = html.A(
        short_number(cell.cases), href="/cases?" + zoom_in_query(cell, view), className=look, **name
    )
    return html.Li(link, style={"left": f"{left:.1f}%", "top": f"{top:.1f}%"})


def _around(cell: Cell, view: MapView) -> Bounds:
    """A cell's cases are within 64 pixels of the zoom they were counted at; the box is that wide, clipped to nothing."""
    half = 360.0 / (1 << view.zoom) / 8
    flat = half * math.cos(math.radians(cell.lat))
    return Bounds(
        south=cell.lat - flat, west=cell.lon - half, north=cell.lat + flat, east=cell.lon + half
    )


def zoom_in_query(cell: Cell, view: MapView) -> str:
    """Query of the same cases, only those around a cell."""
    fields = {**view.case_filter.__dict__, "bbox": _rounded(_around(cell, view))}
    return CaseFilter(**fields).to_query_string()


def _rounded(bounds: Bounds) -> Bounds:
    return Bounds(
        *(round(edge, 4) for edge in (bounds.south, bounds.west, bounds.north, bounds.east))
    )


def _box(bounds: Bounds) -> str:
    return ",".join(
        f"{edge:.4f}" for edge in (bounds.west, bounds.south, bounds.east, bounds.north)
    )


def short_number(n: int) -> str:
    """A count that fits in a circle: 950, 1.2k, 58k, 1.2M."""
    if n < 1_000:
        return str(n)
    value, letter = (n / 1_000, "k") if n < 999_500 else (n / 1_000_000, "M")
    return (f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}") + letter


def cluster_size(n: int) -> int:
    """1 to 5: how large a circle is drawn."""
    return 1 + sum(n >= step for step in (10, 100, 1_000, 10_000))


def live_map(view_bounds: Bounds, tile_url: str, attribution: str) -> MapContainer:
    """The live map; assets/cases-map-*.js draw cases and outlines on it. Nothing outside is asked when tile_url is empty."""
    streets = [TileLayer(url=tile_url, attribution=attribution, maxZoom=19)] if tile_url else []
    # dash-leaflet takes two corners, whatever the type of its argument says.
    corners: Any = [[view_bounds.south, view_bounds.west], [view_bounds.north, view_bounds.east]]
    return MapContainer(
        streets,
        id=ids.home.LIVE_MAP,
        className="live-map with-streets" if tile_url else "live-map",
        bounds=corners,
        maxZoom=MAX_ZOOM,
        minZoom=3,
        zoomSnap=0.5,
        attributionControl=bool(tile_url),
        # With tracking on, dash-leaflet compares a centre that a map placed by bounds does not have, and throws.
        trackViewport=False,
    )


def popup_card(case: CaseCard, zone: ZoneInfo, now: int) -> html.Div:
    """The card of a list, for the popup of a pin."""
    return html.Div(case_card(case, zone, now).children, className="popup-card")
