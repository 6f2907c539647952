"""Forecasts and what became of them: the page and its file."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Pages, Visit
from callbacks.shared.responses import cache_publicly
from layouts.performance.forecasts import CSV, PATH, forecasts_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.forecasts import Forecasts
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound, NotReady
from portal.queries.performance.forecasts import NAME, kept_forecasts, write_csv
from portal.store.kept_answers import read_mark

SECONDS = 60
"""How long a browser keeps the file."""


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The page and its CSV."""
    pages.add(server, PATH, show_forecasts)
    server.add_url_rule(CSV, "forecasts file", partial(send_file, portal))


def show_forecasts(portal: Portal, visit: Visit) -> Page:
    """What the worker found, or that it has not looked yet."""
    try:
        portal.facts(visit.city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    return forecasts_page(visit.city, read_forecasts(portal, visit.city), visit.now)


def read_forecasts(portal: Portal, city: Jurisdiction) -> Forecasts | None:
    """A city's forecasts, as the worker judged them; None before that."""
    with portal.public_connection() as connection:
        mark = read_mark(connection, city.id, NAME)
    return portal.cached(kept_forecasts, city.id, mark) if mark else None


def send_file(portal: Portal) -> Response:
    """The same as a CSV. Raises NotFound before the worker has judged any."""
    city = portal.city(request.host)
    found = read_forecasts(portal, city)
    if found is None:
        raise NotFound("No forecast has been judged yet.")
    answer = Response(write_csv(found), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{city.id}-forecasts.csv"'
    return cache_publicly(answer, SECONDS)
