"""Words that databases and spreadsheets write for nothing.

    words = words_for_nothing(["Unknown"])
    "NULL" in words, "unknown" in words      # True, True

A word counts in capitals, in small letters, and with a capital first.
"""

from __future__ import annotations

from collections.abc import Iterable

USUAL = (
    "null",
    "(null)",
    "<null>",
    "[null]",
    "\\n",
    "na",
    "n/a",
    "n.a.",
    "#n/a",
    "none",
    "nil",
    "nan",
    "undefined",
    "-",
    "--",
    "---",
    "–",
    "—",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "1900-01-01",
    "1900-01-01 00:00:00",
    "1900-01-01t00:00:00",
    "1900-01-01 00:00:00.000",
    "1900-01-01t00:00:00.000",
    "01/01/1900",
    "1/1/1900",
    "01/01/1900 12:00:00 am",
    "1/1/1900 12:00:00 am",
    "01/01/1900 00:00:00",
    "00/00/0000",
    "00/00/0000 00:00:00",
)


def words_for_nothing(others: Iterable[str] = ()) -> frozenset[str]:
    """The usual words and the city's own, in every way they may be written."""
    words = {" ".join(word.split()) for word in (*USUAL, *others)}
    return frozenset(
        form
        for word in words
        for form in (word, word.lower(), word.upper(), word.capitalize(), word.title())
    )


NOTHING = words_for_nothing()
