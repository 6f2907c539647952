"""A refusal quotes the start of what it refuses, so that the visitor knows it again; never all."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest

from portal.api.areas import _check_kind
from portal.domain.filters import CaseFilter
from portal.domain.map_look import MapLook
from portal.domain.sort_order import CaseOrder
from portal.errors import PortalError

LETTERS = string.ascii_letters + string.digits
"""Sixty-two characters, each once: what is quoted says how much of it."""


@pytest.mark.parametrize(
    ("read", "query", "quoted"),
    [
        (CaseFilter.from_query_string, "{}=1", 40),
        (CaseFilter.from_query_string, "status={}", 40),
        (CaseFilter.from_query_string, "service={}!", 40),
        (CaseFilter.from_query_string, "start={}", 40),
        (CaseFilter.from_query_string, "photo={}", 40),
        (CaseFilter.from_query_string, "bbox={}", 60),
        (CaseOrder.from_query_string, "sort={}", 40),
        (CaseOrder.from_query_string, "sort=closest&lat={}", 20),
        (MapLook.from_query_string, "map={}", 40),
        (MapLook.from_query_string, "areas={}", 40),
        (MapLook.from_query_string, "z={}", 20),
        (_check_kind, "{}", 40),
    ],
)
def test_a_refusal_quotes_the_start_of_a_value(
    read: Callable[[str], object], query: str, quoted: int
):
    with pytest.raises(PortalError) as refused:
        read(query.format(LETTERS))
    assert f"“{LETTERS[:quoted]}”" in str(refused.value)


def test_a_box_that_is_none_is_quoted_to_sixty_characters():
    box = "1.00000000000000000001,2.00000000000000000002,1.0,2.00000000000000003"
    with pytest.raises(PortalError) as refused:
        CaseFilter.from_query_string(f"bbox={box}")
    assert f"“{box[:60]}” is not a box" in str(refused.value)
