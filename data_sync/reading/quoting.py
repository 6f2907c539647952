"""Names and texts as the cities' query languages (CKAN's SQL, Socrata's SoQL) want them quoted."""

from __future__ import annotations


def quote_name(name: str) -> str:
    """A table's or column's name: closed_dt → "closed_dt"."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text: O'Hare → 'O''Hare'."""
    return "'" + text.replace("'", "''") + "'"
