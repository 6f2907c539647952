"""Fields of forms: a box, what is sent unseen, and a field's parts put together.

form_field(html.Label("Street", htmlFor="street"), input_box("text", "street", maxlength=80))
"""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.shared.language import _
from layouts.shared.prerender import tag


def input_box(kind: str, name: str, **attributes: Any) -> Any:
    """An input box whose id is its name, unless an `id` is given."""
    return tag("input", {"type": kind, "name": name, "id": name, **attributes})


def hidden_box(name: str, value: str) -> Any:
    """What is sent with a form and not seen."""
    return tag("input", {"type": "hidden", "name": name, "value": value})


def email_box(name: str, typed: str = "", **attributes: Any) -> Any:
    """A box for an e-mail address; `typed` is what stood in it before.

    Not of the type "email": browsers refuse there what we take off, such as “mailto:” or a name.
    """
    shared = {
        "value": typed or None,
        "maxlength": 320,
        "inputmode": "email",
        "autocomplete": "email",
        "autocapitalize": "none",
        "spellcheck": "false",
    }
    return input_box("text", name, **shared, **attributes)


def form_field(*parts: Any, also: str = "") -> html.Div:
    """A label, its box and what belongs to them; `also` is another class."""
    return html.Div([*parts], className=f"report-field {also}".rstrip())


def with_aside(label: Any, aside: str) -> list[Any]:
    """A label, and quietly what is good to know of it, such as "(if you like)"."""
    return [label, html.Span(f" {aside}", className="quiet")]


def locate_button() -> html.Button:
    """The button by which a script asks for the visitor's place."""
    look = "button button-quiet"
    return html.Button(_("Use my place"), id="locate-me", type="button", className=look)
