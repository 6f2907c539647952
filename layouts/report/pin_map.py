"""A map to put a pin on: the pin stays in the middle and the city moves under it.

It is drawn here, so it works without scripts. One unit of the drawing is one pixel of the world at
its zoom, so a script can move it under the pin until a new drawing comes.

    drawn_box(42.33, -71.07, 17)  # Bounds: what the map shows
    move_place(42.33, -71.07, 17, 0, -STEP)  # (42.330254, -71.07): one arrow to the north
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layouts.shared.prerender import tag
from portal.domain.bounds import METRES_PER_DEGREE, Bounds

if TYPE_CHECKING:
    from portal.queries.cases.outlines import Outline
    from portal.queries.report.street_lines import StreetLine

Point = tuple[float, float]
WIDTH, HEIGHT = 1_280, 800
"""What is drawn, in pixels. Less than half is seen; the rest comes in when the map is dragged."""
TILE = 256
NEAREST, FARTHEST, USUAL = 19, 10, 17
"""Zooms: a house and its neighbors, a whole city, a few streets."""
STREETS_FROM, NAMES_FROM = 15, 16
ROOM_FOR_A_NAME = 46
ROOM_FOR_A_CIRCLE = 120
"""Radius in pixels: a phone shows 300 of the map's height."""
STEP = 32
"""How far, in pixels, one press of an arrow moves the pin."""
MOVES = {"north": (0, -STEP), "south": (0, STEP), "west": (-STEP, 0), "east": (STEP, 0)}
"""The arrows, and what each adds to the pin's place in pixels: right and down."""


@dataclass(frozen=True)
class PinMap:
    """The middle of the map in degrees, its zoom, and what to draw.

    `tile_url` is empty if no street tiles are used; `credit` says whose they are. `rough_m`: the
    phone is somewhere within so many meters of the middle, 0 where that is not the question.
    """

    lat: float
    lon: float
    zoom: int
    outlines: tuple[Outline, ...] = ()
    streets: tuple[StreetLine, ...] = ()
    cases: tuple[Point, ...] = ()
    tile_url: str = ""
    credit: str = ""
    rough_m: float = 0


def drawn_box(lat: float, lon: float, zoom: int) -> Bounds:
    """The part of the world that the map draws around a place."""
    x, y = _pixel(lat, lon, zoom)
    north, west = place_at(x - WIDTH / 2, y - HEIGHT / 2, zoom)
    south, east = place_at(x + WIDTH / 2, y + HEIGHT / 2, zoom)
    return Bounds(south, west, north, east)


def zoom_to_fit(bounds: Bounds) -> int:
    """The closest zoom that shows a box nearly whole on a phone.

    A city is seldom as large as the box around it.
    """
    for zoom in range(NEAREST, FARTHEST, -1):
        left, top = _pixel(bounds.north, bounds.west, zoom)
        right, bottom = _pixel(bounds.south, bounds.east, zoom)
        if right - left <= 480 and bottom - top <= 420:
            return zoom
    return FARTHEST


def zoom_to_circle(lat: float, meters: float) -> int:
    """The closest zoom at which a circle of this radius is whole on a phone."""
    for zoom in range(NEAREST, FARTHEST, -1):
        if meters / _meters_per_pixel(lat, zoom) <= ROOM_FOR_A_CIRCLE:
            return zoom
    return FARTHEST


def change_zoom(zoom: int, steps: int) -> int:
    """The zoom so many steps closer, within what the map has."""
    return max(FARTHEST, min(NEAREST, zoom + steps))


def move_place(lat: float, lon: float, zoom: int, right: float, down: float) -> Point:
    """The place so many pixels to the right of, and below, another one."""
    x, y = _pixel(lat, lon, zoom)
    return place_at(x + right, y + down, zoom)


def place_at(x: float, y: float, zoom: int) -> Point:
    """Latitude and longitude of a pixel of the world; of one outside, those of its edge."""
    size = TILE * (1 << zoom)
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / size))))
    return round(max(-85.0, min(85.0, lat)), 6), round(
        max(-180.0, min(180.0, 360 * x / size - 180)), 6
    )


_DRAWING = {
    "class": "pin-drawing",
    "viewBox": f"{-WIDTH // 2} {-HEIGHT // 2} {WIDTH} {HEIGHT}",
    "width": WIDTH,
    "height": HEIGHT,
    "aria-hidden": "true",
}


def draw_map(view: PinMap) -> Any:
    """The drawing as SVG; the pin over its middle is part of the page."""
    middle = _pixel(view.lat, view.lon, view.zoom)
    has_names = not view.tile_url or view.zoom < STREETS_FROM
    parts = [
        *[_area(outline, view, middle) for outline in view.outlines],
        # Our own streets are under the tiles: if the tiles' host is down, there still is a map.
        *_streets(view, middle),
        *_tiles(view, middle),
        *[_case(case, view, middle) for case in view.cases],
        _circle(view) if view.rough_m else None,
        *(_area_names(view, middle) if has_names else []),
    ]
    return tag("svg", _DRAWING, parts)


def _pixel(lat: float, lon: float, zoom: int) -> Point:
    size = TILE * (1 << zoom)
    return size * (lon + 180) / 360, size * (
        1 - math.asinh(math.tan(math.radians(lat))) / math.pi
    ) / 2


def _at(place: Point, view: PinMap, middle: Point) -> Point:
    x, y = _pixel(*place, view.zoom)
    return x - middle[0], y - middle[1]


def _path(points: Iterable[Point], view: PinMap, middle: Point) -> str:
    return "M" + "L".join(
        f"{x:.0f} {y:.0f}" for x, y in (_at(point, view, middle) for point in points)
    )


