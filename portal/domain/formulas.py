"""Texts that a spreadsheet would run.

A cell that begins with =, +, - or @ is a formula, also behind spaces, a tab, marks that cannot be
seen, or in their fullwidth forms. In a file that a spreadsheet opens, such a text gets a ' in
front of it.
"""

from __future__ import annotations

import unicodedata

SIGNS = "=+@＝＋－＠﹣﹢﹦﹫−-"
"""The last one is the hyphen, so that the signs can stand in the brackets of a pattern."""
PATTERN = rf"^([\s\p{{Z}}\p{{C}}]*[{SIGNS}]|[\t\r\n])"
"""What such a text begins with, in RE2's words, for SQL."""


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and does not run it."""
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run it: the first sign that can be seen decides."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    seen = (sign for sign in text if unicodedata.category(sign)[0] not in "ZC")
    first = next(seen, "")
    return bool(first) and first in SIGNS
