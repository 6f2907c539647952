"""Storing a page: what is new, what changed, what stays, and what no one may see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from data_sync.pull.checks import check_record
from portal.domain.jurisdiction import ServiceRule
from portal.facts import publish
from portal.facts.verify import verify
from portal.services.sync import republish, withdrawal
from portal.services.sync.ingest import SourcePage, save_page
from portal.services.sync.quarantine import RejectedRow
from tests.sync.support import NOW, day, found_by, public_rows_of, record, rows_of, save


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


def test_a_block_type_is_published_without_house_number_and_off_its_pin(portal, city):
    save(
        portal,
        city,
        record(
            service_code="H",
            service_name="Housing",
            address="12 Main St",
            lat=42.3211,
            lon=-71.0711,
        ),
    )
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
    save(
        portal,
        city,
        record(
            service_code="H",
            service_name="Housing",
            address="14 Main St",
            lat=42.33,
            lon=-71.07,
            updated_at=day(9),
        ),
    )
    fields = {
        field for (field,) in public_rows_of(portal, "select field from public_case_revisions")
    }
    assert fields == {"service"}
