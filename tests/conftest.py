"""Fixtures for all tests: a small city, a portal on each database, cases, the real files."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from portal import migrations, private_files
from portal.context import Portal
from portal.domain import morton
from portal.domain.areas import AreaKind
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction, Pin, ServiceRule
from portal.domain.route_rules import RouteRule, System
from portal.domain.slug import make_slug
from portal.services.sync import areas
from portal.settings import Settings
from portal.store import data_version, search_index
from portal.store.ids import reserve_case_ids
from portal.store.models import LABEL_KINDS, Case, Label, Service
from tests.support import cheap_passwords, databases, examples, groups, in_memory
from tests.support.browser import FLAGS, ONLY_OURS, fast_chromium
from tests.support.clock import Clock
from tests.support.databases import lend_database
from tests.support.outlines import rectangle
from tests.support.postgres import Cluster
from tests.support.stores import copy_store

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


examples.register()


def pytest_configure() -> None:
    in_memory.use()
    cheap_passwords.use()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, what takes longest comes first.

    What drives a browser or other processes is tried once more where it fails, and named in the
    summary with its reason: red twice is red.
    """
    for item in items:
        if item.get_closest_marker("browser") or groups.is_timed(item.nodeid):
            item.add_marker(pytest.mark.flaky(reruns=1))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: groups.turn(item.nodeid))


def pytest_collection_finish() -> None:
    """What is there now stays: looking for garbage in it took a fifteenth of the tests' time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # DuckDB names at its end what it takes for leaks


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> groups.WholeGroups:
    """Several workers take whole groups of tests."""
    return groups.WholeGroups(config, log)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One PostgreSQL for the session."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture
def postgresql_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh migrated PostgreSQL database of the test's own."""
    with lend_database(postgres_cluster) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; a test that asks for a portal runs once on each."""
    return request.param


@pytest.fixture
def settings(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings on the test's own folder and database; no outside tile server."""
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else ""
    return Settings(
        data_dir=tmp_path / "var",
        database_url=url,
        secret_key="test",
        jurisdictions="demo",
        tile_url="none",
    )


@pytest.fixture
def city() -> Jurisdiction:
    return smallville()


def smallville() -> Jurisdiction:
    """Five kilometers square, in Boston's time zone, with a City Hall pin and a private service."""
    return Jurisdiction(
        id="smallville",
        name="Smallville",
        zone=ZoneInfo("America/New_York"),
        bounds=Bounds(south=42.30, west=-71.10, north=42.35, east=-71.04),
        host_names=("smallville.localhost",),
        systems=(System("desk", "open311", endpoint="desk"),),
        catch_all=RouteRule("City Hall", "Front Desk"),
        no_place_pins=(Pin(42.3400, -71.0500),),
        service_rules=(
            ServiceRule(match="needle", public=False, why="health"),
            ServiceRule(match="housing", place="block", why="somebody's home"),
        ),
    )


@pytest.fixture
def portal(settings: Settings, city: Jurisdiction) -> Iterator[Portal]:
    """A portal of Smallville on a migrated store, once per database."""
    made = Portal(settings, cities={city.id: city})
    prepare_store(made)
    yield made
    made.close()


def prepare_store(portal: Portal) -> None:
    """Migrate a new portal's store: SQLite's by a copy, PostgreSQL's if its template did not."""
    if not portal.settings.database_url:
        copy_store(portal.settings.data_dir)
    elif databases.is_ready(portal.settings):
        private_files.make_folder(portal.settings.data_dir)
    else:
        migrations.upgrade(portal.core, portal.settings)


@pytest.fixture
def engine(portal: Portal):
    """The portal's core engine."""
    return portal.core


@pytest.fixture
def clock() -> Clock:
    """Monday 23 November 2026, noon UTC."""
    return Clock()


@pytest.fixture
def said() -> list[str]:
    """For what a job of the worker says, line by line."""
    return []


@pytest.fixture
def add_case(portal: Portal, city: Jurisdiction) -> Callable[..., str]:
    return case_adder(portal, city)


def case_adder(portal: Portal, city: Jurisdiction) -> Callable[..., str]:
    """A function that stores one case and returns its case_id.

        add_case("101", opened="2026-01-05", closed="2026-01-07", neighborhood="Roxbury")

    Days are UTC midnights. Any column of `cases` can be given by name; service, department, queue,
    channel, neighborhood, district, tract and ward are given as words.
    """

    def add(
        case_id: str = "101", opened: str = "2026-01-05", closed: str | None = None, **columns
    ) -> str:
        with portal.transaction() as connection:
            is_public = columns.get("visibility", "public") == "public"
            rev = _next_rev(connection, city.id, is_public)
            service = columns.pop("service", "Pothole")
            values = _case_defaults(city, case_id, opened, closed)
            values["service_id"] = _service_id(connection, city, service, is_public)
            for kind in LABEL_KINDS:
                if kind in columns:
                    values[f"{kind}_id"] = _label_id(
                        connection, city.id, kind, columns.pop(kind), is_public
                    )
            values |= columns | {"rev": rev}
            if values["lat"] is not None and "quad" not in columns:
                values["quad"] = morton.encode(values["lat"], values["lon"])
            values["id"] = reserve_case_ids(connection, 1)[0]
            connection.execute(insert(Case).values(**values))
            words = " ".join(
                str(part)
                for part in (
                    values["title"],
                    service,
                    values["address"],
                    values["note"],
                    values["closure_reason"],
                )
                if part
            )
            public = values["visibility"] == "public"
            search_index.index_cases(
                connection,
                [
                    search_index.Entry(
                        city.id, values["id"], values["opened_at"], words, public, None
                    )
                ],
            )
        return case_id

    return add


