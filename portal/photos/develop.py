"""A photo's bytes drawn anew as three small pictures. A program of its own that trusts nothing it reads: bytes in, pictures out.

It may be asked for more: a part of the picture in `squares`, or the picture as `jpeg` alone. Pictures that were drawn here before are
read here again, and nowhere else: whoever talked a decoder into drawing what he liked has won nothing yet.

The decoders are large libraries in C, so they run here, in a process that has no secret, no database and no way to write a file, may use
only so much memory and time, and serves one photo (portal.photos.pipeline starts it). It imports nothing of the portal, so that it starts
quickly, alone and in isolation.

On standard output: one line of JSON, then the pictures it names one after the other. What goes out are pixels on a fresh canvas: no byte
of the original's metadata, of its other frames or of what was appended to it has a way through.
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
"""Sides in pixels: a square for cards, drawn at half of it on fine screens; the longer side of the other two."""
SIZES = (THUMB, MEDIUM, LARGE)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
STILLS_IN_ONE = ("JPEG", "MPO", "HEIF")
"""Formats that keep a depth map or a burst beside the main picture; more than one frame of any other is an animation."""
QUALITY = {THUMB: 60, MEDIUM: 72, LARGE: 78}
"""Of WebP, 0 to 100: a list shows twenty squares, and a phone waits for the middle size."""
ORIENTATION, GPS = 0x0112, 0x8825
WHITE = (255, 255, 255)
SQUARES = 4
"""Along the shorter side of a part that is made unreadable: a face or a plate in four squares is nobody's."""
JPEG_QUALITY = 85
STRIP_LINES = 64
"""Lines of the shrunken picture that are made at a time."""


Part = tuple[float, float, float, float]
"""Left, top, width and height of a part of a picture, in hundredths of its width and height."""


class Refused(Exception):  # a decision about a photo, told to whoever sent it
    """Why there will be no picture, as a word that portal.photos.pipeline turns into a sentence."""


def main() -> None:
    """Standard input to standard output. What cannot be used is said on the first line and is no failure of the program."""
    limit_this_process()
    if "patient" in sys.argv:
        os.nice(10)
    line, pictures = _answer(sys.stdin.buffer.read(MAX_BYTES + 1), sys.argv[1:])
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    for drawn in pictures:
        sys.stdout.buffer.write(drawn)


def _answer(body: bytes, wishes: list[str]) -> tuple[dict[str, Any], list[bytes]]:
    """The line that says what follows, and what follows. Wishes: `patient`; `jpeg`; `squares` and the four numbers of a part."""
    try:
        if wishes == ["jpeg"]:
            gps, pictures = None, [as_jpeg(body)]
        else:
            gps, pictures = develop(body, _part(wishes))
    except Refused as refusal:
        return {"refused": str(refusal)}, []
    except MemoryError:
        return {"refused": "too_large"}, []
    except Exception as problem:  # a decoder fed with hostile bytes raises anything; whatever it is, there is no picture
        return {"refused": "broken", "detail": f"{problem.__class__.__name__}: {problem}"[:200]}, []
    named = [[side, width, height, len(drawn)] for side, width, height, drawn in pictures]
    return {"gps": gps, "pictures": named}, [drawn for *_, drawn in pictures]


def _part(wishes: list[str]) -> Part | None:
    if wishes[:1] != ["squares"]:
        return None
    left, top, width, height = map(float, wishes[1:])
    return left, top, width, height


def limit_this_process() -> None:
    """From here on: so much memory, so much processor time, no file may grow, no core dump. A limit that is lower already stays."""
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


def develop(
    body: bytes, part: Part | None = None
) -> tuple[tuple[float, float] | None, list[tuple[int, int, int, bytes]]]:
    """Where it was taken (latitude, longitude), if it says so credibly, and (side, width, height, WebP) of each size.

    `part` is made unreadable. Raises Refused; also whatever a decoder raises.
    """
    with _opened(body) as photo:
        exif = _exif(photo)
        gps = position(exif)
        orientation = (
            exif.get(ORIENTATION) if exif and photo.format != "HEIF" else None
        )  # HEIF's decoder has turned it already
        canvas = _shrunk(photo)
    upright = _turned(canvas, orientation)
    if part is not None:
        box = pixels_of(part, *upright.size)
        upright.paste(_in_squares(upright.crop(box)), box)
    return gps, [_drawn(upright, side) for side in SIZES]