def _area(outline: Outline, view: PinMap, middle: Point) -> Any:
    paths = "".join(_path(ring, view, middle) + "z" for ring in outline.rings)
    return tag("path", {"class": "place-area", "d": paths})


def _area_names(view: PinMap, middle: Point) -> list[Any]:
    if view.zoom > NAMES_FROM:
        return []
    taken: list[Point] = []
    names = []
    for outline in sorted(view.outlines, key=lambda outline: (-_size(outline), outline.name)):
        x, y = _at(outline.name_at, view, middle)
        if all(
            abs(x - other_x) > 2 * ROOM_FOR_A_NAME or abs(y - other_y) > 18
            for other_x, other_y in taken
        ):
            taken.append((x, y))
            names.append(_text(outline.name, x, y, 0, "place-name"))
    return names


def _size(outline: Outline) -> float:
    """The size of the box around an area, in square degrees; the largest area is named first."""
    lats, lons = zip(*(point for ring in outline.rings for point in ring), strict=True)
    return (max(lats) - min(lats)) * (max(lons) - min(lons))


def _streets(view: PinMap, middle: Point) -> list[Any]:
    """The edges of all streets, then their surface, then names: so that crossings are open."""
    if view.zoom < STREETS_FROM:
        return []
    lines = [_path(piece, view, middle) for street in view.streets for piece in street.pieces]
    size = max(4, 4 * 2 ** (view.zoom - 16))
    edges = tag("path", {"class": "street-edge", "d": "".join(lines), "stroke-width": size + 3})
    ground = tag("path", {"class": "street", "d": "".join(lines), "stroke-width": size})
    return [edges, ground, *_street_names(view, middle)] if lines else []


def _street_names(view: PinMap, middle: Point) -> list[Any]:
    """One name a street, along its stretch closest to the pin, if there is room for it."""
    if view.zoom < NAMES_FROM:
        return []
    taken: list[Point] = [(0, 0)]
    names = []
    for x, y, turn, name in sorted(
        _stretches(view, middle), key=lambda stretch: math.hypot(stretch[0], stretch[1])
    ):
        if all(
            math.hypot(x - other_x, y - other_y) > ROOM_FOR_A_NAME for other_x, other_y in taken
        ):
            taken.append((x, y))
            names.append(_text(name, x, y, turn, "street-name"))
    return names


def _stretches(view: PinMap, middle: Point) -> Iterable[tuple[float, float, float, str]]:
    """For each street: x and y of the stretch closest to the pin, its turn in degrees, its name."""
    for street in view.streets:
        found = []
        for piece in street.pieces:
            points = [_at(point, view, middle) for point in piece]
            for start in range(0, len(points) - 1, 3):
                (x0, y0), (x1, y1) = points[start], points[min(start + 3, len(points) - 1)]
                found.append(
                    ((x0 + x1) / 2, (y0 + y1) / 2, math.degrees(math.atan2(y1 - y0, x1 - x0)))
                )
        if found:
            x, y, turn = min(
                found, key=lambda place: abs(math.hypot(place[0], place[1]) - 2 * ROOM_FOR_A_NAME)
            )
            yield x, y, (turn + 90) % 180 - 90, street.name


def _text(words: str, x: float, y: float, turn: float, look: str) -> Any:
    where = f"translate({x:.0f} {y:.0f})" + (f" rotate({turn:.0f})" if turn else "")
    return tag("text", {"class": look, "transform": where, "dy": ".35em"}, words)


def _case(case: Point, view: PinMap, middle: Point) -> Any:
    x, y = _at(case, view, middle)
    return tag("circle", {"class": "pin-case", "cx": f"{x:.0f}", "cy": f"{y:.0f}", "r": 6})


def _circle(view: PinMap) -> Any:
    radius = view.rough_m / _meters_per_pixel(view.lat, view.zoom)
    return tag("circle", {"class": "pin-rough", "cx": 0, "cy": 0, "r": f"{radius:.0f}"})


def _meters_per_pixel(lat: float, zoom: int) -> float:
    around = 360 * METRES_PER_DEGREE * math.cos(math.radians(lat))
    return around / (TILE * (1 << zoom))


def _tiles(view: PinMap, middle: Point) -> list[Any]:
    """Street tiles of the host that the settings name, if any."""
    if not view.tile_url:
        return []
    columns, rows = _tiles_across(middle[0], WIDTH), _tiles_across(middle[1], HEIGHT)
    last = (1 << view.zoom) - 1
    return [
        _draw_tile(view, (column, row), middle)
        for column in columns
        for row in rows
        if 0 <= column <= last and 0 <= row <= last
    ]


def _tiles_across(middle: float, length: int) -> range:
    """The columns or rows of tiles on the map, also such as the world does not have."""
    return range(int((middle - length / 2) // TILE), int((middle + length / 2) // TILE) + 1)


def _draw_tile(view: PinMap, place: tuple[int, int], middle: Point) -> Any:
    """An HTML image: a lost SVG image would be shown as broken."""
    column, row = place
    x, y = f"{column * TILE - middle[0]:.1f}", f"{row * TILE - middle[1]:.1f}"
    image = {"src": _tile_address(view.tile_url, view.zoom, column, row), "alt": ""}
    box = {"x": x, "y": y, "width": TILE, "height": TILE}
    return tag("foreignObject", box, [tag("img", image)])


def _tile_address(tile_url: str, zoom: int, column: int, row: int) -> str:
    values = {
        "{s}": "abc"[(column + row) % 3],
        "{z}": str(zoom),
        "{x}": str(column),
        "{y}": str(row),
        "{r}": "",
    }
    for hole, value in values.items():
        tile_url = tile_url.replace(hole, value)
    return tile_url
