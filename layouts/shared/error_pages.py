"""Pages for what went wrong: each says what happened and where to go from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from layouts.shared.components import search_form
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.shared.prerender import tag


@dataclass(frozen=True)
class Problem:
    """What went wrong, in a sentence with the value at fault, and the nearest page to go to.

    `words` may be what the visitor looked for. `request` is the id of the request, for a fault of
    ours: an operator finds it in the log.
    """

    status: int
    sentence: str
    way_out: str = "/"
    words: str = ""
    request: str = ""


def _heading(status: int) -> str:
    headings = {
        400: _("We did not understand this address"),
        403: _("This is not open to you"),
        404: _("There is no such page"),
        405: _("This address cannot be used that way"),
        409: _("Someone else is doing this right now"),
        413: _("That was too large"),
        422: _("We cannot use what was sent"),
        429: _("Too many requests at once"),
        500: _("Something went wrong on our side"),
        503: _("We cannot answer just now"),
    }
    return headings.get(status, headings[422 if status < 500 else 500])


def default_sentence(status: int) -> str:
    """What we say of a problem without a sentence of its own."""
    sentences = {
        404: _(
            "There is nothing at this address. It may have been mistyped, or the page has moved."
        ),
        405: _("This address does not take that kind of request."),
        413: _("What was sent is larger than this portal takes."),
        500: _(
            "Something broke here. It is our fault and is written down; please try again in a"
            " minute."
        ),
        503: _("What you asked for is not ready. Please try again in a minute."),
    }
    return sentences.get(status, _("This cannot be answered."))


def problem_page(problem: Problem) -> Page:
    """What was wrong in a sentence, and a way on; where nothing was found, also a search."""
    heading = _heading(problem.status)
    return Page(
        title=f"{heading} · Citizens Connect",
        description=heading,
        body=[
            html.H1(heading),
            html.P(problem.sentence, className="lead"),
            _reference(problem.request),
            html.P(html.A(_way_on(problem.way_out), href=problem.way_out, className="button")),
            search_form(problem.words) if problem.status == 404 else None,
        ],
        status=problem.status,
    )


def unstored_page(sentence: str, address: str, fields: Sequence[tuple[str, str]]) -> Page:
    """A form that couldn't be stored, kept whole behind a button that sends it again."""
    heading = _("We can’t save this right now")
    kept = [
        tag("input", {"type": "hidden", "name": name, "value": value}) for name, value in fields
    ]
    again = tag("button", {"type": "submit", "class": "button"}, _("Try again"))
    return Page(
        title=f"{heading} · Citizens Connect",
        description=heading,
        body=[
            html.H1(heading),
            html.P(sentence, className="lead"),
            html.Form([*kept, again], action=address, method="post"),
        ],
        status=503,
    )


def _reference(request: str) -> html.P | None:
    if not request:
        return None
    return html.P(_("If you tell us about it, please give this code: {code}", code=request))


def _way_on(address: str) -> str:
    path = address.partition("?")[0]
    if path == "/cases":
        return _("See the cases without it")
    named = {"/": _("See the newest cases"), "/status": _("See how fresh the data is")}
    return named.get(address) or _("See this page without it")
