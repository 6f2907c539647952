"""How each number is counted: one text for the page and for the repository."""

from __future__ import annotations

import re

import pytest
from lxml import html

from callbacks.data.pages import METRICS
from layouts.shared.components import COUNTING

WITH_NUMBERS = ("/", "/cases", "/places/roxbury", "/changes", "/status", "/data")


def read(client, address: str):
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200
    return html.fromstring(answer.get_data(as_text=True))


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_word_of_the_document_is_on_the_page(client):
    page = read(client, COUNTING)
    shown = plain(page.xpath("//div[@class='counting']")[0].text_content())
    written = METRICS.read_text().partition("\n")[2]
    bare = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", written)
    bare = plain(re.sub(r"^(## |- )", "", re.sub(r"[*`]", "", bare), flags=re.MULTILINE))
    assert re.sub(r"\W", "", shown) == re.sub(r"\W", "", bare)


def test_each_part_is_listed_and_can_be_linked_to(client):
    page = read(client, COUNTING)
    parts = page.xpath("//div[@class='counting']/h2/@id")
    assert len(parts) == len(set(parts)) == METRICS.read_text().count("\n## ")
    assert page.xpath("//main//ul[1]//a/@href") == [f"#{part}" for part in parts]
    assert "the-week" in parts


def test_numbers_lead_to_how_they_are_counted(client, cases, subtests):
    parts = set(read(client, COUNTING).xpath("//h2/@id"))
    for address in WITH_NUMBERS:
        with subtests.test(address):
            links = read(client, address).xpath(
                f"//main//a[starts-with(@href, '{COUNTING}')]/@href"
            )
            anchors = {link.partition("#")[2] for link in links} - {""}
            assert links and anchors <= parts


def test_only_other_sites_are_linked_from_it(client):
    links = read(client, COUNTING).xpath("//div[@class='counting']//a/@href")
    assert all(link.startswith("https://") for link in links)


@pytest.mark.parametrize(("language", "is_said"), [("en", False), ("es", True)])
def test_in_another_language_it_says_that_it_is_english(client, language, is_said):
    page = client.get(f"{COUNTING}?lang={language}").get_data(as_text=True)
    assert ("Esta página está en inglés." in page) == is_said
