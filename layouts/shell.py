"""The frame around every page: skip link, demonstration banner, header, main, footer with the as-of stamp."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts import ids, words
from layouts.components import icon_sheet, time
from layouts.document import Page
from layouts.prerender import named
from portal.domain.jurisdiction import Jurisdiction


def shell(city: Jurisdiction, page: Page, as_of: int | None, now: int) -> list[Any]:
    """The body of a document."""
    return [
        html.A("Skip to the content", href=f"#{ids.page.MAIN}", className="skip-link"),
        icon_sheet(),
        _demonstration(city),
        html.Header(_header(city), className="site-header"),
        html.Main(page.body, id=ids.page.MAIN, className="wide" if page.is_wide else "column", tabIndex="-1"),
        html.Footer(_footer(city, as_of, now), className="site-footer"),
    ]


def _demonstration(city: Jurisdiction) -> html.Aside | None:
    if not city.is_demonstration:
        return None
    text = "A demonstration: this city, its cases and its people are invented."
    return html.Aside(html.P(text), className="demonstration", **named("Demonstration"))


def _header(city: Jurisdiction) -> list[Any]:
    return [
        html.A([html.Strong(city.name), " ", html.Span("Citizens Connect")], href="/", className="site-name"),
        html.Nav(
            [html.A("Cases", href="/cases"), html.A("Places", href="/places"), html.A("Data health", href="/status")],
            className="site-nav",
            **named("Pages"),
        ),
    ]


def _footer(city: Jurisdiction, as_of: int | None, now: int) -> list[Any]:
    stamp: list[Any] = ["No cases have come in yet."]
    if as_of is not None:
        stamp = ["As of ", time(as_of, words.moment(as_of, city.zone, now), city.zone, now), ", from the city’s own record. "]
    return [
        html.P([*stamp, html.A("How fresh is this?", href="/status")]),
        html.P(_licence(city)) if city.licence or city.data_url else None,
    ]


def _licence(city: Jurisdiction) -> list[Any]:
    source = html.A("the city’s open data", href=city.data_url) if city.data_url else "the city"
    return ["Source: ", source, f", {city.licence}." if city.licence else "."]
