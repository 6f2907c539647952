"""The pages about the data: what there is, what each column means, and what is in it."""

from __future__ import annotations

import json

import pytest
from lxml import html

from portal.datasets.freeze import freeze
from portal.domain.published_columns import BULK_COLUMNS, CASE_COLUMNS
from portal.publication.formats import FORMATS
from tests.conftest import NOW


def read(client, address: str):
    answer = client.get(address)
    assert answer.status_code == 200
    return html.fromstring(answer.get_data(as_text=True))


def cell(page, column: str, number: int) -> str:
    row = page.xpath(f"//tr[th/code = '{column}']")[0]
    return row.xpath("./td")[number - 1].text_content()


def test_the_page_about_the_data_has_every_file_of_all_cases(client, cases):
    page = read(client, "/data")
    assert "3 cases, as the city publishes them" in page.text_content()
    links = page.xpath("//main//a/@href")
    assert [link for link in links if link.startswith("/cases.")] == [
        f"/cases.{suffix}" for suffix in FORMATS
    ]


def test_the_page_says_how_to_cite_the_newest_frozen_day_and_how_to_open_it(
    client, cases, portal, city
):
    assert "How to cite it" not in read(client, "/data").text_content()
    version = freeze(portal, city, int(NOW.timestamp()))
    page = read(client, "/data?lang=en")  # the other address is kept for this minute
    text = page.text_content()
    assert f"Smallville: Cases, version {version}" in text
    assert f"/data/cases/{version}/cases.parquet?lang=en" in page.xpath("//main//a/@href")
    for program in ("Python", "DuckDB", "R"):
        assert program in page.xpath("//h3/text()")
    told = json.loads(page.xpath("//script[@type='application/ld+json']/text()")[0])
    assert {one["@type"] for one in told} == {"Dataset"}


def test_the_dictionary_has_every_column_with_its_meaning(client, cases):
    page = read(client, "/data/columns")
    named = page.xpath("//main//th/code/text()")
    assert named == [column.name for column in CASE_COLUMNS + BULK_COLUMNS]
    for column in CASE_COLUMNS:
        assert cell(page, column.name, 2) == column.meaning


def test_the_dictionary_counts_what_is_empty_and_gives_an_example(client, cases):
    page = read(client, "/data/columns")
    assert cell(page, "case_id", 4) == "0 %"
    assert cell(page, "case_id", 5) == "103"
    assert cell(page, "latitude", 4) == "33.3 %"
    assert cell(page, "tract", 4) == "100 %"
    assert (cell(page, "tract", 5), cell(page, "has_photo", 5)) == ("", "false")
    assert cell(page, "opened_on", 5) == "2026-11-21"
    assert cell(page, "department", 4) == "66.7 %"


@pytest.mark.parametrize("address", ["/data", "/data/columns", "/cases.csv"])
def test_before_the_first_sync_there_is_no_data_yet(client, address):
    assert client.get(address).status_code == 503


def test_the_files_of_a_city_whose_cases_are_all_private_are_empty(client, add_case, publish):
    add_case("104", visibility="held")
    publish()
    assert client.get("/cases.csv").data.count(b"\n") == 1


def test_the_data_is_a_page_of_the_portal(client, cases):
    assert read(client, "/").xpath("//nav//a[@href='/data']/text()") == ["Data"]
