"""A filter means the same everywhere: in its URL, in a list, on a tile, at the command line."""

from __future__ import annotations

import re
import time
from datetime import date
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as parser

from portal.cli import cases
from portal.domain.filters import STATUS_WORDS, CaseFilter
from portal.errors import BadRequest
from portal.queries.cases.text_search import make_selection
from tests.support.examples import examples

FUZZ = examples(120)
DAYS = st.dates(date(2026, 9, 1), date(2026, 12, 1))
EVERYWHERE = "-180,-85,180,85"


def some_of(*words: str):
    return st.lists(st.sampled_from(words), unique=True, max_size=3).map(",".join)


@st.composite
def questions(draw) -> dict[str, str]:
    """A URL's parameters, all of them understood, and most about cases that the town has."""
    asked = {
        "status": draw(some_of(*STATUS_WORDS)),
        "service": draw(some_of("pothole", "graffiti", "street-light-outage", "no-such")),
        "neighborhood": draw(some_of("northside", "southside")),
        "district": draw(some_of("1", "2", "3")),
        "department": draw(some_of("public-works", "parks")),
        "channel": draw(some_of("phone", "app")),
        "photo": draw(st.sampled_from(["", "yes", "no"])),
        "q": draw(st.sampled_from(["", "pothole", "adams", "crosswalk deep", "zzz", "ad"])),
        "bbox": draw(
            st.sampled_from(
                ["", EVERYWHERE, "-71.07,42.30,-71.04,42.35", "-71.1,42.32,-71.04,42.3201"]
            )
        ),
    }
    first, last = sorted((draw(DAYS), draw(DAYS)))
    asked |= draw(
        st.sampled_from(
            [
                {},
                {"start": first.isoformat()},
                {"end": last.isoformat()},
                {"start": str(first), "end": str(last)},
            ]
        )
    )
    chosen = draw(st.sets(st.sampled_from(sorted(asked)), max_size=4))
    return {name: asked[name] for name in sorted(chosen) if asked[name]}


def listed(answer) -> int:
    """How many cases the heading of a list says."""
    heading = parser.fromstring(answer.data).xpath("//h1")[0].text_content()
    number = re.match(r"[\d,]+", heading)
    assert number or heading.startswith("No "), heading
    return int(number[0].replace(",", "")) if number else 0


def on_tile(answer) -> int:
    """How many cases a tile shows."""
    tile = answer.json
    return sum(cell[2] for cell in tile["cells"]) + len(tile["pins"])


@FUZZ
@given(asked=questions())
def test_list_tile_and_command_count_the_same(town, portal, city, ask, asked):
    chosen = CaseFilter.from_query_string(urlencode(asked))
    query = chosen.to_query_string()
    counted = cases._count(portal, city, make_selection(portal, city, chosen, int(time.time())))
    assert listed(ask(f"/cases?{query}")) == counted
    assert on_tile(ask(f"/tiles/0/0/0.json?{query}")) == counted


@FUZZ
@given(asked=questions())
def test_an_understood_address_has_one_spelling_that_means_the_same(asked):
    chosen = CaseFilter.from_query_string(urlencode(asked))
    query = chosen.to_query_string()
    assert CaseFilter.from_query_string(query) == chosen
    assert CaseFilter.from_query_string(query).to_query_string() == query


ANYTHING = examples(400)
words = st.one_of(st.text(max_size=90), st.text("abcIİßŉǰΐ_-٣२²Ⅷ ,.0123456789", max_size=90))


@ANYTHING
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(sorted(CaseFilter.__dataclass_fields__)), words), max_size=4
    )
)
@example(pairs=[("service", "İstanbul")])
@example(pairs=[("service", "a" * 78 + "ŉŉ")])
@example(pairs=[("bbox", "-71.00000001,42.3,-71,42.4")])
@example(pairs=[("bbox", "1e-7,0,1,1")])
def test_whatever_is_understood_is_understood_again_from_its_own_address(pairs):
    try:
        chosen = CaseFilter.from_query_string(urlencode(pairs))
    except BadRequest:
        return
    assert CaseFilter.from_query_string(chosen.to_query_string()) == chosen


@pytest.mark.parametrize(
    "query", ["start=,", "end=+", "photo=+", "status=,", "service=+,+", "q=+", "bbox=+"]
)
def test_a_filter_of_blanks_and_commas_is_no_filter_or_is_refused(query):
    try:
        assert CaseFilter.from_query_string(query) == CaseFilter()
    except BadRequest as problem:
        assert query.partition("=")[2] in str(problem)


def test_a_letter_that_becomes_two_in_small_letters_is_refused_at_once():
    with pytest.raises(BadRequest, match="İstanbul"):
        CaseFilter.from_query_string("service=İstanbul")


def test_an_area_thinner_than_the_decimals_we_keep_is_no_area():
    with pytest.raises(BadRequest, match="not a box"):
        CaseFilter.from_query_string("bbox=-71.00000001,42.3,-71,42.4")
