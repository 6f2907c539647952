"""The frame of every page: skip link, demonstration banner, header, main, footer."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.shared import ids
from layouts.shared.components import enter_button, moment_tag
from layouts.shared.document import Page, TypedForm
from layouts.shared.icons import icon, icon_sheet
from layouts.shared.language import (
    LANGUAGES,
    Language,
    _,
    current_language,
    ngettext,
    weave,
)
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction

NAMES_SHOWN = 3
LONGEST_NAME = 40


def shell(
    city: Jurisdiction, page: Page, as_of: int | None, now: int, query: str = ""
) -> list[Any]:
    """The body of a document. `query` is that of the page's own address, without its language."""
    width = "wide" if page.is_wide else "column"
    return [
        html.A(_("Skip to the content"), href=f"#{ids.page.MAIN}", className="skip-link"),
        icon_sheet(),
        _demonstration(city),
        html.Header(_header(city, page, query), className="site-header"),
        _left_out(page.left_out),
        html.Main(page.body, id=ids.page.MAIN, className=width, tabIndex="-1"),
        html.Footer(_footer(city, as_of, now), className="site-footer"),
    ]


def _demonstration(city: Jurisdiction) -> html.Aside | None:
    if not city.is_demonstration:
        return None
    text = _("Demonstration: everything here is invented.")
    return html.Aside(html.P(text), className="demonstration", **aria_label(_("Demonstration")))


def _left_out(names: tuple[str, ...]) -> html.P | None:
    """What the page ignored of its address, so that a mistyped filter is noticed."""
    if not names:
        return None
    shown = "”, “".join(name[:LONGEST_NAME] for name in names[:NAMES_SHOWN])
    text = ngettext(
        "There is no filter “{names}”, so we left it out.",
        "There are no filters “{names}”, so we left them out.",
        min(len(names), NAMES_SHOWN),
        names=shown,
    )
    return html.P(text, className="left-out")


def _header(city: Jurisdiction, page: Page, query: str) -> list[Any]:
    """The city and the pages in one line; on a phone, pages are behind a button without scripts."""
    name = [html.Strong(city.name), " ", html.Span("Citizens Connect")]
    menu = html.Summary(icon("menu"), **aria_label(_("Menu")))
    pages = [_link(word, path, page) for word, path in _pages(city)]
    ways = [
        html.Nav(pages, className="site-nav", **aria_label(_("Pages"))),
        html.Nav(_other_languages(page, query), className="languages", **aria_label(_("Language"))),
    ]
    return [
        html.A(name, href="/", className="site-name"),
        html.Details(menu, className="site-menu"),
        html.Div(ways, className="site-ways"),
    ]


def _pages(city: Jurisdiction) -> tuple[tuple[str, str], ...]:
    """The pages that every page links to, most visited first."""
    report = ((_("Report a problem"), "/report"),) if city.tells_where_to_report else ()
    return (
        *report,
        (_("Cases"), "/cases"),
        (_("Places"), "/places"),
        (_("Performance"), "/performance"),
        (_("Data"), "/data"),
        (_("Data health"), "/status"),
    )


def _link(word: str, path: str, page: Page) -> html.A:
    here: dict[str, Any] = {"aria-current": "page"} if page.path.partition("?")[0] == path else {}
    return html.A(word, href=path, **here)


def _other_languages(page: Page, query: str) -> list[Any]:
    """The page in the other languages, each named in its own.

    A link would empty a form. Scripts send the form then; without them, a button does. These stand
    before the form, so the one for the Enter key is repeated before them.
    """
    others = [language for language in LANGUAGES.values() if language != current_language()]
    form = page.typed_form
    if form is None:
        return [_link_to(language, query) for language in others]
    buttons = [_button_to(language, form) for language in others]
    return [
        *[_link_to(language, query, className="for-scripts") for language in others],
        tag("noscript", {}, [enter_button(form.enter, form=form.id), *buttons]),
    ]


def _link_to(language: Language, query: str, **look: Any) -> html.A:
    address = f"?{query}{'&' if query else ''}lang={language.code}"
    code = language.code
    return html.A(language.name, href=address, lang=code, hrefLang=code, **look)


def _button_to(language: Language, form: TypedForm) -> Any:
    sends = {"type": "submit", "form": form.id, "name": "go", "value": f"to:{form.step}"}
    leads = {"formaction": f"/report?lang={language.code}", "formnovalidate": True}
    return tag("button", sends | leads | {"lang": language.code}, language.name)


def _footer(city: Jurisdiction, as_of: int | None, now: int) -> list[Any]:
    stamp: list[Any] = [_("No cases have come in yet.")]
    if as_of is not None:
        moment = moment_tag(as_of, city.zone, now)
        stamp = weave(_("As of {moment}, from the city’s own record."), moment=moment)
    return [
        html.P(
            [
                *stamp,
                " ",
                html.A(_("How fresh is this?"), href="/status"),
                " ",
                html.A(_("What changed"), href="/changes"),
            ]
        ),
        html.P(_licence(city)) if city.licence or city.data_url else None,
    ]


def _licence(city: Jurisdiction) -> list[Any]:
    source = (
        html.A(_("the city’s open data"), href=city.data_url) if city.data_url else _("the city")
    )
    if city.licence:
        return weave(_("Source: {source}, {licence}."), source=source, licence=city.licence)
    return weave(_("Source: {source}."), source=source)
