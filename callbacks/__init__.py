"""What pages do: their routes and their Dash callbacks, one module per page.

`register` adds them all to an app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from callbacks import follow, sync
from callbacks.cases import areas, case, case_list, home, live_map, search
from callbacks.data import changes, datasets, downloads, embeds, keys
from callbacks.data import pages as data
from callbacks.performance import (
    briefing,
    compare,
    equity,
    findings,
    forecasts,
    monthly,
    overview,
    repeats,
)
from callbacks.report import form, offline, offline_reports, own_report, photos
from callbacks.shared import error_pages, pages, robots
from callbacks.staff import pages as staff
from layouts.shared.document import Frame
from portal.context import Portal

if TYPE_CHECKING:
    from dash import Dash
    from flask import Flask


def register(app: Dash, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
    """Add every page of the portal. `clock` gives epoch seconds."""
    site_pages = pages.Pages(portal, frame, clock)
    add_case_pages(app.server, site_pages)
    form.register(app.server, portal, site_pages, clock)
    offline_reports.register(app.server, portal, site_pages, clock)
    photos.register(app.server, portal)
    own_report.register(app.server, portal, site_pages, clock)
    follow.register(app.server, portal, site_pages, clock)
    keys.register(app.server, portal, site_pages, clock)
    staff.register(app.server, portal, site_pages, clock)
    error_pages.register(app.server, site_pages)
    downloads.register(app.server, portal, clock)
    embeds.register(app.server, portal, frame, clock)
    datasets.register(app.server, portal)
    changes.register(app.server, portal, clock)
    equity.register(app.server, portal, site_pages)
    findings.register(app.server, portal, site_pages)
    forecasts.register(app.server, portal, site_pages)
    monthly.register(app.server, portal, site_pages)
    repeats.register(app.server, portal, site_pages)
    briefing.register(app.server, portal, site_pages)
    compare.register(app.server, portal, site_pages)
    case.register(app.server, portal)
    robots.register(app.server, portal, frame, clock)
    offline.register(app.server, portal, site_pages, frame, clock)
    live_map.register(app, portal)


def add_case_pages(server: Flask, site_pages: pages.Pages) -> None:
    """The pages made from a visit alone, which may be cached (callbacks.shared.pages)."""
    site_pages.add(server, "/", home.show_home)
    site_pages.add(server, "/cases", case_list.show_case_list, parameters=case_list.PARAMETERS)
    site_pages.add(server, "/search", search.show_search)
    site_pages.add(server, "/places", areas.show_areas, parameters=areas.PARAMETERS)
    site_pages.add(server, "/places/<path>", areas.show_area, parameters=areas.PARAMETERS)
    site_pages.add(server, "/cases/<path:typed>", case.show_case, parameters=case.PARAMETERS)
    site_pages.add(server, "/data", data.show_data)
    site_pages.add(server, "/developers", data.show_developers)
    site_pages.add(server, "/data/columns", data.show_columns)
    site_pages.add(server, "/data/counting", data.show_counting)
    site_pages.add(server, "/data/chain", data.show_chain, keep=False)
    site_pages.add(server, "/changes", changes.show_changes, parameters=changes.PARAMETERS)
    for path in ("/changes/<day>", "/changes/<day>/<kind>"):
        site_pages.add(server, path, changes.show_day, parameters=changes.PARAMETERS)
    for path in ("/performance", "/performance/<kind>/<slug>"):
        site_pages.add(server, path, overview.show_performance)
    site_pages.add(server, "/performance/<kind>", overview.show_groups)
    site_pages.add(server, "/status", sync.show_status, keep=False)
