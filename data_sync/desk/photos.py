"""Photos sent to the desk: decoded, drawn anew as WebP and kept under a random name. Nothing of the original file survives."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps

from data_sync.desk.errors import BadPhoto

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 64_000_000
LONGEST_SIDE = 12_000
KEPT_SIDE = 2_048
FORMATS = ("JPEG", "PNG", "WEBP")
NAME = re.compile(r"[0-9a-z][0-9a-z-]*\.webp")

# A photo of 64 megapixels takes some 400 MB while it is decoded: one at a time.
_DECODING = threading.Lock()


@contextmanager
def kept(stream: IO[bytes], folder: Path) -> Iterator[str]:
    """Keep a photo for as long as what is done with it succeeds; gives its address below the desk's own, "photos/<name>".

    Raises BadPhoto that says why not; nothing is kept then, nor when the block raises.
    """
    url = keep(stream, folder)
    try:
        yield url
    except BaseException:
        discard(url, folder)
        raise


def keep(stream: IO[bytes], folder: Path) -> str:
    """Store a photo and return its address. Raises BadPhoto."""
    body = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise BadPhoto("The photo is larger than 15 MB. Send a smaller one.")
    drawn = BytesIO()
    with _DECODING:
        _pixels(body).save(drawn, "WEBP", quality=80)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.webp"
    (folder / name).write_bytes(drawn.getvalue())
    return f"photos/{name}"


def discard(url: str, folder: Path) -> None:
    """Remove a photo nobody will see; an address on another host is left alone."""
    if url.startswith("photos/"):
        (folder / url.removeprefix("photos/")).unlink(missing_ok=True)


def _pixels(body: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS or max(opened.size) > LONGEST_SIDE:
                raise BadPhoto("The photo has more than 64 megapixels or a side over 12,000. Send a smaller one.")
            opened.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except BadPhoto:
        raise
    except Exception as problem:  # a decoder fed with hostile bytes raises anything; whatever it is, there is no photo
        raise BadPhoto("This is not a photo we can read. Send a JPEG, PNG or WebP.") from problem
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
    fresh = Image.new("RGB", upright.size)
    fresh.paste(upright)
    return fresh
