"""What each choice of each filter would show, with cases a reader can count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.domain.filters import CaseFilter
from portal.facts.schema import COUNTS_ZOOM
from portal.facts.tiles import cells_in
from portal.queries.cases.counts import count_cases
from portal.queries.cases.extent import extent
from portal.queries.cases.text_search import make_selection
from portal.queries.cases.value_counts import ServiceGroup, ValueCount, value_counts, without
from tests.conftest import epoch

NOW = epoch("2026-03-01")
WORLD = (0, 1 << 48)


@pytest.fixture
def counts(portal, city, fresh_facts):
    def ask(query: str = ""):
        case_filter = CaseFilter.from_query_string(query)
        facts, selection = fresh_facts(), make_selection(portal, city, case_filter, NOW)
        found = value_counts(facts, selection)
        # Whatever is asked: the list and its map agree on where the cases are, and how many.
        assert found.extent == extent(facts, selection)
        for zoom in range(COUNTS_ZOOM + 1):
            asked = facts, zoom, WORLD, selection
            assert cells_in(*asked, squares=found.squares) == cells_in(*asked)
        return found

    return ask


@pytest.fixture
def six_cases(add_case):
    add_case(
        "1",
        service="Pothole",
        neighborhood="Roxbury",
        channel="App",
        district="7",
        department="Works",
        target_at=epoch("2026-02-01"),
    )
    add_case(
        "2",
        service="Pothole",
        neighborhood="Roxbury",
        channel="Phone",
        closed="2026-01-09",
        note="deep hole",
    )
    add_case(
        "3",
        service="Pothole",
        neighborhood="Mattapan",
        channel="App",
        district="4",
        department="Works",
        note="deep hole",
    )
    add_case(
        "4",
        service="Graffiti",
        neighborhood="Mattapan",
        status="in_progress",
        photo_url="https://city.example/1.jpg",
    )
    add_case("5", service="Tree", lat=None, lon=None, quad=None)
    add_case("6", service="Tree", visibility="held")


def plain(values) -> dict[str, int]:
    return {value.slug: value.cases for value in values}


def services(counts) -> dict[str, int]:
    return {
        slug: cases for group in counts.service for slug, cases in plain(group.services).items()
    }


def test_every_value_of_every_field_is_counted(counts, six_cases):
    found = counts()
    assert plain(found.status) == {"open": 3, "in_progress": 1, "closed": 1, "overdue": 1}
    assert services(found) == {"pothole": 3, "graffiti": 1, "tree": 1}
    assert list(plain(found.neighborhood).items()) == [("mattapan", 2), ("roxbury", 2)]
    assert plain(found.district) == {"4": 1, "7": 1}
    assert plain(found.department) == {"works": 2}
    assert plain(found.channel) == {"app": 2, "phone": 1}
    assert plain(found.photo) == {"yes": 1, "no": 4}


def test_own_choice_of_a_field_does_not_count_for_it_and_all_others_do(counts, six_cases):
    found = counts("service=pothole&neighborhood=roxbury")
    assert services(found) == {"pothole": 2}
    assert plain(found.neighborhood) == {"roxbury": 2, "mattapan": 1}
    assert plain(found.status) == {"open": 1, "in_progress": 0, "closed": 1, "overdue": 1}
    assert plain(found.channel) == {"app": 1, "phone": 1}


def test_chosen_value_without_a_case_stays_to_be_unchosen(counts, six_cases):
    found = counts("neighborhood=roxbury&service=graffiti")
    assert services(found) == {"pothole": 2, "graffiti": 0}
    assert plain(found.neighborhood) == {"mattapan": 1, "roxbury": 0}


def test_words_hold_for_every_field(counts, six_cases):
    found = counts("q=deep")
    assert services(found) == {"pothole": 2}
    assert plain(found.status) == {"open": 1, "in_progress": 0, "closed": 1, "overdue": 0}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "status=overdue,closed&photo=no",
        "service=pothole,tree&channel=app",
        "start=2026-01-02&district=7&status=open",
        "q=hole",
    ],
)
def test_each_number_is_what_picking_that_value_alone_would_show(
    portal, city, counts, six_cases, fresh_facts, query
):
    case_filter = CaseFilter.from_query_string(query)
    found, selection = counts(query), make_selection(portal, city, case_filter, NOW)
    fields = {
        name: getattr(found, name)
        for name in ("status", "neighborhood", "district", "department", "channel", "photo")
    }
    fields["service"] = [value for group in found.service for value in group.services]
    for field, values in fields.items():
        for value in values:
            alone = value.slug if field == "photo" else (value.slug,)
            asked = replace(selection, case_filter=replace(case_filter, **{field: alone}))
            assert count_cases(fresh_facts(), asked) == value.cases, (field, value)


def test_services_stand_in_the_city_s_groups(portal, counts, six_cases):
    with portal.transaction() as connection:
        connection.execute(
            text("update services set group_name = 'Streets' where name in ('Pothole', 'Graffiti')")
        )
    assert counts().service == (
        ServiceGroup(
            "Streets", (ValueCount("pothole", "Pothole", 3), ValueCount("graffiti", "Graffiti", 1))
        ),
        ServiceGroup(None, (ValueCount("tree", "Tree", 1),)),
    )


def test_empty_city_has_the_fixed_words_alone(counts):
    found = counts()
    assert plain(found.status) == {"open": 0, "in_progress": 0, "closed": 0, "overdue": 0}
    assert plain(found.photo) == {"yes": 0, "no": 0}
    assert (found.service, found.neighborhood, found.district, found.department, found.channel) == (
        (),
        (),
        (),
        (),
        (),
    )


def test_filter_without_a_field_is_the_filter_with_that_field_empty():
    assert without(CaseFilter(status=("open",), photo="yes"), "photo") == CaseFilter(
        status=("open",)
    )
