"""What pages do: their routes and their Dash callbacks, one module per page. `register` mounts them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from callbacks import (
    case,
    cases,
    following,
    home,
    live_map,
    mine,
    offline,
    pages,
    places,
    problems,
    report,
    report_kept,
    report_photos,
    search,
    site,
    staff,
    status,
)
from layouts.document import Frame
from portal.context import Portal

if TYPE_CHECKING:
    from dash import Dash


def register(app: Dash, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
    """Every page of the portal, in the order a visitor meets them. `clock` gives epoch seconds."""
    site_pages = pages.Pages(portal, frame, clock)
    site_pages.add(app.server, "/", home.show)
    site_pages.add(app.server, "/cases", cases.show, parameters=cases.PARAMETERS)
    site_pages.add(app.server, "/search", search.show)
    site_pages.add(app.server, "/places", places.show_all)
    site_pages.add(app.server, "/places/<path>", places.show)
    site_pages.add(app.server, "/cases/<path:typed>", case.show)
    site_pages.add(app.server, "/status", status.show, keep=False)
    report.register(app.server, portal, site_pages, clock)
    report_kept.register(app.server, portal, site_pages, clock)
    report_photos.register(app.server, portal)
    mine.register(app.server, portal, site_pages, clock)
    following.register(app.server, portal, site_pages, clock)
    staff.register(app.server, portal, site_pages, clock)
    problems.register(app.server, site_pages)
    case.register(app.server, portal)
    site.register(app.server, portal, frame, clock)
    offline.register(app.server, portal, site_pages, frame, clock)
    live_map.register(app, portal)
