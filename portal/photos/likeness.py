"""Whether two pictures show the same, however they were saved, scaled or marked since.

    looks = Looks(folder)
    looks.of(["3f…", "a7…"])          # {"3f…": b"…", "a7…": b"…"}
    is_same_picture(one, other)

A look is the picture's colors in 16 by 16 points, measured in a process that can do nothing else.
Saved again as a poor JPEG, or at a fifth of its size, a photo differs from itself by about 1 of
255; two photos of one place differ by 20 and more.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from portal.photos.develop import MAX_BYTES, THUMB
from portal.photos.files import path_of
from portal.photos.pipeline import PhotoRefused, measure_looks

MOST_KEPT = 20_000
AT_ONCE = 200
COMPARED = 0.85
"""Share of the points that has to be the same: a system may write its name or the date on it."""
MEAN, MOST = 2.5, 10
"""Of 255: how much these points may differ, together and each."""
FLAT_RANGE, FLAT_MEAN, FLAT_MOST = 24, 1.5, 5
"""A picture with so few shades, such as one of a dark street, has to be the same to the point."""


def is_same_picture(one: bytes, other: bytes) -> bool:
    """Whether two looks are of the same picture."""
    apart = sorted(abs(a - b) for a, b in zip(one, other, strict=True))
    if _is_flat(one) or _is_flat(other):
        return sum(apart) <= FLAT_MEAN * len(apart) and apart[-1] <= FLAT_MOST
    compared = apart[: int(COMPARED * len(apart))]
    return sum(compared) <= MEAN * len(compared) and compared[-1] <= MOST


def _is_flat(look: bytes) -> bool:
    colors = (look[color::3] for color in range(3))
    return all(max(color) - min(color) <= FLAT_RANGE for color in colors)


class Looks:
    """The looks of photos by name, measured once: what is under a name never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, bytes] = {}

    def of(self, names: Iterable[str]) -> dict[str, bytes]:
        """The looks of these photos; one whose files are lost or cannot be read is left out."""
        wanted = list(dict.fromkeys(names))
        unknown = [name for name in wanted if name not in self._known]
        for start in range(0, len(unknown), AT_ONCE):
            self._measure(unknown[start : start + AT_ONCE])
        found = {name: self._known[name] for name in wanted if name in self._known}
        while len(self._known) > MOST_KEPT:
            del self._known[next(iter(self._known))]
        return found

    def _measure(self, names: list[str]) -> None:
        pictures = {name: body for name in names if (body := self._read(name))}
        try:
            looks = measure_looks(list(pictures.values()))
        except PhotoRefused:
            return
        measured = zip(pictures, looks, strict=True)
        self._known |= {name: look for name, look in measured if look is not None}

    def _read(self, name: str) -> bytes:
        try:
            body = path_of(self._folder, name, THUMB).read_bytes()
        except OSError:
            return b""
        return body if len(body) <= MAX_BYTES // (2 * AT_ONCE) else b""


def look_of(picture: bytes) -> bytes | None:
    """The look of one picture we drew; None if it cannot be read."""
    try:
        return measure_looks([picture])[0]
    except PhotoRefused:
        return None
