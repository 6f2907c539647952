"""Addresses as the world hands them on: with trackers, mistyped names, and a slash at the end."""

from __future__ import annotations

import pytest
from lxml import html

from app import create_app
from portal.domain.page_query import TRACKING_NAMES
from tests.conftest import epoch

PAGES = (
    "/",
    "/cases",
    "/search",
    "/places",
    "/places/roxbury",
    "/status",
    "/cases/101",
    "/report",
    "/offline",
    "/cases/101/follow",
    "/staff/sign-in",
)
SHARED = "fbclid=IwAR0x&gclid=y&_gl=1*z&msclkid=1&mc_cid=2&igshid=3&gad_source=4&ref=5&_x_tr_sl=en"


@pytest.fixture
def app(settings, portal):
    """The clock stands still: a page's minute is part of it."""
    return create_app(settings, portal, lambda: epoch("2026-11-23"))


@pytest.fixture(autouse=True)
def roxbury(add_case, publish):
    add_case("101", neighborhood="Roxbury", opened="2026-11-20")
    publish()


def left_out(answer) -> str:
    return html.fromstring(answer.data).xpath("string(//p[@class='left-out'])")


@pytest.mark.parametrize("path", PAGES)
def test_a_shared_link_opens_its_page_without_a_word_about_trackers(client, path):
    plain, shared = client.get(path), client.get(f"{path}?{SHARED}")
    assert shared.status_code == plain.status_code
    assert left_out(shared) == ""


def test_every_tracker_we_know_of_is_ignored(client):
    for name in sorted(TRACKING_NAMES):
        answer = client.get(f"/cases?{name}=x&status=open")
        assert (name, answer.status_code, left_out(answer)) == (name, 200, "")


def test_a_link_longer_than_a_filter_may_be_opens(client):
    assert client.get(f"/cases?status=open&fbclid={'x' * 5_000}").status_code == 200
    assert client.get(f"/cases?q=a&status={'x,' * 1_500}").status_code == 400


def test_a_tracked_link_is_the_same_page_in_the_cache_and_keeps_no_answer_of_its_own(client):
    def visit(query: str) -> str | None:
        return client.get(f"/cases?{query}").headers.get("ETag")

    assert visit("status=open&fbclid=1") == visit("status=open&fbclid=2") == visit("status=open")


@pytest.mark.parametrize("path", ["/", "/cases", "/places", "/places/roxbury", "/status"])
def test_a_name_we_do_not_know_is_left_out_and_said(client, path):
    answer = client.get(f"{path}?statsu=open")
    assert answer.status_code == 200
    assert left_out(answer) == "There is no filter “statsu”, so we left it out."


def test_several_names_are_said_in_spanish_and_no_more_than_three(client):
    answer = client.get("/cases?a=1&b=2&c=3&d=4&status=open&lang=es")
    assert left_out(answer) == "No hay filtros “a”, “b”, “c”; los dejamos fuera."


def test_what_is_named_is_text_and_not_markup(client):
    answer = client.get("/cases?%3Cb%3Ebold=1")
    assert b"<b>bold" not in answer.data
    assert "<b>bold" in left_out(answer)


def test_a_page_that_named_a_name_is_not_given_to_others(client):
    assert "statsu" in client.get("/cases?statsu=open").text
    assert "statsu" not in client.get("/cases").text
    assert "other" in left_out(client.get("/cases?other=open"))


def test_a_known_name_with_an_odd_value_is_still_refused(client):
    assert client.get("/cases?status=odd&fbclid=x").status_code == 400


@pytest.mark.parametrize("path", ["/tiles/0/0/0.json", "/areas/neighborhood.json", "/version.json"])
@pytest.mark.parametrize("name", ["fbclid", "utm_source", "statsu"])
def test_data_refuses_every_name_it_does_not_know(client, path, name):
    assert client.get(path).status_code == 200
    answer = client.get(f"{path}?{name}=x")
    assert answer.status_code == 400
    assert name in answer.json["error"]


def test_the_live_map_of_a_shared_link_is_drawn(client, app):
    (output,) = [name for name in app.callback_map if "island" in name]
    part = app.callback_map[output]["inputs"][0]
    body = {
        "output": output,
        "outputs": {"id": output.rsplit(".", 1)[0], "property": "children"},
        "inputs": [{**part, "value": f"/cases?status=open&odd=1&{SHARED}"}],
        "changedPropIds": [f"{part['id']}.{part['property']}"],
    }
    assert client.post("/_dash-update-component", json=body).status_code == 200


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/"])
def test_a_slash_at_the_end_leads_to_the_page_for_good(client, path):
    answer = client.get(f"{path}/?status=open&q=%C3%B1+%2F&fbclid=x")
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{path}?status=open&q=%C3%B1+%2F&fbclid=x"
    assert client.get(f"{path}//").headers["Location"] == path


def test_a_sent_form_follows_with_its_method(client):
    answer = client.post("/report/", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/report")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/boot.js/",
        "/favicon.ico/",
        "/robots.txt/",
        "/sitemap.xml/",
        "/tiles/0/0/0.json/",
        "/version.json/",
        "/_dash-layout/",
        "/no/such/page/",
        "/photos/x-640.webp/",
    ],
)
def test_files_data_and_unknown_addresses_have_no_slash(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "//evil.example/cases/", "/\\evil.example/", "///cases/", "//cases//101/"],
)
def test_no_slash_leads_to_another_host(client, path):
    answer = client.get(path)
    location = answer.headers.get("Location", "/")
    assert location.startswith(("/", "http://localhost/"))
    assert not location.startswith(("//", "/\\"))


def test_the_path_stays_encoded(client):
    assert client.get("/cases/a%20b%3Fc/").headers["Location"] == "/cases/a%20b%3Fc"
    assert client.get("/cases/a%0D%0AX:%20y/").headers.get("X") is None
