"""Names in web addresses: "Allston / Brighton" is allston-brighton."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Container

LONGEST = 60


def make_slug(name: str) -> str:
    """Letters and digits in lower case, without accents, joined by dashes; "other" if none."""
    apart = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = "".join(letter.lower() if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:LONGEST].strip("-") or "other"


def make_free_slug(name: str, taken: Container[str]) -> str:
    """The name's slug; if it is taken, with a tail that depends on the name only."""
    plain = make_slug(name)
    if plain not in taken:
        return plain
    return f"{plain}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
