"""Map tiles: what is counted where, and when cases are shown one by one."""

from __future__ import annotations

import itertools

import pytest

from portal.domain import morton
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest, NotFound
from portal.facts import publish
from portal.facts.tiles import tile
from portal.filter_sql import Selection
from portal.queries.cases.text_search import make_selection

HERE = (42.32, -71.07)
NEAR = (42.3203, -71.0704)
FAR = (42.345, -71.045)


def tile_at(z: int, lat: float, lon: float) -> tuple[int, int, int]:
    x, y = morton.mercator(lat, lon)
    return z, x >> (morton.ZOOM - z), y >> (morton.ZOOM - z)


@pytest.fixture
def at(portal, city, ask):
    """at(zoom, place, "status=open", now=…) → the tile at a place, from fresh facts."""

    def ask_afresh(*asked, **options) -> dict:
        publish.update(portal.core, city, portal.facts_folder)
        return ask(*asked, **options)

    return ask_afresh


@pytest.fixture
def ask(portal, city):
    """The same, from the facts that were published last."""

    def ask(
        z: int,
        place: tuple[float, float],
        query: str = "",
        now: int | None = None,
        is_fine: bool = False,
    ) -> dict:
        case_filter = CaseFilter.from_query_string(query)
        selection = make_selection(portal, city, case_filter, now)
        facts = portal.facts(city.id)
        return tile(facts, *tile_at(z, *place), selection, is_fine=is_fine)

    return ask


@pytest.fixture
def thirty(add_case):
    """Thirty potholes at one corner, ten of them closed; one graffiti far off."""
    for number in range(30):
        add_case(
            f"1{number:02}", closed="2026-01-07" if number < 10 else None, lat=HERE[0], lon=HERE[1]
        )
    add_case("201", service="Graffiti", lat=FAR[0], lon=FAR[1])


def test_few_cases_are_pins_newest_first(at, add_case):
    add_case("101", opened="2026-01-05", lat=HERE[0], lon=HERE[1])
    add_case(
        "102",
        opened="2026-01-06",
        lat=NEAR[0],
        lon=NEAR[1],
        status="in_progress",
        service="Graffiti",
    )
    add_case("103", opened="2026-01-04", closed="2026-01-09", lat=HERE[0], lon=HERE[1])
    shown = at(14, HERE)
    assert shown["cells"] == []
    assert shown["pins"] == [
        [-71.0704, 42.3203, "102", "in_progress", "Graffiti", 1_767_657_600],
        [-71.07, 42.32, "101", "open", "Pothole", 1_767_571_200],
        [-71.07, 42.32, "103", "closed", "Pothole", 1_767_484_800],
    ]


def test_many_cases_are_circles_with_how_many_and_how_many_open(at, thirty):
    assert at(14, HERE) == {"rev": 31, "cells": [[-71.07, 42.32, 30, 20]], "pins": []}


def test_fine_tiles_have_smaller_squares_that_hold_the_same_cases(at, thirty, add_case):
    # At zoom 14 a pixel is 7 m here: a cell of 64 pixels is 450 m wide, a square of 16 is 113 m.
    # These two places are 222 m apart.
    add_case("301", lat=HERE[0] + 0.002, lon=HERE[1])
    assert [cell[2] for cell in at(14, HERE)["cells"]] == [31]
    assert sorted(cell[2] for cell in at(14, HERE, is_fine=True)["cells"]) == [1, 30]
    assert at(14, FAR, "service=graffiti", is_fine=True) == {
        "rev": 32,
        "cells": [[FAR[1], FAR[0], 1, 1]],
        "pins": [],
    }


def test_circles_of_every_zoom_add_up_to_the_same_cases(portal, city, ask, thirty):
    publish.update(portal.core, city, portal.facts_folder)
    for z in range(0, 11):
        assert sum(cell[2] for cell in ask(z, HERE)["cells"]) == 31
    for z in range(11, 23):
        assert [cell[2:] for cell in ask(z, HERE)["cells"] if cell[2] > 1] == [[30, 20]]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("open", [21, 21]), ("closed", [10, 0]), ("closed,open", [31, 21]), ("", [31, 21])],
)
def test_counts_kept_for_low_zooms_are_those_of_the_rows(at, thirty, status, expected):
    kept = at(9, HERE, f"status={status}")
    # A box cannot be answered from the counts that the file keeps: these are counted row by row.
    counted = at(9, HERE, f"status={status}&bbox=-180,-85,180,85")
    for shown in (kept, counted):
        cells = shown["cells"] or [[0, 0, 1, int(pin[3] != "closed")] for pin in shown["pins"]]
        assert [sum(cell[2] for cell in cells), sum(cell[3] for cell in cells)] == expected


def test_twenty_five_are_pins_and_twenty_six_are_not(at, add_case):
    for number in range(25):
        add_case(f"1{number:02}")
    assert len(at(12, HERE)["pins"]) == 25
    add_case("200")
    assert at(12, HERE)["pins"] == []
    assert at(12, HERE)["cells"][0][2] == 26


