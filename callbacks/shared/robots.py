"""What machines read of the whole site: robots.txt, the sitemaps, and the manifest that puts the portal on a phone's home screen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from html import escape
from urllib.parse import quote

from flask import Flask, Response, request

from callbacks.shared.language import requested_language
from layouts.shared.document import Frame, address_in_language
from layouts.shared.formats import iso
from layouts.shared.language import LANGUAGES, SOURCE, speaking
from layouts.shared.manifest import manifest
from portal.context import Portal
from portal.errors import NotFound, NotReady
from portal.queries.cases import sitemap
from portal.queries.cases.area_numbers import list_areas

INDEXED_PATHS = ("/", "/cases", "/places", "/status")
KEPT_SECONDS = 3_600
ROBOTS = "User-agent: *\nDisallow: /tiles/\nDisallow: /_dash-\nDisallow: /*after=\nDisallow: /*bbox=\n\nSitemap: {site_url}/sitemap.xml\n"
"""Tiles and filtered lists without end are no pages to keep."""


def register(server: Flask, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
    """Absolute addresses come from the settings alone, never from what the visitor sent."""
    site_url = portal.settings.site_url

    def robots() -> Response:
        return Response(ROBOTS.format(site_url=site_url), mimetype="text/plain")

    def index() -> Response:
        with portal.public_connection() as connection:
            numbers = sitemap.sitemap_parts(connection, portal.city(request.host).id)
        names = ["pages", *(f"cases-{n}" for n in numbers)]
        return _xml(
            "sitemapindex",
            (f"<sitemap><loc>{site_url}/sitemaps/{name}.xml</loc></sitemap>" for name in names),
        )

    def pages() -> Response:
        return _xml(
            "urlset", (_address(site_url, path) for path in [*INDEXED_PATHS, *_places(portal)])
        )

    def cases(part: int) -> Response:
        with portal.public_connection() as connection:
            listed = sitemap.cases_of_part(
                connection, portal.city(request.host).id, part, int(clock())
            )
        if not listed:
            raise NotFound("There is no such list of cases.")
        return _xml(
            "urlset",
            (
                _address(site_url, f"/cases/{quote(case.case_id, safe='')}", case.changed_at)
                for case in listed
            ),
        )

    def app_manifest() -> Response:
        with speaking(*requested_language()):
            body = json.dumps(
                manifest(portal.city(request.host), frame.app_icons), ensure_ascii=False
            )
        answer = _kept(Response(body, mimetype="application/manifest+json"))
        answer.vary.add("Accept-Language")
        return answer

    server.add_url_rule("/robots.txt", endpoint="robots", view_func=robots)
    server.add_url_rule("/sitemap.xml", endpoint="sitemap", view_func=index)
    server.add_url_rule("/sitemaps/pages.xml", endpoint="sitemap of pages", view_func=pages)
    server.add_url_rule(
        "/sitemaps/cases-<int(max=1000000000):part>.xml",
        endpoint="sitemap of cases",
        view_func=cases,
    )
    server.add_url_rule("/manifest.webmanifest", endpoint="manifest", view_func=app_manifest)


def _places(portal: Portal) -> Iterator[str]:
    try:
        areas = portal.read(list_areas, portal.city(request.host).id)
    except NotReady:
        return
    yield from (f"/places/{quote(area.path, safe='')}" for area in areas)


def _address(site_url: str, path: str, changed_at: int | None = None) -> str:
    """A page, when it last changed, and the same page in every language."""
    changed = "" if changed_at is None else f"<lastmod>{iso(changed_at)}</lastmod>"
    said = {
        **{code: address_in_language(path, code) for code in LANGUAGES},
        "x-default": address_in_language(path, SOURCE.code),
    }
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(site_url + address)}"/>'
        for code, address in said.items()
    )
    return f"<url><loc>{escape(site_url + path)}</loc>{changed}{others}</url>"


def _xml(name: str, entries: Iterable[str]) -> Response:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    body = "\n".join(
        [f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {space}>', *entries, f"</{name}>\n"]
    )
    return _kept(Response(body, mimetype="application/xml"))


def _kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return answer
