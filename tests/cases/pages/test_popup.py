"""The card in a pin's popup, and the tools of the live map."""

from __future__ import annotations

import pytest
from lxml import html as parser

from layouts.cases.map_tools import map_tools
from layouts.shared.prerender import to_html
from portal.domain.map_look import MapLook


@pytest.fixture
def one_case(add_pothole, publish):
    add_pothole(note="Deep <b>hole</b>")
    publish()


def test_a_popup_is_the_card_of_the_list(client, one_case):
    answer = client.get("/cases/101005512345/popup")
    card = parser.fromstring(answer.text)
    assert card.get("class") == "popup-card"
    listed = parser.fromstring(client.get("/cases").text).xpath("//article")[0]
    assert card.xpath(".//article")[0].text_content() == listed.text_content()
    assert "Deep &lt;b&gt;hole&lt;/b&gt;" in answer.text


def test_a_popup_is_kept_for_a_minute_and_found_by_no_search_engine(client, one_case):
    answer = client.get("/cases/101005512345/popup")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Accept-Language" in answer.headers["Vary"]
    assert (
        client.get(
            "/cases/101005512345/popup", headers={"If-None-Match": answer.headers["ETag"]}
        ).status_code
        == 304
    )


def test_a_popup_speaks_the_language_of_its_address_and_its_link_keeps_it(client, one_case):
    link = parser.fromstring(client.get("/cases/101005512345/popup?lang=es").data).xpath(
        "//a/@href"
    )
    assert link == ["/cases/101005512345?lang=es"]
    assert client.get("/cases/101005512345/popup?lang=xx").status_code == 400


def test_private_and_unknown_cases_have_the_same_none(client, one_case, add_case):
    add_case("101005512399", visibility="reporter")
    private, unknown = (
        client.get("/cases/101005512399/popup"),
        client.get("/cases/101005512300/popup"),
    )
    assert private.status_code == unknown.status_code == 404
    assert private.text == unknown.text


@pytest.mark.parametrize(
    ("look", "chosen"),
    [
        (MapLook(), ["circles", "neighborhood"]),
        (MapLook(cases="density", areas="none"), ["density", "none"]),
    ],
)
def test_the_tools_show_what_the_address_chose(look, chosen):
    tools = parser.fromstring(to_html(map_tools(look)))
    assert tools.xpath(".//option[@selected]/@value") == chosen
    assert {label.get("for") for label in tools.xpath(".//label")} == {
        select.get("id") for select in tools.xpath(".//select")
    }
    assert tools.get("hidden") is not None
