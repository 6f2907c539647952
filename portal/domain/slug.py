"""Names as they stand in addresses: "Allston / Brighton" is allston-brighton."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Container

LONGEST = 60


def slug(name: str) -> str:
    """Letters and digits in lower case, without accents, joined by dashes; "other" where a name has neither."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(letter)
    )
    words = "".join(letter.lower() if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:LONGEST].strip("-") or "other"


def free_slug(name: str, taken: Container[str]) -> str:
    """The name's slug, or one with a tail that depends on the name alone where another name has it already."""
    plain = slug(name)
    if plain not in taken:
        return plain
    return f"{plain}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
