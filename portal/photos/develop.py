"""A program that redraws a photo as three small pictures and trusts nothing it reads.

Bytes in, pictures out. It can also draw a part of the picture in `squares`, make one `jpeg`, or
measure the `looks` of pictures it drew, by which two photos of the same are known.
Pictures it drew before are only ever read here again: if an attacker made a decoder draw what they
liked, they have gained nothing yet.

The decoders are large C libraries, so they run here: in a process without secrets, database or a
way to write a file, with limits on memory and time, for one photo (portal.photos.pipeline starts
it). It imports nothing from the portal, so that it starts fast, alone and isolated.

It writes one line of JSON, then the pictures that line lists. The output is pixels on a fresh
canvas: no byte of the original's metadata, of other frames or of appended data gets through.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
from io import BytesIO
from typing import Any

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 64_000_000
LONGEST_SIDE = 12_000
ADDRESS_SPACE = 640 * 1024 * 1024
CPU_SECONDS = 9
THUMB, MEDIUM, LARGE = 144, 800, 1600
"""Sides in pixels: a square for cards, shown at half that size; the longer side of the others."""
SIZES = (THUMB, MEDIUM, LARGE)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
STILLS_IN_ONE = ("JPEG", "MPO", "HEIF")
"""Formats that store a depth map or a burst beside the main picture.

More than one frame in any other format is an animation."""
QUALITY = {THUMB: 60, MEDIUM: 72, LARGE: 78}
"""WebP quality, 0 to 100: a list has twenty squares; phones wait for the middle size."""
ORIENTATION = 0x0112
GPS = 0x8825
WHITE = (255, 255, 255)
SQUARES = 4
"""Along the shorter side of an unreadable part: no face or plate can be read in four squares."""
JPEG_QUALITY = 85
LOOK_SIDE = 16
LOOK_BYTES = 3 * LOOK_SIDE * LOOK_SIDE
"""A picture's look: its colors in 16 by 16 points."""
LENGTH_BYTES = 4
"""Before each picture to be measured stands its length."""
STRIP_LINES = 64
"""Lines of the reduced picture that are made at a time."""


Part = tuple[float, float, float, float]
"""Left, top, width and height of a part, in percent of the picture's width and height."""
Position = tuple[float, float]
"""Latitude and longitude."""
Drawn = tuple[int, int, int, bytes]
"""Side, width, height, and the picture's file."""


class Refused(Exception):  # a decision about a photo, not an error
    """Why there is no picture, as a word that portal.photos.pipeline turns into a sentence."""


def main() -> None:
    """From standard input to standard output. A refusal is in the first line, with exit code 0."""
    limit_this_process()
    if "patient" in sys.argv:
        os.nice(10)
    line, pictures = _answer(sys.stdin.buffer.read(MAX_BYTES + 1), sys.argv[1:])
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    for drawn in pictures:
        sys.stdout.buffer.write(drawn)


def _answer(body: bytes, wishes: list[str]) -> tuple[dict[str, Any], list[bytes]]:
    """The line that says what follows, and what follows.

    Wishes are `patient`, `jpeg`, `looks`, or `squares` and the four numbers of a part.
    """
    try:
        if wishes == ["looks"]:
            looks = [_measure_look(picture) for picture in _split_pictures(body)]
            return {"looks": len(looks)}, looks
        gps, pictures = _draw(body, wishes)
    except Refused as refusal:
        return {"refused": str(refusal)}, []
    except MemoryError:
        return {"refused": "too_large"}, []
    except Exception as problem:  # a decoder may raise anything on hostile bytes
        return {"refused": "broken", "detail": f"{problem.__class__.__name__}: {problem}"[:200]}, []
    named = [[side, width, height, len(drawn)] for side, width, height, drawn in pictures]
    return {"gps": gps, "pictures": named}, [drawn for *_, drawn in pictures]


def _draw(body: bytes, wishes: list[str]) -> tuple[Position | None, list[Drawn]]:
    if wishes == ["jpeg"]:
        return None, [draw_jpeg(body)]
    return develop(body, _part(wishes))


def _part(wishes: list[str]) -> Part | None:
    if wishes[:1] != ["squares"]:
        return None
    left, top, width, height = map(float, wishes[1:])
    return left, top, width, height


def limit_this_process() -> None:
    """Limit memory and processor time, and forbid writing files and core dumps.

    A limit that is lower already stays.
    """
    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def develop(body: bytes, part: Part | None = None) -> tuple[Position | None, list[Drawn]]:
    """Where it was taken (latitude, longitude), if credible, and each (side, width, height, WebP).

    `part` is made unreadable. Raises Refused, or anything a decoder raises.
    """
    with _open_photo(body) as photo:
        exif = _read_exif(photo)
        gps = read_position(exif)
        # HEIF's decoder has already turned the picture.
        orientation = exif.get(ORIENTATION) if exif and photo.format != "HEIF" else None
        canvas = _reduce(photo)
    upright = _turn_upright(canvas, orientation)
    if part is not None:
        box = pixels_of(part, *upright.size)
        upright.paste(_draw_squares(upright.crop(box)), box)
    return gps, [_draw_size(upright, side) for side in SIZES]


def draw_jpeg(body: bytes) -> Drawn:
    """The largest size as (side, width, height, JPEG), for programs that cannot open WebP.

    Raises Refused, or anything a decoder raises.
    """
    with _open_photo(body) as photo:
        canvas = _reduce(photo)
    written = BytesIO()
    canvas.save(written, "JPEG", quality=JPEG_QUALITY)
    return LARGE, canvas.width, canvas.height, written.getvalue()


