"""A rule that becomes stricter forgets all that it would have hidden from the beginning."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from data_sync.pull.checks import check_record
from portal.domain.areas import Areas
from portal.domain.jurisdiction import ServiceRule
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.services.sync import ingest, republish
from portal.services.sync.case_rows import PLACE_FIELDS
from portal.store.models import Case
from tests.sync.support import (
    NOW,
    content_of,
    day,
    found_by,
    public_rows_of,
    record,
    rows_of,
    save,
)

AT = int(NOW.timestamp())
PRECISIONS = ("exact", "block", "area", "none")
AREAS = Areas(
    neighborhood="Roxbury",
    city_neighborhood="Roxbury",
    polygon_neighborhood="Lower Roxbury",
    district="7",
    city_district="7",
    polygon_district="8",
    tract="25025",
)
TELLING = {
    "title": "Pothole at 12 Main St",
    "address": "12 Main St",
    "zipcode": "02119",
    "lat": 42.32123,
    "lon": -71.07123,
    "ward": "Ward 9",
    "note": "In front of 12 Main St",
    "closure_reason": "Filled at 12 Main St",
}
"""A place in every column that can tell one; the areas come from the polygons."""


def save_in_areas(portal, city, *records) -> None:
    """Store records whose place is in an area of every kind."""
    checked = [replace(check_record(told, city, NOW), areas=AREAS) for told in records]
    with portal.transaction() as connection:
        ingest.save_page(connection, city, ingest.SourcePage("town", checked), None, NOW)


def ruled(city, place: str, **values):
    """The city where potholes are shown this precisely."""
    return replace(city, service_rules=(ServiceRule(match="pothole", place=place, **values),))


@pytest.mark.parametrize(("before", "after"), list(itertools.combinations(PRECISIONS, 2)))
def test_a_type_made_coarser_is_as_if_it_had_always_been_so(portal, city, before, after):
    """Column by column, originals included; what a rule had hidden comes back by the next sync."""
    other = replace(city, id="bigville", host_names=("bigville.localhost",))
    save_in_areas(portal, ruled(city, before), record(**TELLING))
    save_in_areas(portal, ruled(other, after), record(**TELLING))
    assert republish.apply_rules(portal.transaction, ruled(city, after), AT) == 1
    assert content_of(portal, city) == content_of(portal, other)


PLACE_COLUMNS = {
    "exact": (
        "neighborhood_id", "city_neighborhood_id", "polygon_neighborhood_id",
        "district_id", "city_district_id", "polygon_district_id", "tract_id", "ward_id",
        "address", "zipcode", "lat", "lon", "quad",
    ),
    "block": (
        "neighborhood_id", "city_neighborhood_id", "polygon_neighborhood_id",
        "district_id", "city_district_id", "polygon_district_id", "tract_id", "ward_id",
        "address", "zipcode", "lat", "lon", "quad",
    ),
    "area": ("neighborhood_id", "city_neighborhood_id", "polygon_neighborhood_id"),
    "none": (),
}  # fmt: skip
"""Which columns of a place the public may read, by precision. A new one is to be decided here."""
NOT_OF_A_PLACE = {
    "service_id", "department_id", "queue_id", "channel_id", "title", "note", "closure_reason",
    "parent_case_id", "work_order_id", "place_precision",
}  # fmt: skip


@pytest.mark.parametrize("place", PRECISIONS)
@pytest.mark.parametrize("way", ["stored so", "made so"])
def test_the_public_reads_no_column_that_a_precision_hides(portal, city, place, way):
    save_in_areas(portal, ruled(city, place if way == "stored so" else "exact"), record(**TELLING))
    republish.apply_rules(portal.transaction, ruled(city, place), AT)
    columns = ", ".join(PLACE_COLUMNS["exact"])
    [shown] = public_rows_of(portal, f"select {columns} from public_cases")
    told = [name for name, value in zip(PLACE_COLUMNS["exact"], shown, strict=True) if value]
    assert told == list(PLACE_COLUMNS[place])


def test_every_column_of_a_case_that_tells_a_place_is_among_those_that_are_checked():
    columns = {
        column.name
        for column in Case.__table__.columns
        if column.name.endswith("_id") or column.name in TELLING or column.name == "quad"
    }
    keys = {"jurisdiction_id", "case_id", "source_id"}
    assert columns - keys - NOT_OF_A_PLACE == set(PLACE_COLUMNS["exact"])


@pytest.mark.parametrize("place", PRECISIONS[1:])
@pytest.mark.parametrize("way", ["rule", "echo"])
def test_no_place_that_was_shown_before_is_left_in_the_history(portal, city, place, way):
    """Whether the rule changes, or the next record of the case comes under a stricter one."""
    exact = ruled(city, "exact")
    moved = {
        name: value + 0.001 if isinstance(value, float) else value.replace("12", "14")
        for name, value in TELLING.items()
    } | {"zipcode": "02120", "ward": "Ward 10", "neighborhood": "Mattapan", "district": "4"}
    at_first = TELLING | {"neighborhood": "Roxbury", "district": "7"}
    save(portal, exact, record(**at_first))
    save(portal, exact, record(**moved, status="in_progress", updated_at=day(9)))
    fields = "select field from public_case_revisions"
    assert {field for (field,) in public_rows_of(portal, fields)} == {*PLACE_FIELDS, "status"}
    if way == "rule":
        republish.apply_rules(portal.transaction, ruled(city, place), AT)
    else:
        save(portal, ruled(city, place), record(**moved, updated_at=day(10)))
    left = {field for (field,) in rows_of(portal, "select field from case_revisions")}
    assert left & set(PLACE_FIELDS) == set()
    assert "status" in left


@pytest.mark.parametrize("place", PRECISIONS[1:])
def test_words_that_told_the_place_are_no_longer_found(portal, city, place):
    save(portal, ruled(city, "exact"), record(**TELLING))
    assert found_by(portal, city, "12 main") == {"1"}
    republish.apply_rules(portal.transaction, ruled(city, place), AT)
    assert found_by(portal, city, "12 main") == set()
    assert found_by(portal, city, "pothole") == {"1"}


PIN = "select lat, lon, quad from cases"


@pytest.mark.parametrize("place", PRECISIONS)
@pytest.mark.parametrize("way", ["rule", "staff"])
def test_a_pin_outside_of_the_city_is_not_published_when_its_case_is_published_again(
    portal, city, place, way
):
    first = "block" if place == "exact" else "exact"
    far = record(lat=43.9, lon=-70.1, address="12 Main St", note="Bo Miller dug it")
    save(portal, ruled(city, first), far)
    assert rows_of(portal, PIN) == [(None, None, None)]
    if way == "rule":
        assert republish.apply_rules(portal.transaction, ruled(city, place), AT) == 1
    else:
        act = Act("Ana", "names a neighbor", AT)
        moderation.hide_words(portal, ruled(city, place), "1", "note", "Bo Miller", act)
    assert rows_of(portal, PIN) == [(None, None, None)]
    assert rows_of(portal, "select lat, lon from case_originals") == [(43.9, -70.1)]


def test_a_pin_in_the_city_is_published_again_as_precisely_as_its_type_allows(portal, city):
    save(portal, city, record(**TELLING))
    act = Act("Ana", "names a neighbor", AT)
    moderation.hide_words(portal, city, "1", "note", "front", act)
    assert rows_of(portal, "select lat, lon from cases") == [(42.32123, -71.07123)]


@pytest.mark.parametrize("visibility", ["held", "held_private", "reporter", "service", "withdrawn"])
def test_what_is_not_public_stays_so_when_its_type_becomes_public_or_coarser(
    portal, city, visibility, add_case
):
    add_case("1", visibility=visibility, note="canary", address="12 Main St")
    republish.apply_rules(portal.transaction, ruled(city, "area"), AT)
    assert rows_of(portal, "select visibility, address from cases") == [(visibility, None)]
    assert public_rows_of(portal, "select * from public_cases") == []
    assert found_by(portal, city, "canary") == set()
