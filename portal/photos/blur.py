"""A photo with a part of it made unreadable: not blurred, from which much can be guessed again, but drawn in squares of one colour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from portal.errors import BadRequest, NotFound
from portal.photos.develop import LARGE
from portal.photos.files import NAME, path_of
from portal.photos.pipeline import Developed, PhotoRefused, develop_in_squares


@dataclass(frozen=True)
class Region:
    """A part of a picture, in hundredths of its width and height from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def check(self) -> None:
        """Raises BadRequest for a part that is not in the picture."""
        numbers = (self.left, self.top, self.width, self.height)
        if not all(math.isfinite(number) and 0 <= number <= 100 for number in numbers) or self.width == 0 or self.height == 0:
            raise BadRequest("Say which part of the photo, in numbers from 0 to 100.")


def blurred(folder: Path, name: str, region: Region) -> Developed:
    """All sizes of a photo with the region unreadable, drawn in a process of their own. Raises BadRequest, and NotFound for a lost file."""
    region.check()
    if not NAME.fullmatch(name):
        raise NotFound("There is no such photo.")
    try:
        return develop_in_squares(path_of(folder, name, LARGE).read_bytes(), (region.left, region.top, region.width, region.height))
    except (OSError, PhotoRefused):
        raise NotFound("There is no such photo.") from None
