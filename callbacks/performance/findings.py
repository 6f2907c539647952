"""What changed for better or worse: the page, and its rows as a file."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Pages, Visit
from callbacks.shared.responses import cache_publicly
from layouts.performance.findings import CSV, PATH, coming_findings_page, findings_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.findings import Findings
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound, NotReady
from portal.findings import keep
from portal.findings.rows_csv import write_findings

SECONDS = 60
"""How long a browser keeps the file."""


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The page and its file."""
    pages.add(server, PATH, show_findings)
    server.add_url_rule(CSV, endpoint="findings file", view_func=partial(send_rows, portal))


def show_findings(portal: Portal, visit: Visit) -> Page:
    """What the worker found; before that, that it is about to look."""
    city = visit.city
    try:
        portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    found = read_findings(portal, city)
    return findings_page(city, found, visit.now) if found else coming_findings_page(city)


def read_findings(portal: Portal, city: Jurisdiction) -> Findings | None:
    """A city's findings, as the worker made them; None before that."""
    with portal.public_connection() as connection:
        mark = keep.read_mark(connection, city.id)
    return portal.cached(keep.kept_findings, city.id, mark) if mark else None


def send_rows(portal: Portal) -> Response:
    """All findings as a CSV."""
    city = portal.city(request.host)
    found = read_findings(portal, city)
    if found is None:
        raise NotFound("Nobody has looked yet for what changed in this city.")
    answer = Response(write_findings(found, portal.settings.site_url), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{city.id}-changes.csv"'
    return cache_publicly(answer, SECONDS)
