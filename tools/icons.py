"""Draws the portal's icons into assets/: `python -m tools.icons`.

A pin with a check mark; assets/favicon.svg is written too.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

ASSETS = Path(__file__).parents[1] / "assets"
BLUE = "#0b5cad"
WHITE = "#ffffff"
GRID = 32
"""Units of the drawing: a pin of 22 by 28 in a square of 32."""
HEAD = (16.0, 13.0, 11.0)
"""Middle and radius of the pin's round head."""
SIDES = (
    ((5.0, 13.0), (5.0, 21.0), (16.0, 30.0), (16.0, 30.0)),
    ((16.0, 30.0), (16.0, 30.0), (27.0, 21.0), (27.0, 13.0)),
)
"""The two curves (Bézier) from the head to the point and back."""
TICK = ((10.5, 13.5), (14.5, 17.5), (22.0, 9.0))
TICK_WIDTH = 3.0
FINER = 8
"""Draw this many times larger, then reduce: Pillow's lines have hard edges."""


def main() -> None:
    """Write every icon."""
    (ASSETS / "favicon.svg").write_text(make_svg(), encoding="utf-8")
    for name, picture in draw_icons().items():
        picture.save(ASSETS / name, optimize=True)
    draw_pin(48).save(ASSETS / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])


def draw_icons() -> dict[str, Image.Image]:
    """The pictures by file name.

    Phones cut the maskable one to their own shape, so its pin stays in the middle 80%.
    """
    found = {
        "icon-192.png": draw_pin(192),
        "icon-512.png": draw_pin(512),
        "icon-maskable-512.png": draw_pin(512, paper=BLUE, ink=WHITE, fill=0.62),
        "apple-touch-icon.png": draw_pin(180, paper=BLUE, ink=WHITE, fill=0.72),
    }
    # Two colors and their edges: a palette takes a fifth of the bytes, and browsers fetch one of
    # these with the first page.
    return {
        name: picture.quantize(24, method=Image.Quantize.FASTOCTREE)
        for name, picture in found.items()
    }


def make_svg() -> str:
    """The same drawing, for browsers that accept vectors."""
    pin = "M16 2a11 11 0 0 0-11 11c0 8 11 17 11 17s11-9 11-17A11 11 0 0 0 16 2z"
    tick = '<path d="m10.5 13.5 4 4 7.5-8.5" fill="none" stroke="#fff" stroke-width="3"/>'
    root = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    return f'{root}<path d="{pin}" fill="{BLUE}"/>{tick}</svg>\n'


def draw_pin(
    size: int, paper: str | None = None, ink: str = BLUE, fill: float = 1.0
) -> Image.Image:
    """The pin in a square of `size` pixels, filling that share of it.

    Without `paper` the background is transparent and the check mark white.
    """
    side = size * FINER
    canvas = Image.new("RGBA", (side, side), paper or (0, 0, 0, 0))
    pen = ImageDraw.Draw(canvas)
    scale = side * fill / GRID
    margin = side * (1 - fill) / 2

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return margin + point[0] * scale, margin + point[1] * scale

    x, y, radius = HEAD
    pen.ellipse((*at((x - radius, y - radius)), *at((x + radius, y + radius))), fill=ink)
    pen.polygon([at(point) for curve in SIDES for point in _along(curve)], fill=ink)
    pen.line(
        [at(point) for point in TICK],
        fill=paper or WHITE,
        width=round(TICK_WIDTH * scale),
        joint="curve",
    )
    return canvas.resize((size, size), Image.Resampling.LANCZOS)


def _along(curve: tuple[tuple[float, float], ...], steps: int = 40) -> list[tuple[float, float]]:
    """Points of a cubic Bézier curve."""
    a, b, c, d = curve
    points = []
    for i in range(steps + 1):
        t = i / steps
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        points.append(
            tuple(
                sum(weight * part[axis] for weight, part in zip(weights, (a, b, c, d), strict=True))
                for axis in (0, 1)
            )
        )
    return points


if __name__ == "__main__":
    main()
