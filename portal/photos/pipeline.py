"""From a photo's bytes to pictures that may be shown, or to a refusal that says why. Fails closed.

    develop_photo(body).pictures[LARGE].body   # WebP

Each photo gets its own process (portal.photos.develop): if a decoder is tricked into running an
attacker's code, there is nothing to steal, and the process ends with the photo. Starting one takes
about a tenth of a second (docs/photos.md).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal import metrics
from portal.errors import PortalError
from portal.photos import develop
from portal.photos.develop import LARGE, SIZES, Part

SECONDS = 10.0
PATIENT_SECONDS = 40.0
LONGEST_LINE = 1_000
AT_ONCE = 2
IN_LINE = 1
"""Photos a process draws at once, and that wait: one of its four threads is left for pages."""

SENTENCES = {
    "empty": "The photo is empty. Please choose it again.",
    "too_many_bytes": "The photo is larger than 15 MB. Please send a smaller one.",
    "too_many_pixels": "The photo has more than 64 megapixels or a side over 12,000. "
    "Please send a smaller one.",
    "too_large": "The photo takes too much memory to read. Please send a smaller one.",
    "too_slow": "The photo takes too long to read. Please send a smaller one.",
    "not_a_photo": "This is not a photo we can read. Please send a JPEG, PNG, WebP or HEIC.",
    "animated": "This is an animation. Please send a photo.",
    "busy": "Many photos are being read just now. Please add yours again in a minute.",
    "unstored": "We can’t save photos just now. Please add yours again in a minute.",
    "broken": "The photo is damaged and cannot be read. Please send another.",
}


class PhotoRefused(PortalError):
    """A photo we do not accept; `reason` is a key of SENTENCES and the message its sentence."""

    status = 422

    def __init__(self, reason: str) -> None:
        self.reason = reason if reason in SENTENCES else "broken"
        super().__init__(SENTENCES[self.reason])


class DrawingQueue:
    """Limits how many photos are drawn at once: a dozen large ones would make every page wait."""

    def __init__(self, at_once: int = AT_ONCE, in_line: int = IN_LINE) -> None:
        self._drawing = threading.BoundedSemaphore(at_once)
        self._there = threading.BoundedSemaphore(at_once + in_line)

    @contextmanager
    def take_turn(self, seconds: float = SECONDS) -> Iterator[bool]:
        """A turn to draw; yields whether it had to wait.

        Raises PhotoRefused if the line is full or the wait takes more than `seconds`.
        """
        if not self._there.acquire(blocking=False):
            raise PhotoRefused("busy")
        try:
            has_waited = self._wait_for_turn(seconds)
            try:
                yield has_waited
            finally:
                self._drawing.release()
        finally:
            self._there.release()

    def _wait_for_turn(self, seconds: float) -> bool:
        has_waited = not self._drawing.acquire(blocking=False)
        started = time.perf_counter()
        if has_waited and not self._drawing.acquire(timeout=seconds):
            raise PhotoRefused("busy")
        metrics.QUEUE_SECONDS.labels("photo").observe(time.perf_counter() - started)
        return has_waited


QUEUE = DrawingQueue()


@dataclass(frozen=True)
class Picture:
    """One size of a photo as WebP."""

    width: int
    height: int
    body: bytes


@dataclass(frozen=True)
class Developed:
    """A photo redrawn: a picture for each of develop.SIZES.

    `gps` is where it was taken (latitude, longitude). It is for the pin and never stored.
    """

    pictures: dict[int, Picture]
    gps: tuple[float, float] | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the largest picture."""
        return self.pictures[LARGE].width, self.pictures[LARGE].height


def develop_photo(
    body: bytes, *, seconds: float = SECONDS, queue: DrawingQueue = QUEUE
) -> Developed:
    """Redraw a photo for someone who is waiting.

    Raises PhotoRefused if it is not a photo, is too large, or takes longer than `seconds` in line
    and drawing; the reason is "busy" if other photos are to blame.
    """
    until = time.monotonic() + seconds
    with queue.take_turn(seconds) as has_waited:
        try:
            return _develop(body, _command(), until - time.monotonic())
        except PhotoRefused as refusal:
            if has_waited and refusal.reason == "too_slow":
                raise PhotoRefused("busy") from None  # alone it might have had the time
            raise


