"""Reading what a request brings, before anything of ours waits for it.

A body comes as fast as its sender likes. It is read beside all others, in no thread of its own,
into memory and then into a temporary file. One that stalls or drips is given up; nobody may send
without end, and nobody may fill the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO

GRACE_SECONDS = 20.0
LEAST_BYTES_A_SECOND = 2_000
"""A body may take 20 s, and a second more for each 2,000 bytes it has brought."""
IN_MEMORY = 256 * 1024
MOST_BODIES, MOST_OF_ONE = 256, 32
"""So many bodies are read at a time in a process, and so many of one household."""
MOST_BYTES = 1 << 30
"""So many bytes of bodies are kept in a process at a time."""
MOST_DISCARDED = 64 << 20


class BodyRefused(Exception):  # noqa: N818 - an answer, not an error
    """A body that is not read to its end; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Body:
    """What a request brought; `size` is in bytes."""

    file: IO[bytes]
    size: int


@dataclass
class BodyReader:
    """Reads the bodies of one process."""

    clock: Callable[[], float] = time.monotonic
    grace_seconds: float = GRACE_SECONDS
    least_bytes_a_second: float = LEAST_BYTES_A_SECOND
    _of_networks: Counter[str] = field(default_factory=Counter)
    _bytes: int = 0

    @contextmanager
    def take_turn(self, network: str | None) -> Iterator[None]:
        """One more body from this part of the network; None is a proxy that does not say whose.

        Raises BodyRefused if there are too many already.
        """
        name = network or ""
        is_one_too_many = bool(network) and self._of_networks[name] >= MOST_OF_ONE
        if is_one_too_many or self._of_networks.total() >= MOST_BODIES:
            raise BodyRefused(503)
        self._of_networks[name] += 1
        try:
            yield
        finally:
            self._of_networks[name] -= 1
            if not self._of_networks[name]:
                del self._of_networks[name]

    @contextmanager
    def kept(self) -> Iterator[Body]:
        """An empty body; what is read into it is deleted at the end."""
        body = Body(SpooledTemporaryFile(IN_MEMORY), 0)  # noqa: SIM115 - closed below
        try:
            yield body
        finally:
            self._bytes -= body.size
            body.file.close()

    async def read(self, pieces: AsyncIterator[bytes], body: Body, announced: int) -> None:
        """Read a body of so many bytes. Raises BodyRefused if it drips or breaks off."""
        async for piece in self._in_time(pieces, announced):
            self._add(body, piece)
        body.file.seek(0)

    async def discard(self, pieces: AsyncIterator[bytes], announced: int) -> None:
        """Read a body that nobody wants: a sender who is cut off sees no answer. Raises as `read`.

        One that is far too large is not read at all.
        """
        if announced <= MOST_DISCARDED:
            async for _ in self._in_time(pieces, announced):
                continue

    async def _in_time(self, pieces: AsyncIterator[bytes], announced: int) -> AsyncIterator[bytes]:
        """The pieces of a body of so many bytes."""
        started, size = self.clock(), 0
        while size < announced:
            left = started + self.grace_seconds + size / self.least_bytes_a_second - self.clock()
            piece = await _next_within(max(0.0, left), pieces)
            if not piece:
                raise BodyRefused(400)
            size += len(piece)
            yield piece

    def _add(self, body: Body, piece: bytes) -> None:
        body.size += len(piece)
        self._bytes += len(piece)
        if self._bytes > MOST_BYTES:
            raise BodyRefused(503)
        try:
            body.file.write(piece)
        except OSError:
            raise BodyRefused(503) from None


async def _next_within(seconds: float, pieces: AsyncIterator[bytes]) -> bytes:
    """The next piece; empty at the end."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(pieces)
    except StopAsyncIteration:
        return b""
    except TimeoutError:
        raise BodyRefused(408) from None
