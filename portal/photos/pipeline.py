"""The pipeline from a photo's bytes to pictures that may be shown, or to a refusal that says why. It fails closed.

Each photo has a process to itself (portal.photos.develop): a decoder that is talked into running somebody's code runs it where nothing is
to be had, and is gone with the photo. Starting it costs about a tenth of a second (docs/photos.md).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.errors import PortalError
from portal.photos import develop
from portal.photos.develop import LARGE, SIZES, Part

SECONDS = 10.0
PATIENT_SECONDS = 40.0
LONGEST_LINE = 1_000
AT_ONCE, IN_LINE = 2, 1
"""Photos that a process has drawn at once, and that wait for it: of a web process's four threads one always answers pages."""

SENTENCES = {
    "empty": "The photo is empty. Please choose it again.",
    "too_many_bytes": "The photo is larger than 15 MB. Please send a smaller one.",
    "too_many_pixels": "The photo has more than 64 megapixels or a side over 12,000. Please send a smaller one.",
    "too_large": "The photo takes too much memory to read. Please send a smaller one.",
    "too_slow": "The photo takes too long to read. Please send a smaller one.",
    "not_a_photo": "This is not a photo we can read. Please send a JPEG, PNG, WebP or HEIC.",
    "animated": "This is an animation. Please send a photo.",
    "busy": "Many photos are being read just now. Please add yours again in a minute.",
    "broken": "The photo is damaged and cannot be read. Please send another.",
}


class PhotoRefused(PortalError):
    """A photo we will not keep; `reason` is a key of SENTENCES, the message is that sentence."""

    status = 422

    def __init__(self, reason: str) -> None:
        self.reason = reason if reason in SENTENCES else "broken"
        super().__init__(SENTENCES[self.reason])


class Places:
    """Places at the table where photos are drawn. Without a bound some dozen large ones would keep every page waiting."""

    def __init__(self, at_once: int = AT_ONCE, in_line: int = IN_LINE) -> None:
        self._drawing, self._there = (
            threading.BoundedSemaphore(at_once),
            threading.BoundedSemaphore(at_once + in_line),
        )

    @contextmanager
    def one(self, seconds: float = SECONDS) -> Iterator[bool]:
        """A place, perhaps after some seconds: whether one had to wait. Raises PhotoRefused for one who would stand in line too long."""
        if not self._there.acquire(blocking=False):
            raise PhotoRefused("busy")
        try:
            has_waited = not self._drawing.acquire(blocking=False)
            if has_waited and not self._drawing.acquire(timeout=seconds):
                raise PhotoRefused("busy")
            try:
                yield has_waited
            finally:
                self._drawing.release()
        finally:
            self._there.release()


PLACES = Places()


@dataclass(frozen=True)
class Picture:
    """One size of a photo as WebP."""

    width: int
    height: int
    body: bytes


@dataclass(frozen=True)
class Developed:
    """A photo drawn anew: a picture for each of develop.SIZES. `gps` is where it was taken; it is for the pin and is never stored."""

    pictures: dict[int, Picture]
    gps: tuple[float, float] | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the largest picture."""
        return self.pictures[LARGE].width, self.pictures[LARGE].height


def develop_photo(body: bytes, *, seconds: float = SECONDS, places: Places = PLACES) -> Developed:
    """Draw a photo anew, for somebody who waits.

    Raises PhotoRefused when it is none, is too large, or takes longer than `seconds`, in line and in the drawing; and where others that
    are being drawn are why: busy.
    """
    until = time.monotonic() + seconds
    with places.one(seconds) as has_waited:
        try:
            return _develop(body, _command(), until - time.monotonic())
        except PhotoRefused as refusal:
            if has_waited and refusal.reason == "too_slow":
                raise PhotoRefused("busy") from None  # alone it might have had the time
            raise


def develop_in_squares(body: bytes, part: Part, seconds: float = SECONDS) -> Developed:
    """The same with a part of the picture unreadable. Raises PhotoRefused."""
    return _develop(body, [*_command(), "squares", *map(str, part)], seconds)


def as_jpeg(body: bytes) -> bytes:
    """The largest size alone, as JPEG. Raises PhotoRefused."""
    _line, picture = _cut_off(_drawn(body, [*_command(), "jpeg"], SECONDS))
    if picture[:2] != b"\xff\xd8":
        raise PhotoRefused("broken")
    return picture


def develop_patiently(body: bytes) -> Developed:
    """The same when nobody waits: pages and residents' photos come first. Raises PhotoRefused."""
    return _develop(body, [*_command(), "patient"], PATIENT_SECONDS)


def _develop(body: bytes, command: list[str], seconds: float) -> Developed:
    return _understood(_drawn(body, command, seconds))


def _drawn(body: bytes, command: list[str], seconds: float) -> bytes:
    """What the child answers."""
    if len(body) > develop.MAX_BYTES:
        raise PhotoRefused("too_many_bytes")
    try:
        done = subprocess.run(
            command,
            input=body,
            capture_output=True,
            env=_environment(),
            cwd="/",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PhotoRefused("too_slow") from None
    if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        raise PhotoRefused("too_slow")
    return done.stdout


def _command() -> list[str]:
    # -I: no variable, folder or user's package of this machine decides what it imports.
    return [sys.executable, "-I", "-B", str(Path(develop.__file__))]


def _environment() -> dict[str, str]:
    # Nothing of ours; one arena, because each more would take its share of the address space before it is used.
    return {"MALLOC_ARENA_MAX": "1"}


def _understood(answer: bytes) -> Developed:
    """The child's answer, believed only where every part of it fits: it has read hostile bytes."""
    said, rest = _cut_off(answer)
    try:
        pictures, gps = _cut(said["pictures"], rest), said["gps"]
        return Developed(pictures, None if gps is None else (float(gps[0]), float(gps[1])))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise PhotoRefused("broken") from None


def _cut_off(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """The first line, and what follows it. Raises PhotoRefused where the line is a refusal."""
    line, _, rest = answer.partition(b"\n")
    try:
        said = json.loads(line[:LONGEST_LINE])
        refused = said.get("refused")
    except (ValueError, AttributeError):
        # Killed by a limit or by a fault in a decoder: it could not say anything, or nothing whole.
        raise PhotoRefused("broken") from None
    if refused is not None:
        raise PhotoRefused(str(refused))
    return said, rest


def _cut(named: list[list[int]], rest: bytes) -> dict[int, Picture]:
    pictures, start = {}, 0
    for side, width, height, length in named:
        body = rest[start : start + length]
        if (
            len(body) != length
            or body[:4] != b"RIFF"
            or body[8:12] != b"WEBP"
            or not (0 < width <= side and 0 < height <= side)
        ):
            raise ValueError(side)
        pictures[side] = Picture(width, height, body)
        start += length
    if tuple(pictures) != SIZES or start != len(rest):
        raise ValueError(list(pictures))
    return pictures
