"""The city's own words on a page in another language: named as such, so that a screen reader says "Pothole" in English.

WCAG 2.2, 3.1.2. Marked are names of types, groups, channels and queues, titles, descriptions and what the city wrote; names of streets,
neighborhoods and departments are names and need no mark. Where the page speaks the city's language nothing is marked.
"""

from __future__ import annotations

import re
from typing import Any

from layouts.shared.language import city_language, current_language
from layouts.shared.prerender import tag


def city_lang_attribute() -> dict[str, str]:
    """The attribute of an element that holds the city's words alone; none where the page is in the city's language."""
    return {} if city_language() == current_language().code else {"lang": city_language()}


def city_text(text: str | None) -> Any:
    """The city's words as a part of something else."""
    return tag("span", city_lang_attribute(), text) if text and city_lang_attribute() else text


def mark_city_words(sentence: str, *city_words: str) -> Any:
    """A sentence of ours in which words of the city stand: “12 casos de <span lang=en>Pothole</span>”."""
    found = [re.escape(word) for word in sorted(set(city_words), key=len, reverse=True) if word]
    if not found or not city_lang_attribute():
        return sentence
    pieces = re.split(rf"(?<!\w)({'|'.join(found)})(?!\w)", sentence)
    return [city_text(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece]
