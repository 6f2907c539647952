"""Photos sent to the desk: decoded, drawn anew as WebP and kept under a random name. Nothing of the original file survives."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from data_sync.desk.errors import BadPhoto

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 64_000_000
SIDE = 2_048
FORMATS = ("JPEG", "PNG", "WEBP")


def keep(stream: IO[bytes], folder: Path) -> str:
    """Store a photo and return its address below the desk's own, "photos/<name>". Raises BadPhoto that says why not."""
    body = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise BadPhoto("The photo is larger than 15 MB; send a smaller one.")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.webp"
    _pixels(body).save(folder / name, "WEBP", quality=80)
    return f"photos/{name}"


def _pixels(body: bytes) -> Image.Image:
    from io import BytesIO

    try:
        with Image.open(BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise BadPhoto("The photo has more than 64 megapixels; send a smaller one.")
            opened.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise BadPhoto("This is not a photo we can read; send a JPEG, PNG or WebP.") from problem
    upright.thumbnail((SIDE, SIDE))
    fresh = Image.new("RGB", upright.size)
    fresh.paste(upright)
    return fresh
