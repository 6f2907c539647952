"""The drawn photos: few, small, always the same, all different."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from data_sync.demo.catalogue import OTHER_TYPE, TYPES
from data_sync.demo.photos import SCENES, draw, write_photos


def test_photos_are_small_and_every_one_another(tmp_path: Path):
    drawn = write_photos(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert drawn == len(files) == len(SCENES) * 4
    assert sum(file.stat().st_size for file in files) < 2_000_000
    assert len({file.read_bytes() for file in files}) == len(files)
    for file in files:
        with Image.open(file) as image:
            assert (image.size, image.format) == ((800, 600), "WEBP")


def test_photos_that_are_there_stay(tmp_path: Path):
    write_photos(tmp_path)
    (tmp_path / "pothole-1.webp").write_bytes(b"another")
    (tmp_path / "snow-2.webp").unlink()
    assert write_photos(tmp_path) == 1
    assert (tmp_path / "pothole-1.webp").read_bytes() == b"another"


def test_same_picture_is_drawn_again():
    assert draw("tree", 1, after=False).tobytes() == draw("tree", 1, after=False).tobytes()


def test_every_type_has_its_scene():
    assert {kind.scene for kind in (*TYPES, OTHER_TYPE)} == set(SCENES)
