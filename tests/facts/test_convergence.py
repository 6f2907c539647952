"""Facts that followed every change equal rebuilt ones, whatever happened in between."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from portal.domain import morton
from portal.facts import publish
from portal.facts.build import rebuild
from portal.facts.reader import open_newest
from portal.facts.verify import verify
from portal.store.models import Case, Service
from tests.conftest import prepare_store
from tests.support.examples import examples

numbers = itertools.count()
CASES = st.integers(1, 12)
STATES = st.sampled_from(["public", "public", "public", "service", "held", "withdrawn"])
PLACES = st.sampled_from([None, (42.31, -71.06), (42.3100001, -71.06), (42.34, -71.09)])
CHANGES = st.lists(
    st.tuples(CASES, STATES, PLACES, st.sampled_from(["open", "in_progress", "closed"])), max_size=6
)


def store_batch(portal, city_id: str, rev: int, changes) -> None:
    """One batch as a sync stores it: rows added or changed, all with the batch's number."""
    with portal.transaction() as connection:
        connection.execute(
            text("delete from data_versions where jurisdiction_id = :c"), {"c": city_id}
        )
        connection.execute(
            text("insert into data_versions values (:c, :rev, :at, :rev, :at)"),
            {"c": city_id, "rev": rev, "at": 1_768_000_000 + rev},
        )
        for number, visibility, place, status in {change[0]: change for change in changes}.values():
            connection.execute(
                text("delete from cases where jurisdiction_id = :c and id = :id"),
                {"c": city_id, "id": number},
            )
            connection.execute(
                insert(Case).values(case_row(city_id, number, rev, visibility, place, status))
            )


def case_row(city_id: str, number: int, rev: int, visibility: str, place, status: str) -> dict:
    times = {
        "opened_at": 1_700_000_000 + number,
        "updated_at": 1_700_000_000 + rev,
        "first_seen_at": 5,
        "source_updated_at": rev,
    }
    state = {
        "visibility": visibility,
        "status": status,
        "is_open": int(status != "closed"),
        "rev": rev,
        "content_hash": "",
    }
    names = {
        "case_id": str(number),
        "source": "test",
        "source_id": str(number),
        "service_id": 1,
        "opened_month": 24_286,
    }
    lat, lon = place or (None, None)
    where = {
        "lat": lat,
        "lon": lon,
        "quad": place and morton.encode(lat, lon),
        "place_precision": "exact",
    }
    return {
        "jurisdiction_id": city_id,
        "id": number,
        "contradictions": 0,
        **times,
        **state,
        **names,
        **where,
    }


def content(folder: Path, city_id: str) -> list[list[tuple]]:
    facts = open_newest(folder, city_id)
    # The last digits of sums and means of degrees depend on the order of adding: what differs by
    # less than a tenth of a millimetre is the same.
    counts = facts.rows(
        "select * exclude (lon_sum, lat_sum), round(lon_sum, 6), round(lat_sum, 6)"
        " from counts order by all"
    )
    cells = facts.rows(
        "select * exclude (lon, lat), round(lon, 9), round(lat, 9) from cells order by all"
    )
    return [
        facts.rows(f"select * from {table} order by all")
        for table in ("cases", "services", "labels")
    ] + [counts, cells]


@examples(8)
@given(batches=st.lists(st.tuples(CHANGES, st.booleans()), min_size=1, max_size=4))
def test_following_changes_gives_what_building_anew_gives(portal, city, batches):
    town = replace(city, id=f"town{next(numbers)}")
    folder = portal.facts_folder
    store_batch(portal, town.id, 1, [(1, "public", None, "open")])
    for rev, (changes, publishes) in enumerate(batches, 2):
        store_batch(portal, town.id, rev, changes)
        if publishes:
            publish.update(portal.core, town, folder)
    publish.update(portal.core, town, folder)
    followed = content(folder, town.id)
    assert verify(portal.core, town, folder) == []
    rebuild(portal.core, town, folder)
    assert content(folder, town.id) == followed


FOLLOW = """
import sys
from portal.context import Portal
from portal.facts import publish
from portal.jurisdictions import parse
from portal.settings import Settings
bounds = {"south": 42.3, "west": -71.1, "north": 42.35, "east": -71.04}
city = parse("smallville", {"name": "Smallville", "zone": "America/New_York", "bounds": bounds})
portal = Portal(Settings(data_dir=sys.argv[1], secret_key="test"), cities={city.id: city})
print("ready", flush=True)
while True:
    publish.update(portal.core, city, portal.facts_folder)
"""


def test_killed_at_any_moment_it_leaves_facts_that_can_be_read_and_mended(tmp_path, city):
    from portal.context import Portal
    from portal.settings import Settings

    portal = Portal(Settings(data_dir=tmp_path, secret_key="test"), cities={city.id: city})
    prepare_store(portal)
    with portal.transaction() as connection:
        connection.execute(
            insert(Service).values(
                jurisdiction_id=city.id,
                service_id=1,
                service_code="1",
                name="Pothole",
                slug="pothole",
                is_public=1,
                place_precision="exact",
                is_shown=1,
            )
        )
    store_batch(
        portal, city.id, 1, [(number, "public", (42.31, -71.06), "open") for number in range(1, 13)]
    )
    publish.update(portal.core, city, portal.facts_folder)
    for round_number in range(6):
        follower = subprocess.Popen(
            [sys.executable, "-c", FOLLOW, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert follower.stdout is not None
        follower.stdout.readline()
        for step in range(4):
            store_batch(
                portal,
                city.id,
                2 + round_number * 4 + step,
                [(step + 1, "held" if round_number % 2 else "public", None, "closed")],
            )
            time.sleep(0.013 * (round_number % 5))
        os.kill(follower.pid, signal.SIGKILL)
        follower.wait()
        follower.stdout.close()
        assert (
            open_newest(portal.facts_folder, city.id).rows("select count(*) from cases")[0][0] >= 8
        )
        publish.update(portal.core, city, portal.facts_folder)
        assert verify(portal.core, city, portal.facts_folder) == []
    assert len(list(portal.facts_folder.glob("*.duckdb*"))) == 2, (
        "the working file and one published version"
    )
    portal.close()
