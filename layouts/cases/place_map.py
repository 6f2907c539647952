"""A small still map of one case, with the neighborhoods and the cases around it.

It needs no script and no street tiles.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from layouts.shared.prerender import tag
from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.distance import metres_per_degree

if TYPE_CHECKING:
    from portal.queries.cases.outlines import Outline

WIDTH, HEIGHT = 640, 360
METRES_HIGH = 1_800
ROOM_FOR_A_NAME = 60
"""Units of the picture between a name and the case; a name closer to it is left out."""

Point = tuple[float, float]
MarkedPlace = tuple[str, float, float]
"""Status, latitude and longitude of a case."""


def map_box(lat: float, lon: float) -> Bounds:
    """What the map of a case at a place shows: 1.8 km from north to south.

    Its width follows from the shape of the picture.
    """
    north, east = metres_per_degree(lat)
    high, wide = METRES_HIGH / 2 / north, METRES_HIGH * WIDTH / HEIGHT / 2 / east
    return Bounds(lat - high, lon - wide, lat + high, lon + wide)


_PICTURE = {
    "class": "place-map",
    "viewBox": f"0 0 {WIDTH} {HEIGHT}",
    "preserveAspectRatio": "xMidYMid slice",
    "role": "img",
}


def place_map(
    case: MarkedPlace, outlines: Iterable[Outline], others: Iterable[MarkedPlace], name: str
) -> Any:
    """The picture of a case, the cases near it and the outlines around it.

    `name` tells screen readers what it shows.
    """
    status, lat, lon = case
    box = map_box(lat, lon)
    here = _point(lat, lon, box)
    parts = [
        *[_draw_area(outline, box) for outline in outlines],
        *[_draw_name(outline, box, here) for outline in outlines],
        *[_draw_other(other, box) for other in others],
        _draw_pin(here, status),
    ]
    return tag("svg", _PICTURE | {"aria-label": name}, parts)


def _point(lat: float, lon: float, box: Bounds) -> Point:
    """A place in units of the picture."""
    west, north = morton.mercator(box.north, box.west)
    east, south = morton.mercator(box.south, box.east)
    x, y = morton.mercator(lat, lon)
    return WIDTH * (x - west) / (east - west), HEIGHT * (y - north) / (south - north)


def _draw_area(outline: Outline, box: Bounds) -> Any:
    paths = (
        "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in (_point(*point, box) for point in ring)) + "z"
        for ring in outline.rings
    )
    return tag("path", {"class": "place-area", "d": "".join(paths)})


def _draw_name(outline: Outline, box: Bounds, here: Point) -> Any:
    x, y = _point(*outline.name_at, box)
    is_near_the_edge = not (
        2 * ROOM_FOR_A_NAME < x < WIDTH - 2 * ROOM_FOR_A_NAME and 20 < y < HEIGHT - 20
    )
    is_on_the_case = abs(x - here[0]) < 2 * ROOM_FOR_A_NAME and abs(y - here[1]) < ROOM_FOR_A_NAME
    if is_near_the_edge or is_on_the_case:
        return None
    return tag("text", {"class": "place-name", "x": f"{x:.0f}", "y": f"{y:.0f}"}, outline.name)


def _draw_other(other: MarkedPlace, box: Bounds) -> Any:
    x, y = _point(other[1], other[2], box)
    look = f"place-other {_status_class(other[0])}"
    return tag("circle", {"class": look, "cx": f"{x:.0f}", "cy": f"{y:.0f}", "r": 6})


def _draw_pin(here: Point, status: str) -> Any:
    x, y = here
    look = f"place-pin {_status_class(status)}"
    sign = {"x": -8, "y": -36, "width": 16, "height": 16, "class": "place-sign"}
    parts = [
        tag("circle", {"r": 40, "class": "place-halo"}),
        tag("path", {"d": "M0 0C-5-10-15-16-15-28a15 15 0 0 1 30 0c0 12-10 18-15 28z"}),
        tag("use", {"href": f"#icon-{status}"} | sign),
    ]
    return tag("g", {"class": look, "transform": f"translate({x:.0f} {y:.0f})"}, parts)


def _status_class(status: str) -> str:
    return f"status-{status.replace('_', '-')}"
