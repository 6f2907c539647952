"""Pages for what went wrong: each says what happened and where to go on."""

from __future__ import annotations

from dash import html

from layouts.document import Page

_HEADINGS = {
    400: "We did not understand this address",
    403: "This is not open to you",
    404: "There is no such page",
    405: "This address cannot be used that way",
    409: "Somebody else is doing this just now",
    413: "That was too large",
    429: "Too many requests at once",
    500: "Something went wrong on our side",
    503: "We cannot answer just now",
}


def problem_page(status: int, sentence: str, way_out: str = "/", way_out_text: str = "See the newest cases") -> Page:
    """`sentence` says what was wrong, with its value; `way_out` is the nearest sensible page."""
    heading = _HEADINGS.get(status, _HEADINGS[500])
    return Page(
        title=f"{heading} · Citizens Connect",
        description=heading,
        body=[html.H1(heading), html.P(sentence, className="lead"), html.P(html.A(way_out_text, href=way_out, className="button"))],
        status=status,
    )
