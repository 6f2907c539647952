"""Every public view, column by column and row by row: what is private is in none of them."""

from __future__ import annotations

from typing import get_args

import pytest
from sqlalchemy import text

from portal.domain.case import Visibility
from portal.store.public_views import VIEWS

PRIVATE = tuple(sorted(set(get_args(Visibility)) - {"public"}))
KEYS = {
    "public_cases": ("id",),
    "public_case_revisions": ("id",),
    "public_photos": ("case_key",),
    "public_case_parents": ("id", "parent_id"),
    "public_case_notes": ("case_key",),
    "public_reports": ("case_key",),
}
"""The columns by which a view's row belongs to a case."""
OF_NO_CASE = {
    "public_services": {
        "service_id", "service_code", "name", "slug", "group_name", "place_precision",
    },
    "public_service_definitions": {
        "service_code", "name", "group_name", "description", "keywords", "questions",
    },
    "public_labels": {"label_id", "kind", "name", "slug"},
    "public_boundaries": {"label_id", "kind", "geometry"},
    "public_tract_measures": {"label_id", "measure", "value"},
    "public_fitted_models": {"name", "rev", "made_at", "answer"},
    "public_data_versions": {"rev", "changed_at"},
    "public_sync_runs": {
        "sync_run_id", "source", "state", "started_at", "finished_at", "read", "new", "changed",
        "unchanged", "quarantined", "newest_source_at", "notes",
    },
    "public_sync_cursors": {"source", "newest_source_at"},
    "public_quarantine_counts": {"source", "reason", "rows", "first_seen_at", "last_seen_at"},
}  # fmt: skip
OF_CASES = {
    "public_cases": {
        "id", "case_id", "work_order_id", "day_only", "first_seen_at", "status", "is_open",
        "city_status", "opened_at", "closed_at", "target_at", "updated_at", "opened_month",
        "closed_month", "days_open", "close_provenance", "city_on_time", "contradictions",
        "service_id", "department_id", "queue_id", "channel_id", "neighborhood_id",
        "city_neighborhood_id", "polygon_neighborhood_id", "district_id", "city_district_id",
        "polygon_district_id", "tract_id", "ward_id", "title", "address", "zipcode", "lat", "lon",
        "quad", "place_precision", "note", "closure_reason", "hidden", "followers", "has_photo",
    },
    "public_case_revisions": {
        "id", "rev", "field", "old_value", "new_value", "seen_at", "source_updated_at",
    },
    "public_photos": {"name", "case_key", "kind", "width", "height", "taken_at"},
    "public_case_parents": {"id", "parent_id"},
    "public_case_notes": {"case_key", "number", "kind", "said_at", "words"},
    "public_reports": {"case_key", "sent_at"},
}  # fmt: skip
"""What the public may read. A new column is a decision: it is made here and in the view."""


def read(portal, view: str) -> list[dict]:
    with portal.public.connect() as connection:
        rows = connection.execute(text(f"select * from {view}")).mappings()
        return [dict(row) for row in rows]


def columns_of(portal, view: str) -> set[str]:
    with portal.public.connect() as connection:
        return set(connection.execute(text(f"select * from {view}")).keys())


def keys_of(portal) -> dict[str, int]:
    """The store's key of every case, by its number."""
    with portal.core.connect() as connection:
        return dict(map(tuple, connection.execute(text("select case_id, id from cases"))))


def add_rows_of(portal, city, case: int) -> None:
    """A revision, a photo that is ready, a report and a note of a case."""
    name = f"{case:032x}"
    values = {"city": city.id, "case": case, "name": name}
    with portal.transaction() as connection:
        for statement in (
            "insert into case_revisions (jurisdiction_id, id, rev, field, old_value, new_value,"
            " seen_at, source_updated_at) values (:city, :case, 1, 'note', 'a', 'b', 1, 1)",
            "insert into photos (jurisdiction_id, name, case_key, kind, state, taken_at,"
            " changed_at, attempts) values (:city, :name, :case, 'before', 'ready', 1, 1, 0)",
            "insert into reports (jurisdiction_id, case_key, idempotency_key, body_hash,"
            " token_hash, language, answers, verdict, is_public, created_at)"
            " values (:city, :case, :name, 'x', :name, 'en', '{}', 'x', 1, 1)",
            "insert into case_notes (jurisdiction_id, case_key, number, kind, said_at, words, rev)"
            " values (:city, :case, 1, 'note', 1, 'On the way.', 1)",
        ):
            connection.execute(text(statement), values)


@pytest.fixture
def every_visibility(portal, city, add_case) -> dict[str, int]:
    """A public case that repeats another, and one of each other visibility tied to both sides."""
    add_case("public")
    add_case("public child", parent_case_id="public")
    for visibility in PRIVATE:
        add_case(visibility, visibility=visibility, parent_case_id="public")
        add_case(f"child of {visibility}", parent_case_id=visibility)
    keys = keys_of(portal)
    for case in keys.values():
        add_rows_of(portal, city, case)
    return keys


def test_every_view_is_looked_at_here():
    assert set(VIEWS) == set(OF_CASES) | set(OF_NO_CASE)
    assert set(KEYS) == set(OF_CASES)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_columns_that_the_public_may_read_and_no_other(portal, view):
    expected = (OF_CASES | OF_NO_CASE)[view] | {"jurisdiction_id"}
    assert columns_of(portal, view) == expected


