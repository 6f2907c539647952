"""The city's own words on a page in another language: marked, so a screen reader says them right.

    <span lang="en">Pothole</span> en 12 Adams St

WCAG 2.2, 3.1.2. Marked are the names of types, groups, channels and queues, titles, descriptions
and what the city wrote. Streets, neighborhoods and departments are names and need no mark. On a
page in the city's language nothing is marked.
"""

from __future__ import annotations

import re
from typing import Any

from dash import html

from layouts.shared.language import _, city_language, current_language
from layouts.shared.prerender import tag


def city_lang_attribute() -> dict[str, str]:
    """`lang` of an element with nothing but the city's words; none in the city's language."""
    return {} if city_language() == current_language().code else {"lang": city_language()}


def city_text(text: str | None) -> Any:
    """The city's words as a part of something else."""
    return tag("span", city_lang_attribute(), text) if text and city_lang_attribute() else text


def mark_city_words(sentence: str, *city_words: str) -> Any:
    """A sentence of ours around words of the city: “12 casos de <span lang=en>Pothole</span>”."""
    longest_first = sorted(set(city_words), key=len, reverse=True)
    words = [re.escape(word) for word in longest_first if word]
    if not words or not city_lang_attribute():
        return sentence
    pieces = re.split(rf"(?<!\w)({'|'.join(words)})(?!\w)", sentence)
    return [city_text(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece]


def quote_city(kind: str, words: str) -> list[Any]:
    """What the city wrote to the public on the way: a note, or why it opened the case again."""
    said = _("The city opened it again:") if kind == "reopened" else _("The city wrote:")
    return [said, html.Blockquote(html.P(city_text(words)))]


def say_district(name: str) -> str:
    """A council district's name; one with only a number is “District 7”."""
    return _("District {number}", number=name) if name.isdigit() else name
