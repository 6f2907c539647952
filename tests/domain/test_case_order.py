"""The order of a list in a page's address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.case_order import CaseOrder
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


@given(st.text())
def test_any_text_is_an_order_or_a_refusal(search):
    try:
        CaseOrder.from_query_string(search)
    except BadRequest:
        return
