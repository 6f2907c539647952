"""The files of photos: <data folder>/photos/<first two digits of the name>/<name>-<side>.webp, written whole or not at all.

A name is 128 bits that are random, or look so: who is not shown it cannot guess it. Whether somebody may see the file is asked each time
(portal.api.photos); the folder is served by nobody else. Files are written before the row that makes them visible, so that a row never
promises what is not there; what a crash leaves over has no row and is swept (portal.services.shared.photos_sweep).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from portal.photos.develop import SIZES
from portal.photos.pipeline import Developed

NAME = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"([0-9a-f]{32})-\d+\.webp(\.part)?")


def new_name() -> str:
    """A name nobody can guess."""
    return secrets.token_hex(16)


def name_in_form(key: str, form_key: str, body: bytes) -> str:
    """The name of a photo that comes with a form: nobody without our key can guess it, and the same photo of the same form has it again."""
    return hmac.new(
        key.encode(), form_key.encode() + b"\n" + hashlib.sha256(body).digest(), hashlib.sha256
    ).hexdigest()[:32]


def path_of(folder: Path, name: str, side: int) -> Path:
    """Where a size of a photo lies; `folder` is the data folder's photos. The name and the side are of ours, never a visitor's text."""
    assert NAME.fullmatch(name) and side in SIZES
    return folder / name[:2] / f"{name}-{side}.webp"


def keep(folder: Path, name: str, developed: Developed) -> None:
    """Write all sizes so that they survive the next power cut. Raises OSError where the disk is full; nothing half is left under a name."""
    (folder / name[:2]).mkdir(parents=True, exist_ok=True)
    for side, picture in developed.pictures.items():
        _write_whole(path_of(folder, name, side), picture.body)
    _sync_folder(folder / name[:2])


def remove(folder: Path, name: str) -> None:
    """Delete all sizes of a photo; those that are not there are no matter."""
    for side in SIZES:
        path_of(folder, name, side).unlink(missing_ok=True)


def is_whole(folder: Path, name: str) -> bool:
    """Whether every size is there."""
    return all(path_of(folder, name, side).is_file() for side in SIZES)


def names_on_disk(folder: Path, written_before: float) -> Iterator[str]:
    """Names that have a file, a whole one or a begun one, last written before that moment (epoch s)."""
    for part in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        with os.scandir(part) as entries:
            old = (entry for entry in entries if entry.stat().st_mtime < written_before)
            names = {found[1] for entry in old if (found := _FILE.fullmatch(entry.name))}
        yield from sorted(names)


def remove_drafts(folder: Path, written_before: float) -> None:
    """Delete what somebody began to write and did not finish."""
    for draft in folder.glob("[0-9a-f][0-9a-f]/*.part"):
        if draft.stat().st_mtime < written_before:
            draft.unlink(missing_ok=True)


def _write_whole(path: Path, body: bytes) -> None:
    draft = path.with_suffix(".webp.part")
    try:
        with draft.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
