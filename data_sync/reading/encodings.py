"""A stream of bytes as UTF-8 with line ends of its own, whatever program wrote the file.

Recognized by the first bytes: byte-order marks, UTF-16 and UTF-32 with or without one, and files
whose lines end in a bare carriage return.
"""

from __future__ import annotations

import codecs
import io
from typing import Any, BinaryIO, cast

LOOKED_AT = 4_096
"""Bytes at the start of a file that tell how it is written."""
_BLOCK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_MOSTLY = 0.4
"""UTF-16 has a zero in half of its bytes where a text is in Latin letters."""


def as_readable(stream: BinaryIO, encoding: str) -> tuple[BinaryIO, str]:
    """The stream, rewritten if need be, and its encoding: the given one unless its bytes differ."""
    if not hasattr(stream, "peek") and not stream.readable():
        return stream, encoding
    buffered = stream if hasattr(stream, "peek") else io.BufferedReader(cast(Any, stream), _BLOCK)
    start = cast(io.BufferedReader, buffered).peek(LOOKED_AT)[:LOOKED_AT]
    found = _recognize(start)
    has_bare_ends = b"\r" in start and b"\n" not in start
    if found in (None, "utf-8-sig") and not has_bare_ends:
        return cast(BinaryIO, buffered), "utf-8" if found else encoding
    rewritten = _Rewritten(cast(BinaryIO, buffered), found or encoding)
    return cast(BinaryIO, io.BufferedReader(rewritten, _BLOCK)), "utf-8"


def _recognize(start: bytes) -> str | None:
    """The encoding that the first bytes give away; None for all others."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    even, odd = start[0::2], start[1::2]
    if len(odd) > 1 and odd.count(0) > _MOSTLY * len(start) and not even.count(0):
        return "utf-16-le"
    if len(even) > 1 and even.count(0) > _MOSTLY * len(start) and not odd.count(0):
        return "utf-16-be"
    return None


class _Rewritten(io.RawIOBase):
    """The same text in UTF-8, each line ending in a line feed.

    What cannot be decoded becomes U+FFFD: the row is there, and its damage can be seen.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        decode = codecs.getincrementaldecoder(encoding)("replace")
        self._decoder = io.IncrementalNewlineDecoder(decode, translate=True)
        self._waiting = b""
        self._has_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._waiting and not self._has_ended:
            block = self._stream.read(_BLOCK)
            self._has_ended = not block
            self._waiting = self._decoder.decode(block, final=not block).encode("utf-8", "replace")
        part = self._waiting[: len(buffer)]
        self._waiting = self._waiting[len(part) :]
        buffer[: len(part)] = part
        return len(part)
