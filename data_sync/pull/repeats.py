"""How many case numbers stand more than once in a file, in little memory however long it is."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np


class Repeats:
    """Counts numbers that come again.

    Eight bytes for each number: a digest, in sorted arrays that are merged as they grow alike.
    """

    def __init__(self) -> None:
        self._known: list[np.ndarray] = []
        self._repeated = np.empty(0, dtype=np.uint64)

    @property
    def count(self) -> int:
        """How many numbers came more than once so far."""
        return len(self._repeated)

    def add(self, numbers: Iterable[str]) -> None:
        """Look at the numbers of one more page."""
        digests = np.array([_digest(number) for number in numbers], dtype=np.uint64)
        distinct, times = np.unique(digests, return_counts=True)
        again = [distinct[times > 1]]
        again += [distinct[np.isin(distinct, known, assume_unique=True)] for known in self._known]
        self._repeated = np.union1d(self._repeated, np.concatenate(again))
        self._known.append(distinct)
        while len(self._known) > 1 and len(self._known[-2]) <= 2 * len(self._known[-1]):
            last = self._known.pop()
            self._known[-1] = np.union1d(self._known[-1], last)


def _digest(number: str) -> int:
    digest = blake2b(number.encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