def develop_in_squares(body: bytes, part: Part, seconds: float = SECONDS) -> Developed:
    """Redraw a photo with a part of it unreadable. Raises PhotoRefused."""
    return _develop(body, [*_command(), "squares", *map(str, part)], seconds)


def convert_to_jpeg(body: bytes) -> bytes:
    """The largest size of a photo, as JPEG. Raises PhotoRefused."""
    _line, picture = _split_answer(_run_child(body, [*_command(), "jpeg"], SECONDS))
    if picture[:2] != b"\xff\xd8":
        raise PhotoRefused("broken")
    return picture


def measure_looks(pictures: Sequence[bytes]) -> list[bytes | None]:
    """The looks of pictures we drew, to be compared (portal.photos.likeness).

    None for a picture that cannot be read. Raises PhotoRefused if there are too many.
    """
    body = b"".join(
        len(picture).to_bytes(develop.LENGTH_BYTES, "big") + picture for picture in pictures
    )
    _header, rest = _split_answer(_run_child(body, [*_command(), "looks"], SECONDS))
    size = 1 + develop.LOOK_BYTES
    if len(rest) != size * len(pictures):
        raise PhotoRefused("broken")
    looks = [rest[start : start + size] for start in range(0, len(rest), size)]
    return [look[1:] if look[0] else None for look in looks]


def develop_patiently(body: bytes) -> Developed:
    """Redraw a photo no one is waiting for: pages and residents come first. Raises PhotoRefused."""
    return _develop(body, [*_command(), "patient"], PATIENT_SECONDS)


def _develop(body: bytes, command: list[str], seconds: float) -> Developed:
    return _read_answer(_run_child(body, command, seconds))


def _run_child(body: bytes, command: list[str], seconds: float) -> bytes:
    """What the child answers. Raises PhotoRefused if it was too slow."""
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
    # -I: no variable, folder or user package of this machine decides what it imports.
    return [sys.executable, "-I", "-B", str(Path(develop.__file__))]


def _environment() -> dict[str, str]:
    # No variable of ours. One arena: each reserves its share of the address space before use.
    return {"MALLOC_ARENA_MAX": "1"}


def _read_answer(answer: bytes) -> Developed:
    """The child's answer, if every part of it fits: it has read hostile bytes, so we check all."""
    header, rest = _split_answer(answer)
    try:
        pictures = _read_pictures(header["pictures"], rest)
        gps = header["gps"]
        return Developed(pictures, None if gps is None else (float(gps[0]), float(gps[1])))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise PhotoRefused("broken") from None


def _split_answer(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """The first line, and what follows it. Raises PhotoRefused if the line is a refusal."""
    line, _, rest = answer.partition(b"\n")
    try:
        header = json.loads(line[:LONGEST_LINE])
        refused = header.get("refused")
    except (ValueError, AttributeError):
        # Killed by a limit or a crash in a decoder before it could write a whole line.
        raise PhotoRefused("broken") from None
    if refused is not None:
        raise PhotoRefused(str(refused))
    return header, rest


def _read_pictures(listed: list[list[int]], rest: bytes) -> dict[int, Picture]:
    """The pictures a header lists, cut from what follows it. Raises ValueError if one is wrong."""
    pictures = {}
    start = 0
    for side, width, height, length in listed:
        body = rest[start : start + length]
        is_webp = len(body) == length and body[:4] == b"RIFF" and body[8:12] == b"WEBP"
        if not is_webp or not (0 < width <= side and 0 < height <= side):
            raise ValueError(side)
        pictures[side] = Picture(width, height, body)
        start += length
    if tuple(pictures) != SIZES or start != len(rest):
        raise ValueError(list(pictures))
    return pictures
