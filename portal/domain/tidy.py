"""Texts as we keep them, whatever a city or a resident sends."""

from __future__ import annotations

import re

# Control characters, lone surrogates, and marks that reverse the reading direction
# for the rest of the page.
_NEVER = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def tidy(text: str | None, longest: int, keeps_lines: bool = False) -> str | None:
    """A text without control characters, stripped, at most `longest` characters; None if empty.

    Names and addresses become one line with single spaces; `keeps_lines` keeps line breaks.
    """
    if text is None:
        return None
    if not text.isprintable():
        text = _NEVER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip() if keeps_lines else " ".join(text.split())
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text or None
