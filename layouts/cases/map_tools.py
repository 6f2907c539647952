"""What the live map offers beside its circles; hidden until it is awake.

How cases are drawn, whose outlines, where I am, and the full screen.
"""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.shared import ids
from layouts.shared.language import _
from layouts.shared.prerender import aria_label, tag
from portal.domain.map_look import MapLook

# Our own drawings on a 16-unit grid: a crosshair, four corners, three sheets.
_DRAWINGS = {
    "place": "M8 1v3M8 12v3M1 8h3M12 8h3M8 4.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7",
    "full": "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
    "layers": "M8 1.8 14.5 5 8 8.2 1.5 5zM2 8.2l6 3 6-3M2 11.2l6 3 6-3",
}


def map_tools(look: MapLook) -> html.Div:
    """The tools, with what the address has chosen."""
    return html.Div(
        [
            _choices(look),
            _button("place", ids.map.PLACE, _("Go to my place")),
            _button("full", ids.map.FULL, _("Full screen")),
        ],
        className="map-tools",
        role="group",
        hidden=True,
        **aria_label(_("Map tools")),
    )


def _choices(look: MapLook) -> html.Details:
    summary = html.Summary(
        _drawing("layers"), className="map-tool", **_tip(_("What the map shows"))
    )
    return html.Details(
        [summary, html.Div([_cases_as(look), _areas(look)], className="map-choices")]
    )


def _button(drawing: str, name: str, words: str) -> html.Button:
    return html.Button(
        _drawing(drawing), id=name, type="button", className="map-tool", **_tip(words)
    )


def map_legend() -> html.Div:
    """The legend of the density map. A script fills it: its steps depend on what is in view."""
    return html.Div(id=ids.map.LEGEND, className="map-legend", hidden=True)


def _cases_as(look: MapLook) -> html.Div:
    texts = {"circles": _("Circles and pins"), "density": _("Density")}
    return _choice(ids.map.CASES_AS, _("Show cases as"), texts, look.cases)


def _areas(look: MapLook) -> html.Div:
    texts = {
        "neighborhood": _("Neighborhoods"),
        "district": _("Council districts"),
        "none": _("No outlines"),
    }
    return _choice(ids.map.AREAS, _("Outlines"), texts, look.areas)


def _choice(name: str, label: str, texts: dict[str, str], chosen: str) -> html.Div:
    options = [
        html.Option(text, value=value, selected=value == chosen or None)
        for value, text in texts.items()
    ]
    parts = [html.Label(label, htmlFor=name), html.Select(options, id=name)]
    return html.Div(parts, className="field")


def _drawing(name: str) -> Any:
    shape = tag(
        "path",
        {
            "d": _DRAWINGS[name],
            "fill": "none",
            "stroke": "currentColor",
            "stroke-width": 1.6,
            "stroke-linejoin": "round",
        },
    )
    return tag(
        "svg", {"viewBox": "0 0 16 16", "aria-hidden": "true", "class": "map-drawing"}, shape
    )


def _tip(name: str) -> dict[str, Any]:
    return {"title": name, **aria_label(name)}