def test_case_past_its_target_is_overdue_by_the_clock_handed_in(at, add_case):
    add_case("101", target_at=1_768_000_000)
    add_case("102", target_at=1_768_000_000, closed="2026-01-07")
    assert [pin[3] for pin in at(14, HERE, now=1_767_999_999)["pins"]] == ["closed", "open"]
    assert [pin[3] for pin in at(14, HERE, now=1_768_000_001)["pins"]] == ["closed", "overdue"]
    assert [pin[2] for pin in at(14, HERE, "status=overdue", now=1_768_000_001)["pins"]] == ["101"]
    assert at(14, HERE, "status=overdue", now=1_767_999_999)["pins"] == []


def test_case_without_place_or_not_public_is_on_no_tile(at, add_case):
    add_case("101", lat=None, lon=None)
    add_case("102", visibility="held")
    assert at(0, HERE) == {"rev": 1, "cells": [], "pins": []}


def test_words_show_the_cases_that_hold_them(at, add_case):
    add_case("101", note="Deep hole at the crosswalk")
    add_case("102", note="Broken glass")
    assert [pin[2] for pin in at(14, HERE, "q=crossw")["pins"]] == ["101"]
    assert at(14, HERE, "q=nothing")["pins"] == []


def test_words_that_were_not_looked_up_are_refused(portal, city, add_case):
    add_case("101")
    publish.update(portal.core, city, portal.facts_folder)
    with pytest.raises(BadRequest, match="“q”"):
        tile(portal.facts(city.id), 0, 0, 0, Selection(CaseFilter(q="hole"), city.zone))


@pytest.mark.parametrize(
    ("z", "x", "y"), [(0, 1, 0), (3, 0, 8), (23, 0, 0), (-1, 0, 0), (5, -1, 0)]
)
def test_tile_off_the_map_is_not_found(portal, city, add_case, z, x, y):
    add_case("101")
    publish.update(portal.core, city, portal.facts_folder)
    with pytest.raises(NotFound):
        tile(portal.facts(city.id), z, x, y, Selection(CaseFilter(), city.zone))


def test_city_without_cases_has_empty_tiles(at):
    assert at(3, HERE) == {"rev": 0, "cells": [], "pins": []}


@pytest.fixture
def of_each_status(add_case):
    """Seven open, four in progress and two closed, so that no sum is another's."""
    for status, cases in (("open", 7), ("in_progress", 4), ("closed", 2)):
        for number in range(cases):
            closed = "2026-01-07" if status == "closed" else None
            add_case(f"{status} {number}", closed=closed, status=status, lat=HERE[0], lon=HERE[1])


COUNTS_OF_STATUSES = {
    "open": [7, 7],
    "in_progress": [4, 4],
    "closed": [2, 0],
    "open,in_progress": [11, 11],
    "open,closed": [9, 7],
    "in_progress,closed": [6, 4],
    "open,in_progress,closed": [13, 11],
    "": [13, 11],
}


@pytest.mark.parametrize("narrowed", ["", "&bbox=-180,-85,180,85", "&photo=no"])
def test_each_status_is_counted_by_itself_whatever_the_counts_come_from(
    portal, city, ask, of_each_status, narrowed, subtests
):
    """Counts kept by square for low zooms, by row in a box, and by square for other filters."""
    publish.update(portal.core, city, portal.facts_folder)
    for zoom, statuses in itertools.product((0, 5, 9, 14), COUNTS_OF_STATUSES):
        with subtests.test(zoom=zoom, statuses=statuses):
            cells = ask(zoom, HERE, f"status={statuses}{narrowed}", is_fine=True)["cells"]
            counts = [sum(cell[2] for cell in cells), sum(cell[3] for cell in cells)]
            assert counts == COUNTS_OF_STATUSES[statuses]


@pytest.mark.parametrize("status", ["open", "in_progress", "closed"])
def test_a_pin_says_its_own_status(at, of_each_status, status):
    assert {pin[3] for pin in at(14, HERE, f"status={status}")["pins"]} == {status}


@pytest.mark.parametrize("query", ["photo=no", "status=open", "service=pothole", ""])
def test_cells_are_the_same_ones_whatever_they_are_counted_from(
    portal, city, ask, add_case, query, subtests
):
    """Squares of all zooms are asked for: counted beforehand, added up, and row by row in a box."""
    for number in range(40):
        step = 0.0007 * number
        closed = "2026-01-07" if number % 3 == 0 else None
        add_case(str(number), closed=closed, lat=42.30 + step, lon=-71.10 + step)
    publish.update(portal.core, city, portal.facts_folder)
    # Of one status, a circle kept for low zooms stands in the middle of all of them.
    first = 2 if query.startswith("status") else 0
    for zoom in (0, 4, 9, 10, 11, 12, 13, 14, 16):
        with subtests.test(zoom=zoom):
            counted = ask(zoom, HERE, f"{query}&bbox=-180,-85,180,85", is_fine=True)["cells"]
            kept = ask(zoom, HERE, query, is_fine=True)["cells"]
            assert [cell[first:] for cell in kept] == [cell[first:] for cell in counted]
