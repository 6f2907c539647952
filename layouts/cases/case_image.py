"""The picture of a case that messengers and search engines show beside its link.

1200 by 630 pixels, drawn by us from published data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unicodedata import combining, normalize

from PIL import Image, ImageDraw, ImageFont

from layouts.cases.place_map import map_box
from portal.domain import morton
from portal.domain.bounds import Bounds

if TYPE_CHECKING:
    from portal.queries.cases.outlines import Outline

WIDTH, HEIGHT, MAP_WIDTH = 1200, 630, 440
FINER = 2
"""Drawn this many times larger and then made smaller: Pillow's lines have hard edges."""
PAPER = "#ffffff"
INK = "#14202b"
QUIET = "#465361"
WATER = "#e4ebf1"
LAND = "#ffffff"
EDGE = "#76838f"
COLORS = {"open": "#b54708", "in_progress": "#5b3fb0", "closed": "#1a7a48", "overdue": "#b42318"}
MARGIN = 64
MAX_LINES = 4
FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
"""Fonts with accents, if the machine has one; else Pillow's own, without accents."""


@dataclass(frozen=True)
class CaseImage:
    """What the picture says; `place` is the case's (lat, lon) in degrees."""

    city: str
    heading: str
    status: str
    status_word: str
    line: str
    place: tuple[float, float] | None = None
    outlines: tuple[Outline, ...] = ()


@lru_cache(maxsize=128)
def draw_case_image(image: CaseImage) -> bytes:
    """The picture as a PNG with few colors; the last ones are cached."""
    canvas = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    pen = ImageDraw.Draw(canvas)
    if image.place:
        _draw_map(canvas, image.place, image.outlines, COLORS[image.status])
    pen.rectangle(_finer(0, 0, 16, HEIGHT), fill=COLORS[image.status])
    _draw_words(pen, image, WIDTH - (MAP_WIDTH if image.place else 0) - 2 * MARGIN)
    small = canvas.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    file = BytesIO()
    small.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_words(pen: ImageDraw.ImageDraw, image: CaseImage, width: int) -> None:
    _write(pen, MARGIN, 52, f"{image.city} · Citizens Connect", 30, QUIET)
    size, lines = _fitted(image.heading, width)
    for i, line in enumerate(lines):
        _write(pen, MARGIN, 132 + i * size * 1.2, line, size, INK)
    _draw_shape(pen, image.status, MARGIN, 470)
    _write(pen, MARGIN + 60, 466, image.status_word, 36, COLORS[image.status])
    _write(pen, MARGIN, 542, image.line, 28, QUIET)


def _fitted(text: str, width: int) -> tuple[int, list[str]]:
    """The largest of three sizes at which the text fits in four lines.

    At the smallest the rest is cut off.
    """
    for size in (64, 54, 44):
        lines = _lines(text, size, width)
        if len(lines) * size * 1.2 <= 320 and len(lines) <= MAX_LINES:
            return size, lines
    return 44, [*lines[: MAX_LINES - 1], lines[MAX_LINES - 1] + "…"]


def _lines(text: str, size: int, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _font(size).getlength(_writable(longer)) > width * FINER:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _write(pen: ImageDraw.ImageDraw, x: float, y: float, text: str, size: int, color: str) -> None:
    pen.text((x * FINER, y * FINER), _writable(text), font=_font(size), fill=color)


@cache
def _font(size: int) -> Any:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size * FINER)
        except OSError:
            continue
    return ImageFont.load_default(size * FINER)


def _writable(text: str) -> str:
    """The text in letters that the font has."""
    if _font(30).getname()[0] != "Aileron":
        return text
    return "".join(
        letter for letter in normalize("NFD", text) if not combining(letter) and letter not in "¿¡"
    )


def _draw_shape(pen: ImageDraw.ImageDraw, status: str, x: float, y: float) -> None:
    """The shape of the status, as on the page, 40 wide."""
    color, wide = COLORS[status], 5 * FINER
    box = _finer(x, y, x + 40, y + 40)
    if status == "closed":
        pen.line(_finer(x + 4, y + 22, x + 15, y + 33, x + 37, y + 8), fill=color, width=wide)
        return
    pen.ellipse(box, outline=color, width=wide, fill=color if status == "open" else None)
    if status == "in_progress":
        pen.pieslice(box, -90, 90, fill=color)
    if status == "overdue":
        pen.line(_finer(x + 20, y + 9, x + 20, y + 21), fill=color, width=wide)
        pen.line(_finer(x + 20, y + 21, x + 28, y + 26), fill=color, width=wide)


def _draw_map(
    canvas: Image.Image, place: tuple[float, float], outlines: tuple[Outline, ...], color: str
) -> None:
    """The outlines around the case, in the right part of the picture."""
    sheet = Image.new("RGB", (MAP_WIDTH * FINER, HEIGHT * FINER), WATER)
    pen, box = ImageDraw.Draw(sheet), map_box(*place)
    for outline in outlines:
        for ring in outline.rings:
            pen.polygon([_on_map(point, box) for point in ring], fill=LAND, outline=EDGE, width=2)
    x, y = MAP_WIDTH / 2, HEIGHT / 2
    pen.polygon([(value * FINER) for value in (x - 24, y - 44, x + 24, y - 44, x, y)], fill=color)
    pen.ellipse(_finer(x - 28, y - 84, x + 28, y - 28), fill=color)
    pen.ellipse(_finer(x - 11, y - 67, x + 11, y - 45), fill=PAPER)
    canvas.paste(sheet, ((WIDTH - MAP_WIDTH) * FINER, 0))


def _on_map(point: tuple[float, float], box: Bounds) -> tuple[float, float]:
    """A place (lat, lon) in pixels of the sheet; the box has the sheet's height and center."""
    west, north = morton.mercator(box.north, box.west)
    east, south = morton.mercator(box.south, box.east)
    x, y = morton.mercator(*point)
    scale = HEIGHT * FINER / (south - north)
    return MAP_WIDTH * FINER / 2 + (x - (west + east) / 2) * scale, (y - north) * scale


def _finer(*values: float) -> list[float]:
    return [value * FINER for value in values]
