"""What Dash draws: only the island of a page. The page itself is HTML (layouts.shared.document)."""

from __future__ import annotations

from dash import html

from layouts.shared import ids


def dash_layout() -> html.Div:
    """The page's address, which a script reads, and the place where its island is drawn."""
    address = html.Div(id=ids.page.ADDRESS, hidden=True)
    return html.Div([address, html.Div(id=ids.page.ISLAND, className="island-root")])
