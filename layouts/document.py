"""One HTML document: what search engines and link previews read, the page itself, and Dash asleep in a template."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from layouts.prerender import to_html


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


@dataclass(frozen=True)
class Frame:
    """What every document of a city shares: addresses of the style sheet, the scripts and Dash's own, made once per process."""

    style_url: str
    boot_url: str
    icon_url: str
    dash_config: str
    dash_scripts: tuple[str, ...]


def document(frame: Frame, page: Page, shell: Any, site_url: str) -> str:
    """The whole document. `shell` is the tree of the body (layouts.shell)."""
    return (
        '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n"
        f'<meta name="description" content="{escape(page.description)}">\n'
        f"{_for_search_engines(page, site_url)}"
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">\n'
        '<meta name="theme-color" content="#0f1720" media="(prefers-color-scheme: dark)">\n'
        f'<link rel="icon" href="{escape(frame.icon_url)}" type="image/svg+xml">\n'
        f'<link rel="stylesheet" href="{escape(frame.style_url)}">\n'
        f'<script src="{escape(frame.boot_url)}" defer></script>\n'
        f"</head>\n<body>\n{to_html(shell)}\n{_asleep(frame) if page.has_island else ''}</body>\n</html>\n"
    )


def _for_search_engines(page: Page, site_url: str) -> str:
    if not page.path or page.status != 200:
        return '<meta name="robots" content="noindex">\n'
    address = escape(site_url + page.path)
    return (
        f'<link rel="canonical" href="{address}">\n<meta property="og:title" content="{escape(page.title)}">\n'
        f'<meta property="og:description" content="{escape(page.description)}">\n<meta property="og:url" content="{address}">\n'
        '<meta property="og:type" content="website">\n'
    )


def _asleep(frame: Frame) -> str:
    """Dash's configuration and scripts; boot.js wakes them, in this order."""
    scripts = "".join(f'<script src="{escape(url)}"></script>' for url in frame.dash_scripts)
    return (
        f'<script id="_dash-config" type="application/json">{frame.dash_config}</script>\n<template id="dash-asleep">{scripts}</template>\n'
    )
