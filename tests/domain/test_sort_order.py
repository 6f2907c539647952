"""The order of a list in a page's address."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest


@pytest.mark.parametrize(
    ("search", "order"),
    [
        (None, CaseOrder()),
        ("?status=open&sort=newest", CaseOrder()),
        ("sort=", CaseOrder()),
        ("sort=oldest&lat=1&lon=2", CaseOrder("oldest")),
        ("sort=closest&lat=42.32&lon=-71.07", CaseOrder("closest", 42.32, -71.07)),
        ("sort=closest&lat=34.05&lon=-118.24", CaseOrder("closest", 34.05, -118.24)),
        ("sort=closest&lat=-41.29&lon=174.78", CaseOrder("closest", -41.29, 174.78)),
        ("sort=closest&lat=90&lon=180", CaseOrder("closest", 90, 180)),
        ("sort=closest&lat=-90&lon=-180", CaseOrder("closest", -90, -180)),
    ],
)
def test_order_of_an_address(search, order):
    assert CaseOrder.from_query_string(search) == order
    assert CaseOrder.from_query_string(order.to_query_string()) == order


@pytest.mark.parametrize(
    "search",
    [
        "sort=best",
        "sort=closest",
        "sort=closest&lat=42",
        "sort=closest&lat=nan&lon=1",
        "sort=closest&lat=91&lon=0",
        "sort=closest&lat=1&lon=inf",
        "sort=closest&lat=1&lon=180.00001",
        "sort=closest&lat=1&lon=-180.00001",
        "sort=closest&lat=90.00001&lon=1",
        "sort=closest&lat=-90.00001&lon=1",
        "sort=closest&lat=-118.24&lon=34.05",
    ],
)
def test_order_that_makes_no_sense_is_refused(search):
    with pytest.raises(BadRequest, match="oldest|place"):
        CaseOrder.from_query_string(search)


NUMBERS = st.one_of(st.text(), st.floats().map(str), st.floats(-180, 180).map(str))


@given(sort=st.one_of(st.just("closest"), st.text()), lat=NUMBERS, lon=NUMBERS)
def test_any_text_is_a_refusal_or_an_order_that_an_address_can_say(sort, lat, lon):
    try:
        order = CaseOrder.from_query_string(urlencode({"sort": sort, "lat": lat, "lon": lon}))
    except BadRequest:
        return
    assert CaseOrder.from_query_string(order.to_query_string()) == order


def test_an_order_by_half_a_place_says_no_place_in_its_address():
    for lat, lon in ((1.0, None), (None, 1.0), (None, None)):
        assert CaseOrder("closest", lat, lon).to_query_string() == "sort=closest"
    assert (
        CaseOrder("closest", 1.0, 2.0).to_query_string() == "sort=closest&lat=1.00000&lon=2.00000"
    )
    assert CaseOrder("newest", 1.0, 2.0).to_query_string() == ""
