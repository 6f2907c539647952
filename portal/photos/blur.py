"""A photo with a part of it made unreadable: not blurred, from which much can be guessed again, but drawn in squares of one colour.

The pixels read here are of our own drawing (portal.photos.develop), never a visitor's file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from portal.errors import BadRequest, NotFound
from portal.photos.develop import LARGE, SIZES
from portal.photos.files import NAME, path_of
from portal.photos.pipeline import Developed, Picture

SQUARES = 4
"""Along the shorter side of the part: a face or a plate in four squares is nobody's."""
QUALITY = 82


@dataclass(frozen=True)
class Region:
    """A part of a picture, in hundredths of its width and height from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(left, upper, right, lower), one pixel at least. Raises BadRequest for a part that is not in the picture."""
        numbers = (self.left, self.top, self.width, self.height)
        if not all(math.isfinite(number) and 0 <= number <= 100 for number in numbers) or self.width == 0 or self.height == 0:
            raise BadRequest("Say which part of the photo, in numbers from 0 to 100.")
        left, upper = math.floor(self.left * width / 100), math.floor(self.top * height / 100)
        right, lower = math.ceil((self.left + self.width) * width / 100), math.ceil((self.top + self.height) * height / 100)
        box = min(left, width - 1), min(upper, height - 1), min(right, width), min(lower, height)
        return box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)


def blurred(folder: Path, name: str, region: Region) -> Developed:
    """All sizes of a photo with the region unreadable. Raises NotFound where its file is lost."""
    if not NAME.fullmatch(name):
        raise NotFound("There is no such photo.")
    try:
        body = path_of(folder, name, LARGE).read_bytes()
    except OSError:
        raise NotFound("There is no such photo.") from None
    with Image.open(BytesIO(body), formats=("WEBP",)) as opened:
        picture = opened.convert("RGB")
    box = region.pixels(*picture.size)
    picture.paste(_in_squares(picture.crop(box)), box)
    return Developed({side: _drawn(picture, side) for side in SIZES}, None)


def _in_squares(part: Image.Image) -> Image.Image:
    square = max(1.0, min(part.size) / SQUARES)
    few = max(1, round(part.width / square)), max(1, round(part.height / square))
    return part.resize(few, Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)


def _drawn(picture: Image.Image, side: int) -> Picture:
    smaller = picture.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    body = BytesIO()
    smaller.save(body, "WEBP", quality=QUALITY)
    return Picture(smaller.width, smaller.height, body.getvalue())