def _split_pictures(body: bytes) -> list[bytes]:
    pictures = []
    while body:
        end = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "big")
        pictures.append(body[LENGTH_BYTES:end])
        body = body[end:]
    return pictures


def _measure_look(picture: bytes) -> bytes:
    """One byte that says whether the picture could be read, and its look."""
    from PIL import Image, WebPImagePlugin  # noqa: F401

    try:
        with Image.open(BytesIO(picture), formats=("WEBP",)) as photo:
            if max(photo.size) > LARGE:
                raise Refused("too_many_pixels")
            points = (LOOK_SIDE, LOOK_SIDE)
            look = photo.convert("RGB").resize(points, Image.Resampling.BOX).tobytes()
    except Exception:  # it cannot be compared, and the others can
        return bytes(1 + LOOK_BYTES)
    return b"\x01" + look


def pixels_of(part: Part, width: int, height: int) -> tuple[int, int, int, int]:
    """(left, upper, right, lower) of a part in a picture, at least one pixel."""
    left, top, wide, high = part
    first = (
        min(math.floor(left * width / 100), width - 1),
        min(math.floor(top * height / 100), height - 1),
    )
    last = (
        min(math.ceil((left + wide) * width / 100), width),
        min(math.ceil((top + high) * height / 100), height),
    )
    return *first, max(last[0], first[0] + 1), max(last[1], first[1] + 1)


def _draw_squares(part: Any) -> Any:
    from PIL import Image

    square = max(1.0, min(part.size) / SQUARES)
    few = max(1, round(part.width / square)), max(1, round(part.height / square))
    return part.resize(few, Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)


def read_position(exif: Any) -> Position | None:
    """Latitude and longitude in degrees.

    None if the camera wrote nothing, nonsense, or the zeros of one without a signal.
    """
    try:
        written = exif.get_ifd(GPS)
        lat = _degrees(written[2], written[1], "S", 90)
        lon = _degrees(written[4], written[3], "W", 180)
    except Exception:  # metadata is as hostile as pixels; without a place it is still a photo
        return None
    return None if (lat, lon) == (0, 0) else (lat, lon)


def _degrees(parts: Any, letter: Any, negative: str, most: float) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    is_possible = 0 <= value <= most and 0 <= minutes < 60 and 0 <= seconds < 60
    if not math.isfinite(value) or not is_possible:
        raise ValueError(value)
    return round(-value if str(letter).strip("\x00 ").upper() == negative else value, 6)


def _open_photo(body: bytes) -> Any:
    if not body:
        raise Refused("empty")
    if len(body) > MAX_BYTES:
        raise Refused("too_many_bytes")
    photo = _decode(body)
    if photo.width * photo.height > MAX_PIXELS or max(photo.size) > LONGEST_SIDE:
        raise Refused("too_many_pixels")
    if getattr(photo, "n_frames", 1) > 1 and photo.format not in STILLS_IN_ONE:
        raise Refused("animated")
    return photo


def _decode(body: bytes) -> Any:
    import pi_heif

    # The decoders that may be used.
    from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

    pi_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    Image.MAX_IMAGE_PIXELS = None  # our own limits, below, are errors instead of warnings
    try:
        return Image.open(BytesIO(body), formats=FORMATS)
    except Image.UnidentifiedImageError:
        raise Refused("not_a_photo") from None


def _read_exif(photo: Any) -> Any:
    try:
        return photo.getexif()
    except Exception:  # as in `read_position`
        return None


def _reduce(photo: Any) -> Any:
    """The photo at the largest size or below, on a fresh white canvas: only its pixels.

    It works strip by strip: a picture of 64 megapixels is in memory once, and not a second time
    to convert its colors.
    """
    from PIL import Image

    # A JPEG is decoded at a fraction of its size; other formats ignore this.
    photo.draft("RGB", (LARGE, LARGE))
    factor = max(1, max(photo.size) // (2 * LARGE))
    canvas = Image.new("RGB", (-(-photo.width // factor), -(-photo.height // factor)), WHITE)
    for top in range(0, photo.height, STRIP_LINES * factor):
        strip = photo.crop((0, top, photo.width, min(photo.height, top + STRIP_LINES * factor)))
        canvas.paste(_on_white(strip).reduce(factor), (0, top // factor))
    canvas.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
    return canvas


def _on_white(strip: Any) -> Any:
    """In red, green and blue, on white where it is transparent."""
    from PIL import Image

    if strip.mode.startswith("I"):
        # Sixteen bits of gray: a plain conversion would clip them.
        strip = strip.point(lambda value: value / 256).convert("L")
    if not strip.mode.endswith("A") and "transparency" not in strip.info:
        return strip.convert("RGB")
    white = Image.new("RGB", strip.size, WHITE)
    clear = strip.convert("RGBA")
    white.paste(clear, mask=clear.getchannel("A"))
    return white


def _turn_upright(canvas: Any, orientation: Any) -> Any:
    """The picture upright, from any of EXIF's eight orientations."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return canvas.transpose(turns[orientation]) if orientation in turns else canvas


def _draw_size(upright: Any, side: int) -> Drawn:
    """One size as (side, width, height, WebP). A small photo is enlarged for the square only."""
    from PIL import Image, ImageOps

    if side == THUMB:
        picture = ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)
    else:
        picture = upright.copy()
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    written = BytesIO()
    picture.save(written, "WEBP", quality=QUALITY[side], method=4)
    return side, picture.width, picture.height, written.getvalue()


if __name__ == "__main__":
    main()
