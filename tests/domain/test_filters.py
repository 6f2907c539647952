"""What of an address a filter still understands, and where it begins to refuse."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.bounds import Bounds
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest

understood = CaseFilter.from_query_string


@pytest.mark.parametrize(
    ("longest", "longer", "says"),
    [
        ("q=" + "x" * 120, "q=" + "x" * 121, "121 characters; at most 120"),
        ("service=" + "x" * 80, "service=" + "x" * 81, "Names look like"),
        ("q=a&z=" + "1" * 1_994, "q=a&z=" + "1" * 1_995, "2001 characters, at most 2000"),
        (
            "service=" + ",".join(f"s{n}" for n in range(50)),
            "service=" + ",".join(f"s{n}" for n in range(51)),
            "51 values; at most 50",
        ),
        ("&".join(["z=1"] * 200), "&".join(["z=1"] * 201), "at most 200"),
        ("start=1990-01-01", "start=1989-12-31", "1989-12-31"),
        ("end=2100-12-31", "end=2101-01-01", "2101-01-01"),
        ("start=2026-01-05&end=2026-01-05", "start=2026-01-06&end=2026-01-05", "swap"),
        ("bbox=-180,-90,180,90", "bbox=-180.1,-90,180,90", "not a box"),
        ("bbox=-180,-90,180,90", "bbox=-180,-90.1,180,90", "not a box"),
        ("bbox=-180,-90,180,90", "bbox=-180,-90,180.1,90", "not a box"),
        ("bbox=-180,-90,180,90", "bbox=-180,-90,180,90.1", "not a box"),
        ("bbox=1,1,1.1,1.1", "bbox=1,1,1,1.1", "not a box"),
        ("bbox=1,1,1.1,1.1", "bbox=1,1,1.1,1", "not a box"),
        ("bbox=1,1,2,2", "bbox=1,1,2", "Write west,south,east,north"),
        ("q=a&q=a", "q=a&q=b", "given 2 times"),
        ("photo=yes", "photo=maybe", "yes or no"),
        ("status=overdue", "status=late", "We do not know the status"),
        ("q=a", "qq=a", "We do not know the filter"),
    ],
    ids=lambda value: value[:30],
)
def test_the_longest_and_the_last_are_understood_and_one_more_is_refused(longest, longer, says):
    understood(longest)
    with pytest.raises(BadRequest) as refused:
        understood(longer)
    assert says in str(refused.value)


def test_a_box_has_its_sides_in_the_order_of_the_address():
    assert understood("bbox=-71.1,42.3,-71.0,42.4").bbox == Bounds(
        south=42.3, west=-71.1, north=42.4, east=-71.0
    )


def test_what_only_says_how_to_show_cases_filters_nothing():
    assert understood("z=3&lat=1&lon=2&map=density&areas=ward&sort=oldest&after=7&page=2").is_empty
    assert understood("lang=es&v=7&theme=dark&q=%20&service=,%20,").is_empty
    assert understood(None) == understood("?") == CaseFilter()
    assert not understood("photo=no").is_empty


def test_words_lose_their_empty_space_and_words_of_nothing_are_none():
    assert understood("q=%20deep%00%20%20hole%20").q == "deep hole"
    assert understood("q=%00").q is None


def test_an_address_is_written_in_one_order_without_repetitions():
    asked = understood("service=b,A&status=open&start=2026-01-05&service=b")
    assert (asked.service, asked.start) == (("a", "b"), date(2026, 1, 5))
    assert asked.to_query_string() == "status=open&service=a,b&start=2026-01-05"
