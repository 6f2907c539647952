"""Who is heard: the page, the model frame and the scripts that make its models again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Pages, Visit
from callbacks.shared.responses import cache_publicly
from layouts.performance.equity import CSV, PYTHON, R, equity_page, unknown_equity_page
from layouts.performance.equity_scripts import ModelNames, write_python, write_r
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.equity import Equity, Outcome
from portal.domain.jurisdiction import Jurisdiction
from portal.equity import keep
from portal.equity.frame_csv import name_column, write_frame
from portal.errors import NotFound, NotReady
from portal.queries.performance.equity import kept_equity

ADDRESS = "/performance/equity"
SECONDS = 60
"""How long a browser keeps the files."""
SCRIPTS = {
    PYTHON: (write_python, "text/x-python; charset=utf-8"),
    R: (write_r, "text/plain; charset=utf-8"),
}


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The page and its files."""
    pages.add(server, ADDRESS, show_equity)
    server.add_url_rule(CSV, endpoint="equity frame", view_func=partial(send_frame, portal))
    for address, (write, kind) in SCRIPTS.items():
        view = partial(send_script, portal, write, kind)
        server.add_url_rule(address, endpoint=f"equity script {address}", view_func=view)


def show_equity(portal: Portal, visit: Visit) -> Page:
    """The models, or why there are none."""
    city = visit.city
    try:
        portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    equity = read_equity(portal, city)
    if equity is None or equity.outcome == Outcome.NO_DEMOGRAPHICS:
        with portal.public_connection() as connection:
            is_coming = keep.has_demographics(connection, city.id)
        return unknown_equity_page(city, is_coming=is_coming)
    return equity_page(city, equity, visit.now)


def read_equity(portal: Portal, city: Jurisdiction) -> Equity | None:
    """A city's models, as the worker made them; None before that."""
    with portal.public_connection() as connection:
        mark = keep.read_mark(connection, city.id)
    return portal.cached(kept_equity, city.id, mark) if mark else None


def send_frame(portal: Portal) -> Response:
    """The model frame as a CSV."""
    city = portal.city(request.host)
    body = write_frame(_require_equity(portal, city).frame)
    answer = Response(body, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{city.id}-equity.csv"'
    return cache_publicly(answer, SECONDS)


def send_script(portal: Portal, write: Callable[[ModelNames], str], kind: str) -> Response:
    """A script that makes the first sample's models again."""
    equity = _require_equity(portal, portal.city(request.host))
    first = equity.samples[0]
    names = ModelNames(
        file=portal.settings.site_url + CSV,
        sample=f"in_{first.sample}",
        measures=equity.frame.measures,
        channels=[name_column(f.channel) for f in first.fits if f.outcome == Outcome.FITTED],
    )
    return cache_publicly(Response(write(names), content_type=kind), SECONDS)


def _require_equity(portal: Portal, city: Jurisdiction) -> Equity:
    equity = read_equity(portal, city)
    if equity is None or not equity.samples:
        raise NotFound("There are no models of who is heard in this city.")
    return equity
