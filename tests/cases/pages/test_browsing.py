"""Finding a case: the first page, the list with its filter, the search box, pages of places."""

from __future__ import annotations

import re

import pytest
from lxml import html as parser


@pytest.fixture
def town(add_case, add_pothole, add_graffiti, publish):
    """Four public cases: two open in Roxbury, one with no place; two in Dorchester, one closed."""
    add_pothole(note="Deep <b>hole</b>", lat=42.33, lon=-71.08)
    add_graffiti(lat=42.31, lon=-71.06)
    add_case("101005512347", opened="2026-11-22", neighborhood="Roxbury", lat=None, lon=None)
    add_case(
        "101005512348",
        opened="2026-11-19",
        service="Graffiti",
        neighborhood="Dorchester",
        lat=42.32,
        lon=-71.06,
    )
    publish()


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return parser.fromstring(answer.data)


def numbers_of(root):
    return [
        link.get("href").rsplit("/", 1)[1][-3:]
        for link in root.xpath("//article//a[starts-with(@href, '/cases/')]")
    ]


def heading(root):
    return root.xpath("//h1")[0].text_content()


def test_the_heading_is_the_filter_with_its_number(client, town):
    assert (
        heading(page(client, "/cases?status=open&service=graffiti&start=2026-05-01"))
        == "1 open case of Graffiti in Smallville since 1 May 2026"
    )
    assert (
        heading(page(client, "/cases?q=nothinglikeit"))
        == "No cases in Smallville about “nothinglikeit”"
    )


def test_each_choice_says_how_many_cases_it_would_show(client, town):
    root = page(client, "/cases?neighborhood=roxbury")
    texts = [option.text for option in root.xpath("//select[@name='neighborhood']/option")]
    assert texts == ["Everywhere", "Dorchester (2)", "Roxbury (2)"]
    assert [option.text for option in root.xpath("//select[@name='status']/option")][
        1
    ] == "Open (2)"


def test_the_list_says_how_many_cases_have_no_place(client, town):
    assert "1 of these has no place and is not on the map." in page(client, "/cases").text_content()
    assert "no place" not in page(client, "/cases?neighborhood=dorchester").text_content()


def test_oldest_shows_the_open_ones_and_says_so(client, town):
    root = page(client, "/cases?sort=oldest")
    assert numbers_of(root) == ["348", "345", "347"]
    assert heading(root) == "3 cases, open or in work, in Smallville"


def test_oldest_of_the_closed_ones_are_the_closed_ones(client, town):
    root = page(client, "/cases?status=closed&sort=oldest")
    assert numbers_of(root) == ["346"]
    assert heading(root) == "1 closed case in Smallville"


def test_closest_starts_at_the_place(client, town):
    assert numbers_of(page(client, "/cases?sort=closest&lat=42.31&lon=-71.06")) == [
        "346",
        "348",
        "345",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "sort=best",
        "sort=closest",
        "sort=closest&lat=91&lon=0",
        "sort=closest&lat=x&lon=y",
        "sort=oldest&after=x",
    ],
)
def test_an_order_not_understood_is_refused(client, town, query):
    assert client.get(f"/cases?{query}").status_code == 400


def test_a_filter_chosen_behind_more_is_in_sight(client, town):
    assert page(client, "/cases?photo=no").xpath("//details[@open]")
    assert not page(client, "/cases").xpath("//details[@open]")


def test_the_first_page_with_a_filter_is_the_list(client, town):
    assert client.get("/?status=open").headers["Location"].endswith("/cases?status=open")


def test_the_first_page_offers_neighborhoods_and_a_search(client, town):
    root = page(client, "/")
    assert [option.text for option in root.xpath("//select[@name='neighborhood']/option")] == [
        "Any neighborhood",
        "Dorchester",
        "Roxbury",
    ]
    assert root.xpath("//form[@action='/search']//input[@name='q']")
    (numbers,) = root.xpath("//p[@class='numbers']")
    assert re.fullmatch(
        r"In the seven days to .+: \d+ opened, \d+ closed(, half of these within .+)?\."
        r" How is this counted\?",
        numbers.text_content(),
    )


def test_the_first_page_of_a_city_whose_file_ended_long_ago_says_so(client, add_case, publish):
    """It said “0 opened, 0 closed” of this week, as if the city had had one."""
    add_case("101", opened="2011-12-31T15:00")
    publish()
    (numbers,) = page(client, "/").xpath("//p[@class='numbers']")
    said = (
        r"In the seven days to .+ no case was opened or closed\."
        r" The newest was opened on 31 December 2011\. How is this counted\?"
    )
    assert re.fullmatch(said, numbers.text_content())


def test_a_number_leads_to_its_case_however_it_is_typed(client, town):
    answer = client.get("/search?q=101-005-512345")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/cases/101005512345")


def test_words_are_marked_and_never_become_markup(client, town):
    answer = client.get("/search?q=hole")
    root = parser.fromstring(answer.data)
    assert [mark.text for mark in root.xpath("//mark")] == ["hole"]
    assert "&lt;b&gt;<mark>hole</mark>" in answer.text


def test_names_of_places_and_types_lead_to_them(client, town):
    assert page(client, "/search?q=roxbury").xpath("//ul/li/a[@href='/places/roxbury']")
    assert page(client, "/search?q=graffiti").xpath("//ul/li/a[@href='/cases?service=graffiti']")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Type an address"),
        ("q=zzzzz", "We found nothing"),
        ("q=%22%29%20OR", "We found nothing"),
    ],
)
def test_a_search_for_nothing_says_what_to_do(client, town, query, said):
    assert said in page(client, f"/search?{query}").text_content()


def test_every_neighborhood_has_a_page_with_its_numbers(client, town):
    links = page(client, "/places").xpath("//main//th/a/@href")
    assert links == ["/places/dorchester", "/places/roxbury"]
    root = page(client, "/places/roxbury")
    assert heading(root) == "Roxbury"
    assert root.xpath("//p[@class='lead']/a")[0].text == "2 open cases"
    assert numbers_of(root) == ["347", "345"]
    assert root.xpath("//section[@id='map']/@data-filter") == ["neighborhood=roxbury"]


def test_a_place_the_city_has_not_is_not_found(client, town):
    answer = client.get("/places/atlantis")
    assert answer.status_code == 404
    assert "atlantis" in answer.text


@pytest.mark.parametrize("path", ["/cases", "/places"])
def test_before_the_first_sync_every_list_says_so(client, path):
    assert client.get(path).status_code == 503
