"""Our own drawings, on a grid of 16 by 16 units. Shape shows a status before color does."""

from __future__ import annotations

from typing import Any

from layouts.shared.prerender import tag


def _line(path: str, width: float) -> Any:
    return tag("path", {"d": path, "fill": "none", "stroke": "currentColor", "stroke-width": width})


def _ring(x: float, y: float, radius: float, width: float) -> Any:
    return tag(
        "circle",
        {
            "cx": x,
            "cy": y,
            "r": radius,
            "fill": "none",
            "stroke": "currentColor",
            "stroke-width": width,
        },
    )


_ICONS = {
    "open": [tag("circle", {"cx": 8, "cy": 8, "r": 6, "fill": "currentColor"})],
    "in_progress": [
        _ring(8, 8, 5.5, 2),
        tag("path", {"d": "M8 2.5a5.5 5.5 0 0 1 0 11z", "fill": "currentColor"}),
    ],
    "closed": [_line("M2.5 8.5 6.2 12.2 13.5 4.4", 2.6)],
    "overdue": [_ring(8, 8, 6, 2), _line("M8 4.2V8.4L11 10", 2)],
    "photo": [_line("M1.5 4.5h3l1.2-2h4.6l1.2 2h3v9h-13z", 1.5), _ring(8, 8.8, 2.4, 1.5)],
    "menu": [_line("M2 4h12M2 8h12M2 12h12", 1.6)],
    "hidden": [_line("M2 8h12", 5)],
}


def icon_sheet() -> Any:
    """The drawings, once per page; `icon` refers to them."""
    symbols = [
        tag("symbol", {"id": f"icon-{name}", "viewBox": "0 0 16 16"}, shapes)
        for name, shapes in _ICONS.items()
    ]
    return tag(
        "svg", {"class": "icon-sheet", "aria-hidden": "true", "width": 0, "height": 0}, symbols
    )


def icon(name: str) -> Any:
    """A drawing beside a word; never without one."""
    return tag(
        "svg", {"class": "icon", "aria-hidden": "true"}, tag("use", {"href": f"#icon-{name}"})
    )
