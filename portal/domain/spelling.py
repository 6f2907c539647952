"""Words that are one typo apart."""

from __future__ import annotations


def is_one_mistake_away(typed: str, meant: str) -> bool:
    """Whether two words differ by one typo.

    One letter too many, one missing, one wrong, or two neighbors swapped. Equal words do not.
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b),
        min(len(typed), len(meant)),
    )
    rest, other = typed[start:], meant[start:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[1::-1] == other[:2] and rest[2:] == other[2:])
    )
