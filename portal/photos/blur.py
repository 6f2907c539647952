"""A photo with a part of it made unreadable.

It is drawn in squares of one color instead of blurred: much of a blurred part can be recovered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from portal.errors import BadRequest, NotFound, TakesTooLong
from portal.photos.develop import LARGE
from portal.photos.files import NAME, path_of
from portal.photos.pipeline import SECONDS, Developed, PhotoRefused, develop_in_squares


@dataclass(frozen=True)
class Region:
    """A part of a picture, in percent of its width and height from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def check(self) -> None:
        """Raises BadRequest if the part is not inside the picture."""
        numbers = (self.left, self.top, self.width, self.height)
        is_inside = all(math.isfinite(number) and 0 <= number <= 100 for number in numbers)
        if not is_inside or self.width == 0 or self.height == 0:
            raise BadRequest("Say which part of the photo, in numbers from 0 to 100.")


def blur_region(folder: Path, name: str, region: Region, seconds: float = SECONDS) -> Developed:
    """All sizes of a photo with the region unreadable, drawn in a process of their own.

    Raises BadRequest, NotFound if the file is lost or not ours, and TakesTooLong if drawing took
    more than `seconds`.
    """
    region.check()
    try:
        part = region.left, region.top, region.width, region.height
        return develop_in_squares(_read_photo(folder, name), part, seconds)
    except PhotoRefused as refusal:
        if refusal.reason == "too_slow":
            raise TakesTooLong(
                "The photo took too long to draw and is as it was. Please try again in a minute."
            ) from None
        raise NotFound("There is no such photo.") from None


def _read_photo(folder: Path, name: str) -> bytes:
    try:
        if NAME.fullmatch(name):
            return path_of(folder, name, LARGE).read_bytes()
    except OSError:
        pass
    raise NotFound("There is no such photo.")
