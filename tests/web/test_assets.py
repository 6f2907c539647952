"""Our own files: one style sheet, fingerprints, long keeping; and the budget before the first touch."""

from __future__ import annotations

import re

import brotli
import pytest

from app import ASSETS, CompressedBodies
from callbacks.assets import read_assets

FIRST_BYTES = 40_000


def test_the_numbered_style_sheets_are_one_file_in_their_order():
    sheet = read_assets(ASSETS)["portal.css"].decode()
    assert sheet.index("@layer tokens, base, components, print;") == 0
    assert sheet.index("--paper") < sheet.index("h1, h2") < sheet.index(".case-card") < sheet.index("@media print")


def test_a_file_under_its_fingerprint_is_kept_for_a_year_and_otherwise_asked_again(client):
    page = client.get("/nowhere").text
    url = re.search(r'href="(/assets/portal\.css\?v=\w+)"', page)[1]
    assert "immutable" in client.get(url).headers["Cache-Control"]
    assert client.get("/assets/portal.css?v=old").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["nope.js", "..%2fapp.py", "1-tokens.css", ""])
def test_nothing_else_of_the_folder_or_beside_it_is_served(client, name):
    assert client.get(f"/assets/{name}").status_code == 404


def test_icons_are_there(client):
    assert client.get("/favicon.ico").mimetype == "image/x-icon"
    assert client.get("/assets/favicon.svg").mimetype == "image/svg+xml"


def test_the_first_page_weighs_under_forty_kilobytes_before_the_first_touch(client, add_case, publish):
    for n in range(50):
        add_case(
            f"10100551{n:04}",
            opened="2026-11-20",
            neighborhood=f"Ward {n}",
            address=f"{n} Adams St",
            note=f"Deep hole number {n}, at the crosswalk",
        )
    publish()
    page = client.get("/", headers={"Accept-Encoding": "br"})
    assert page.status_code == 200
    text = brotli.decompress(page.data).decode()
    # The icon for a phone's home screen is fetched when somebody puts the portal there.
    at_once = re.sub(r'<link rel="apple-touch-icon"[^>]*>', "", text.split("<template")[0])
    urls = re.findall(r'(?:src|href)="(/(?:assets|areas)/[^"]+)"', at_once)
    assert {re.sub(r"\?.*", "", url) for url in urls} == {
        "/assets/favicon.svg", "/assets/portal.css", "/assets/boot.js", "/assets/list-renew.js", "/assets/list.js",
        "/assets/list-news.js", "/areas/neighborhood.svg",
    }  # fmt: skip
    total = len(page.data) + sum(len(client.get(url.replace("&amp;", "&"), headers={"Accept-Encoding": "br"}).data) for url in urls)
    assert total <= FIRST_BYTES, f"{total} bytes"


def test_no_style_sheet_or_script_calls_another_host():
    for name, body in read_assets(ASSETS).items():
        hosts = re.findall(rb"https?://[^\s\"')]+", body)
        assert set(hosts) <= {b"http://www.w3.org/2000/svg"}, name


def test_colours_stand_in_the_tokens_alone():
    for sheet in sorted(ASSETS.glob("[23]*.css")):
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", sheet.read_text()), sheet.name


def test_kept_bodies_are_bounded_and_the_ones_used_last_stay():
    kept = CompressedBodies()
    half = b"x" * (kept.max_bytes // 2)
    assert kept.set("br;", b"never") is False
    assert kept.set("br;huge", b"x" * (kept.max_bytes + 1)) is False
    kept.set("br;a", half)
    kept.set("br;b", half)
    assert kept.get("br;a") == half
    kept.set("br;c", b"one more")
    assert (kept.get("br;a"), kept.get("br;b"), kept.get("br;c")) == (half, None, b"one more")
