"""Pages for what went wrong: each says what happened and where to go on."""

from __future__ import annotations

from dash import html

from layouts.document import Page
from layouts.language import _


def _heading(status: int) -> str:
    headings = {
        400: _("We did not understand this address"),
        403: _("This is not open to you"),
        404: _("There is no such page"),
        405: _("This address cannot be used that way"),
        409: _("Somebody else is doing this just now"),
        413: _("That was too large"),
        429: _("Too many requests at once"),
        500: _("Something went wrong on our side"),
        503: _("We cannot answer just now"),
    }
    return headings.get(status, headings[500])


def problem_page(status: int, sentence: str, way_out: str = "/") -> Page:
    """`sentence` says what was wrong, with its value; `way_out` is the nearest sensible page."""
    heading = _heading(status)
    text = _("See the newest cases") if way_out == "/" else _("See the cases without it")
    return Page(
        title=f"{heading} · Citizens Connect",
        description=heading,
        body=[html.H1(heading), html.P(sentence, className="lead"), html.P(html.A(text, href=way_out, className="button"))],
        status=status,
    )
