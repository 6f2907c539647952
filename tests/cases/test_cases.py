"""Lists of cases and single cases, as the public sees them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from sqlalchemy import insert, text

from portal.domain import tracking_number
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest
from portal.filter_sql import Selection
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.text_search import make_selection
from portal.store.models import CaseRevision
from tests.conftest import epoch


@pytest.fixture
def listed(portal, city, fresh_facts):
    """listed("status=open") → the newest cases; by store and by facts, which must be the same."""

    def ask(query: str = "", limit: int = 50, after: str | None = None, now: int = 1_780_000_000):
        case_filter = CaseFilter.from_query_string(query)
        by_store = portal.cached(
            newest_cases, city.id, Selection(case_filter, city.zone, now), limit, after
        )
        selection = make_selection(portal, city, case_filter, now)
        with_facts = portal.cached(newest_cases, city.id, selection, limit, after, fresh_facts())
        assert with_facts == by_store
        return by_store

    return ask


def numbers(page) -> list[str]:
    return [case.case_id for case in page.cases]


def test_newest_case_is_first_and_shows_what_a_card_needs(listed, add_case):
    add_case("101", opened="2026-01-05")
    add_case(
        "102",
        opened="2026-01-06",
        closed="2026-01-07",
        neighborhood="Roxbury",
        address="1 Oak St",
        note="Deep",
        hidden="phone,email",
        closed_photo_url="https://city.example/2.jpg",
        target_at=epoch("2026-01-08"),
    )
    first, second = listed().cases
    assert (first.case_id, first.service_name, first.service_slug, first.status) == (
        "102",
        "Pothole",
        "pothole",
        "closed",
    )
    assert (first.neighborhood, first.address, first.note, first.hidden, first.has_photo) == (
        "Roxbury",
        "1 Oak St",
        "Deep",
        ("phone", "email"),
        True,
    )
    assert (first.opened_at, first.closed_at, first.target_at) == (
        epoch("2026-01-06"),
        epoch("2026-01-07"),
        epoch("2026-01-08"),
    )
    assert (second.case_id, second.neighborhood, second.hidden, second.has_photo) == (
        "101",
        None,
        (),
        False,
    )


def test_case_is_overdue_once_its_target_is_past_and_never_when_closed(listed, add_case):
    add_case("101", target_at=epoch("2026-02-01"), status="in_progress")
    add_case("102", target_at=epoch("2026-02-01"), closed="2026-03-01")
    assert [case.status for case in listed(now=epoch("2026-02-01")).cases] == [
        "closed",
        "in_progress",
    ]
    assert [case.status for case in listed(now=epoch("2026-02-02")).cases] == ["closed", "overdue"]
    assert numbers(listed("status=overdue", now=epoch("2026-02-02"))) == ["101"]
    assert numbers(listed("status=overdue", now=epoch("2026-02-01"))) == []


def test_pages_follow_each_other_without_gap_or_double_even_in_one_second(listed, add_case):
    for number in range(7):
        add_case(f"10{number}", opened="2026-01-05")
    for query in ("", "photo=no"):
        seen, after = [], None
        while True:
            page = listed(query, limit=3, after=after)
            seen += numbers(page)
            after = page.next_after
            if after is None:
                break
        assert seen == ["106", "105", "104", "103", "102", "101", "100"]


def test_page_that_holds_the_last_case_names_no_next_one(listed, add_case):
    add_case("101")
    add_case("102")
    assert listed(limit=2).next_after is None
    assert listed(limit=1).next_after is not None


def test_case_hidden_since_the_facts_were_published_is_not_shown_and_ends_no_list(
    portal, city, add_case, fresh_facts
):
    for number in range(4):
        add_case(f"10{number}", opened=f"2026-01-0{number + 1}")
    facts = fresh_facts()
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = 'held' where case_id = '102'"))
    asked = Selection(CaseFilter(photo="no"), city.zone, 0)
    first = portal.cached(newest_cases, city.id, asked, 2, None, facts)
    assert numbers(first) == ["103"]
    second = portal.cached(newest_cases, city.id, asked, 2, first.next_after, facts)
    assert numbers(second) == ["101"]


@pytest.mark.parametrize(
    "after",
    [
        *("x", "1", "1-", "-", "1-2-3x", "١-٢", "1 or 1=1-2", "9" * 40 + "-1", "1-2"),
        *("1~", "~", "~2", "x~2", "١~2", "1 or 1=1~2", "9" * 40 + "~1"),
    ],
)
def test_after_that_no_page_gave_is_refused(listed, after):
    with pytest.raises(BadRequest, match="earlier page"):
        listed(after=after)


def test_list_of_nothing_is_empty(listed):
    assert listed() == type(listed())((), None)


def test_case_that_is_not_public_is_in_no_list(listed, add_case):
    for number, visibility in enumerate(("service", "reporter", "held", "withdrawn")):
        add_case(f"10{number}", visibility=visibility, note="secret")
    assert numbers(listed()) == numbers(listed("q=secret")) == numbers(listed("photo=no")) == []


def test_words_and_other_conditions_hold_together(listed, add_case):
    add_case("101", opened="2026-01-05", note="deep hole", neighborhood="Roxbury")
    add_case("102", opened="2026-01-06", note="deep hole")
    add_case("103", opened="2026-01-07", note="broken glass", neighborhood="Roxbury")
    assert numbers(listed("q=deep")) == ["102", "101"]
    assert numbers(listed("q=deep&neighborhood=roxbury")) == ["101"]
    assert numbers(listed("q=deep&start=2026-01-05")) == ["102"]
    assert numbers(listed("q=deep&end=2026-01-04")) == ["101"]
    assert numbers(listed("q=deep", limit=1, after=f"{epoch('2026-01-06')}~102")) == ["101"]


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "'",
        "a AND",
        "NEAR(",
        "*",
        "-",
        "%",
        "()",
        "{",
        "x:y",
        "\\",
        "& |",
        "<->",
        "ö",
        "''",
        "💧",
        "NOT NULL",
    ],
)
def test_no_words_are_a_mistake_in_the_search_s_own_language(listed, add_case, words):
    add_case("101", note="hole")
    assert numbers(listed(urlencode({"q": words}))) == []


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("101000295613", "101000295613"),
        ("101000295613", " #101 000 295-613 "),
        ("101000295613", "101-000-295613"),
        ("311-12345678", "31112345678"),
        ("311-12345678", "311 12345678"),
        ("SR20-01234567", "sr2001234567"),
        ("SR20-01234567", "SR 20 01234567"),
        ("BCS-0012", "bcs0012"),
        ("a-173480", "A 173480"),
        ("Ünal-7", "Ünal 7"),
        ("37RG4P0X00", "37rg-4p0-x00"),
        ("37RG4P0X00", "37RG4POXOO"),
        ("37RG4P0X00", "37rg 4p0 xoo"),
    ],
)
def test_number_is_found_however_it_is_typed(portal, city, add_case, stored, typed):
    add_case(stored)
    found = portal.cached(case_by_id, city.id, typed)
    assert found is not None
    assert found.case_id == stored


def test_every_tracking_number_is_found_as_it_is_printed(portal, city, add_case):
    """37RG-4P0-X00 was not: it has seven parts of letters or digits, and only six were read."""
    numbers = [
        check + tracking_number.check_character(check)
        for check in ("37RG4P0X0", "0A0A0A0A0", "A0A0A0A0A", "000000000", "ABCDEFGHJ", "1E5000000")
    ]
    for number in numbers:
        add_case(number)
    for number in numbers:
        assert (
            portal.cached(
                case_by_id, city.id, tracking_number.format_tracking_number(number).lower()
            ).case_id
            == number
        )


def test_work_order_number_finds_the_case_too(portal, city, add_case):
    add_case("101", work_order_id="WO-77")
    assert portal.cached(case_by_id, city.id, "wo 77").case_id == "101"


def test_number_as_typed_wins_over_one_that_only_looks_like_it(portal, city, add_case):
    add_case("10-1")
    add_case("101")
    assert portal.cached(case_by_id, city.id, "101").case_id == "101"
    assert portal.cached(case_by_id, city.id, "10-1").case_id == "10-1"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "#",
        "0",
        "999",
        "%",
        "_",
        "' or 1=1 --",
        "\x00",
        "x" * 10_000,
        "-" * 500,
        "a1b2c3d4e5f6g7h8",
    ],
)
def test_unknown_and_private_numbers_are_alike(portal, city, add_case, typed):
    add_case("999", visibility="held")
    assert portal.cached(case_by_id, city.id, typed) is None


def test_case_tells_everything_that_is_published_of_it(portal, city, add_case):
    add_case(
        "101",
        opened="2026-01-05",
        closed="2026-01-08",
        department="Parks",
        queue="Trees",
        channel="App",
        district="7",
        ward="12",
        closure_reason="Branch taken away",
        city_status="Resolved",
        city_on_time=1,
        close_provenance="source",
        zipcode="02119",
    )
    case = portal.cached(case_by_id, city.id, "101")
    assert (case.department, case.queue, case.channel, case.district, case.ward) == (
        "Parks",
        "Trees",
        "App",
        "7",
        "12",
    )
    assert (case.closure_reason, case.city_status, case.city_on_time, case.days_open) == (
        "Branch taken away",
        "Resolved",
        True,
        3,
    )
    assert (case.close_provenance, case.zipcode, case.changes) == ("source", "02119", ())


def test_changes_are_told_in_the_order_we_saw_them(portal, city, add_case):
    add_case("101")
    with portal.transaction() as connection:
        for rev, field, old, new in (
            (3, "status", "open", "closed"),
            (2, "address", None, "1 Oak St"),
            (4, "internal_word", "a", "b"),
        ):
            connection.execute(
                insert(CaseRevision).values(
                    jurisdiction_id=city.id,
                    id=1,
                    rev=rev,
                    field=field,
                    old_value=old,
                    new_value=new,
                    seen_at=rev * 100,
                    source_updated_at=0,
                )
            )
    changes = portal.cached(case_by_id, city.id, "101").changes
    assert [
        (change.seen_at, change.field, change.old_value, change.new_value) for change in changes
    ] == [
        (200, "address", None, "1 Oak St"),
        (300, "status", "open", "closed"),
    ]


def test_status_of_one_case_may_be_overdue_by_the_clock(portal, city, add_case):
    add_case("101", target_at=epoch("2026-02-01"))
    assert portal.cached(case_by_id, city.id, "101").status == "open"
    assert portal.cached(case_by_id, city.id, "101", epoch("2026-02-02")).status == "overdue"