@pytest.fixture
def add_area(portal: Portal, city: Jurisdiction) -> Callable[..., None]:
    """A function that stores a rectangle as the only area of its kind.

    add_area("Northside", south=42.32, north=42.34, west=-71.09, east=-71.05, kind="district")
    """

    def add(
        name: str,
        *,
        south: float,
        north: float,
        west: float,
        east: float,
        kind: AreaKind = "neighborhood",
    ) -> None:
        outline = rectangle(south, north, west, east)
        with portal.transaction() as connection:
            areas.save_layer(connection, city, kind, [(name, outline)], int(NOW.timestamp()))

    return add


def epoch(day: str) -> int:
    """Epoch seconds of an ISO day or time, UTC where it names no zone."""
    moment = datetime.fromisoformat(day)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _case_defaults(
    city: Jurisdiction, case_id: str, opened: str, closed: str | None
) -> dict[str, object]:
    opened_at, closed_at = epoch(opened), epoch(closed) if closed else None
    return {
        "jurisdiction_id": city.id,
        "case_id": case_id,
        "source": "test",
        "source_id": case_id,
        "visibility": "public",
        "first_seen_at": opened_at,
        "source_updated_at": closed_at or opened_at,
        "content_hash": case_id,
        "status": "closed" if closed else "open",
        "is_open": 0 if closed else 1,
        "opened_at": opened_at,
        "closed_at": closed_at,
        "updated_at": closed_at or opened_at,
        "opened_month": _month(city, opened_at),
        "closed_month": _month(city, closed_at) if closed_at else None,
        "days_open": (closed_at - opened_at) // 86_400 if closed_at else None,
        "contradictions": 0,
        "title": None,
        "address": None,
        "note": None,
        "closure_reason": None,
        "lat": 42.32,
        "lon": -71.07,
        "place_precision": "exact",
    }


def _month(city: Jurisdiction, moment: int) -> int:
    local = datetime.fromtimestamp(moment, city.zone)
    return local.year * 12 + local.month - 1


def _next_rev(connection, city_id: str, is_public: bool) -> int:
    now = int(NOW.timestamp())
    return data_version.advance(connection, city_id, now, is_public=is_public)


def _next_number(connection, city_id: str, column: InstrumentedAttribute[int]) -> int:
    """One more than the largest number that the city has in this column."""
    query = select(func.max(column)).where(column.class_.jurisdiction_id == city_id)
    return (connection.execute(query).scalar() or 0) + 1


def _service_id(connection, city: Jurisdiction, name: str, is_public: bool) -> int:
    """The service's number. As in the sync, a public case makes the service public."""
    key = Service.jurisdiction_id == city.id, Service.name == name
    if is_public:
        connection.execute(update(Service).where(*key).values(is_shown=1))
    if found := connection.execute(select(Service.service_id).where(*key)).scalar():
        return found
    number = _next_number(connection, city.id, Service.service_id)
    rule = city.rule_for(name, name)
    connection.execute(
        insert(Service).values(
            jurisdiction_id=city.id,
            service_id=number,
            service_code=name,
            name=name,
            slug=make_slug(name),
            is_public=int(rule.public),
            place_precision=rule.place,
            is_shown=int(is_public),
        )
    )
    return number


def _label_id(connection, city_id: str, kind: str, name: str, is_public: bool) -> int:
    """The label's number; as the sync does, a public case makes it one that the public may read."""
    key = Label.jurisdiction_id == city_id, Label.kind == kind, Label.name == name
    if is_public:
        connection.execute(update(Label).where(*key).values(is_public=1))
    if found := connection.execute(select(Label.label_id).where(*key)).scalar():
        return found
    number = _next_number(connection, city_id, Label.label_id)
    label = {
        "label_id": number,
        "kind": kind,
        "name": name,
        "slug": make_slug(name),
        "is_public": int(is_public),
    }
    connection.execute(insert(Label).values(jurisdiction_id=city_id, **label))
    return number


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The cities' real files beside the checkout; without them a test is skipped (in CI: fails)."""
    if REAL_DATA.is_dir():
        return REAL_DATA
    reason = "the cities' real files are not here (../shared/data)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI=true wants them")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests: a second Playwright in the same process would refuse to start."""
    with sync_playwright() as playwright:
        args = [*FLAGS, ONLY_OURS]
        chromium = playwright.chromium.launch(executable_path=fast_chromium(), args=args)
        yield chromium
        chromium.close()
