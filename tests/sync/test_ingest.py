"""Storing a page: what is new, what changed, what stays, and what no one may see."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from sqlalchemy import text

from data_sync.pull.checks import check_record
from portal.domain.case import DAY_ONLY, CaseRecord
from portal.domain.jurisdiction import ServiceRule
from portal.facts import publish
from portal.facts.verify import verify
from portal.services.sync import republish, withdrawal
from portal.services.sync.ingest import SourcePage, save_page
from portal.services.sync.quarantine import RejectedRow
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


def test_first_page_is_new_and_the_same_page_again_is_unchanged(portal, city):
    first = save(portal, city, record("1"), record("2"))
    again = save(portal, city, record("1"), record("2"))
    assert (first.read, first.new, first.changed, first.unchanged, first.rev) == (2, 2, 0, 0, 1)
    assert (again.read, again.new, again.changed, again.unchanged, again.rev) == (2, 0, 0, 2, 1)


def test_a_newer_version_changes_the_case_and_leaves_a_revision_of_each_field(portal, city):
    save(portal, city, record(department="Streets"))
    counts = save(
        portal,
        city,
        record(
            status="closed",
            closed_at=day(7),
            updated_at=day(7),
            department="Water",
            close_provenance="source",
        ),
    )
    assert (counts.changed, counts.rev) == (1, 2)
    revisions = public_rows_of(
        portal, "select field, old_value, new_value, rev from public_case_revisions order by field"
    )
    assert revisions == [
        ("close_provenance", None, "source", 2),
        ("closed_at", None, str(int(day(7).timestamp())), 2),
        ("department", "Streets", "Water", 2),
        ("status", "open", "closed", 2),
    ]
    assert rows_of(portal, "select is_open, days_open from cases") == [(0, 2)]


def test_the_case_that_a_report_repeats_is_known_by_its_number_whichever_comes_first(portal, city):
    save(portal, city, record("2", parent_id="1"))
    assert public_rows_of(portal, "select * from public_case_parents") == []
    save(portal, city, record("1"))
    assert len(public_rows_of(portal, "select id, parent_id from public_case_parents")) == 1
    assert rows_of(portal, "select case_id, parent_case_id from cases order by case_id") == [
        ("1", None),
        ("2", "1"),
    ]


def test_an_older_version_changes_nothing(portal, city):
    save(portal, city, record(title="new", updated_at=day(9)))
    assert save(portal, city, record(title="old", updated_at=day(8))).unchanged == 1
    assert rows_of(portal, "select title from cases") == [("new",)]


def test_the_same_content_at_a_later_time_moves_only_the_time(portal, city):
    save(portal, city, record(updated_at=day(5)))
    assert save(portal, city, record(updated_at=day(9))).unchanged == 1
    assert rows_of(portal, "select rev, source_updated_at from cases") == [
        (1, int(day(9).timestamp()))
    ]
    assert (
        save(portal, city, record(title="older than the later time", updated_at=day(7))).unchanged
        == 1
    )


def test_of_two_versions_in_one_page_the_newer_wins_and_both_are_counted(portal, city):
    counts = save(
        portal, city, record(title="new", updated_at=day(9)), record(title="old", updated_at=day(8))
    )
    assert (counts.read, counts.new, counts.unchanged) == (2, 1, 1)
    assert rows_of(portal, "select title from cases") == [("new",)]


def test_personal_data_is_in_no_public_view_and_the_original_is_kept_for_staff(portal, city):
    save(portal, city, record(closure_reason="Call 617-635-4500", address="12 Main St Apt 4"))
    assert public_rows_of(portal, "select address, closure_reason, hidden from public_cases") == [
        ("12 Main St [apartment hidden]", "Call [phone number hidden]", "apartment,phone")
    ]
    assert rows_of(portal, "select address, closure_reason from case_originals") == [
        ("12 Main St Apt 4", "Call 617-635-4500")
    ]
    assert found_by(portal, city, "hidden main") == {"1"}
    assert found_by(portal, city, "4500") == set()


def test_an_original_goes_when_nothing_is_hidden_any_more(portal, city):
    save(portal, city, record(closure_reason="Call 617-635-4500"))
    save(portal, city, record(closure_reason="Fixed", updated_at=day(9)))
    assert rows_of(portal, "select * from case_originals") == []


def test_a_case_of_a_private_type_or_marked_private_by_the_source_is_in_no_view_and_not_found(
    portal, city
):
    save(
        portal,
        city,
        record("1", service_code="Needle", service_name="Needle pickup", title="zebra"),
        record("2", is_public=False, title="zebra"),
    )
    assert public_rows_of(portal, "select case_id from public_cases") == []
    assert found_by(portal, city, "zebra") == set()
    assert rows_of(portal, "select distinct visibility from cases") == [("service",)]


def housing(**columns):
    """A case of a type whose place is told by the block alone."""
    return record(service_code="H", service_name="Housing", **columns)


def test_a_block_type_is_published_without_house_number_and_off_its_pin(portal, city):
    save(portal, city, housing(address="12 Main St", lat=42.3211, lon=-71.0711))
    [(address, lat, precision)] = public_rows_of(
        portal, "select address, lat, place_precision from public_cases"
    )
    assert (address, precision) == ("Main St", "block")
    assert lat != 42.3211


def test_a_place_outside_the_city_is_kept_for_staff_alone(portal, city):
    save(portal, city, record(lat=40.7, lon=-74.0))
    assert public_rows_of(portal, "select lat, contradictions from public_cases") == [(None, 4)]
    assert rows_of(portal, "select lat, lon from case_originals") == [(40.7, -74.0)]


@pytest.mark.parametrize("kept", ["reporter", "held"])
def test_no_sync_lifts_what_the_reporter_or_a_moderator_hid(portal, city, kept):
    save(portal, city, record())
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = :kept"), {"kept": kept})
    save(portal, city, record(title="news", updated_at=day(9)))
    assert rows_of(portal, "select visibility, title from cases") == [(kept, "news")]
    assert public_rows_of(portal, "select case_id from public_cases") == []


def born_here(portal, city, case_id: str, **columns) -> None:
    """A case reported on the portal itself."""
    save(portal, city, record(case_id, updated_at=day(6), **columns), source="portal")


def test_the_echo_of_a_case_born_here_merges_with_it_by_our_number_and_then_by_the_citys(
    portal, city
):
    born_here(portal, city, "CC-1", note="my words", lat=42.32, lon=-71.07)
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = 'reporter'"))
    # The city's clock may be behind ours: the first echo counts all the same.
    echo = save(
        portal, city, record("900", reference="CC-1", department="Streets", updated_at=day(5))
    )
    later = save(
        portal,
        city,
        record("900", status="closed", closed_at=day(8), department="Streets", updated_at=day(8)),
    )
    assert (echo.new, echo.changed, later.new, later.changed) == (0, 1, 0, 1)
    [row] = rows_of(
        portal,
        "select case_id, source, source_id, work_order_id, visibility, status, note, lat"
        " from cases",
    )
    assert row == ("CC-1", "portal", "CC-1", "900", "reporter", "closed", "my words", 42.32)


def test_a_service_goes_by_the_name_of_its_newest_record_and_is_found_by_it(portal, city):
    save(portal, city, record("1", service_name="Pot hole", updated_at=day(5)))
    save(portal, city, record("2", service_name="Road damage", updated_at=day(9)))
    save(portal, city, record("3", service_name="Pothole", updated_at=day(7)))
    assert rows_of(portal, "select name, slug from services") == [("Road damage", "pot-hole")]
    assert found_by(portal, city, "damage") == {"1", "2", "3"}


def test_of_the_names_in_one_page_the_one_used_last_counts(portal, city):
    names = [("A pot hole", 5), ("Road damage", 6), ("A pot hole", 9), ("A pot hole", 4)]
    save(
        portal,
        city,
        *(
            record(str(number), service_name=name, updated_at=day(when))
            for number, (name, when) in enumerate(names)
        ),
    )
    assert rows_of(portal, "select name from services") == [("A pot hole",)]


def test_rows_that_cannot_be_used_are_kept_raw_and_settled_when_the_case_comes_right(portal, city):
    bad = RejectedRow(
        raw='{"id": "7", "opened": "\\u0000soon"}',
        reason="bad_time",
        message="town: case 7: opened is 'soon'",
        source_id="7",
    )
    counts = save(portal, city, rejected=[bad, bad])
    assert (counts.read, counts.quarantined, counts.rev) == (2, 2, 0)
    assert public_rows_of(
        portal, 'select source, reason, "rows" from public_quarantine_counts'
    ) == [("town", "bad_time", 1)]
    save(portal, city, record("7"))
    assert public_rows_of(portal, "select * from public_quarantine_counts") == []


def test_a_transaction_that_fails_leaves_rows_counters_and_cursor_untouched(portal, city):
    save(portal, city, record("1"), cursor={"page": 1})
    with pytest.raises(RuntimeError), portal.transaction() as connection:
        page = SourcePage("town", [check_record(record("2"), city, NOW)], cursor={"page": 2})
        save_page(connection, city, page, None, NOW)
        raise RuntimeError("the machine went away")
    assert rows_of(portal, "select case_id from cases") == [("1",)]
    assert rows_of(portal, "select cursor from sync_cursors") == [('{"page": 1}',)]
    assert rows_of(portal, "select rev from data_versions") == [(1,)]
    assert found_by(portal, city, "pothole") == {"1"}


def test_the_newest_source_time_is_never_in_the_future(portal, city):
    save(portal, city, record(updated_at=day(9).replace(year=2030)), cursor={})
    assert rows_of(portal, "select newest_source_at from sync_cursors") == [(int(NOW.timestamp()),)]


def test_a_withdrawn_case_comes_back_when_the_city_shows_it_again(portal, city):
    save(portal, city, record())
    with portal.transaction() as connection:
        assert withdrawal.withdraw_cases(connection, city, "town", ["1"], 1) == 1
    assert public_rows_of(portal, "select case_id from public_cases") == []
    assert found_by(portal, city, "pothole") == set()
    assert save(portal, city, record()).changed == 1
    assert found_by(portal, city, "pothole") == {"1"}


def test_a_type_that_becomes_private_or_coarser_takes_its_stored_cases_and_their_history_along(
    portal, city
):
    save(
        portal,
        city,
        record("1", address="12 Main St", lat=42.32, lon=-71.07),
        record("2", service_code="Rats", service_name="Rats"),
    )
    save(portal, city, record("1", address="14 Main St", lat=42.33, lon=-71.07, updated_at=day(9)))
    publish.update(portal.core, city, portal.facts_folder)
    rules = (ServiceRule(match="pothole", place="area"), ServiceRule(match="rats", public=False))
    stricter = replace(city, service_rules=rules)
    assert republish.apply_rules(portal.transaction, stricter, 5) == 2
    assert public_rows_of(portal, "select case_id, address, lat, quad from public_cases") == [
        ("1", None, None, None)
    ]
    assert public_rows_of(portal, "select field from public_case_revisions") == []
    assert public_rows_of(portal, "select name from public_services") == [("Pothole",)]
    assert rows_of(portal, "select address, lat from case_originals") == [("14 Main St", 42.33)]
    assert found_by(portal, city, "main") == found_by(portal, city, "rats") == set()
    publish.update(portal.core, city, portal.facts_folder)
    assert verify(portal.core, city, portal.facts_folder) == []
    assert republish.apply_rules(portal.transaction, stricter, 5) == 0


def test_a_rule_that_is_lifted_shows_the_place_at_once_and_the_case_when_it_is_read_again(
    portal, city
):
    strict = replace(
        city, service_rules=(ServiceRule(match="pothole", public=False, place="none"),)
    )
    save(
        portal, strict, record(address="12 Main St", lat=42.32, lon=-71.07, neighborhood="Roxbury")
    )
    republish.apply_rules(portal.transaction, city, 5)
    assert rows_of(portal, "select address, lat, visibility from cases") == [
        ("12 Main St", 42.32, "service")
    ]
    assert (
        save(
            portal,
            city,
            record(address="12 Main St", lat=42.32, lon=-71.07, neighborhood="Roxbury"),
        ).changed
        == 1
    )
    assert public_rows_of(portal, "select address, lat from public_cases") == [
        ("12 Main St", 42.32)
    ]


def test_a_case_that_moves_to_a_coarser_type_does_not_tell_its_old_place_in_its_history(
    portal, city
):
    save(portal, city, record(address="12 Main St", lat=42.32, lon=-71.07))
    save(portal, city, record(address="14 Main St", lat=42.33, lon=-71.07, updated_at=day(8)))
    save(portal, city, housing(address="14 Main St", lat=42.33, lon=-71.07, updated_at=day(9)))
    fields = {
        field for (field,) in public_rows_of(portal, "select field from public_case_revisions")
    }
    assert fields == {"service"}


CHANGES = {
    "case_id": ("1", "2"),
    "service_code": ("Pothole", "Crater"),
    "service_name": ("Pothole", "Crater"),
    "status": ("open", "in_progress"),
    "opened_at": (day(5), day(4)),
    "service_group": ("Streets", "Roads"),
    "city_status": ("Open", "Referred"),
    "closed_at": (day(6), day(7)),
    "close_provenance": ("source", "inferred"),
    "target_at": (day(8), day(9)),
    "city_on_time": (True, False),
    "department": ("Streets", "Water"),
    "queue": ("Potholes", "Paving"),
    "channel": ("App", "Phone"),
    "title": ("oldword", "newword"),
    "address": ("1 oldword", "1 newword"),
    "zipcode": ("02119", "02120"),
    "lat": (42.32, 42.321),
    "lon": (-71.07, -71.071),
    "neighborhood": ("Roxbury", "Mattapan"),
    "district": ("7", "8"),
    "ward": ("Ward 1", "Ward 2"),
    "note": ("oldword", "newword"),
    "closure_reason": ("oldword", "newword"),
    "photo_url": ("https://city.example/1.jpg", "https://city.example/2.jpg"),
    "closed_photo_url": ("https://city.example/1.jpg", "https://city.example/2.jpg"),
    "parent_id": ("8", "9"),
    "is_public": (True, False),
    "day_only": (DAY_ONLY["opened_at"], DAY_ONLY["target_at"]),
    "extra": ({"crew": "7"}, {"crew": "8"}),
}
WITH = {
    "day_only": {"target_at": day(8)},
    "closed_at": {"status": "closed"},
    "lat": {"lon": -71.07},
    "lon": {"lat": 42.32},
}
"""What a record needs for its change to be one."""
SEARCHED = ("title", "address", "note", "closure_reason")
SAME_FOR_A_TYPE = ("service_name", "service_group")
"""They rename the type, and with it all of its cases."""


def test_every_field_of_a_record_is_among_those_that_are_changed_alone():
    names = {field.name for field in fields(CaseRecord)}
    # In test_city_notes; counted in the run, no part of a case.
    elsewhere = {"notes", "unreadable", "remarks"}
    assert names - set(CHANGES) == {"source_id", "updated_at", "reference", *elsewhere}


REQUIRED = ("case_id", "service_code", "status", "opened_at", "is_public")
"""Every record has them: they are never new nor gone."""


@dataclass(frozen=True)
class FieldChange:
    """A case of which one field changes, comes or goes."""

    number: int
    field: str
    way: str

    def value(self, index: int) -> Any:
        """Its old or new value; a word that is searched for stands in this case alone."""
        value = CHANGES[self.field][index]
        if self.field == "case_id":
            return f"{self.number}-{value}"
        return value + f"{self.number}" if self.field in SEARCHED else value

    def before(self) -> CaseRecord:
        """The case as it comes first."""
        return self._record({} if self.way == "new" else {self.field: self.value(0)})

    def after(self) -> CaseRecord:
        """The case when the field has changed."""
        changed = {} if self.way == "gone" else {self.field: self.value(1)}
        return self._record(changed | {"updated_at": day(9)})

    def _record(self, values: dict[str, Any]) -> CaseRecord:
        number = str(self.number)
        base = {"source_id": number, "case_id": number}
        return record(**(base | WITH.get(self.field, {}) | values))


def all_changes() -> list[FieldChange]:
    kinds = [
        (field, way)
        for field in CHANGES
        for way in ("changed", "new", "gone")
        if field not in SAME_FOR_A_TYPE and (way == "changed" or field not in REQUIRED)
    ]
    return [FieldChange(number, *kind) for number, kind in enumerate(kinds, 101)]


def test_a_change_of_one_field_alone_reaches_the_store_the_facts_and_the_search(portal, city):
    changes = all_changes()
    save(portal, city, *(change.before() for change in changes))
    publish.update(portal.core, city, portal.facts_folder)
    stored = _without_times(content_of(portal, city))
    counts = save(portal, city, *(change.after() for change in changes))
    assert (counts.changed, counts.unchanged) == (len(changes), 0)
    later = _without_times(content_of(portal, city))
    same = [change for change in changes if stored[f"{change.number}"] == later[f"{change.number}"]]
    assert same == []
    publish.update(portal.core, city, portal.facts_folder)
    assert verify(portal.core, city, portal.facts_folder) == []
    for change in changes:
        if change.field in SEARCHED:
            there = set() if change.way == "gone" else {f"{change.number}"}
            assert found_by(portal, city, f"oldword{change.number}") == set()
            assert found_by(portal, city, f"newword{change.number}") == there


@pytest.mark.parametrize("field", SAME_FOR_A_TYPE)
def test_a_change_of_a_types_name_or_group_alone_reaches_the_store_and_the_facts(
    portal, city, field
):
    old, new = CHANGES[field]
    save(portal, city, record(**{field: old}))
    publish.update(portal.core, city, portal.facts_folder)
    assert save(portal, city, record(**{field: new}, updated_at=day(9))).changed == 1
    publish.update(portal.core, city, portal.facts_folder)
    assert verify(portal.core, city, portal.facts_folder) == []


def _without_times(content: list[tuple]) -> dict[str, tuple]:
    """Content by source id, without what changes with any version: times and the hash."""
    return {row[2]: row[:5] + row[7:13] + row[14:] for row in content}


@pytest.mark.parametrize("way", ["service_code", "service_name", "is_public", "status"])
def test_a_case_is_found_by_its_type_as_it_is_now_and_only_while_it_is_public(portal, city, way):
    save(portal, city, record(note="asphalt"))
    _, new = CHANGES[way]
    changed = {way: new} | ({"service_name": "Crater"} if way == "service_code" else {})
    save(portal, city, record(note="asphalt", **changed, updated_at=day(9)))
    is_there = set() if way == "is_public" else {"1"}
    is_renamed = way in ("service_code", "service_name")
    assert found_by(portal, city, "asphalt") == is_there
    assert found_by(portal, city, "crater") == ({"1"} if is_renamed else set())
    assert found_by(portal, city, "pothole") == (set() if is_renamed else is_there)


@pytest.mark.parametrize("field", SEARCHED)
def test_a_private_case_that_becomes_public_is_found_by_every_text_it_has(portal, city, field):
    save(portal, city, record(**{field: "oldword"}, is_public=False))
    assert found_by(portal, city, "oldword") == set()
    save(portal, city, record(**{field: "oldword"}, updated_at=day(9)))
    assert found_by(portal, city, "oldword") == {"1"}
