"""Photos sent to the desk: redrawn by portal.photos.pipeline and stored under a random name."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from data_sync.desk.errors import BadPhoto
from portal import private_files
from portal.photos.develop import LARGE, MAX_BYTES
from portal.photos.pipeline import PhotoRefused, develop_photo

# One after the other: the portal that sends them waits, and would take “try again later” as a
# refusal of its report.
_DRAWING = threading.Lock()
NAME = re.compile(r"[0-9a-z][0-9a-z-]*\.webp")


@contextmanager
def stored_photo(stream: IO[bytes], folder: Path) -> Iterator[str]:
    """Store a photo and yield its address, "photos/<name>"; deleted again if the block raises.

    Raises BadPhoto, which says why the photo cannot be used.
    """
    url = store_photo(stream, folder)
    try:
        yield url
    except BaseException:
        delete_photo(url, folder)
        raise


def store_photo(stream: IO[bytes], folder: Path) -> str:
    """Store a photo and return its address. Raises BadPhoto."""
    try:
        # One byte more than allowed, so that the pipeline sees that it is too long.
        with _DRAWING:
            drawn = develop_photo(stream.read(MAX_BYTES + 1)).pictures[LARGE]
    except PhotoRefused as refusal:
        raise BadPhoto(str(refusal)) from refusal
    private_files.make_folder(folder)
    name = f"{secrets.token_hex(16)}.webp"
    private_files.write_bytes(folder / name, drawn.body)
    return f"photos/{name}"


def mark_address(url: str, secret: str) -> str:
    """The address of a private case's photo, for who asks for the case with an API key."""
    return f"{url}?key={_mark(url, secret)}" if url.startswith("photos/") else url


def is_marked(url: str, mark: str, secret: str) -> bool:
    """Whether a photo was asked for by an address that we marked."""
    return hmac.compare_digest(_mark(url, secret).encode(), mark.encode("utf-8", "replace"))


def _mark(url: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"photo {url}".encode(), hashlib.sha256).hexdigest()[:32]


def delete_photo(url: str, folder: Path) -> None:
    """Delete a photo of ours; an address on another host is left alone."""
    if url.startswith("photos/"):
        (folder / url.removeprefix("photos/")).unlink(missing_ok=True)
