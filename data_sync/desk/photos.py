"""Photos sent to the desk: drawn anew as the portal's are (portal.photos.pipeline) and kept under a random name."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from data_sync.desk.errors import BadPhoto
from portal.photos.develop import LARGE, MAX_BYTES
from portal.photos.pipeline import PhotoRefused, develop_photo

# One after the other: the portal that sends them waits, and would take “try again later” for a refusal of its report.
_DRAWING = threading.Lock()
NAME = re.compile(r"[0-9a-z][0-9a-z-]*\.webp")


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
    try:
        # One byte more than is allowed, so that the pipeline sees that it is too long.
        with _DRAWING:
            drawn = develop_photo(stream.read(MAX_BYTES + 1)).pictures[LARGE]
    except PhotoRefused as refusal:
        raise BadPhoto(str(refusal)) from refusal
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.webp"
    (folder / name).write_bytes(drawn.body)
    return f"photos/{name}"


def discard(url: str, folder: Path) -> None:
    """Remove a photo nobody will see; an address on another host is left alone."""
    if url.startswith("photos/"):
        (folder / url.removeprefix("photos/")).unlink(missing_ok=True)