@pytest.mark.parametrize("view", OF_CASES)
def test_no_row_of_a_view_belongs_to_a_case_that_is_not_public(portal, every_visibility, view):
    private = {every_visibility[visibility] for visibility in PRIVATE}
    told = {row[key] for row in read(portal, view) for key in KEYS[view]}
    assert every_visibility["public"] in told, "the view is not merely empty"
    assert told & private == set()


def test_a_parent_or_a_repeat_that_is_not_public_is_no_relative(portal, every_visibility):
    ties = [(row["id"], row["parent_id"]) for row in read(portal, "public_case_parents")]
    assert ties == [(every_visibility["public child"], every_visibility["public"])]


def test_a_case_is_not_its_own_parent_by_either_of_its_numbers(portal, add_case):
    """The city may say that a report repeats itself."""
    add_case("7", parent_case_id="7")
    add_case("2026ABC", source="portal", work_order_id="WO-1", parent_case_id="WO-1")
    assert read(portal, "public_case_parents") == []


@pytest.mark.parametrize("visibility", PRIVATE)
def test_what_becomes_private_leaves_every_view_at_once(portal, every_visibility, visibility):
    with portal.transaction() as connection:
        made = {"visibility": visibility}
        connection.execute(
            text("update cases set visibility = :visibility where case_id = 'public child'"), made
        )
    gone = every_visibility["public child"]
    for view, keys in KEYS.items():
        assert all(row[key] != gone for row in read(portal, view) for key in keys), view


@pytest.mark.parametrize("state", ["pending", "refused", "hidden"])
def test_a_photo_that_is_not_ready_is_in_no_view(portal, every_visibility, state):
    before = len(read(portal, "public_photos"))
    with portal.transaction() as connection:
        of_case = {"state": state, "case": every_visibility["public"]}
        connection.execute(text("update photos set state = :state where case_key = :case"), of_case)
    assert len(read(portal, "public_photos")) == before - 1


@pytest.mark.parametrize(
    ("precision", "is_shown"), [("exact", True), ("block", False), ("area", False), ("none", False)]
)
def test_photos_are_shown_only_where_the_place_is(portal, every_visibility, precision, is_shown):
    with portal.transaction() as connection:
        made = {"precision": precision}
        connection.execute(text("update cases set place_precision = :precision"), made)
    assert bool(read(portal, "public_photos")) == is_shown


@pytest.mark.parametrize(
    ("kind", "url", "is_shown"),
    [
        ("before", None, True),
        ("before", "https://city.example/before.jpg", True),
        ("before", "https://city.example/after.jpg", False),
        ("before", "https://city.example/gone.jpg", False),
        ("after", "https://city.example/after.jpg", True),
        ("after", "https://city.example/before.jpg", False),
    ],
)
def test_a_photo_of_the_city_is_shown_while_the_city_shows_it(
    portal, city, add_case, kind, url, is_shown
):
    shown = {
        "photo_url": "https://city.example/before.jpg",
        "closed_photo_url": "https://city.example/after.jpg",
    }
    add_case("1", **shown)
    (case,) = keys_of(portal).values()
    add_rows_of(portal, city, case)
    with portal.transaction() as connection:
        values = {"kind": kind, "url": url}
        connection.execute(text("update photos set kind = :kind, source_url = :url"), values)
    assert bool(read(portal, "public_photos")) == is_shown


@pytest.mark.parametrize("visibility", PRIVATE)
def test_words_that_only_a_private_case_has_are_in_no_view(portal, add_case, visibility):
    kinds = ("department", "queue", "channel", "neighborhood", "district", "tract", "ward")
    words = {kind: f"canary {kind}" for kind in kinds}
    add_case("1", visibility=visibility, service="canary service", **words)
    everything = str([read(portal, view) for view in VIEWS])
    assert "canary" not in everything


def test_a_service_is_shown_where_its_rule_and_a_public_case_show_it(portal, add_case):
    add_case("1", service="Pothole")
    with portal.transaction() as connection:
        for is_public, is_shown in ((0, 0), (0, 1), (1, 0), (1, 1)):
            values = {"public": is_public, "shown": is_shown}
            connection.execute(
                text("update services set is_public = :public, is_shown = :shown"), values
            )
            view = text("select count(*) from public_services")
            assert connection.execute(view).scalar() == is_public * is_shown


def test_rows_kept_aside_are_counted_until_they_are_settled(portal, city):
    statement = (
        "insert into quarantine (jurisdiction_id, source, raw_hash, reason, message, raw,"
        " first_seen_at, last_seen_at, resolved_at)"
        " values (:city, 'town', :hash, 'bad_time', 'x', 'x', 1, 2, :resolved)"
    )
    with portal.transaction() as connection:
        for number, resolved in enumerate((None, None, 3)):
            values = {"city": city.id, "hash": str(number), "resolved": resolved}
            connection.execute(text(statement), values)
    (counted,) = read(portal, "public_quarantine_counts")
    assert (counted["rows"], counted["first_seen_at"], counted["last_seen_at"]) == (2, 1, 2)
    assert counted["reason"] == "bad_time"


def test_a_revision_of_a_field_that_is_not_published_is_in_no_view(portal, city, add_case):
    add_case("1")
    (case,) = keys_of(portal).values()
    add_rows_of(portal, city, case)
    with portal.transaction() as connection:
        connection.execute(text("update case_revisions set field = 'source_id'"))
    assert read(portal, "public_case_revisions") == []
