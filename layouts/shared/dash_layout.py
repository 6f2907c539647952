"""What Dash draws: nothing but the island of the page it wakes on. The page itself is HTML already (layouts.shared.document)."""

from __future__ import annotations

from dash import html

from layouts.shared import ids


def dash_layout() -> html.Div:
    """The page's address, read by a script, and the place its island is drawn in."""
    return html.Div(
        [
            html.Div(id=ids.page.ADDRESS, hidden=True),
            html.Div(id=ids.page.ISLAND, className="island-root"),
        ]
    )
