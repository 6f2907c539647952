"""Draws the demo city's areas from the measured grid.

    python -m data_sync.demo.geography OUT_DIRECTORY

Neighborhoods, council districts and small areas the size of a census tract, each a GeoJSON file of
plain polygons in WGS84. The only source is figures.json: the label that most cases of a 100 m cell
have. For a cell without cases (a park, a cemetery) those around it decide.

The polygons of a layer touch without gaps or overlaps and cover every cell of the grid, so every
generated case is inside one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data_sync.demo.figures import Figures, load_figures, make_slug
from data_sync.demo.grid import CELL_METRES, to_degrees

FINE = 2  # steps a cell is divided into, so that borders can run smoothly
STEP = CELL_METRES / FINE  # meters
MARGIN = 20  # cells of empty land kept around the city while drawing
SPREADS = ((220.0, 1.0), (500.0, 0.05), (1_500.0, 0.002))
"""Meters and weight: near labels decide, far ones only if nothing is near."""
WITHIN_NEIGHBORHOOD = 450.0
"""Meters: parks and rail yards up to twice this wide belong to the neighborhood around them."""
BETWEEN_NEIGHBORHOODS = 220.0  # meters: wider water stays water
SHORE = 90.0  # meters of land beyond the last cell with a case
BORDER_TOLERANCE = 130.0  # meters: smaller jogs are smoothed away
TRACT_CELLS = 42.0  # cells with cases in a tract, about: some 130 tracts
DECIMALS = 5  # of a degree: a metre

Labels = np.ndarray  # on the fine grid: index of an area, row 0 in the south


def draw_layers(figures: Figures) -> dict[str, dict]:
    """The three layers as GeoJSON, by file name without the ending."""
    land = city_outline(figures)
    hoods = spread_labels(figures.cells[:, :2], figures.cells[:, 3], len(figures.neighborhoods))
    tracts, hood_of_tract = divide(figures, hoods)
    areas = [clip(area, land) for area in polygons(tracts, len(hood_of_tract))]
    hood_areas = [
        _join_tracts(areas, hood_of_tract, hood) for hood in range(len(figures.neighborhoods))
    ]
    return {
        "demo_neighborhoods": feature_collection(figures.neighborhoods, hood_areas),
        "demo_council_districts": _draw_districts(figures, land),
        "demo_tracts": feature_collection(tract_names(figures, hood_of_tract), areas),
    }


def _join_tracts(areas: list, hood_of_tract: list[int], hood: int) -> BaseGeometry:
    mine = [area for area, owner in zip(areas, hood_of_tract, strict=True) if owner == hood]
    return shapely.coverage_union_all(mine)


def _draw_districts(figures: Figures, land: BaseGeometry) -> dict:
    numbers = figures.council_districts
    councils = spread_labels(figures.cells[:, :2], figures.cells[:, 4], len(numbers))
    areas = [clip(area, land) for area in polygons(councils, len(numbers))]
    return feature_collection([f"District {number}" for number in numbers], areas)


def city_outline(figures: Figures) -> BaseGeometry:
    """The city's land in meters: all cells, the parks between them, some shore; no holes."""
    corners = figures.cell_corners
    boxes = shapely.box(
        corners[:, 0], corners[:, 1], corners[:, 0] + CELL_METRES, corners[:, 1] + CELL_METRES
    )
    parts = [
        _closed(shapely.union_all(boxes[figures.cells[:, 3] == hood]), WITHIN_NEIGHBORHOOD)
        for hood in range(len(figures.neighborhoods))
    ]
    land = _closed(shapely.union_all([*parts, *boxes]), BETWEEN_NEIGHBORHOODS)
    # Rounder than the cells but never inside them: the shore is wider than what is smoothed.
    return _without_holes(land.buffer(SHORE * 2).buffer(-SHORE).simplify(SHORE / 3))


def spread_labels(cells: np.ndarray, labels: np.ndarray, count: int) -> Labels:
    """The label of every place of the fine grid: the one with the most weight around it."""
    rows, columns = cells.max(axis=0) + 2 * MARGIN
    best = np.zeros((rows * FINE, columns * FINE))
    answer = np.zeros((rows * FINE, columns * FINE), dtype=int)
    for label in range(count):
        ground = np.zeros((rows, columns))
        own = cells[labels == label] + MARGIN
        ground[own[:, 0], own[:, 1]] = 1.0
        weight = _blurred(np.kron(ground, np.ones((FINE, FINE))))
        answer[weight > best] = label
        best = np.maximum(best, weight)
    return answer


def divide(figures: Figures, hoods: Labels) -> tuple[Labels, list[int]]:
    """Divide neighborhoods into tracts with about the same number of busy cells.

    Returns the tract of every place, and the neighborhood of every tract.
    """
    busy = np.zeros_like(hoods, dtype=float)
    for row, column in figures.cells[:, :2] + MARGIN:
        busy[row * FINE : (row + 1) * FINE, column * FINE : (column + 1) * FINE] = 1 / FINE**2
    tracts = np.zeros_like(hoods)
    owners: list[int] = []
    for hood in range(len(figures.neighborhoods)):
        places = np.argwhere(hoods == hood)
        for part in _halved(places, busy[places[:, 0], places[:, 1]]):
            tracts[part[:, 0], part[:, 1]] = len(owners)
            owners.append(hood)
    return tracts, owners


