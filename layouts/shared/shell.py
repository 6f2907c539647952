"""The frame of every page: skip link, demonstration banner, header, main, footer."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.shared import ids
from layouts.shared.components import moment_tag
from layouts.shared.document import Page
from layouts.shared.icons import icon, icon_sheet
from layouts.shared.language import LANGUAGES, Language, _, current_language, weave
from layouts.shared.prerender import aria_label
from portal.domain.jurisdiction import Jurisdiction


def shell(
    city: Jurisdiction, page: Page, as_of: int | None, now: int, query: str = ""
) -> list[Any]:
    """The body of a document. `query` is that of the page's own address, without its language."""
    return [
        html.A(_("Skip to the content"), href=f"#{ids.page.MAIN}", className="skip-link"),
        icon_sheet(),
        _demonstration(city),
        html.Header(_header(city, page, query), className="site-header"),
        html.Main(
            page.body,
            id=ids.page.MAIN,
            className="wide" if page.is_wide else "column",
            tabIndex="-1",
        ),
        html.Footer(_footer(city, as_of, now), className="site-footer"),
    ]


def _demonstration(city: Jurisdiction) -> html.Aside | None:
    if not city.is_demonstration:
        return None
    text = _("Demonstration: everything here is invented.")
    return html.Aside(html.P(text), className="demonstration", **aria_label(_("Demonstration")))


def _header(city: Jurisdiction, page: Page, query: str) -> list[Any]:
    """The city and the pages in one line; on a phone, pages are behind a button without scripts."""
    return [
        html.A(
            [html.Strong(city.name), " ", html.Span("Citizens Connect")],
            href="/",
            className="site-name",
        ),
        html.Details(html.Summary(icon("menu"), **aria_label(_("Menu"))), className="site-menu"),
        html.Div(
            [
                html.Nav(
                    [_link(word, path, page) for word, path in _pages(city)],
                    className="site-nav",
                    **aria_label(_("Pages")),
                ),
                html.Nav(
                    [_other(language, query) for language in LANGUAGES.values()],
                    className="languages",
                    **aria_label(_("Language")),
                ),
            ],
            className="site-ways",
        ),
    ]


def _pages(city: Jurisdiction) -> tuple[tuple[str, str], ...]:
    """The pages that every page links to, most visited first."""
    report = ((_("Report a problem"), "/report"),) if city.tells_where_to_report else ()
    return (
        *report,
        (_("Cases"), "/cases"),
        (_("Places"), "/places"),
        (_("Data health"), "/status"),
    )


def _link(word: str, path: str, page: Page) -> html.A:
    here: dict[str, Any] = {"aria-current": "page"} if page.path.partition("?")[0] == path else {}
    return html.A(word, href=path, **here)


def _other(language: Language, query: str) -> html.A | None:
    """The page in another language, named in that language."""
    if language == current_language():
        return None
    address = f"?{query}{'&' if query else ''}lang={language.code}"
    return html.A(language.name, href=address, lang=language.code, hrefLang=language.code)


def _footer(city: Jurisdiction, as_of: int | None, now: int) -> list[Any]:
    stamp: list[Any] = [_("No cases have come in yet.")]
    if as_of is not None:
        moment = moment_tag(as_of, city.zone, now)
        stamp = weave(_("As of {moment}, from the city’s own record."), moment=moment)
    return [
        html.P([*stamp, " ", html.A(_("How fresh is this?"), href="/status")]),
        html.P(_licence(city)) if city.licence or city.data_url else None,
    ]


def _licence(city: Jurisdiction) -> list[Any]:
    source = (
        html.A(_("the city’s open data"), href=city.data_url) if city.data_url else _("the city")
    )
    if city.licence:
        return weave(_("Source: {source}, {licence}."), source=source, licence=city.licence)
    return weave(_("Source: {source}."), source=source)
