"""What a visitor reads if something is refused or breaks, in both languages, and where it leads."""

from __future__ import annotations

import pytest
from lxml import html

from portal.errors import NotReady


def lead(answer) -> str:
    return html.fromstring(answer.data).xpath("string(//p[@class='lead'])")


def way_out(answer) -> str:
    return html.fromstring(answer.data).xpath("//main//a[contains(@class,'button')]/@href")[0]


@pytest.fixture
def roxbury(add_case, publish):
    add_case("101", neighborhood="Roxbury", opened="2026-11-20")
    add_case("102", neighborhood="West Roxbury", opened="2026-11-21")
    publish()


def test_what_was_not_understood_is_said_in_spanish_with_its_value(client, roxbury):
    answer = client.get("/cases?lang=es&status=bad")
    assert answer.status_code == 400
    assert html.fromstring(answer.data).get("lang") == "es"
    assert lead(answer).startswith("No conocemos el estado “bad”.")
    assert way_out(answer) == "/cases?lang=es"


def test_the_way_on_is_the_same_page_without_the_odd_part(client, roxbury):
    assert (
        way_out(client.get("/places/roxbury?status=odd&map=density"))
        == "/places/roxbury?map=density"
    )
    assert (
        way_out(client.get("/cases?sort=sideways&neighborhood=roxbury"))
        == "/cases?neighborhood=roxbury"
    )
    assert (
        way_out(client.get("/cases?foo=1&photo=odd&sort=closest&lat=42.3&lon=-71.1"))
        == "/cases?sort=closest&lat=42.3&lon=-71.1"
    )


def test_an_unknown_language_is_named_and_the_way_on_has_none(client, roxbury):
    answer = client.get("/cases?lang=xx&neighborhood=roxbury", headers={"Accept-Language": "es"})
    assert answer.status_code == 400
    assert "No tenemos el idioma lang=“xx”" in lead(answer)
    assert way_out(answer) == "/cases?neighborhood=roxbury"


def test_a_mistyped_place_offers_those_with_a_name_like_it(client, roxbury):
    answer = client.get("/places/roxberry")
    assert answer.status_code == 404
    assert lead(answer) == "Smallville has no neighborhood or district called “roxberry”."
    assert html.fromstring(answer.data).xpath("//main//li/a/@href") == [
        "/places/roxbury",
        "/places/west-roxbury",
    ]
    assert html.fromstring(client.get("/places/zzz").data).xpath("//main//li/a/@href") == []


def test_a_mistyped_neighborhood_in_a_filter_offers_those_with_a_name_like_it(client, roxbury):
    root = html.fromstring(client.get("/cases?neighborhood=roxberry&status=open").data)
    assert root.xpath("//ul[@class='plain-list']//a/@href") == [
        "/cases?status=open&neighborhood=roxbury", "/cases?status=open&neighborhood=west-roxbury",
    ]  # fmt: skip
    assert not html.fromstring(client.get("/cases?neighborhood=roxbury&status=closed").data).xpath(
        "//ul[@class='plain-list']"
    )


def test_an_unknown_page_offers_to_search_for_its_last_words(client, roxbury):
    answer = client.get("/potholes/main-street")
    assert answer.status_code == 404
    assert html.fromstring(answer.data).xpath("//input[@id='search']/@value") == ["main street"]


def test_a_page_that_is_not_ready_says_so_without_naming_files_or_commands(client):
    for language, said in (("en", "not ready"), ("es", "no está listo")):
        answer = client.get("/places/roxbury", headers={"Accept-Language": language})
        assert answer.status_code == 503
        assert said in lead(answer)
        assert "python" not in answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert way_out(answer) == "/status"


def test_a_fault_of_ours_says_so_in_both_languages_and_nothing_of_its_inside(app, client):
    def breaks() -> None:
        raise RuntimeError("secret detail")

    def not_migrated() -> None:
        raise NotReady("run python -m portal migrate")

    app.server.add_url_rule("/breaks", view_func=breaks)
    app.server.add_url_rule("/not-migrated", view_func=not_migrated)
    for language, said in (("en", "It is our fault"), ("es", "Es culpa nuestra")):
        answer = client.get("/breaks", headers={"Accept-Language": language})
        assert (answer.status_code, "secret" in answer.text) == (500, False)
        assert said in lead(answer)
    assert (
        client.get("/not-migrated").status_code,
        "migrate" in client.get("/not-migrated").text,
    ) == (503, False)


def test_scripts_are_refused_in_json(client):
    answer = client.get("/no/such.json")
    assert answer.status_code == 404
    assert answer.json == {
        "error": "There is nothing at this address. It may have been mistyped, or the page has"
        " moved."
    }