def polygons(labels: Labels, count: int) -> list[BaseGeometry]:
    """One area per label, in meters of the grid, with the fine grid's steps smoothed.

    Neighbors keep their common border.
    """
    origin = -MARGIN * CELL_METRES
    areas = []
    for label in range(count):
        rows, columns = np.nonzero(labels == label)
        east, north = origin + columns * STEP, origin + rows * STEP
        areas.append(
            shapely.coverage_union_all(shapely.box(east, north, east + STEP, north + STEP))
        )
    return list(shapely.coverage_simplify(areas, BORDER_TOLERANCE))


def clip(area: BaseGeometry, land: BaseGeometry) -> BaseGeometry:
    """The part of an area that is land, as polygons only."""
    dry = area.intersection(land)
    return shapely.multipolygons(
        [part for part in shapely.get_parts(dry) if part.geom_type == "Polygon"]
    )


def tract_names(figures: Figures, hood_of_tract: list[int]) -> list[str]:
    """Names such as "Roxbury 1" and "Roxbury 2": the neighborhood and a number."""
    return [
        f"{figures.neighborhoods[hood]} {hood_of_tract[: index + 1].count(hood)}"
        for index, hood in enumerate(hood_of_tract)
    ]


def feature_collection(names: Iterable[str], areas: Iterable[BaseGeometry]) -> dict:
    """GeoJSON with `name` and `slug`; positions to the meter."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "slug": make_slug(name)},
            "geometry": _geometry(area),
        }
        for name, area in zip(names, areas, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def write_layers(layers: dict[str, dict], directory: Path) -> None:
    """One file per layer, one line per area."""
    for name, layer in layers.items():
        lines = ",\n".join(
            json.dumps(feature, separators=(",", ":")) for feature in layer["features"]
        )
        (directory / f"{name}.geojson").write_text(
            f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8"
        )


def _closed(shape: BaseGeometry, reach: float) -> BaseGeometry:
    return _without_holes(shape.buffer(reach).buffer(-reach))


def _without_holes(shape: BaseGeometry) -> BaseGeometry:
    return shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(shape)])


def _blurred(ground: np.ndarray) -> np.ndarray:
    """The ground blurred by SPREADS: a sum of bell curves, by Fourier transform."""
    shape = ground.shape
    spectrum = np.fft.rfft2(ground)
    down = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1])[None, :] ** 2
    total = sum(
        weight * np.exp(-2 * (np.pi * metres / STEP) ** 2 * down) for metres, weight in SPREADS
    )
    # Rounded: the transform's last digits must not decide between two labels.
    return np.round(np.fft.irfft2(spectrum * total, s=shape), 9)


def _halved(places: np.ndarray, busy: np.ndarray) -> list[np.ndarray]:
    """Cut across the longer side at half of the busy cells, until no part exceeds 1.5 tracts."""
    if busy.sum() < 1.5 * TRACT_CELLS:
        return [places]
    heart = np.average(places, axis=0, weights=busy)
    along = (places - heart) @ _longest_way((places - heart)[busy > 0])
    order = np.argsort(along, kind="stable")
    half = int(np.searchsorted(np.cumsum(busy[order]), busy.sum() / 2))
    first, second = order[:half], order[half:]
    return _halved(places[first], busy[first]) + _halved(places[second], busy[second])


def _longest_way(offsets: np.ndarray) -> np.ndarray:
    """The unit vector along which the places extend furthest.

    It points north (or east), so that the answer is the same on every machine.
    """
    way = np.round(np.linalg.eigh(offsets.T @ offsets)[1][:, -1], 6)
    return way if tuple(way) >= (0.0, 0.0) else -way


def _geometry(area: BaseGeometry) -> dict:
    parts = [
        [_ring(ring) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(area)
    ]
    return (
        {"type": "MultiPolygon", "coordinates": parts}
        if len(parts) > 1
        else {"type": "Polygon", "coordinates": parts[0]}
    )


def _ring(ring: BaseGeometry) -> list[list[float]]:
    east, north = shapely.get_coordinates(ring).T
    lat, lon = to_degrees(east, north)
    pairs = zip(lon, lat, strict=True)
    points = [[round(float(x), DECIMALS), round(float(y), DECIMALS)] for x, y in pairs]
    return [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]


def main(arguments: Iterable[str]) -> int:
    """Write the three files into a directory; 2 if the arguments are wrong."""
    directories = list(arguments)
    if len(directories) != 1:
        print("use: python -m data_sync.demo.geography portal/jurisdictions/geo", file=sys.stderr)
        return 2
    write_layers(draw_layers(load_figures()), Path(directories[0]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
