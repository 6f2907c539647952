"""One HTML document: what search engines and link previews read, the page itself, and Dash asleep in a template."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

from layouts.shared.language import LANGUAGES, SOURCE, current_language
from layouts.shared.prerender import to_html


@dataclass(frozen=True)
class Page:
    """What a path answers with. `body` is the content of `<main>`; `has_island` says whether Dash has something to draw in it."""

    title: str
    description: str
    body: Any
    status: int = 200
    path: str = ""
    """Canonical path with its query; empty for pages that no search engine should keep."""
    has_island: bool = False
    is_wide: bool = False
    image: str = ""
    """Path of the picture that link previews show."""
    structured: Any = None
    """What the page says to machines, as schema.org's JSON-LD."""
    has_report: bool = False
    """Whether the scripts of the report form have something to do on it."""
    has_staff: bool = False
    """Whether it is one of staff's."""
    has_form: bool = False
    """Whether it is a form or made of parts of one, and needs their style."""


PAPER = {"light": "#ffffff", "dark": "#0f1720"}
"""Colour of the page in each theme, as in assets/shared-1-tokens.css: browsers paint what is around the page with it."""


@dataclass(frozen=True)
class AppIcon:
    """A picture of the portal for home screens: where it is, how large, and whether phones may cut it to a shape of their own."""

    address: str
    sizes: str
    purpose: str


@dataclass(frozen=True)
class Frame:
    """What every document of a city shares: its style, addresses of the scripts and Dash's own, made once per process."""

    style: str
    """What the first screen needs stands in each page: asked for by itself, it would come after one more way there and back."""
    list_style: str
    """The same for pages with a list of cases and its map."""
    case_style: str
    """The same for all others: what a case's page has."""
    map_style_url: str
    form_style_url: str
    starter: str
    """The one script that stands in a page; the content policy names it by its hash."""
    boot_url: str
    list_url: str
    report_urls: tuple[str, ...]
    staff_url: str
    kept_urls: tuple[str, ...]
    worker_url: str
    icon_url: str
    touch_icon_url: str
    app_icons: tuple[AppIcon, ...]
    dash_config: str
    dash_scripts: tuple[str, ...]


def document(frame: Frame, page: Page, shell: Any, site_url: str) -> str:
    """The whole document. `shell` is the tree of the body (layouts.shared.shell)."""
    language = current_language()
    return (
        f'<!DOCTYPE html>\n<html lang="{language.code}" dir="{language.direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n"
        f'<meta name="description" content="{escape(page.description)}">\n'
        f"{_for_search_engines(page, site_url)}"
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="theme-color" content="{PAPER["light"]}" media="(prefers-color-scheme: light)">\n'
        f'<meta name="theme-color" content="{PAPER["dark"]}" media="(prefers-color-scheme: dark)">\n'
        f'<link rel="icon" href="{escape(frame.icon_url)}" type="image/svg+xml">\n'
        f'<link rel="apple-touch-icon" href="{escape(frame.touch_icon_url)}">\n'
        f'<link rel="manifest" href="/manifest.webmanifest?lang={language.code}">\n'
        f"<style>{frame.style}{frame.list_style if page.has_island else frame.case_style}</style>\n"
        f"{_form_style(frame) if page.has_form else ''}{_scripts(frame, page)}"
        f"</head>\n<body>\n{to_html(shell)}\n{_asleep(frame) if page.has_island else ''}</body>\n</html>\n"
    )


def _scripts(frame: Frame, page: Page) -> str:
    """Those of a form are there before somebody types. A page that is read is painted first: there they wait in a template."""
    if page.has_report or page.has_staff:
        return f"{_boot_script(frame)}{_report_scripts(frame) if page.has_report else _staff_script(frame)}"
    scripts = f"{_boot_script(frame)}{_list_script(frame) if page.has_island else ''}"
    return f'<script>{frame.starter}</script>\n<template id="later">\n{scripts}</template>\n'


def _boot_script(frame: Frame) -> str:
    """What every page has; it is told where that is which it may fetch later, when the page is there."""
    worker = f' data-worker="{escape(frame.worker_url)}"' if frame.worker_url else ""
    kept = escape(" ".join((frame.form_style_url, *frame.kept_urls)))
    return f'<script src="{escape(frame.boot_url)}"{worker} data-kept="{kept}" defer></script>\n'


def _form_style(frame: Frame) -> str:
    return f'<link rel="stylesheet" href="{escape(frame.form_style_url)}">\n'


def _list_script(frame: Frame) -> str:
    """What keeps a list and its map in step without loading the page anew."""
    return f'<script src="{escape(frame.list_url)}" defer></script>\n'


def _report_scripts(frame: Frame) -> str:
    """What makes the report form quicker; it works without them."""
    return "".join(f'<script src="{escape(url)}" defer></script>\n' for url in frame.report_urls)


def _staff_script(frame: Frame) -> str:
    """What lets staff draw on a photo; it works without."""
    return f'<script src="{escape(frame.staff_url)}" defer></script>\n'


def _for_search_engines(page: Page, site_url: str) -> str:
    if not page.path or page.status != 200:
        return '<meta name="robots" content="noindex">\n'
    address = escape(site_url + address_in_language(page.path, current_language().code))
    return (
        f'<link rel="canonical" href="{address}">\n{_in_other_languages(page, site_url)}'
        f'<meta property="og:title" content="{escape(page.title)}">\n'
        f'<meta property="og:description" content="{escape(page.description)}">\n<meta property="og:url" content="{address}">\n'
        f'<meta property="og:type" content="website">\n<meta property="og:locale" content="{current_language().code}">\n'
        f"{_picture(page, site_url)}{_structured(page)}"
    )


def _picture(page: Page, site_url: str) -> str:
    if not page.image:
        return ""
    address = escape(site_url + address_in_language(page.image, current_language().code))
    return (
        f'<meta property="og:image" content="{address}">\n<meta property="og:image:width" content="1200">\n'
        f'<meta property="og:image:height" content="630">\n<meta property="og:image:alt" content="{escape(page.description)}">\n'
        '<meta name="twitter:card" content="summary_large_image">\n'
    )


def _structured(page: Page) -> str:
    """Data, which no policy takes for a script; a "<" in it ends nothing."""
    if page.structured is None:
        return ""
    text = json.dumps(page.structured, ensure_ascii=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )
    return f'<script type="application/ld+json">{text}</script>\n'


def address_in_language(path: str, code: str) -> str:
    """The one address of a page in a language, for robots and links; the source language has the plain one."""
    return path if code == SOURCE.code else f"{path}{'&' if '?' in path else '?'}lang={code}"


def _in_other_languages(page: Page, site_url: str) -> str:
    addresses = {
        **{code: address_in_language(page.path, code) for code in LANGUAGES},
        "x-default": page.path,
    }
    return "".join(
        f'<link rel="alternate" hreflang="{code}" href="{escape(site_url + address)}">\n'
        for code, address in addresses.items()
    )


def _asleep(frame: Frame) -> str:
    """Dash's configuration, the live map's style and the scripts; boot.js wakes them, in this order."""
    style = f'<link rel="stylesheet" href="{escape(frame.map_style_url)}">'
    scripts = "".join(f'<script src="{escape(url)}"></script>' for url in frame.dash_scripts)
    asleep = f'<template id="dash-asleep">{style}{scripts}</template>'
    return f'<script id="_dash-config" type="application/json">{frame.dash_config}</script>\n{asleep}\n'
