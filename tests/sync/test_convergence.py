"""Events in any order, doubled, split or interrupted, leave one store and one set of facts."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from data_sync.pull.area_finder import AreaFinder
from data_sync.pull.checks import check_record
from portal.domain.case import CaseRecord
from portal.facts import publish
from portal.facts.reader import open_newest
from portal.facts.verify import verify
from portal.services.sync import ingest
from tests.support.examples import examples
from tests.sync.support import NOW, content_of, day, found_by, record
from tests.sync.test_area_finder import EAST, WEST, layer

numbers = itertools.count()
WORDS = ("zebra", "call 617-635-4500", "lamp", None)
SERVICES = ("Pothole", "Needle pickup", "Housing")


@st.composite
def events(draw) -> CaseRecord:
    """One version of one of four cases."""
    is_closed, service = draw(st.booleans()), draw(st.sampled_from(SERVICES))
    lat, lon = draw(
        st.sampled_from(
            [(None, None), (42.31, -71.05), (42.33, -71.09), (40.0, -74.0), (42.34, -71.05)]
        )
    )
    return record(
        draw(st.sampled_from("1234")),
        updated_at=day(draw(st.integers(6, 9))),
        service_code=service,
        service_name=service,
        status="closed" if is_closed else "open",
        closed_at=day(draw(st.integers(4, 6))) if is_closed else None,
        close_provenance="source" if is_closed else None,
        opened_at=day(draw(st.integers(4, 5))),
        neighborhood=draw(st.sampled_from([None, "Westside", "Elsewhere"])),
        department=draw(st.sampled_from([None, "Streets"])),
        closure_reason=draw(st.sampled_from(WORDS)),
        address=draw(st.sampled_from([None, "12 Main St Apt 4"])),
        lat=lat,
        lon=lon,
        is_public=draw(st.sampled_from([True, True, False])),
    )


def pages_of(told: list[CaseRecord], cuts: list[int]) -> list[list[CaseRecord]]:
    edges = [0, *sorted(cut % (len(told) + 1) for cut in cuts), len(told)]
    return [told[start:end] for start, end in itertools.pairwise(edges)]


class Interrupted(Exception):
    pass


def replay(
    portal, town, pages: list[list[CaseRecord]], interrupted: set[int], publishes: bool
) -> None:
    """Store the pages; an interrupted one is rolled back at its end and comes again.

    Facts are published now and then if `publishes`, otherwise never.
    """
    finder = AreaFinder(
        town, {"neighborhood": [("East", layer_of(EAST)), ("Westside", layer_of(WEST))]}
    )
    for number, page in enumerate(pages):
        for is_broken_off in (True, False) if number in interrupted else (False,):
            try:
                with portal.transaction() as connection:
                    records = finder.set_areas([check_record(told, town, NOW) for told in page])
                    arrived = ingest.SourcePage("town", records, cursor={"page": number})
                    ingest.save_page(connection, town, arrived, None, NOW)
                    if is_broken_off:
                        raise Interrupted
            except Interrupted:
                pass
        if publishes and number % 2:
            publish.update(portal.core, town, portal.facts_folder)
    if publishes:
        publish.update(portal.core, town, portal.facts_folder)


def layer_of(polygon: dict) -> str:
    return json.dumps(json.loads(layer(("x", polygon)))["features"][0]["geometry"])


FACTS = """
select c.case_id, c.opened_at, c.closed_at, c.updated_at, c.status, s.name, n.name, d.name, c.lat,
    c.lon, c.quad, c.opened_month, c.closed_month, c.days_open, c.contradictions
from cases c
left join services s on s.service_id = c.service
left join labels n on n.label_id = c.neighborhood
left join labels d on d.label_id = c.department
order by c.case_id
"""


def stored(portal, town) -> tuple:
    searches = [
        found_by(portal, town, words)
        for words in ("zebra", "lamp", "pothole", "housing", "needle", "main", "4500")
    ]
    return content_of(portal, town), searches


def published(portal, town) -> list[tuple]:
    assert verify(portal.core, town, portal.facts_folder) == []
    return open_newest(portal.facts_folder, town.id).rows(FACTS, [])


def told_twice(portal, city, data, told: list[CaseRecord], publishes: bool):
    """Two cities that get the same events: one in a page, one shuffled, doubled, interrupted."""
    straight, crooked = (replace(city, id=f"town{next(numbers)}") for _ in range(2))
    replay(portal, straight, [told], set(), publishes)
    again = data.draw(
        st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5)))
    )
    pages = pages_of(again, data.draw(st.lists(st.integers(0, 20), max_size=4)))
    replay(portal, crooked, pages, data.draw(st.sets(st.integers(0, len(pages)))), publishes)
    return straight, crooked


@examples(40)
@given(data=st.data(), told=st.lists(events(), min_size=1, max_size=14))
def test_any_order_doubling_splitting_and_interruption_gives_one_state(portal, city, data, told):
    straight, crooked = told_twice(portal, city, data, told, publishes=False)
    assert stored(portal, straight) == stored(portal, crooked)


@examples(6)
@given(data=st.data(), told=st.lists(events(), min_size=1, max_size=14))
def test_any_order_doubling_splitting_and_interruption_gives_one_set_of_facts(
    portal, city, data, told
):
    straight, crooked = told_twice(portal, city, data, told, publishes=True)
    assert stored(portal, straight) == stored(portal, crooked)
    assert published(portal, straight) == published(portal, crooked)
