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
    ],
)
def test_order_that_makes_no_sense_is_refused(search):
    with pytest.raises(BadRequest, match="oldest|place"):
        CaseOrder.from_query_string(search)


NUMBERS = st.one_of(st.text(), st.floats().map(str), st.floats(-90, 90).map(str))


@given(sort=st.one_of(st.just("closest"), st.text()), lat=NUMBERS, lon=NUMBERS)
def test_any_text_is_a_refusal_or_an_order_that_an_address_can_say(sort, lat, lon):
    try:
        order = CaseOrder.from_query_string(urlencode({"sort": sort, "lat": lat, "lon": lon}))
    except BadRequest:
        return
    assert CaseOrder.from_query_string(order.to_query_string()) == order
