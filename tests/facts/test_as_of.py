"""As of a past day: what the portal showed then, without what has been hidden since."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from data_sync.pull.checks import check_record
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish
from portal.facts.reader import Facts
from portal.facts.reader_at import facts_at
from portal.facts.schema import CASE_NAMES
from portal.facts.verify import verify
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.services.sync import ingest
from portal.services.sync.withdrawal import withdraw_cases
from tests.support.examples import examples
from tests.sync.support import record

numbers = itertools.count()
FIRST_DAY = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
COLUMNS = [name for name in CASE_NAMES if name != "followers"]
NAMES = ", ".join(COLUMNS)

PLACES = st.sampled_from([(None, None), (42.32, -71.07), (42.33, -71.05)])
CLOSED = st.sampled_from([None, None, 5, 40, 90])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "closed": CLOSED,
        "opened": st.sampled_from([1, 40]),
        "place": PLACES,
        "service": st.sampled_from(["Pothole", "Graffiti", "needle"]),
        "neighborhood": st.sampled_from([None, "Roxbury", "ROXBURY", "Mattapan"]),
        "note": st.sampled_from([None, "Deep", "Mind the gap"]),
        "photo_url": st.sampled_from([None, "https://photos.example/1.jpg"]),
        "closed_photo_url": st.sampled_from([None, "https://photos.example/2.jpg"]),
        "target": st.sampled_from([None, 50, 60]),
        "is_public": st.sampled_from([True, True, False]),
        "city_on_time": st.sampled_from([None, True, False]),
    },
)
DEEDS = st.sampled_from(["say", "say", "say", "say", "withdraw", "hold", "release", "hide"])
STEPS = st.lists(st.tuples(DEEDS, st.integers(1, 2), CHANGES), min_size=6, max_size=9)


def at_day(number: int) -> datetime:
    return FIRST_DAY + timedelta(days=number)


@dataclass
class Town:
    """A city and what its source says of its cases."""

    portal: Portal
    city: Jurisdiction

    def __post_init__(self):
        self.told: dict[str, dict] = {}
        self.hidden: set[str] = set()

    def say(self, number: str, changes: dict, now: datetime) -> None:
        """The source says of a case what it said before, with these changes."""
        told = self.told.setdefault(number, {}) | changes
        self.told[number] = told
        closed = told.get("closed")
        lat, lon = told.get("place", (42.32, -71.07))
        plain = {
            name: told[name]
            for name in (
                "neighborhood",
                "note",
                "photo_url",
                "closed_photo_url",
                "city_on_time",
                "is_public",
            )
            if name in told
        }
        service = told.get("service", "Pothole")
        case = record(
            number,
            service_code=service,
            service_name=service,
            opened_at=at_day(-told.get("opened", 1)),
            status="closed" if closed else "open",
            closed_at=at_day(closed) if closed else None,
            close_provenance="source" if closed else None,
            target_at=at_day(told["target"]) if told.get("target") else None,
            lat=lat,
            lon=lon,
            updated_at=now,
            **plain,
        )
        page = ingest.SourcePage("town", [check_record(case, self.city, now)], (), None)
        with self.portal.transaction() as connection:
            ingest.save_page(connection, self.city, page, None, now)

    def withdraw(self, number: str, now: datetime) -> None:
        with self.portal.transaction() as connection:
            withdraw_cases(connection, self.city, "town", [number], int(now.timestamp()))

    def publish(self):
        publish.update(self.portal.core, self.city, self.portal.facts_folder)
        return self.portal.facts(self.city.id)

    def visibility(self, number: str) -> str | None:
        with self.portal.core.connect() as connection:
            query = text("select visibility from cases where jurisdiction_id = :c and case_id = :n")
            return connection.execute(query, {"c": self.city.id, "n": number}).scalar()


def act(now: datetime) -> Act:
    return Act("ana", "test", int(now.timestamp()))


def do(town: Town, deed: str, number: str, changes: dict, now: datetime) -> None:
    visibility = town.visibility(number)
    if deed == "say" or visibility is None:
        town.say(number, changes, now)
    elif deed == "withdraw":
        town.withdraw(number, now)
    elif deed == "hold" and visibility == "public":
        moderation.hold_case(town.portal, town.city, number, act(now))
    elif deed == "release" and visibility in ("held", "held_private"):
        moderation.release_case(town.portal, town.city, number, act(now))
    elif deed == "hide" and visibility == "public" and shows_note(town, number):
        moderation.hide_words(town.portal, town.city, number, "note", "Deep", act(now))
        town.hidden.add(number)


def shows_note(town: Town, number: str) -> bool:
    with town.portal.core.connect() as connection:
        query = text("select note from cases where jurisdiction_id = :c and case_id = :n")
        note = connection.execute(query, {"c": town.city.id, "n": number}).scalar()
    return note == "Deep"


@examples(2)
@given(steps=STEPS)
def test_as_of_a_day_is_a_copy_taken_that_day_without_what_was_hidden_since(portal, city, steps):
    town = Town(portal, replace(city, id=f"town{next(numbers)}"))
    town.say("9", {}, at_day(0))
    copies = []
    for day, (deed, number, changes) in enumerate(steps, 1):
        do(town, deed, str(number), changes, at_day(day))
        copies.append(town.publish().rows(f"select {NAMES} from cases"))
    facts = town.publish()
    for day, copy in enumerate(copies, 1):
        then = facts_at(facts, int(at_day(day).timestamp()))
        rows = then.rows(f"select {NAMES} from cases")
        assert without_hidden(town, facts, rows) == without_hidden(town, facts, copy)
        assert {row[0] for row in rows} <= {row[0] for row in copy}
    assert verify(portal.core, town.city, portal.facts_folder) == []
    assert hidden_words_in(town, facts) == []


def without_hidden(town: Town, facts: Facts, rows: list[tuple]) -> list[tuple]:
    """The rows of cases that are public now, without notes of which words were hidden."""
    public = {number for (number,) in facts.rows("select id from cases")}
    note, case_id = COLUMNS.index("note"), COLUMNS.index("case_id")
    kept = [list(row) for row in rows if row[0] in public]
    for row in kept:
        if row[case_id] in town.hidden:
            row[note] = ""
    return sorted(tuple(map(str, row)) for row in kept)


def hidden_words_in(town: Town, facts: Facts) -> list[tuple]:
    """Old notes and revisions that still say what was hidden."""
    found = []
    for number in town.hidden:
        of_case = f"id in (select id from cases where case_id = '{number}')"
        found += facts.rows(f"select note from past where {of_case} and note like '%Deep%'")
        found += facts.rows(
            f"select field from revisions where {of_case}"
            " and (old_value like '%Deep%' or new_value like '%Deep%')"
        )
    return found
