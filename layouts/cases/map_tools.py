"""What the live map offers beside its circles: how cases are drawn, whose outlines, where I am, the whole screen. Hidden until awake."""

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
    """The tools, with the choices that the address makes."""
    return html.Div(
        [
            html.Details(
                [
                    html.Summary(
                        _drawing("layers"),
                        className="map-tool",
                        title=_("What the map shows"),
                        **aria_label(_("What the map shows")),
                    )
                ]
                + [html.Div([_cases_as(look), _areas(look)], className="map-choices")],
            ),
            html.Button(
                _drawing("place"),
                id=ids.map.PLACE,
                type="button",
                className="map-tool",
                **_tip(_("Go to my place")),
            ),
            html.Button(
                _drawing("full"),
                id=ids.map.FULL,
                type="button",
                className="map-tool",
                **_tip(_("Full screen")),
            ),
        ],
        className="map-tools",
        role="group",
        hidden=True,
        **aria_label(_("Map tools")),
    )


def map_legend() -> html.Div:
    """Of the density map; its steps depend on what is in view, so the script fills them in."""
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
    return html.Div(
        [html.Label(label, htmlFor=name), html.Select(options, id=name)], className="field"
    )


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
