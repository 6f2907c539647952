"""What robots read: robots.txt and sitemap.xml."""

from __future__ import annotations

from html import escape

from flask import Flask, Response

from portal.context import Portal

INDEXED_PATHS = ("/", "/cases", "/places", "/status")


def register(server: Flask, portal: Portal) -> None:
    """Absolute addresses come from the settings alone, never from what the visitor sent."""
    site_url = portal.settings.site_url

    def robots() -> Response:
        # Tiles and filtered lists without end are no pages to keep.
        return Response(
            f"User-agent: *\nDisallow: /tiles/\nDisallow: /_dash-\nDisallow: /*after=\n\nSitemap: {site_url}/sitemap.xml\n",
            mimetype="text/plain",
        )

    def sitemap() -> Response:
        places = "".join(f"<url><loc>{escape(site_url + path)}</loc></url>" for path in INDEXED_PATHS)
        return Response(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>\n',
            mimetype="application/xml",
        )

    server.add_url_rule("/robots.txt", endpoint="robots", view_func=robots)
    server.add_url_rule("/sitemap.xml", endpoint="sitemap", view_func=sitemap)
