"""What a visitor gets: the page, its status, its caching, and a way on from every mistake."""

from __future__ import annotations

import json
import re
import time
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

import callbacks
from callbacks.shared.error_pages import nearest_view
from callbacks.shared.pages import Pages
from layouts.shared.document import Frame
from portal.domain.filters import CaseFilter
from portal.queries.cases.area_drawing import _draw_stored
from tests.support.outlines import draw_outline


@pytest.fixture
def three_cases(add_case, add_pothole, add_graffiti, publish):
    add_pothole(note="Deep, at the crosswalk")
    add_graffiti()
    add_case("101005512347", opened="2026-11-22", visibility="reporter", note="a secret")
    publish()


def page(client, path):
    return parser.fromstring(client.get(path).data)


def links_to_cases(root):
    return root.xpath("//article//h2/a")


def text_of(root, xpath):
    return root.xpath(xpath)[0].text_content()


def test_the_first_page_shows_public_cases_newest_first(client, three_cases):
    cards = links_to_cases(page(client, "/"))
    assert [(card.text, card.get("href")) for card in cards] == [
        ("Graffiti", "/cases/101005512346"),
        ("Pothole", "/cases/101005512345"),
    ]


def test_a_filter_in_the_address_is_said_in_the_heading_and_counted(client, three_cases):
    root = page(client, "/cases?status=open&neighborhood=roxbury")
    assert text_of(root, "//h1") == "1 open case in Roxbury"
    assert text_of(root, "//select[@name='neighborhood']/option[@selected]") == "Roxbury (1)"
    assert (
        root.xpath("//link[@rel='canonical']/@href")[0]
        == "http://127.0.0.1:8050/cases?status=open&neighborhood=roxbury"
    )


def test_a_filter_without_cases_says_so_kindly(client, three_cases):
    root = page(client, "/cases?status=open&neighborhood=dorchester")
    assert not links_to_cases(root)
    assert "No case matches" in root.text_content()


def test_parts_of_a_filter_without_a_control_travel_with_the_form(client, three_cases):
    hidden = page(
        client, "/cases?bbox=-71.1,42.3,-71.0,42.4&sort=closest&lat=42.33&lon=-71.05"
    ).xpath("//form//input[@type='hidden']")
    assert {(field.get("name"), field.get("value")) for field in hidden} == {
        ("bbox", "-71.1,42.3,-71,42.4"),
        ("lat", "42.33"),
        ("lon", "-71.05"),
    }


def test_older_cases_are_reached_by_a_link_until_there_are_none(client, add_case, publish):
    for n in range(120):
        add_case(f"{n:03}", opened=f"2026-01-{1 + n // 24:02}T{n % 24:02}:00:00")
    publish()
    path, seen = "/cases", []
    while path:
        root = page(client, path)
        seen += [link.get("href") for link in links_to_cases(root)]
        older = root.xpath("//nav[@class='paging']/a[@rel='next']/@href")
        path = older[0] if older else None
    assert seen == [f"/cases/{n:03}" for n in reversed(range(120))]


def test_a_case_has_a_page_and_its_number_may_be_typed_loosely(client, three_cases):
    for typed in ("101005512345", "101-005-512345", " 1010 0551 2345"):
        answer = client.get(f"/cases/{typed}")
        assert answer.status_code == 200
        assert "Pothole at 12 Adams St" in answer.text


def test_unknown_and_private_cases_get_the_same_answer(client, three_cases):
    private, unknown = client.get("/cases/101005512347"), client.get("/cases/101005512399")
    assert private.status_code == unknown.status_code == 404
    assert private.text.replace("512347", "") == unknown.text.replace("512399", "")


def test_no_page_holds_a_private_word(client, three_cases):
    for path in ("/", "/status", "/cases/101005512347", "/cases?q=secret", "/cases?status=open"):
        body = client.get(path).text
        assert "a secret" not in body
        assert "/cases/101005512347" not in body


def test_before_the_first_sync_the_page_says_so(client):
    answer = client.get("/")
    assert answer.status_code == 503
    assert "No cases from Smallville yet" in answer.text


def test_a_city_whose_first_sync_brought_nothing_says_so_and_where_to_read_why(client, publish):
    publish()
    page = client.get("/").text
    assert "No case is public yet." in page
    assert '<a href="/status">See how the sync is doing</a>' in page


def test_an_unknown_path_is_a_designed_404(client):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert 'content="noindex"' in answer.text
    assert "See the newest cases" in answer.text


@pytest.mark.parametrize(
    ("query", "named", "way_out"),
    [
        ("status=bad", "bad", "/cases"),
        ("status=open&photo=maybe", "maybe", "/cases?status=open"),
        ("start=tomorrow&service=pothole", "tomorrow", "/cases?service=pothole"),
        ("status=open&status=bad", "bad", "/cases?status=open"),
        ("after=nonsense&status=open", "nonsense", "/cases?status=open"),
    ],
)
def test_an_address_not_understood_is_named_and_the_nearest_view_offered(
    client, three_cases, query, named, way_out
):
    answer = client.get(f"/cases?{query}")
    assert answer.status_code == 400
    root = parser.fromstring(answer.data)
    assert named in text_of(root, "//p[@class='lead']")
    assert root.xpath("//main//a[@class='button']/@href")[0] == way_out


