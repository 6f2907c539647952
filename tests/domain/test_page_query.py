"""What a page understands of an address that went through a newsletter, a search or a friend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.filters import CaseFilter
from portal.domain.page_query import (
    PAGE_PARAMETERS,
    TRACKING_NAMES,
    TRACKING_PREFIXES,
    is_tracking_name,
    sift_query,
)


@pytest.mark.parametrize(
    "name", sorted(TRACKING_NAMES) + [f"{prefix}x" for prefix in TRACKING_PREFIXES]
)
def test_names_that_only_track_people_are_left_out_without_a_word(name):
    for spelled in (name, name.upper()):
        sifted = sift_query(f"{spelled}=x&status=open&{spelled}=")
        assert (sifted.known, sifted.unknown) == ("status=open", ())


def test_no_name_of_ours_is_taken_for_a_tracker():
    assert not any(is_tracking_name(name) for name in PAGE_PARAMETERS)


def test_any_other_name_is_left_out_and_told_once():
    sifted = sift_query("statsu=open&z=12&statsu=closed&neigborhood=roxbury")
    assert (sifted.known, sifted.unknown) == ("z=12", ("statsu", "neigborhood"))
    assert not sifted.is_whole


def test_names_without_a_value_are_nothing():
    assert sift_query("?foo&bar=&=x&&status=open").unknown == ()


def test_a_link_copied_out_of_html_is_understood():
    assert sift_query("status=open&amp;neighborhood=roxbury&amp;fbclid=x").known == (
        "status=open&neighborhood=roxbury"
    )


def test_what_is_known_stays_as_it_was_spelled():
    query = "q=%C3%B1+a%2Cb&status=open,closed&bbox=-71.1,42.3,-71,42.4"
    assert sift_query(query).known == query
    assert sift_query(query).is_whole


@given(st.text(max_size=200))
def test_any_text_is_safe_and_nothing_unknown_is_left(text):
    sifted = sift_query(text)
    assert sift_query(sifted.known).known == sifted.known
    assert not sift_query(sifted.known).unknown


@given(st.lists(st.sampled_from(["status=open", "fbclid=x", "odd=1", "q=hole", "%6fdd=2"])))
def test_a_filter_understands_what_is_left(parts):
    kept = CaseFilter.from_query_string(sift_query("&".join(dict.fromkeys(parts))).known)
    assert kept.status == (("open",) if "status=open" in parts else ())
