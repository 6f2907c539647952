"""The map's part of a page: its tools, the still map, and what its scripts need to know.

The still map (layouts.cases.still_map) is there at once; the live one (layouts.cases.live_map)
takes its place when Dash is awake.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.map_tools import map_legend, map_tools
from layouts.cases.map_words import script_words
from layouts.cases.still_map import still_map
from layouts.shared import ids
from layouts.shared.language import _
from layouts.shared.prerender import island
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.map_views import MapView


def map_pane(city: Jurisdiction, view: MapView) -> html.Section:
    """The map's part of a page; assets/cases-map-5-show.js reads its data attributes."""
    parts = [
        map_tools(view.look),
        island(still_map(city, view)),
        map_legend(),
        html.P(id=ids.map.SAID, role="status", className="for-screen-readers"),
        _list_link(),
    ]
    told = _tell_scripts(city, view)
    return html.Section(parts, id=ids.home.MAP, className="map-pane", tabIndex="-1", **told)


def _tell_scripts(city: Jurisdiction, view: MapView) -> Any:
    return {
        "aria-label": _("Map of these cases"),
        "data-filter": view.case_filter.to_query_string(),
        "data-rev": str(view.rev),
        "data-box": _box(view.bounds),
        "data-city": _box(city.bounds),
        "data-words": json.dumps(script_words(), ensure_ascii=False),
    }


def _list_link() -> html.P:
    """The way to the list of what the map shows; a script shows it and sets its address."""
    link = html.A(_("List the cases on this part of the map"), href="/cases", id=ids.home.LIST_VIEW)
    return html.P(link, className="map-action", hidden=True)


def _box(bounds: Bounds) -> str:
    """West, south, east, north in degrees, as the scripts read them."""
    return ",".join(
        f"{edge:.4f}" for edge in (bounds.west, bounds.south, bounds.east, bounds.north)
    )
