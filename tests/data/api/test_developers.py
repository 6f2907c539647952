"""The page for developers: every endpoint, with examples that work as they stand."""

from __future__ import annotations

import re

from lxml import html

from portal.api.v1.endpoints import ENDPOINTS
from portal.api.v1.openapi import REFUSALS

BASE = "http://127.0.0.1:8050"


def test_every_example_on_the_page_is_answered(client, cases):
    page = html.fromstring(client.get("/developers").data)
    examples = [code.text_content() for code in page.xpath("//pre/code")]
    assert len(examples) == len(ENDPOINTS) + 1
    for example in examples:
        (address,) = re.findall(r'curl "([^"]+)"', example)
        assert client.get(address.removeprefix(BASE)).status_code == 200
    ids = page.xpath("//@id")
    assert {one.name for one in ENDPOINTS} | {f"problem-{s}" for s in REFUSALS} <= set(ids)


def test_the_page_speaks_spanish_and_marks_the_english_reference(client, cases):
    page = html.fromstring(client.get("/developers?lang=es").data)
    assert "Qué puede pedir" in page.xpath("//h2/text()")
    assert page.xpath("//h3/span[@lang='en']/text()")[0] == "Cases"
