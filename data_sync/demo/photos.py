"""Drawn placeholder photos for the demo city.

    write_photos(directory)

Calm scenes in few colors, so that no one takes them for photographs: each in a few variations,
before and after the work, as small WebP files.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from portal import private_files

SIZE = (800, 600)
BEFORE = 3  # variations of a scene
AFTER = 1
QUALITY = 60

SKIES = ("#cfe3ee", "#dfe9ee", "#e8e2d4")
WALLS = ("#c98f73", "#b9a58c", "#9db0a3", "#c7b5a0")
ROAD, ROAD_DARK, WALK, LINE = "#8d949b", "#5d646b", "#c9c6be", "#f0ead8"
INK, LEAF, TRUNK, PAPER = "#33404d", "#6f9a6d", "#7d6250", "#fbf8f0"
LIGHT, RED, BLUE, YELLOW = "#f6d774", "#c4574b", "#5f86ad", "#e3b34f"

Pen = ImageDraw.ImageDraw
Pair = tuple[float, float]
ROUND = (
    (-1, -0.3),
    (-0.55, -0.85),
    (0.1, -1),
    (0.75, -0.7),
    (1, 0),
    (0.7, 0.75),
    (0, 1),
    (-0.7, 0.7),
)
OCTAGON = (
    (-70, -29),
    (-29, -70),
    (29, -70),
    (70, -29),
    (70, 29),
    (29, 70),
    (-29, 70),
    (-70, 29),
)


def list_names(scene: str, *, after: bool) -> list[str]:
    """File names of a scene: pothole-1.webp …, and pothole-after-1.webp for the finished work."""
    if after:
        return [f"{scene}-after-{n}.webp" for n in range(1, AFTER + 1)]
    return [f"{scene}-{n}.webp" for n in range(1, BEFORE + 1)]


def write_photos(directory: Path) -> int:
    """Draw every photo that is not in the directory yet; returns how many."""
    private_files.make_folder(directory)
    drawn = 0
    for scene in SCENES:
        for after in (False, True):
            for number, name in enumerate(list_names(scene, after=after)):
                if not (directory / name).exists():
                    # Under another name first: a killed start must not leave half a picture.
                    draft = directory / f"{name}.part"
                    picture = draw(scene, number, after=after)
                    with private_files.open_file(draft, "wb") as file:
                        picture.save(file, "WEBP", quality=QUALITY, method=2)
                    draft.replace(directory / name)
                    drawn += 1
    return drawn


def draw(scene: str, number: int, *, after: bool) -> Image.Image:
    """One picture; the same arguments give the same picture."""
    rng = random.Random(f"{scene} {number} {after}")  # noqa: S311 — a drawing, no secret
    image = Image.new("RGB", SIZE, SKIES[number % len(SKIES)])
    pen = ImageDraw.Draw(image)
    SCENES[scene](pen, rng, after)
    _frame(pen, after)
    return image


def _frame(pen: Pen, after: bool) -> None:
    """A paper border shows that it is drawn; a green edge below, that the work is done."""
    pen.rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), outline=PAPER, width=22)
    if after:
        pen.rectangle((22, SIZE[1] - 34, SIZE[0] - 23, SIZE[1] - 23), fill=LEAF)


def _street(pen: Pen, rng: random.Random) -> None:
    """Houses, a sidewalk and a road: the ground of most scenes."""
    left = -rng.randint(0, 120)
    while left < SIZE[0]:
        width, top = rng.randint(150, 230), rng.randint(110, 210)
        pen.rectangle((left, top, left + width, 330), fill=rng.choice(WALLS))
        for x in range(left + 26, left + width - 40, 56):
            for y in range(top + 28, 290, 66):
                pen.rectangle((x, y, x + 26, y + 36), fill=PAPER, outline=INK)
        left += width
    pen.rectangle((0, 330, 800, 400), fill=WALK)
    pen.line((0, 400, 800, 400), fill=INK, width=3)
    pen.rectangle((0, 402, 800, 600), fill=ROAD)
    for x in range(-rng.randint(0, 80), 800, 160):
        pen.rectangle((x, 495, x + 80, 503), fill=LINE)


def _blob(
    pen: Pen, rng: random.Random, at: Pair, size: Pair, fill: str, outline: str | None = None
) -> None:
    """A rounded, slightly crooked patch; `size` is half its width and half its height."""
    (x, y), (wide, high) = at, size
    points = [
        (x + wide * dx * rng.uniform(0.85, 1.1), y + high * dy * rng.uniform(0.85, 1.1))
        for dx, dy in ROUND
    ]
    pen.polygon(points, fill=fill, outline=outline, width=3)


def _pole(pen: Pen, x: int, top: int, foot: int = 380) -> None:
    pen.rectangle((x - 5, top, x + 5, foot), fill=INK)


def _pothole(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x, y, wide = rng.randint(260, 540), rng.randint(455, 520), rng.randint(70, 120)
    if after:
        _blob(pen, rng, (x, y), (wide, 40), "#747b82")
        return
    _blob(pen, rng, (x, y), (wide, 44), ROAD_DARK, INK)
    _blob(pen, rng, (x + 8, y + 8), (wide * 0.65, 24), "#42484e")


def _sidewalk(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    pen.rectangle((0, 330, 800, 480), fill=WALK)
    for x in range(rng.randint(-60, 0), 900, 120):
        pen.line((x, 330, x - 60, 480), fill="#a8a59d", width=3)
    if after:
        return
    x = rng.randint(250, 500)
    pen.polygon(
        [(x, 400), (x + 110, 372), (x + 130, 430), (x + 10, 462)],
        fill="#b3b0a7",
        outline=INK,
        width=3,
    )
    pen.line((x + 20, 440, x + 60, 400, x + 90, 415, x + 120, 380), fill=INK, width=4)


def _light(pen: Pen, rng: random.Random, after: bool) -> None:
    pen.rectangle((0, 0, 800, 600), fill="#3f4f63")
    _street(pen, rng)
    x, top = rng.randint(260, 520), rng.randint(90, 130)
    _pole(pen, x, top)
    pen.line((x, top, x + 90, top - 18), fill=INK, width=9)
    if after:
        pen.polygon([(x + 60, top), (x + 130, top), (x + 230, 380), (x - 30, 380)], fill=LIGHT)
        _pole(pen, x, top)
    pen.ellipse(
        (x + 62, top - 34, x + 130, top), fill=LIGHT if after else ROAD_DARK, outline=INK, width=3
    )


def _graffiti(pen: Pen, rng: random.Random, after: bool) -> None:
    wall = rng.choice(WALLS)
    pen.rectangle((0, 90, 800, 470), fill=wall)
    for row, y in enumerate(range(90, 470, 38)):
        pen.line((0, y, 800, y), fill="#a08770", width=2)
        for x in range(-40 * (row % 2), 800, 80):
            pen.line((x, y, x, y + 38), fill="#a08770", width=2)
    pen.rectangle((0, 470, 800, 600), fill=WALK)
    if after:
        pen.rectangle((190, 190, 620, 400), fill="#cdbfae")
        return
    for colour in (BLUE, RED, INK):
        _scribble(pen, rng, colour)


def _scribble(pen: Pen, rng: random.Random, colour: str) -> None:
    x, y = rng.randint(180, 300), rng.randint(220, 330)
    points = []
    for _ in range(7):
        points.append((x, y))
        x, y = x + rng.randint(30, 70), max(170, min(400, y + rng.randint(-90, 90)))
    pen.line(points, fill=colour, width=rng.randint(10, 18), joint="curve")


def _bin(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    for index in range(rng.randint(1, 3)):
        x = 260 + 130 * index + rng.randint(-20, 20)
        pen.polygon(
            [(x, 270), (x + 90, 270), (x + 80, 390), (x + 10, 390)], fill=BLUE, outline=INK, width=3
        )
        pen.rectangle((x - 6, 256, x + 96, 272), fill="#49698a", outline=INK, width=2)
        if not after:
            _blob(pen, rng, (x + 45, 240), (46, 28), "#e6e1d5", INK)


def _bulk(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    if after:
        return
    x = rng.randint(200, 420)
    colour = rng.choice((RED, BLUE, LEAF, YELLOW))
    pen.rounded_rectangle((x, 270, x + 230, 350), 18, fill=colour, outline=INK, width=3)
    pen.rounded_rectangle((x - 22, 300, x + 252, 385), 18, fill=colour, outline=INK, width=3)
    pen.line((x + 115, 300, x + 115, 384), fill=INK, width=3)


def _litter(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x = rng.randint(300, 460)
    pen.rectangle((x, 270, x + 90, 388), fill="#6f8f7b", outline=INK, width=3)
    for line in range(x + 15, x + 90, 15):
        pen.line((line, 272, line, 386), fill=INK, width=2)
    if after:
        return
    for _ in range(12):
        at = x + rng.randint(-150, 240), rng.randint(340, 440)
        _blob(pen, rng, at, (18, 12), rng.choice((PAPER, YELLOW, "#d8d2c4", BLUE)), INK)
    _blob(pen, rng, (x + 45, 258), (55, 26), PAPER, INK)


def _tree(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x = rng.randint(230, 520)
    pen.polygon([(x - 18, 385), (x - 12, 210), (x + 12, 210), (x + 18, 385)], fill=TRUNK)
    for _ in range(7):
        at = x + rng.randint(-80, 80), rng.randint(120, 220)
        _blob(pen, rng, at, (70, 55), rng.choice((LEAF, "#628c61", "#7ea878")))
    if not after:
        pen.line((x - 10, 240, x + 120, 330, x + 210, 420), fill=TRUNK, width=14)
        _blob(pen, rng, (x + 215, 425), (70, 36), "#628c61")


def _bench(pen: Pen, rng: random.Random, after: bool) -> None:
    pen.rectangle((0, 300, 800, 600), fill="#a5c19b")
    for _ in range(5):
        x = rng.randint(40, 760)
        pen.rectangle((x - 8, 230, x + 8, 330), fill=TRUNK)
        _blob(pen, rng, (x, 200), (70, 70), LEAF)
    x = rng.randint(220, 340)
    for board in range(4):
        if board != 2 or after:
            pen.rectangle(
                (x, 330 + 30 * board, x + 270, 348 + 30 * board), fill=TRUNK, outline=INK, width=2
            )
    for leg in (x + 20, x + 240):
        pen.rectangle((leg, 320, leg + 12, 500), fill=INK)


def _signal(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x = rng.randint(300, 480)
    _pole(pen, x, 120)
    pen.rounded_rectangle((x - 38, 90, x + 38, 280), 14, fill=INK)
    for index, colour in enumerate((RED, YELLOW, LEAF)):
        lit = colour if after and index == 2 else ROAD_DARK
        pen.ellipse((x - 24, 104 + index * 60, x + 24, 152 + index * 60), fill=lit, outline=ROAD)


def _sign(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x, lean = rng.randint(300, 480), 0 if after else rng.choice((-90, -70, 80, 100))
    pen.line((x, 385, x + lean, 180), fill=INK, width=10)
    cx, cy = x + lean, 170
    pen.polygon([(cx + dx, cy + dy) for dx, dy in OCTAGON], fill=RED, outline=PAPER, width=6)
    pen.rectangle((cx - 42, cy - 9, cx + 42, cy + 9), fill=PAPER)


def _car(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    if after:
        return
    x, colour = rng.randint(170, 360), rng.choice((BLUE, "#a7adb3", RED, "#8a9a72"))
    pen.polygon(
        [(x + 60, 400), (x + 110, 330), (x + 250, 330), (x + 310, 400)],
        fill="#d9e4ea",
        outline=INK,
        width=4,
    )
    pen.rounded_rectangle((x, 392, x + 360, 470), 26, fill=colour, outline=INK, width=4)
    for wheel in (x + 50, x + 250):
        pen.ellipse((wheel, 432, wheel + 66, 498), fill=INK)
        pen.ellipse((wheel + 20, 452, wheel + 46, 478), fill=ROAD)


def _bicycle(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x = rng.randint(240, 380)
    _pole(pen, x + 130, 200)
    if after:
        return
    for wheel in (x, x + 170):
        pen.ellipse((wheel, 280, wheel + 110, 390), outline=INK, width=7)
    frame = [(x + 55, 335), (x + 100, 265), (x + 190, 265), (x + 125, 335), (x + 55, 335)]
    pen.line(frame, fill=rng.choice((RED, BLUE, YELLOW)), width=9, joint="curve")
    pen.line((x + 225, 335, x + 185, 240, x + 160, 240), fill=INK, width=8, joint="curve")


def _house(pen: Pen, rng: random.Random, after: bool) -> None:
    pen.rectangle((0, 0, 800, 600), fill=rng.choice(("#ece3d2", "#e3e7e0", "#e9dfe0")))
    pen.rectangle((0, 470, 800, 600), fill="#b79a7d")
    pen.rectangle((90, 110, 300, 360), fill="#cfe3ee", outline=INK, width=6)
    pen.line((195, 110, 195, 360), fill=INK, width=5)
    x = rng.randint(420, 500)
    for fin in range(7):
        pen.rounded_rectangle(
            (x + fin * 32, 330, x + fin * 32 + 24, 470), 8, fill=PAPER, outline=INK, width=3
        )
    if after:
        return
    for _ in range(3):
        at = rng.randint(420, 720), rng.randint(80, 200)
        _blob(pen, rng, at, (rng.randint(40, 80), rng.randint(24, 50)), "#c6bb9f")
    pen.line((520, 40, 540, 110, 510, 170, 545, 240), fill="#9b8f78", width=5)


def _building(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    x = rng.randint(220, 360)
    pen.rectangle((x, 80, x + 260, 390), fill="#cbb9a6", outline=INK, width=4)
    for column in range(3):
        for row in range(3):
            left, top = x + 28 + 76 * column, 110 + 84 * row
            window = (left, top, left + 50, top + 56)
            pen.rectangle(window, fill=PAPER if after else ROAD_DARK, outline=INK, width=3)
    if not after:
        _scaffold(pen, x)


def _scaffold(pen: Pen, x: int) -> None:
    for level in (170, 250, 330):
        pen.line((x - 30, level, x + 290, level), fill=YELLOW, width=7)
    for upright in (x - 25, x + 130, x + 285):
        pen.line((upright, 70, upright, 395), fill=YELLOW, width=7)


def _rat(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    for index in range(3):
        _blob(pen, rng, (180 + 80 * index, 350), (52, 48), "#4d5660", INK)
    if after:
        pen.rectangle((430, 345, 540, 392), fill=INK)
        pen.rectangle((445, 362, 480, 392), fill=ROAD)
        return
    x = rng.randint(430, 560)
    pen.arc((x + 60, 330, x + 190, 420), 100, 290, fill=TRUNK, width=6)
    pen.ellipse((x, 350, x + 110, 402), fill="#77706a", outline=INK, width=3)
    pen.ellipse((x - 34, 362, x + 26, 400), fill="#77706a", outline=INK, width=3)
    pen.ellipse((x - 6, 350, x + 14, 370), fill="#9a918a", outline=INK, width=2)
    pen.ellipse((x - 20, 374, x - 13, 381), fill=INK)


def _snow(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    pen.rectangle((0, 330, 800, 402), fill="#f4f7f9")
    if not after:
        pen.rectangle((0, 402, 800, 600), fill="#eef2f5")
        for _ in range(6):
            at = rng.randint(60, 740), rng.randint(400, 520)
            _blob(pen, rng, at, (rng.randint(60, 130), 40), "#ffffff", "#cdd7de")
    for _ in range(80):
        x, y = rng.randint(22, 778), rng.randint(22, 578)
        pen.ellipse((x, y, x + 6, y + 6), fill="#ffffff")


def _generic(pen: Pen, rng: random.Random, after: bool) -> None:
    _street(pen, rng)
    if after:
        return
    x = rng.randint(280, 480)
    pen.polygon([(x, 470), (x + 45, 360), (x + 90, 470)], fill=YELLOW, outline=INK, width=4)
    pen.rectangle((x - 20, 466, x + 110, 482), fill=YELLOW, outline=INK, width=3)
    pen.polygon([(x + 20, 425), (x + 31, 396), (x + 59, 396), (x + 70, 425)], fill=PAPER)


SCENES: dict[str, Callable[[Pen, random.Random, bool], None]] = {
    "pothole": _pothole,
    "sidewalk": _sidewalk,
    "light": _light,
    "graffiti": _graffiti,
    "bin": _bin,
    "bulk": _bulk,
    "litter": _litter,
    "tree": _tree,
    "bench": _bench,
    "signal": _signal,
    "sign": _sign,
    "car": _car,
    "bicycle": _bicycle,
    "house": _house,
    "building": _building,
    "rat": _rat,
    "snow": _snow,
    "generic": _generic,
}
