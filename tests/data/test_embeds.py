"""Frames for other sites: small, without scripts or cookies, and shown anywhere."""

from __future__ import annotations

import pytest
from lxml import html


@pytest.mark.parametrize("kind", ["map", "list", "number"])
def test_a_frame_may_be_shown_anywhere_and_runs_nothing(client, cases, kind):
    answer = client.get(f"/embed/{kind}?status=open")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) <= 25_000
    page = html.fromstring(answer.get_data(as_text=True))
    assert page.xpath("//script") == []
    assert page.xpath("//base/@target") == ["_top"]
    assert "/cases?status=open" in page.xpath("//a/@href")


def test_no_other_page_may_be_shown_in_a_frame(client, cases):
    for address in ("/", "/cases", "/report", "/staff/sign-in"):
        answer = client.get(address)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_frame_says_its_filter_its_number_and_its_age(client, cases):
    page = html.fromstring(client.get("/embed/number?status=open").get_data(as_text=True))
    assert page.xpath("string(//*[@class='embed-number'])") == "2"
    assert page.xpath("string(//h1)") == "Open cases in Smallville"
    assert "As of" in page.text_content()


def test_a_list_in_a_frame_has_the_newest_cases_and_no_private_one(client, cases):
    page = html.fromstring(client.get("/embed/list").get_data(as_text=True))
    links = page.xpath("//article//a/@href")
    assert links == ["/cases/103", "/cases/102", "/cases/101"]


def test_a_frame_speaks_spanish_and_wears_the_colors_asked_for(client, cases):
    text = client.get("/embed/number?lang=es&theme=dark").get_data(as_text=True)
    assert '<html lang="es"' in text
    assert "color-scheme: dark" in text
    assert "prefers-color-scheme" not in text
    assert "/cases?lang=es" in text
    assert "url(" not in client.get("/embed/number?theme=url(x)").get_data(as_text=True)[:200]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/embed/film", 404, "There is no such frame"),
        ("/embed/map?status=odd", 400, "odd"),
        ("/embed/list?start=2026-05-02&end=2026-05-01", 400, "swap the two dates"),
    ],
)
def test_a_frame_that_cannot_be_shown_says_why_in_a_sentence(client, cases, address, status, words):
    answer = client.get(address)
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)
    assert len(answer.data) < 25_000


def test_a_list_gives_the_code_for_other_sites(client, cases):
    page = html.fromstring(client.get("/cases?status=open").get_data(as_text=True))
    code = page.xpath("string(//details[@class='downloads']//pre)")
    assert code.startswith('<iframe src="http://127.0.0.1:8050/embed/map?status=open"')
