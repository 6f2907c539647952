"""The map that Dash draws once it is awake, and the card that opens above one of its pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dash import html
from dash_leaflet.MapContainer import MapContainer
from dash_leaflet.TileLayer import TileLayer

from layouts.shared import ids
from layouts.shared.components import case_card
from portal.domain.bounds import Bounds
from portal.domain.map_cells import MAX_ZOOM

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard


def live_map(view_bounds: Bounds, tile_url: str, attribution: str) -> MapContainer:
    """The live map of a part of the city, on which assets/cases-map-*.js draw cases and outlines.

    With an empty `tile_url` it has no streets and asks no other host for anything.
    """
    streets = [TileLayer(url=tile_url, attribution=attribution, maxZoom=19)] if tile_url else []
    # dash-leaflet takes two corners, although its argument has another type.
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
        # With tracking on, dash-leaflet compares a center that a map placed by bounds does not
        # have, and throws.
        trackViewport=False,
    )


def popup_card(case: CaseCard, zone: ZoneInfo, now: int) -> html.Div:
    """A case as a list shows it, for the popup of its pin."""
    return html.Div(case_card(case, zone, now).children, className="popup-card")
