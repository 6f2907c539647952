"""What a page's map shows before any script runs: a part of the city, and the cases in it.

view = map_view(portal, city, selection, CaseOrder(), MapLook())
view.bounds     the part of the city: where the filter's cases are
view.cells      its cases as circles
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.context import Portal
from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.distance import box_around
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_cells import Cell, join_near_cells, still_zoom
from portal.domain.map_look import MapLook
from portal.domain.sort_order import CaseOrder
from portal.facts import tiles
from portal.facts.reader import Facts
from portal.facts.squares import Square
from portal.filter_sql import Selection
from portal.queries.cases.area_drawing import AreaDrawing, area_drawing
from portal.queries.cases.extent import extent
from portal.queries.cases.value_counts import ValueCounts

WIDEST_DEGREES = 5
"""No city is wider; a box that is wider becomes the city."""
LEAST_DEGREES = 0.004
"""About 400 m: a single case is shown with the streets around it."""
MARGIN = 0.08
"""Space around the cases, as a share of their box."""
NEAR_METRES = 800


@dataclass(frozen=True)
class MapView:
    """What a map shows: a part of the city, the filter, and the version of the data.

    `outlines` are those of the whole city. They are part of the page, so that the map is there
    with its first words.
    """

    bounds: Bounds
    case_filter: CaseFilter
    rev: int
    cells: tuple[Cell, ...]
    zoom: int
    look: MapLook = MapLook()
    outlines: AreaDrawing | None = None


def map_view(
    portal: Portal,
    city: Jurisdiction,
    selection: Selection,
    order: CaseOrder,
    look: MapLook,
    counts: ValueCounts | None = None,
) -> MapView:
    """The map of a selection: the part the address names, else the part where its cases are.

    `counts` are those of the selection, for a page that has them already.
    Raises NotReady before the first facts are published.
    """
    bounds = (
        _moved_to(city, look)
        or requested_part(city, selection.case_filter, order)
        or _part_with_cases(portal, city, selection, counts)
        or city.bounds
    )
    facts = portal.facts(city.id)
    cells = (
        count_cells(facts, bounds, selection, counts.squares)
        if counts
        else portal.read(count_cells, city.id, bounds, selection)
    )
    return MapView(
        bounds=bounds,
        case_filter=selection.case_filter,
        rev=facts.rev,
        cells=cells,
        zoom=still_zoom(bounds),
        look=look,
        outlines=_outlines(portal, city, look),
    )


def requested_part(city: Jurisdiction, case_filter: CaseFilter, order: CaseOrder) -> Bounds | None:
    """The filter's box, or the 800 m around the place that the cases are sorted by.

    A box larger than any city becomes the city; a place outside the city is None.
    """
    if box := case_filter.bbox:
        return city.bounds if max(_width(box), box.north - box.south) > WIDEST_DEGREES else box
    if order.lat is not None and order.lon is not None and city.bounds.holds(order.lat, order.lon):
        return box_around(order.lat, order.lon, NEAR_METRES)
    return None


def count_cells(
    facts: Facts,
    bounds: Bounds,
    selection: Selection,
    squares: Sequence[Square] | None = None,
) -> tuple[Cell, ...]:
    """The circles of a still map: the cells of the tiles that the live map fetches, all at once."""
    (place,) = morton.cover(bounds.south, bounds.west, bounds.north, bounds.east, max_ranges=1)
    cell_zoom = min(still_zoom(bounds) + tiles.CELL_ZOOMS, morton.ZOOM)
    rows = tiles.cells_in(facts, cell_zoom, place, selection, squares)
    cells = [Cell(lat, lon, cases, open_cases) for lon, lat, cases, open_cases in rows]
    return join_near_cells((cell for cell in cells if bounds.holds(cell.lat, cell.lon)), bounds)


def add_margin(box: Bounds, city: Bounds) -> Bounds:
    """A box with a margin, no smaller than a few streets and no larger than the city."""
    margin = max(LEAST_DEGREES, MARGIN * (box.north - box.south), MARGIN * _width(box))
    wider = Bounds(
        south=max(city.south, box.south - margin),
        west=max(city.west, box.west - margin),
        north=min(city.north, box.north + margin),
        east=min(city.east, box.east + margin),
    )
    return wider if wider.south < wider.north and wider.west < wider.east else city


def _moved_to(city: Jurisdiction, look: MapLook) -> Bounds | None:
    """Where the address has moved the map; only the live map goes outside the city."""
    seen = look.visible_bounds
    if seen is None or look.lat is None or look.lon is None:
        return None
    if not city.bounds.holds(look.lat, look.lon):
        return None
    return city.bounds if _width(seen) > WIDEST_DEGREES else seen


def _part_with_cases(
    portal: Portal, city: Jurisdiction, selection: Selection, counts: ValueCounts | None
) -> Bounds | None:
    """Where the cases of a filter are; None without a filter or without a case on the map."""
    if selection.case_filter.is_empty:
        return None
    known = counts.extent if counts else portal.read(extent, city.id, selection)
    return add_margin(known.bounds, city.bounds) if known.bounds else None


def _outlines(portal: Portal, city: Jurisdiction, look: MapLook) -> AreaDrawing | None:
    if look.areas == "none":
        return None
    return portal.cached(area_drawing, city.id, look.areas, city.bounds)


def _width(box: Bounds) -> float:
    return box.east - box.west
