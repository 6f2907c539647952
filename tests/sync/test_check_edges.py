"""Where a record's texts are cut, and which of two moments or places is still taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_sync.pull.checks import (
    LONGEST,
    PROJECTED_PLACES,
    SWAPPED_PLACES,
    UNSIGNED_PLACES,
    check_record,
)
from portal.domain.case import CONTRADICTIONS, CityNote
from portal.errors import SourceError
from tests.sync.support import NOW, day, record

WIDTHS = {
    100: ("zipcode", "district", "ward", "reference", "parent_id"),
    200: (
        *("service_code", "service_name", "service_group", "city_status"),
        *("department", "queue", "channel", "neighborhood"),
    ),
    500: ("title", "address"),
    2_000: ("photo_url", "closed_photo_url"),
    10_000: ("note", "closure_reason"),
}
SECOND = timedelta(seconds=1)


def checked(city, **fields: Any):
    return check_record(record(**fields), city, NOW)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_text_as_long_as_may_be_is_kept_and_a_longer_one_is_cut(city, width):
    words = dict.fromkeys(WIDTHS[width], "x" * width)
    kept = checked(city, **words).record
    cut = checked(city, **{name: text + "y" for name, text in words.items()}).record
    for name, text in words.items():
        assert getattr(kept, name) == text, name
        assert getattr(cut, name) == "x" * (width - 1) + "\u2026", name


def test_every_text_has_its_width():
    names = {name for names in WIDTHS.values() for name in names}
    assert names | {"source_id", "case_id"} == set(LONGEST)


def test_a_number_of_a_hundred_characters_is_taken_and_a_longer_one_refused(city):
    assert checked(city, source_id="7" * 100, case_id="8" * 100).record.case_id == "8" * 100
    for name in ("source_id", "case_id"):
        with pytest.raises(SourceError, match=f"{name} '7"):
            checked(city, **({"source_id": "1"} | {name: "7" * 101}))


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        (" ahead", "ahead"),
        ("behind ", "behind"),
        ("two  spaces", "two spaces"),
        ("<b>bold</b>", "bold"),
        ("a|b", "a|b"),
    ],
)
@pytest.mark.parametrize("field", ["title", "address", "zipcode"])
def test_one_untidy_text_is_tidied_whichever_it_is(city, field, title, kept):
    assert getattr(checked(city, **{field: title}).record, field) == kept


def test_the_first_text_of_all_is_tidied_too(city):
    made = checked(city, source_id=" 7", case_id="7 ").record
    assert (made.source_id, made.case_id) == ("7", "7")


def test_two_hundred_extra_columns_of_two_thousand_characters_are_kept(city):
    full = {"a": "x" * 1_000, "b": "y" * 1_000}
    many = {f"c{number}": "" for number in range(200)}
    assert checked(city, extra=full).record.extra == full
    assert checked(city, extra=many).record.extra == many
    assert list(checked(city, extra=many | {"last": ""}).record.extra) == list(many)
    assert checked(city, extra={"a": "x" * 2_001}).record.extra == {"a": "x" * 2_000}


def test_the_newest_fifty_notes_are_kept_each_to_four_thousand_characters(city):
    notes = tuple(CityNote("note", f"note {number}") for number in range(52))
    made = checked(city, notes=notes).record.notes
    assert [note.words for note in made] == [f"note {number}" for number in range(2, 52)]
    long, markup, blank = "x" * 4_001, "<i>Seen</i> &amp; done", " \n "
    told = tuple(CityNote("note", words) for words in (long, markup, blank))
    made = checked(city, notes=told).record.notes
    assert [note.words for note in made] == ["x" * 3_999 + "\u2026", "Seen & done"]


@pytest.mark.parametrize(
    ("opened_at", "reason"),
    [
        (NOW + timedelta(days=1), None),
        (NOW + timedelta(days=1) + SECOND, "future_date"),
        (datetime(1970, 1, 2, tzinfo=UTC), None),
        (datetime(1970, 1, 2, tzinfo=UTC) - SECOND, "impossible_date"),
    ],
    ids=str,
)
def test_a_day_ahead_and_the_second_day_of_1970_can_be(city, opened_at, reason):
    if reason is None:
        assert checked(city, opened_at=opened_at).record.opened_at == opened_at
        return
    with pytest.raises(SourceError) as refused:
        checked(city, opened_at=opened_at)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("closed_at", "contradiction"),
    [
        (day(5), None),
        (day(5) - SECOND, "closed_before_opened"),
        (NOW + timedelta(days=1), None),
        (NOW + timedelta(days=1) + SECOND, "closed_in_future"),
    ],
    ids=str,
)
def test_a_closing_may_be_at_its_opening_and_a_day_ahead(city, closed_at, contradiction):
    made = checked(city, status="closed", opened_at=day(5), closed_at=closed_at)
    assert made.contradictions == (CONTRADICTIONS[contradiction] if contradiction else 0)
    is_suspect = made.record.close_provenance == "import-suspect"
    assert is_suspect == bool(contradiction)


def test_who_said_that_a_case_is_closed_is_kept_and_else_the_source_did(city):
    closed = {"status": "closed", "opened_at": day(5), "closed_at": day(6)}
    assert checked(city, **closed).record.close_provenance == "source"
    told = checked(city, **closed, close_provenance="feed-departure")
    assert told.record.close_provenance == "feed-departure"


@pytest.mark.parametrize(
    ("lat", "lon", "is_on_earth"),
    [
        (90.0, -71.05, True),
        (-90.0, 180.0, True),
        (42.3, -180.0, True),
        (90.5, 0.5, False),
        (42.3, 181.0, False),
        (float("inf"), -71.05, False),
        (42.3, float("nan"), False),
    ],
)
def test_a_place_beyond_the_earth_is_none_and_its_numbers_are_named(city, lat, lon, is_on_earth):
    made = checked(city, lat=lat, lon=lon, remarks=("said before",), unreadable=("ward",)).record
    if is_on_earth:
        assert (made.lat, made.lon, made.remarks) == (lat, lon, ("said before",))
    else:
        assert (made.lat, made.lon) == (None, None)
        assert made.unreadable == ("ward", "lat", "lon")
        assert made.remarks == ("said before", PROJECTED_PLACES)


@pytest.mark.parametrize(
    ("lat", "lon", "remarks", "is_outside"),
    [
        (42.32, -71.07, (), False),
        (-71.07, 42.32, (SWAPPED_PLACES,), True),
        (42.32, 71.07, (UNSIGNED_PLACES,), True),
        (10.0, 10.0, (), True),
    ],
)
def test_a_place_outside_the_city_says_what_mistake_it_looks_like(
    city, lat, lon, remarks, is_outside
):
    made = checked(city, lat=lat, lon=lon)
    assert made.record.remarks == remarks
    assert made.contradictions == (CONTRADICTIONS["outside_city"] if is_outside else 0)


@pytest.mark.parametrize(("lat", "lon"), [(42.32, None), (None, -71.07)])
def test_half_a_place_is_none(city, lat, lon):
    made = checked(city, lat=lat, lon=lon)
    assert (made.record.lat, made.record.lon, made.contradictions) == (None, None, 0)


def test_a_type_without_a_name_has_that_of_its_code_and_the_other_way_round(city):
    by_code = checked(city, service_code="Tree", service_name="")
    by_name = checked(city, service_code="", service_name="Tree")
    neither = checked(city, service_code="", service_name="")
    assert [
        (made.record.service_code, made.record.service_name) for made in (by_code, by_name, neither)
    ] == [("Tree", "Tree"), ("Tree", "Tree"), ("Not stated", "Not stated")]


@pytest.mark.parametrize(
    ("target_at", "is_kept"),
    [
        (datetime(1970, 1, 2, tzinfo=UTC), False),
        (datetime(1970, 1, 2, tzinfo=UTC) + SECOND, True),
        (NOW + timedelta(days=36_600), False),
        (NOW + timedelta(days=36_600) - SECOND, True),
    ],
    ids=str,
)
def test_a_deadline_of_no_time_or_of_a_century_ahead_is_none(city, target_at, is_kept):
    made = checked(city, target_at=target_at).record
    assert made.target_at == (target_at if is_kept else None)