@given(st.text(max_size=300))
def test_the_nearest_view_is_always_one_we_understand(search):
    CaseFilter.from_query_string(nearest_view("/cases", search).partition("?")[2])


def test_a_page_seen_again_is_not_sent_again(client, three_cases):
    tag = client.get("/").headers["ETag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.data == b""


def test_a_new_case_changes_the_page_and_its_tag(client, three_cases, add_case, publish):
    before = client.get("/")
    add_case("101005512350", opened="2026-11-23")
    publish()
    after = client.get("/", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "/cases/101005512350" in after.text


def test_the_version_is_cheap_to_ask_again(client, three_cases):
    answer = client.get("/version.json")
    assert set(answer.json) == {"rev", "as_of"}
    assert (
        client.get("/version.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code
        == 304
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("z=abc", "“abc”"),
        ("z=12&lat=nan&lon=1", "“nan”"),
        ("lat=91", "“91”"),
        ("lon=181", "“181”"),
        ("map=3d", "“3d”"),
        ("areas=x", "“x”"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/cases", "/places/roxbury"])
def test_a_view_that_no_map_has_is_refused_and_the_page_without_it_offered(
    client, three_cases, path, query, said
):
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert said in answer.text


def test_a_bad_view_is_refused_where_the_page_itself_is_kept(client, three_cases):
    assert client.get("/cases?status=open").status_code == 200
    assert client.get("/cases?status=open&z=x").status_code == 400


def test_the_still_map_shows_the_part_that_the_address_names(client, three_cases):
    box = page(client, "/cases?z=15&lat=42.33&lon=-71.08").get_element_by_id("map").get("data-box")
    west, south, east, north = map(float, box.split(","))
    assert (south + north) / 2 == pytest.approx(42.33, abs=0.0001)
    assert (west + east) / 2 == pytest.approx(-71.08, abs=0.0001)
    assert east - west < 0.02


def test_alive_is_not_ready(client):
    assert client.get("/healthz").json == {"alive": True}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["reasons"][0].startswith("smallville: ")


def test_ready_once_cases_are_published(client, three_cases):
    assert client.get("/readyz").json == {"ready": True, "reasons": []}


def test_robots_find_the_sitemap_and_it_lists_real_pages(client, three_cases):
    sitemap = re.search(r"Sitemap: http://127.0.0.1:8050(\S+)", client.get("/robots.txt").text)
    assert sitemap
    for path in re.findall(r"<loc>http://127.0.0.1:8050(.*?)</loc>", client.get(sitemap[1]).text):
        assert client.get(path).status_code == 200


def test_dash_is_told_only_of_components_with_others_outside_of_children(client, three_cases):
    named = json.loads(page(client, "/").get_element_by_id("_dash-config").text)["children_props"]
    assert named["dash_leaflet"] == {"MapContainer": ["placeholder"]}
    assert "dash_html_components" not in named


def test_no_answer_names_our_versions(client, three_cases):
    config = json.loads(page(client, "/").get_element_by_id("_dash-config").text)
    assert not [key for key in config if "version" in key and key != "disable_version_check"]


def test_outlines_are_given_to_the_live_map_and_kept(client, three_cases):
    answer = client.get("/areas/neighborhood.json")
    assert answer.json == {"type": "FeatureCollection", "features": []}
    assert (
        client.get(
            "/areas/neighborhood.json", headers={"If-None-Match": answer.headers["ETag"]}
        ).status_code
        == 304
    )
    assert client.get("/areas/secret.json").status_code == 404


def test_the_still_map_has_the_outlines_that_the_address_asks_for(
    client, three_cases, portal, city
):
    draw_outline(portal, city, "Roxbury", (42.302, 42.348, -71.098, -71.042))

    def drawn(address: str) -> int:
        return len(
            page(client, address).xpath("//svg[@class='still-areas']/path[starts-with(@d, 'M')]")
        )

    assert [
        drawn(f"/cases{query}")
        for query in ("", "?areas=neighborhood", "?areas=district", "?areas=none")
    ] == [1, 1, 0, 0]


def endless(portal, _visit):
    """Every case with every other, three times over: no machine does it in a second."""
    with portal.public_connection() as connection:
        connection.exec_driver_sql(
            "select max(a.id) from public_cases a, public_cases b, public_cases c"
            " where a.id + b.id + c.id = 0"
        ).all()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_page_that_takes_too_long_to_look_up_is_a_kind_503_on_both_databases(
    app, portal, add_case
):
    for number in range(300):
        add_case(str(number))
    blank = Frame(**{field.name: "" for field in fields(Frame)})
    Pages(portal, blank, time.time).add(app.server, "/endless", endless)
    answer = app.server.test_client().get("/endless")
    assert answer.status_code == 503
    assert "This takes too long to look up" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_page_asks_the_store_without_being_timed():
    source = Path(callbacks.__file__).parent
    assert [
        path.name
        for path in source.rglob("*.py")
        if "public.connect" in path.read_text(encoding="utf-8")
    ] == []


def test_outlines_are_not_drawn_again_for_every_case_that_comes_in(
    client, three_cases, portal, city, add_case, publish
):
    drawn = _draw_stored.cache_info().misses
    for n in range(3):
        assert client.get("/cases").status_code == 200
        add_case(f"10100559000{n}", opened="2026-11-20")
        publish()
    assert _draw_stored.cache_info().misses - drawn <= 1
