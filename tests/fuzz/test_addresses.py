"""Whatever the URL: a page, a redirect, or a page that says what was not understood.

Never a fault of ours.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as parser

from portal.domain.filters import CaseFilter
from tests.support.examples import examples

FUZZ = examples(120)
ANSWERS = frozenset({200, 301, 302, 303, 304, 308, 400, 404})

PAGES = (
    "/",
    "/cases",
    "/search",
    "/places",
    "/places/northside",
    "/status",
    "/cases/101005510004",
    "/cases/nope",
)
DATA = (
    "/tiles/12/1239/1515.json",
    "/tiles/0/0/0.json",
    "/areas/neighborhood.json",
    "/version.json",
)
FILES = (
    "/cases/101005510004/card.png",
    "/robots.txt",
    "/sitemap.xml",
    "/healthz",
    "/readyz",
    "/favicon.ico",
)

parameters = st.sampled_from(
    [
        *CaseFilter.__dataclass_fields__,
        "after",
        "sort",
        "lat",
        "lon",
        "z",
        "v",
        "lang",
        "page",
        "theme",
        "utm_source",
        "odd",
        "",
        "status[]",
    ]
)
values = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "open",
            "closed,overdue",
            "2026-01-01",
            "2026-W01-1",
            "9999-12-31",
            "-71.1,42.3,-71,42.4",
            "nan,nan,nan,nan",
            "1e308,0,1e309,1",
        ]
        + [
            "yes",
            "es",
            "closest",
            "oldest",
            "42.3",
            "-71.07",
            "inf",
            "1_0",
            "٣",
            "1" * 400,
            " ",
            ",",
            "\x00",
            "İ",
            "ß",
            "%",
            "{city}",
            "'--",
        ]
    ),
)
queries = st.lists(st.tuples(parameters, values), max_size=6)
segments = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "northside",
            "101005510004",
            "101-005-510004",
            "0",
            "-1",
            "..",
            "9" * 80,
            "card.png",
            "a/b",
            "%00",
            "١٢٣",
            "{0}",
            "O0Il",
        ]
    ),
)
places = st.one_of(
    st.sampled_from([*PAGES, *DATA, *FILES]),
    st.tuples(
        st.sampled_from(
            [
                "/places/",
                "/cases/",
                "/areas/",
                "/tiles/",
                "/_assets/",
                "/assets/",
                "/_dash-component-suites/dash/",
                "/",
            ]
        ),
        segments,
    ).map("".join),
    st.tuples(segments, st.just("/card.png")).map(lambda parts: "/cases/" + "".join(parts)),
    st.tuples(*[st.integers(-2, 2**70)] * 3).map(lambda zxy: "/tiles/{}/{}/{}.json".format(*zxy)),
)


@FUZZ
@given(path=places, query=queries)
@example(path="/cases", query=[("start", ",")])
def test_every_address_has_an_answer(town, ask, path, query):
    answer = ask(quote(path), query_string=query)
    assert answer.status_code in ANSWERS
    if answer.status_code in (400, 404) and answer.mimetype == "text/html":
        said = parser.fromstring(answer.data)
        assert said.xpath("//main//h1")[0].text_content().strip()
        assert said.xpath("//main//a[@href]"), "no way on"


@FUZZ
@given(path=st.sampled_from([*PAGES, *DATA]), query=st.binary(max_size=200))
def test_bytes_that_are_no_text_are_answered_too(town, ask, path, query):
    raw = query.decode("latin-1").replace("#", "").replace("\n", "").replace("\r", "")
    assert ask(f"{path}?{raw}").status_code in ANSWERS


@pytest.mark.parametrize(
    "query",
    ["q=" + "a" * 100_000, "&".join(["status=open"] * 5_000), "service=" + ",".join(["a"] * 900)],
)
def test_endless_addresses_are_refused_quickly(town, ask, query):
    for path in ("/", "/cases", "/search", "/status", "/tiles/0/0/0.json"):
        assert ask(f"{path}?{query}").status_code == 400


ODD = (
    ("status", "odd"),
    ("start", "tomorrow"),
    ("end", "2026-13-45"),
    ("photo", "maybe"),
    ("bbox", "1,2,3"),
    ("sort", "loudest"),
    ("lang", "tlh"),
    ("after", "nonsense"),
    ("service", "a b!"),
)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("name", "value"), ODD)
def test_what_was_not_understood_is_named_and_the_rest_is_kept(town, ask, name, value, language):
    answer = ask(
        "/cases",
        query_string={"status": "open", name: value},
        headers={"Accept-Language": language},
    )
    assert answer.status_code == 400
    page = parser.fromstring(answer.data)
    said = page.xpath("//main")[0].text_content()
    assert value in said or name in said
    (way_out,) = page.xpath("//main//a[@class='button']/@href")
    assert ask(way_out).status_code == 200
    kept = dict(parse_qsl(urlsplit(way_out).query))
    assert name == "status" or kept == {"status": "open"}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_name_that_no_page_knows_is_left_out_and_the_page_says_so(town, ask, language):
    """A misspelled filter was refused once; links from anywhere bring names of their own."""
    answer = ask(
        "/cases",
        query_string={"status": "open", "neigborhood": "northside"},
        headers={"Accept-Language": language},
    )
    assert answer.status_code == 200
    assert "neigborhood" in parser.fromstring(answer.data).xpath("//body")[0].text_content()


def test_before_the_first_facts_every_address_has_an_answer_too(client):
    for path in (*PAGES, *DATA, *FILES):
        assert client.get(path).status_code in (*ANSWERS, 503), path