def as_jpeg(body: bytes) -> tuple[int, int, int, bytes]:
    """The largest size as (side, width, height, JPEG), for programs that do not open WebP. Raises as `develop` does."""
    with _opened(body) as photo:
        canvas = _shrunk(photo)
    written = BytesIO()
    canvas.save(written, "JPEG", quality=JPEG_QUALITY)
    return LARGE, canvas.width, canvas.height, written.getvalue()


def pixels_of(part: Part, width: int, height: int) -> tuple[int, int, int, int]:
    """(left, upper, right, lower) of a part in a picture, one pixel at least."""
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


def _in_squares(part: Any) -> Any:
    from PIL import Image

    square = max(1.0, min(part.size) / SQUARES)
    few = max(1, round(part.width / square)), max(1, round(part.height / square))
    return part.resize(few, Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)


def position(exif: Any) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None where a camera wrote nothing, nonsense, or the zeroes of one that had no signal."""
    try:
        told = exif.get_ifd(GPS)
        lat = _degrees(told[2], told[1], "S", 90)
        lon = _degrees(told[4], told[3], "W", 180)
    except (
        Exception
    ):  # metadata is as hostile as pixels, and a photo without a place is still a photo
        return None
    return None if (lat, lon) == (0, 0) else (lat, lon)


def _degrees(parts: Any, letter: Any, negative: str, most: float) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if (
        not math.isfinite(value)
        or not 0 <= value <= most
        or not 0 <= minutes < 60
        or not 0 <= seconds < 60
    ):
        raise ValueError(value)
    return round(-value if str(letter).strip("\x00 ").upper() == negative else value, 6)


def _opened(body: bytes) -> Any:
    import pi_heif
    from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401 - the decoders that may be used

    if not body:
        raise Refused("empty")
    if len(body) > MAX_BYTES:
        raise Refused("too_many_bytes")
    pi_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    Image.MAX_IMAGE_PIXELS = None  # the limits are ours, below, and are errors and not warnings
    try:
        photo = Image.open(BytesIO(body), formats=FORMATS)
    except Image.UnidentifiedImageError:
        raise Refused("not_a_photo") from None
    if photo.width * photo.height > MAX_PIXELS or max(photo.size) > LONGEST_SIDE:
        raise Refused("too_many_pixels")
    if getattr(photo, "n_frames", 1) > 1 and photo.format not in STILLS_IN_ONE:
        raise Refused("animated")
    return photo


def _exif(photo: Any) -> Any:
    try:
        return photo.getexif()
    except Exception:  # as in `position`
        return None


def _shrunk(photo: Any) -> Any:
    """Not larger than the largest size, on a fresh white canvas: nothing but pixels comes along.

    Strip by strip, so that a picture of 64 megapixels is in memory once and not, for a change of its colours, twice.
    """
    from PIL import Image

    photo.draft(
        "RGB", (LARGE, LARGE)
    )  # a JPEG is decoded at a fraction of its size; any other ignores this
    factor = max(1, max(photo.size) // (2 * LARGE))
    canvas = Image.new("RGB", (-(-photo.width // factor), -(-photo.height // factor)), WHITE)
    for top in range(0, photo.height, STRIP_LINES * factor):
        strip = photo.crop((0, top, photo.width, min(photo.height, top + STRIP_LINES * factor)))
        canvas.paste(_on_white(strip).reduce(factor), (0, top // factor))
    canvas.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
    return canvas


def _on_white(strip: Any) -> Any:
    """In red, green and blue, what is transparent on white."""
    from PIL import Image

    if strip.mode.startswith("I"):
        strip = strip.point(lambda value: value / 256).convert(
            "L"
        )  # sixteen bits of grey; a plain conversion would cut them off
    if not strip.mode.endswith("A") and "transparency" not in strip.info:
        return strip.convert("RGB")
    white, clear = Image.new("RGB", strip.size, WHITE), strip.convert("RGBA")
    white.paste(clear, mask=clear.getchannel("A"))
    return white


def _turned(canvas: Any, orientation: Any) -> Any:
    """As it was held: the eight ways EXIF knows."""
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


def _drawn(upright: Any, side: int) -> tuple[int, int, int, bytes]:
    """One size as (side, width, height, WebP). A small photo is not made larger, but for the square."""
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
