"""What machines read of the whole site: robots.txt, the sitemaps, and the web app manifest.

Absolute addresses come from the settings alone, never from what the visitor sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from html import escape
from urllib.parse import quote

from flask import Flask, Response, request

from callbacks.shared.language import requested_language
from layouts.shared.components import case_address
from layouts.shared.document import Frame, address_in_language
from layouts.shared.formats import iso
from layouts.shared.language import LANGUAGES, SOURCE, speaking
from layouts.shared.manifest import manifest
from portal.context import Portal
from portal.errors import NotFound, NotReady
from portal.queries.cases import sitemap
from portal.queries.cases.area_numbers import list_areas

INDEXED_PATHS = ("/", "/cases", "/places", "/status")
CACHE_SECONDS = 3_600
ROBOTS = """User-agent: *
Disallow: /tiles/
Disallow: /_dash-
Disallow: /*after=
Disallow: /*bbox=
Disallow: /performance*?

Sitemap: {site_url}/sitemap.xml
"""
"""Tiles, and filtered lists without end, are no pages to keep."""
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)


def register(server: Flask, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
    """The addresses that machines know or find in robots.txt."""
    cases_address = "/sitemaps/cases-<int(max=1000000000):part>.xml"
    for address, endpoint, view in (
        ("/robots.txt", "robots", partial(show_robots, portal)),
        ("/sitemap.xml", "sitemap", partial(show_sitemap_index, portal)),
        ("/sitemaps/pages.xml", "sitemap of pages", partial(show_page_sitemap, portal)),
        (cases_address, "sitemap of cases", partial(show_case_sitemap, portal, clock)),
        ("/manifest.webmanifest", "manifest", partial(show_manifest, portal, frame)),
    ):
        server.add_url_rule(address, endpoint=endpoint, view_func=view)


def show_robots(portal: Portal) -> Response:
    """What search engines may read, and where the sitemap is."""
    return Response(ROBOTS.format(site_url=portal.settings.site_url), mimetype="text/plain")


def show_sitemap_index(portal: Portal) -> Response:
    """The names of all sitemaps."""
    parts = _case_parts(portal)
    site_url = portal.settings.site_url
    names = ["pages", *(f"cases-{part}" for part in range(len(parts)))]
    return _xml(
        "sitemapindex",
        (f"<sitemap><loc>{site_url}/sitemaps/{name}.xml</loc></sitemap>" for name in names),
    )


def show_page_sitemap(portal: Portal) -> Response:
    """The pages that are always there, and those of the areas."""
    paths = [*INDEXED_PATHS, *_area_paths(portal)]
    return _xml("urlset", (_entry(portal.settings.site_url, path) for path in paths))


def show_case_sitemap(portal: Portal, clock: Callable[[], float], part: int) -> Response:
    """One part of all cases. Raises NotFound for a part without a case."""
    city, now = portal.city(request.host), int(clock())
    parts = _case_parts(portal)
    with portal.public_connection() as connection:
        cases = sitemap.cases_of_part(connection, city.id, parts, part, now)
    if not cases:
        raise NotFound("There is no such list of cases.")
    site_url = portal.settings.site_url
    return _xml(
        "urlset",
        (_entry(site_url, case_address(case.case_id), case.changed_at) for case in cases),
    )


def show_manifest(portal: Portal, frame: Frame) -> Response:
    """What a phone needs to put the portal on its home screen."""
    with speaking(*requested_language()):
        values = manifest(portal.city(request.host), frame.app_icons)
    body = json.dumps(values, ensure_ascii=False)
    answer = _cache(Response(body, mimetype="application/manifest+json"))
    answer.vary.add("Accept-Language")
    return answer


def _area_paths(portal: Portal) -> Iterator[str]:
    try:
        areas = portal.read(list_areas, portal.city(request.host).id)
    except NotReady:
        return
    yield from (f"/places/{quote(area.path, safe='')}" for area in areas)


def _case_parts(portal: Portal) -> tuple[int, ...]:
    try:
        return portal.read(sitemap.sitemap_parts, portal.city(request.host).id)
    except NotReady:
        return ()


def _entry(site_url: str, path: str, changed_at: int | None = None) -> str:
    """A page, when it last changed (epoch s), and the same page in every language."""
    changed = "" if changed_at is None else f"<lastmod>{iso(changed_at)}</lastmod>"
    addresses = {code: address_in_language(path, code) for code in LANGUAGES}
    addresses["x-default"] = address_in_language(path, SOURCE.code)
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(site_url + address)}"/>'
        for code, address in addresses.items()
    )
    return f"<url><loc>{escape(site_url + path)}</loc>{changed}{others}</url>"


def _xml(name: str, entries: Iterable[str]) -> Response:
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {NAMESPACES}>'
    body = "\n".join([start, *entries, f"</{name}>\n"])
    return _cache(Response(body, mimetype="application/xml"))


def _cache(answer: Response) -> Response:
    answer.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return answer
