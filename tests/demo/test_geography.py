"""The areas are the measured grid's, touch without gap or overlap, and hold every case."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

import portal.jurisdictions
from data_sync.demo.figures import Figures
from data_sync.demo.geography import draw_layers, main, spread_labels, write_layers
from data_sync.demo.grid import to_degrees, to_metres
from data_sync.desk.records import DeskCase

COMMITTED = Path(str(portal.jurisdictions.__file__)).with_name("geo")
LAYERS = {"demo_neighborhoods": 17, "demo_council_districts": 9, "demo_tracts": 133}


@pytest.fixture(scope="module", params=LAYERS)
def layer(request: pytest.FixtureRequest) -> tuple[str, list[dict]]:
    return request.param, json.loads((COMMITTED / f"{request.param}.geojson").read_text())[
        "features"
    ]


def areas_of(features: list[dict]) -> np.ndarray:
    return np.array([shape(feature["geometry"]) for feature in features])


def test_committed_layers_are_drawn_again_identically(figures: Figures, tmp_path: Path):
    write_layers(draw_layers(figures), tmp_path)
    for name in LAYERS:
        drawn = tmp_path / f"{name}.geojson"
        assert drawn.read_bytes() == (COMMITTED / drawn.name).read_bytes()
        assert drawn.stat().st_size <= 150_000


def test_areas_are_named_once_and_valid(layer: tuple[str, list[dict]]):
    name, features = layer
    assert (
        len({feature["properties"]["slug"] for feature in features})
        == len(features)
        == LAYERS[name]
    )
    assert all(set(feature["properties"]) == {"name", "slug"} for feature in features)
    assert shapely.is_valid(areas_of(features)).all()


def test_areas_do_not_overlap_and_leave_no_gap(layer: tuple[str, list[dict]]):
    areas = areas_of(layer[1])
    together = shapely.union_all(areas)
    assert sum(area.area for area in areas) == pytest.approx(together.area, rel=1e-6)
    holes = [ring for part in shapely.get_parts(together) for ring in part.interiors]
    assert sum(shapely.Polygon(ring).area for ring in holes) <= 1e-6 * together.area


def test_every_generated_place_lies_in_an_area(layer: tuple[str, list[dict]], city: list[DeskCase]):
    points = shapely.points([(case.lon, case.lat) for case in city if case.lat is not None])
    tree = shapely.STRtree(areas_of(layer[1]))
    found = np.unique(tree.query(points, predicate="intersects")[0])
    assert len(found) == len(points) > 18_000


def test_nearly_every_cell_lies_in_the_neighborhood_it_was_labelled(figures: Figures):
    features = json.loads((COMMITTED / "demo_neighborhoods.geojson").read_text())["features"]
    labelled = figures.cells[figures.cells[:, 3] >= 0]
    lat, lon = to_degrees((labelled[:, 1] + 0.5) * 100, (labelled[:, 0] + 0.5) * 100)
    right = shapely.contains_xy(areas_of(features)[labelled[:, 3]], lon, lat)
    assert right.mean() >= 0.97


def test_tracts_lie_within_their_neighborhood():
    hoods = {
        feature["properties"]["name"]: shape(feature["geometry"])
        for feature in json.loads((COMMITTED / "demo_neighborhoods.geojson").read_text())[
            "features"
        ]
    }
    for feature in json.loads((COMMITTED / "demo_tracts.geojson").read_text())["features"]:
        tract, hood = (
            shape(feature["geometry"]),
            hoods[feature["properties"]["name"].rsplit(" ", 1)[0]],
        )
        assert tract.intersection(hood).area == pytest.approx(tract.area, rel=1e-4)


def test_empty_ground_takes_the_nearest_label():
    labels = spread_labels(np.array([[0, 0], [0, 9]]), np.array([0, 1]), 2)
    row = labels[20 * 2]  # fine row of cell row 0: 20 cells of margin, two steps each
    assert (row[(20 + 3) * 2], row[(20 + 6) * 2]) == (0, 1)


def test_degrees_and_metres_are_each_other_s_way_back():
    lat, lon = to_degrees(*to_metres(42.3601, -71.0589))
    assert (lat, lon) == (pytest.approx(42.3601), pytest.approx(-71.0589))
    assert to_metres(42.3601 + 1 / 111.195, -71.0589)[1] - to_metres(42.3601, -71.0589)[
        1
    ] == pytest.approx(1_000)


def test_wrong_call_is_explained(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 2
    assert "python -m data_sync.demo.geography" in capsys.readouterr().err
