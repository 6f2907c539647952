"""The weekly check of open cases: what the city no longer knows is withdrawn after two checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from data_sync.pull import reconcile
from data_sync.reading.base import Page
from data_sync.sources.csv_file import CsvFileSource
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.sync.support import NOW, SOURCE, public_rows_of, record, rows_of, save


class Town(CsvFileSource):
    """A town that can be asked for single cases, and knows some."""

    cases_a_week = 100

    def __init__(self, city, known: tuple[str, ...] = (), cases_a_week: int = 100) -> None:
        super().__init__(
            city,
            {key: value for key, value in SOURCE.items() if key != "kind"},
            lambda *_, **__: None,
        )  # type: ignore[arg-type]
        self.known, self.cases_a_week = known, cases_a_week
        self.asked: list[list[str]] = []

    def pages_of_cases(self, source_ids: list[str], *, now: datetime) -> Iterator[Page]:
        self.asked.append(source_ids)
        yield Page(
            rows=[{"id": number} for number in source_ids if number in self.known],
            cursor=None,
            as_of=now,
        )


def look(portal, town: Town, weeks: int) -> tuple[list[str], list[str]]:
    """A look so many weeks after the import: what the public sees after it, and what it told."""
    told: list[str] = []
    list(
        reconcile.pages_of_old_open_cases(
            portal, town, NOW + timedelta(days=7 * weeks, minutes=1), told.append
        )
    )
    return [
        case
        for (case,) in public_rows_of(portal, "select case_id from public_cases order by case_id")
    ], told


def known_here(portal, city, *numbers: str, year: int = 2026) -> None:
    """Open cases of 1 March of a year, as the city last told them."""
    opened_at = datetime(year, 3, 1, tzinfo=UTC)
    save(
        portal,
        city,
        *(record(number, opened_at=opened_at, updated_at=opened_at) for number in numbers),
    )


def test_a_case_is_withdrawn_only_when_two_weekly_looks_miss_it(portal, city):
    known_here(portal, city, "1", "2")
    town = Town(city)
    assert look(portal, town, 0) == (["1", "2"], [])
    assert town.asked == []
    assert look(portal, town, 1) == (["1", "2"], [])
    assert look(portal, town, 1) == (["1", "2"], [])
    assert town.asked == [["1", "2"]]
    save(portal, city, record("2", updated_at=NOW))
    assert look(portal, town, 2) == (["2"], [])


def test_the_look_asks_for_all_open_cases_where_a_week_has_room_for_them(portal, city):
    known_here(portal, city, *"123")
    town = Town(city, tuple("123"), cases_a_week=4)
    for weeks in range(4):
        look(portal, town, weeks)
    assert town.asked == [["1", "2", "3"]] * 3


def test_where_a_week_has_no_room_the_looks_take_turns_and_miss_none(portal, city):
    known_here(portal, city, *"12345")
    town = Town(city, tuple("12345"), cases_a_week=2)
    for weeks in range(6):
        look(portal, town, weeks)
    assert [len(asked) for asked in town.asked] == [2] * 5
    assert sorted("".join(map("".join, town.asked))) == sorted("12345" * 2), (
        "each twice in five looks of two"
    )


def test_a_year_that_is_gone_as_a_whole_takes_no_case_with_it(portal, city):
    """A city takes down the table of a year, or cases came from a file that was in no table."""
    gone, here = [f"a{number:02}" for number in range(21)], ["b1", "b2"]
    known_here(portal, city, *gone, year=2025)
    known_here(portal, city, *here)
    town = Town(city, ("b1",))
    look(portal, town, 0)
    sentence = "town: the city knows only 0 of 21 open cases of 2025 any more; none is withdrawn"
    assert look(portal, town, 1) == ([*gone, *here], [sentence])
    assert look(portal, town, 2) == ([*gone, "b1"], [sentence])
    assert rows_of(portal, "select source_id from quarantine") == [("b2",)]


def test_many_that_are_gone_among_more_that_are_here_are_withdrawn(portal, city):
    gone, here = (
        [f"a{number:02}" for number in range(21)],
        [f"b{number:02}" for number in range(21)],
    )
    known_here(portal, city, *gone, *here)
    for weeks in range(3):
        seen, told = look(portal, Town(city, tuple(here)), weeks)
        assert told == []
    assert seen == here


def test_a_city_whose_cases_come_as_a_csv_is_not_asked_for_single_ones(portal, city):
    known_here(portal, city, "1")
    table = {key: value for key, value in SOURCE.items() if key != "kind"}
    entry = {**table, "path": "town.csv"}
    source = CsvFileSource(city, entry, lambda *_, **__: None)  # type: ignore[arg-type]
    assert (
        list(reconcile.pages_of_old_open_cases(portal, source, NOW + timedelta(days=14), print))
        == []
    )
    assert rows_of(portal, "select count(*) from leases where name like 'reconcile%'") == [(0,)]


def test_a_held_case_that_its_city_drops_is_not_released_to_everybody(portal, city):
    """It was, until the next look withdrew it: what is held was passed over."""
    known_here(portal, city, "1", "2")
    town, act = Town(city, ("2",)), Act("Ana", "a name", int(NOW.timestamp()))
    for number in "12":
        moderation.hold_case(portal, city, number, act)
    for week in (0, 1, 2):
        look(portal, town, week)
    for number in "12":
        moderation.release_case(portal, city, number, act)
    assert look(portal, town, 2) == (["2"], [])


def test_a_held_case_that_its_city_shows_again_can_be_released_to_everybody(portal, city):
    known_here(portal, city, "1")
    town, act = Town(city), Act("Ana", "a name", int(NOW.timestamp()))
    moderation.hold_case(portal, city, "1", act)
    for week in (0, 1, 2):
        look(portal, town, week)
    known_here(portal, city, "1")
    moderation.release_case(portal, city, "1", act)
    assert look(portal, town, 2) == (["1"], [])
