"""Fixtures everybody uses: a small city, a portal on each database, cases, and the way to the real files."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import insert, select, text, update

from portal import migrations
from portal.context import Portal
from portal.domain import morton
from portal.domain.areas import AreaKind
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction, Pin, ServiceRule
from portal.domain.route_rules import RouteRule, System
from portal.domain.slug import make_slug
from portal.services.sync import areas
from portal.settings import Settings
from portal.store import search_index
from portal.store.engines import core_engine
from portal.store.ids import reserve_case_ids
from portal.store.models import LABEL_KINDS, Case, DataVersion, Label, Service
from tests.support import examples, groups, in_memory
from tests.support.browser import FLAGS, require_chromium
from tests.support.postgres import Cluster
from tests.support.stores import copy_store

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


examples.register()


def pytest_configure() -> None:
    in_memory.use()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, what takes longest comes first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: groups.turn(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> groups.WholeGroups:
    """Several workers take whole groups of tests."""
    return groups.WholeGroups(config, log)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One PostgreSQL for the session, with a migrated template that every test's database is copied from."""
    cluster = Cluster()
    _make_template(cluster)
    yield cluster
    cluster.stop()


def _make_template(cluster: Cluster) -> None:
    cluster.make_database("template_portal")
    engine = core_engine(Settings(database_url=cluster.url("template_portal"), secret_key="test"))
    migrations.upgrade(engine)
    engine.dispose()


_numbers = itertools.count(1)


@pytest.fixture
def postgresql_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh migrated PostgreSQL database of the test's own."""
    with own_database(postgres_cluster) as url:
        yield url


@contextmanager
def own_database(cluster: Cluster) -> Iterator[str]:
    """The address of a fresh migrated database, as long as it is needed."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    cluster.make_database(name, "template_portal")
    yield cluster.url(name)
    cluster.drop_database(name)


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
    """A square of five kilometres in Boston's time zone, with a City Hall pin and one private service."""
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
    """Migrate a new portal's store: SQLite's by a copy, PostgreSQL's from the template."""
    if portal.settings.database_url:
        migrations.upgrade(portal.core, portal.settings)
    else:
        copy_store(portal.settings.data_dir)


@pytest.fixture
def engine(portal: Portal):
    """The portal's core engine."""
    return portal.core


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Monday 23 November 2026, noon UTC."""
    return lambda: NOW


@pytest.fixture
def add_case(portal: Portal, city: Jurisdiction) -> Callable[..., str]:
    return case_adder(portal, city)


def case_adder(portal: Portal, city: Jurisdiction) -> Callable[..., str]:
    """add_case("101", opened="2026-01-05", closed="2026-01-07", neighborhood="Roxbury", …) stores one case and returns its case_id.

    Days are UTC midnights; any column of `cases` can be given by name; service, department, queue, channel, neighborhood, district,
    tract and ward are given as words.
    """

    def add(
        case_id: str = "101", opened: str = "2026-01-05", closed: str | None = None, **columns
    ) -> str:
        with portal.transaction() as connection:
            rev = _next_rev(connection, city.id)
            service = columns.pop("service", "Pothole")
            values = _case_defaults(city, case_id, opened, closed)
            is_public = columns.get("visibility", "public") == "public"
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
    """add_area("Northside", south=42.32, north=42.34, west=-71.09, east=-71.05, kind="district"): the one area of its kind, a rectangle."""

    def add(
        name: str,
        *,
        south: float,
        north: float,
        west: float,
        east: float,
        kind: AreaKind = "neighborhood",
    ) -> None:
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        with portal.transaction() as connection:
            areas.save_layer(
                connection,
                city,
                kind,
                [(name, json.dumps({"type": "Polygon", "coordinates": [ring]}))],
                int(NOW.timestamp()),
            )

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


def _next_rev(connection, city_id: str) -> int:
    query = text("select rev from data_versions where jurisdiction_id = :city")
    rev = connection.execute(query, {"city": city_id}).scalar()
    if rev is None:
        connection.execute(
            insert(DataVersion).values(
                jurisdiction_id=city_id, rev=1, changed_at=int(NOW.timestamp())
            )
        )
        return 1
    connection.execute(
        text("update data_versions set rev = rev + 1 where jurisdiction_id = :city"),
        {"city": city_id},
    )
    return rev + 1


def _service_id(connection, city: Jurisdiction, name: str, is_public: bool) -> int:
    """The service's number; as the sync does, a public case makes it one that the public may read."""
    key = Service.jurisdiction_id == city.id, Service.name == name
    if is_public:
        connection.execute(update(Service).where(*key).values(is_shown=1))
    if found := connection.execute(select(Service.service_id).where(*key)).scalar():
        return found
    number = (
        connection.execute(
            text("select max(service_id) from services where jurisdiction_id = :city"),
            {"city": city.id},
        ).scalar()
        or 0
    ) + 1
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
    number = (
        connection.execute(
            text("select max(label_id) from labels where jurisdiction_id = :city"),
            {"city": city_id},
        ).scalar()
        or 0
    ) + 1
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
    """The folder of the cities' real files beside the checkout; absent: the test is skipped, under CI=true it fails."""
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
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=FLAGS)
        yield chromium
        chromium.close()
