"""Photos for work-order systems: as JPEG, which every program opens, at a temporary address.

A private report's photo has no public address, and the city's system has nothing but the address
we give it: anyone who has the address may fetch the photo until it expires.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

from portal.errors import TakesTooLong
from portal.photos.develop import LARGE
from portal.photos.files import NAME, path_of
from portal.photos.pipeline import PhotoRefused, convert_to_jpeg
from portal.secrets import derive_key
from portal.settings import Settings

OPEN_SECONDS = 30 * 86_400
"""How long an address is good: a system that was down for weeks still gets the photo."""


def sign_address(settings: Settings, name: str, until: int) -> str:
    """The absolute address of a photo, good until that time (epoch s)."""
    return f"{settings.site_url}/photos/signed/{name}-{until}-{_mark(settings, name, until)}.jpg"


def is_signed(settings: Settings, name: str, until: int, mark: str, now: int) -> bool:
    """Whether we made this address and it is still good. Times are epoch seconds."""
    ours = _mark(settings, name, until).encode()
    is_ours = hmac.compare_digest(ours, mark.encode("utf-8", "replace"))
    return is_ours and now < until and bool(NAME.fullmatch(name))


def read_jpeg(folder: Path, name: str, draw: Callable[[bytes], bytes] = convert_to_jpeg) -> bytes:
    """The large size of a photo as JPEG.

    Raises OSError if it is not there or cannot be read, TakesTooLong if another try may help.
    """
    try:
        return draw(path_of(folder, name, LARGE).read_bytes())
    except PhotoRefused as refusal:
        if refusal.reason == "too_slow":
            raise TakesTooLong(
                "The photo {name} could not be drawn in time.", name=name
            ) from refusal
        raise OSError(f"{name}: {refusal.reason}") from refusal


def _mark(settings: Settings, name: str, until: int) -> str:
    return hmac.new(
        derive_key(settings, "photo for a system").encode(),
        f"{name}\n{until}".encode(),
        hashlib.sha256,
    ).hexdigest()[:32]
