"""What machines read of the whole site: robots, sitemaps, the manifest and the icons."""

from __future__ import annotations

import io
import re

import pytest
from lxml import etree
from PIL import Image

from portal.queries.cases import sitemap
from tests.conftest import NOW, epoch
from tools import icons

SPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
HOME = "http://127.0.0.1:8050"


def tree(client, path: str):
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    return etree.fromstring(answer.data)


def addresses(client, path: str) -> list[str]:
    return tree(client, path).xpath("//s:loc/text()", namespaces=SPACES)


def test_every_public_case_is_listed_with_its_last_change_and_its_languages(
    client, add_case, publish
):
    add_case(
        "101",
        opened="2026-01-05",
        closed="2026-01-07",
        updated_at=epoch("2026-01-09"),
        neighborhood="Roxbury",
    )
    add_case("102", visibility="private")
    publish()
    [_pages, cases] = addresses(client, "/sitemap.xml")
    [case] = tree(client, cases.removeprefix(HOME))
    assert case.xpath("s:loc/text()", namespaces=SPACES) == [f"{HOME}/cases/101"]
    assert case.xpath("s:lastmod/text()", namespaces=SPACES) == ["2026-01-09T00:00:00Z"]
    others = dict(
        zip(
            case.xpath("x:link/@hreflang", namespaces=SPACES),
            case.xpath("x:link/@href", namespaces=SPACES),
            strict=True,
        )
    )
    assert others == {
        "en": f"{HOME}/cases/101",
        "es": f"{HOME}/cases/101?lang=es",
        "x-default": f"{HOME}/cases/101",
    }


def test_the_pages_and_places_are_listed_and_are_there(client, add_case, publish):
    add_case(neighborhood="Roxbury")
    publish()
    listed = addresses(client, "/sitemaps/pages.xml")
    assert listed == [
        f"{HOME}{path}" for path in ("/", "/cases", "/places", "/status", "/places/roxbury")
    ]
    assert {client.get(address.removeprefix(HOME)).status_code for address in listed} == {200}


def test_a_city_without_cases_lists_its_pages_alone(client):
    assert addresses(client, "/sitemap.xml") == [f"{HOME}/sitemaps/pages.xml"]
    assert client.get("/sitemaps/cases-0.xml").status_code == 404
    assert client.get(f"/sitemaps/cases-{10**30}.xml").status_code == 404


def test_parts_are_counted_in_public_cases_so_that_no_gap_tells_of_a_hidden_one(
    portal, city, add_case, publish
):
    for n in range(6):
        add_case(f"10{n}", visibility="private" if n in (1, 2) else "public")
    publish()
    parts = sitemap.sitemap_parts(portal.facts(city.id), size=2)
    with portal.public_connection() as connection:
        listed = [
            [case.case_id for case in sitemap.cases_of_part(connection, city.id, parts, n, 0)]
            for n in range(4)
        ]
    assert listed == [["100", "103"], ["104", "105"], [], []]


def test_a_case_of_the_last_minute_is_in_the_last_part(portal, city, add_case, publish):
    add_case("101")
    publish()
    add_case("102")
    parts = sitemap.sitemap_parts(portal.facts(city.id), size=1)
    with portal.public_connection() as connection:
        listed = sitemap.cases_of_part(connection, city.id, parts, 0, 0)
    assert [case.case_id for case in listed] == ["101", "102"]


def test_a_change_that_a_city_dates_in_the_future_is_told_as_now(portal, city, add_case, publish):
    now = int(NOW.timestamp())
    add_case(updated_at=now + 86_400)
    publish()
    parts = sitemap.sitemap_parts(portal.facts(city.id))
    with portal.public_connection() as connection:
        [case] = sitemap.cases_of_part(connection, city.id, parts, 0, now)
    assert case.changed_at == now


@pytest.mark.parametrize(
    ("language", "start", "shortcut"), [("en", "/", "Cases"), ("es", "/?lang=es", "Casos")]
)
def test_the_manifest_is_the_city_s_in_the_page_s_language(client, language, start, shortcut):
    page = client.get("/status", headers={"Accept-Language": language})
    [address] = re.findall(r'<link rel="manifest" href="([^"]+)">', page.text)
    answer = client.get(address)
    said = answer.get_json(force=True)
    assert answer.mimetype == "application/manifest+json"
    assert (said["name"], said["lang"], said["dir"]) == (
        "Smallville · Citizens Connect",
        language,
        "ltr",
    )
    assert (said["start_url"], said["shortcuts"][0]["name"]) == (start, shortcut)


def test_every_icon_is_as_large_as_the_manifest_says(client):
    for icon in client.get("/manifest.webmanifest").get_json(force=True)["icons"]:
        answer = client.get(icon["src"])
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert "immutable" in answer.headers["Cache-Control"]
        width, height = Image.open(io.BytesIO(answer.data)).size
        assert icon["sizes"] == f"{width}x{height}"


def test_icons_in_the_repository_are_those_the_tool_draws():
    assert (icons.ASSETS / "favicon.svg").read_text(encoding="utf-8") == icons.make_svg()
    for name, drawn in icons.draw_icons().items():
        kept = Image.open(icons.ASSETS / name).convert("RGBA")
        assert (kept.size, kept.resize((24, 24)).tobytes()) == (
            drawn.size,
            drawn.convert("RGBA").resize((24, 24)).tobytes(),
        ), name


def test_pages_link_an_icon_for_phones_and_the_colours_of_both_themes(client):
    page = client.get("/status").text
    assert 'rel="apple-touch-icon"' in page
    assert re.findall(r'name="theme-color" content="(#\w+)"', page) == ["#ffffff", "#0f1720"]
