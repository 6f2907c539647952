"""The files of photos, written whole or not at all.

    <data folder>/photos/<first two digits of the name>/<name>-<side>.webp

A name is 128 random-looking bits, so it cannot be guessed. Only portal.api.photos serves the
folder, and it checks each time who may see a file. Files are written before the row that makes
them visible, so that a row never promises a file that is not there; what a crash leaves behind has
no row and is swept (portal.services.shared.photos_sweep).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from portal import private_files
from portal.disk import write_through
from portal.errors import NotFound
from portal.photos.develop import SIZES
from portal.photos.pipeline import Developed

NAME = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"([0-9a-f]{32})-\d+\.webp(\.part)?")


def make_name() -> str:
    """A name that cannot be guessed."""
    return secrets.token_hex(16)


def name_in_form(key: str, form_key: str, body: bytes) -> str:
    """The name of a photo in a form: the same photo in the same form always has the same one.

    It cannot be guessed without our key.
    """
    content = form_key.encode() + b"\n" + hashlib.sha256(body).digest()
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()[:32]


def path_of(folder: Path, name: str, side: int) -> Path:
    """The file of one size of a photo; `folder` is the data folder's photos.

    The name and the side must be checked before: never a visitor's text.
    """
    assert NAME.fullmatch(name) and side in SIZES
    return folder / name[:2] / f"{name}-{side}.webp"


def write_photo(folder: Path, name: str, developed: Developed) -> None:
    """Write all sizes so that they survive a power cut.

    Raises OSError if the disk is full; no half-written file gets a photo's name.
    """
    private_files.make_folder(folder / name[:2])
    for side, picture in developed.pictures.items():
        _write_whole(path_of(folder, name, side), picture.body)
    write_through(folder / name[:2])


def read_photo(folder: Path, name: str, side: int) -> bytes:
    """One size of a photo. Raises NotFound if its file is lost."""
    try:
        return path_of(folder, name, side).read_bytes()
    except FileNotFoundError:
        raise NotFound("There is no such photo.") from None


def delete_photo(folder: Path, name: str) -> None:
    """Delete all sizes of a photo that are there."""
    for side in SIZES:
        path_of(folder, name, side).unlink(missing_ok=True)


def is_whole(folder: Path, name: str) -> bool:
    """Whether every size is there."""
    return all(path_of(folder, name, side).is_file() for side in SIZES)


def list_names(folder: Path, written_before: float) -> Iterator[str]:
    """Names that have a file, finished or not, last written before that time (epoch s)."""
    for part in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        with os.scandir(part) as entries:
            old = (entry for entry in entries if entry.stat().st_mtime < written_before)
            names = {found[1] for entry in old if (found := _FILE.fullmatch(entry.name))}
        yield from sorted(names)


def delete_drafts(folder: Path, written_before: float) -> None:
    """Delete unfinished files last written before that time (epoch s)."""
    for draft in folder.glob("[0-9a-f][0-9a-f]/*.part"):
        if draft.stat().st_mtime < written_before:
            draft.unlink(missing_ok=True)


def _write_whole(path: Path, body: bytes) -> None:
    draft = path.with_suffix(".webp.part")
    try:
        with private_files.open_file(draft, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
