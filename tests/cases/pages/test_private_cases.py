"""A private case is nowhere, on both databases.

No byte of it is in any answer, and every answer is the same as if it did not exist.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from data_sync.pull.checks import check_record
from portal.context import Portal
from portal.datasets.freeze import freeze
from portal.domain.case import CaseRecord
from portal.domain.report import Question, Report
from portal.domain.service_definition import ServiceDefinition
from portal.facts import publish
from portal.facts.working import working_path
from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.photos import files
from portal.photos.pipeline import Developed, Picture
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared import photos
from portal.services.sync import definitions, sync_runs, withdrawal
from portal.services.sync.ingest import SourcePage, save_page
from portal.services.sync.quarantine import RejectedRow
from portal.settings import Settings
from portal.store import data_version
from tests.conftest import NOW, prepare_store
from tests.support.clock import Clock
from tests.support.crawl import (
    CASE_ADDRESSES,
    DRAWN_BY_LOT,
    PHOTO,
    SEEDS,
    TILES,
    ask,
    client_of,
    crawl,
    differing,
    routes_without,
    walk,
)
from tests.support.databases import lend_database
from tests.support.posts import ACTIONS, posts_about, send
from tests.support.report_form import Form
from tests.sync.support import day, record, save

SIZE = Question("size", "How large is it?")
CANARY = "zqcanary"
"""Starts every text of a private case; it is no word, however spelled."""
PLACE = (42.314159, -71.061803)
"""Where every private case is, and no public one."""
PLACE_DIGITS = (b"42.31415", b"71.06180")
OPENED = day(17).replace(hour=3, minute=14, second=15)
SECRETS = (
    CANARY.encode(),
    *PLACE_DIGITS,
    str(int(OPENED.timestamp())).encode(),
    OPENED.strftime("%Y-%m-%dT%H:%M").encode(),
)
PRIVATE_PHOTO = "fedcba9876543210" * 2
TEXTS = (
    "city_status", "department", "queue", "channel", "title", "address", "zipcode",
    "neighborhood", "district", "ward", "note",
    "closure_reason",
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def canary(column: str, way: str) -> str:
    return f"{CANARY}{column.replace('_', '')}{way}"


def private_case(way: str, service: str = "", **fields) -> CaseRecord:
    """A case with the canary in every text a source can give."""
    texts = {column: canary(column, way) for column in TEXTS}
    url = f"https://photos.example/{canary('photo', way)}.jpg"
    return record(
        canary("number", way), **texts, service_code=canary("code", way),
        service_name=f"{service} {canary('service', way)}".strip(),
        service_group=canary("group", way), lat=PLACE[0], lon=PLACE[1], opened_at=OPENED,
        updated_at=OPENED, target_at=OPENED,
        photo_url=url, closed_photo_url=f"{url}?after", parent_id="101",
        extra={canary("key", way): canary("value", way)}, **fields,
    )  # fmt: skip


def public_records(number: int = 0) -> list[CaseRecord]:
    """Cases of two types, three neighborhoods and every status; one repeats another.

    `number`: which later version of them.
    """
    later = {"updated_at": day(20 + number)} if number else {}
    return [
        record(
            "101",
            neighborhood="Roxbury",
            department="Roads",
            queue="Potholes",
            channel="Phone",
            address="3 Adams St",
            **later,
        ),
        record(
            "102",
            service_code="G",
            service_name="Graffiti",
            neighborhood="Dorchester",
            lat=42.33,
            lon=-71.05,
            note="On a wall",
        ),
        record(
            "103",
            status="closed",
            closed_at=day(8),
            neighborhood="Roxbury",
            closure_reason="Filled",
            parent_id="101",
            ward="Ward 3",
        ),
        record(
            "104",
            service_code="H",
            service_name="Housing",
            address="12 Elm St",
            lat=42.335,
            lon=-71.08,
            note="Call 617-555-0143",
        ),
        record(
            "105",
            lat=None,
            lon=None,
            neighborhood="Mattapan",
            status="in_progress",
            updated_at=day(9 + number),
        ),
    ]


def private_records() -> list[CaseRecord]:
    """Private by their source or by the city's rule.

    Some have words that public cases have too, and could change what those are called.
    """
    by_source, by_rule = private_case("source", is_public=False), private_case("rule", "Needle")
    kindred = replace(
        private_case("kindred", is_public=False), service_code="Pothole", neighborhood="ROXBURY!",
        department="roads", queue="Pot holes",
        updated_at=day(21),
    )  # fmt: skip
    first_of_type = replace(
        private_case("first", is_public=False),
        service_code="G",
        service_group=None,
        updated_at=day(21),
    )
    closed = replace(
        private_case("closed", is_public=False), status="closed", closed_at=day(18), parent_id="104"
    )
    return [by_source, by_rule, kindred, first_of_type, closed]


def fill(portal: Portal, city, with_private: bool) -> None:
    """The same public cases, with private ones before, between and after them."""
    private = private_records() if with_private else []
    # Everyone may know how many rows could not be used, but not what is in them.
    save(portal, city, *private, rejected=[RejectedRow(CANARY, "bad_time", CANARY, CANARY)])
    save(portal, city, *private[:2], *public_records(), *private[2:])
    save(
        portal,
        city,
        *public_records(1),
        *[replace(case, note=f"{case.note}again", updated_at=day(22)) for case in private],
    )
    add_photo(portal, city, "101", PHOTO)
    log_failed_run(portal, city)
    log_counted_run(portal, city, with_private)
    ask_for_the_size(portal, city)
    if with_private:
        make_private(portal, city)
    else:
        change_as_often(portal, city)
    # A private case repeats this one: its end is told to the residents of both, and to no page.
    fourth = public_records()[3]
    save(portal, city, replace(fourth, status="closed", closed_at=day(23), updated_at=day(23)))
    # What comes after hidden cases must not tell of them either: not by a number, not by a mark.
    save(portal, city, *(record(f"2{n:02}", opened_at=day(19)) for n in range(55)))
    publish.update(portal.core, city, portal.facts_folder)
    freeze(portal, city, int(NOW.timestamp()))


def change_as_often(portal: Portal, city) -> None:
    """As many public changes, and as many withdrawals by the city, which everyone may count."""
    save(portal, city, record("909", opened_at=OPENED, updated_at=OPENED))
    with portal.transaction() as connection:
        withdrawal.withdraw_cases(connection, city, "town", ["909"], int(NOW.timestamp()))


def log_failed_run(portal: Portal, city) -> None:
    """A run whose message quotes a row, as messages do, and a cursor with a case in it."""
    now = int(NOW.timestamp())
    with portal.transaction() as connection:
        run = sync_runs.start_run(connection, city.id, "town", now)
        sync_runs.move_cursor(connection, city.id, "town", {"last": CANARY}, now, now)
        sync_runs.finish_run(connection, city.id, run, sync_runs.FAILED, f"row {CANARY}", now)


def log_counted_run(portal: Portal, city, with_private: bool) -> None:
    """A run whose numbers stand on the status page: of what the public sees, and no other."""
    hidden = [private_case("works", is_public=False)] if with_private else []
    read = [record("301", opened_at=day(10), updated_at=day(11)), *hidden]
    checked = [check_record(told, city, NOW) for told in read]
    page = SourcePage("works", checked, cursor={"line": len(read)})
    now = int(NOW.timestamp())
    with portal.transaction() as connection:
        run = sync_runs.start_run(connection, city.id, "works", now)
        save_page(connection, city, page, run, NOW)
        save_page(connection, city, page, run, NOW)
        sync_runs.finish_run(connection, city.id, run, sync_runs.DONE, None, now)


def ask_for_the_size(portal: Portal, city) -> None:
    """A question of the type that the private reports answer."""
    now = int(NOW.timestamp())
    with portal.transaction() as connection:
        definitions.save_definitions(
            connection, city.id, "desk", [ServiceDefinition("Pothole", "Pothole", asks=True)], now
        )
        definitions.save_questions(connection, city.id, "Pothole", (SIZE,), now)


def make_private(portal: Portal, city) -> None:
    """Cases that become private later, or are from the start, with their photos.

    The city withdrew them, or residents or staff hid them.
    """
    now = int(NOW.timestamp())
    # It stays known that a type was public (docs/adr/0003-public-boundary.md).
    save(
        portal,
        city,
        replace(
            private_case("withdrawn"),
            service_code="Pothole",
            service_name="Pothole",
            service_group=None,
        ),
    )
    with portal.transaction() as connection:
        withdrawal.withdraw_cases(connection, city, "town", [canary("number", "withdrawn")], now)
    for visibility in ("reporter", "held"):
        report = Report(
            service_code="Pothole", note=canary("note", visibility), lat=PLACE[0], lon=PLACE[1],
            address=canary("address", visibility),
            is_public=False, idempotency_key=canary("key", visibility),
            email=f"{CANARY}@example.org", answers={SIZE.code: (CANARY,)},
        )  # fmt: skip
        submit(portal, city, report, [], Signals(is_trap_filled=visibility == "held"), now)
    add_photo(portal, city, canary("number", "source"), PRIVATE_PHOTO)
    follow(portal, city)


def follow(portal: Portal, city) -> None:
    """One resident follows a case that was then withdrawn; one has yet to confirm a public one."""
    now = int(NOW.timestamp())
    recipient = Recipient(f"{CANARY}@example.org", "en")
    with portal.transaction() as connection:
        number = {"number": canary("number", "withdrawn")}
        case = connection.execute(
            text("select id from cases where case_id = :number"), number
        ).scalar_one()
        following.add_follower(connection, portal.settings, city.id, case, recipient, now)
        rev = data_version.lock(connection, city.id, now) + 1
        following.change_follower_count(connection, city.id, case, 1, rev, now)
    following.request_following(portal, city, "101", recipient, None, now)


def add_photo(portal: Portal, city, case_id: str, name: str) -> None:
    pictures = {
        side: Picture(9, 9, f"{CANARY if name == PRIVATE_PHOTO else 'picture'} {side}".encode())
        for side in (144, 800, 1600)
    }
    files.write_photo(portal.photos_folder, name, Developed(pictures, None))
    with portal.transaction() as connection:
        key = connection.execute(
            text("select id from cases where case_id = :number"), {"number": case_id}
        ).scalar_one()
        photos.add_unsent_photo(
            connection, city.id, name, photos.BEFORE, (9, 9), int(NOW.timestamp())
        )
        photos.attach_photos(
            connection, city.id, [name], key, int(NOW.timestamp()), int(NOW.timestamp())
        )


@pytest.fixture
def second_settings(
    database: str, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """The settings of a second portal, with a store of its own."""
    with (
        lend_database(request.getfixturevalue("postgres_cluster"))
        if database == "postgresql"
        else nullcontext("") as url
    ):
        yield settings.model_copy(update={"data_dir": tmp_path / "second", "database_url": url})


@pytest.fixture
def both(portal: Portal, city, second_settings: Settings) -> Iterator[tuple[Portal, Portal]]:
    """Two portals with the same public cases, which send e-mail; one has private cases too."""
    second = Portal(second_settings, cities={city.id: city})
    for each in (portal, second):
        each.settings = each.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    prepare_store(second)
    fill(portal, city, with_private=False)
    fill(second, city, with_private=True)
    yield portal, second
    second.close()


def asked_of_private_cases() -> list[str]:
    """What people ask who know, or guess, what a private case says."""
    ways = ("source", "rule", "kindred", "first", "closed", "withdrawn")
    numbers = [canary("number", way) for way in ways]
    words = sorted(
        {
            CANARY,
            "zqc",
            canary("note", "source"),
            canary("note", "held"),
            canary("address", "reporter"),
            *numbers[:2],
        }
    )
    slugs = [
        canary(kind, "source")
        for kind in ("service", "neighborhood", "department", "channel", "district")
    ]
    kinds = ("service", "neighborhood", "department", "channel", "district")
    return [
        *(f"/cases/{number}{end}" for number in numbers for end in CASE_ADDRESSES),
        *(f"/photos/{PRIVATE_PHOTO}-{side}.webp" for side in (144, 800, 1600)),
        *(f"/staff/cases/{number}" for number in numbers),
        *(f"/staff/find?number={number}" for number in numbers),
        f"/staff/photos/{PRIVATE_PHOTO}.webp",
        f"/photos/signed/{PRIVATE_PHOTO}-{int(NOW.timestamp()) + 60}-{'0' * 32}.jpg",
        *(f"{page}?q={word}" for word in words for page in ("/search", "/cases", TILES[1])),
        *(
            f"{page}?{kind}={slug}"
            for kind, slug in zip(kinds, slugs, strict=True)
            for page in ("/cases", TILES[1])
        ),
        *(f"/cases?{kind}=~{number}" for kind in kinds for number in (1, 2, 3)),
        *(f"/places/{slug}" for slug in slugs),
        "/cases?start=2026-01-17&end=2026-01-17", "/cases?bbox=-71.062,42.314,-71.061,42.315",
        f"{TILES[4]}?start=2026-01-17",
        *(f"/{page}?lang=es" for page in ("cases", "status", "places", "report")),
    ]  # fmt: skip


def test_no_answer_shows_a_byte_of_a_private_case_or_differs_because_of_one(both):
    without, with_private = (client_of(portal) for portal in both)
    expected, answers = crawl(without, SEEDS), crawl(with_private, SEEDS)
    assert len(answers) > 150
    assert [
        (path, secret)
        for path, (_, headers, body) in answers.items()
        for secret in SECRETS
        if is_in(secret, headers, body)
    ] == []
    assert differing(expected, answers) == []


def test_asking_for_a_private_case_gets_the_same_answer_as_for_none(both):
    without, with_private = (client_of(portal) for portal in both)
    asked = asked_of_private_cases()
    assert [path for path in asked if ask(without, path) != ask(with_private, path)] == []
    assert {
        ask(with_private, path)[0] for path in asked if path.startswith(("/cases/", "/photos/"))
    } == {404}
    public = [f"/cases/101{end}" for end in CASE_ADDRESSES]
    assert {ask(with_private, path)[0] for path in public} == {200}, (
        "where a page answers nobody it hides nothing"
    )


def test_following_a_private_case_gets_the_same_answer_as_for_none_and_stores_nothing(
    both,
):
    without, with_private = (client_of(portal) for portal in both)
    way = {"data": {"email": "bo@example.org"}, "headers": {"Sec-Fetch-Site": "same-origin"}}
    paths = [path for path in asked_of_private_cases() if path.endswith("/follow")]
    answers = [
        [
            (answer.status_code, answer.data)
            for answer in (client.post(path, **way) for path in paths)
        ]
        for client in (without, with_private)
    ]
    assert answers[0] == answers[1]
    assert {status for status, _ in answers[1]} == {404}
    assert with_private.post("/cases/101/follow", **way).status_code == 200
    with both[1].core.connect() as connection:
        assert connection.execute(text("select count(*) from followers")).scalar_one() == 3


def test_nothing_sent_about_a_private_case_is_answered_unlike_what_is_sent_about_none(both):
    clients = [client_of(portal) for portal in both]
    most = {canary("number", "source"): len(ACTIONS), canary("number", "withdrawn"): 1}
    fields = dict.fromkeys(("photo", "photos", "name"), PRIVATE_PHOTO)
    fields |= {"lat": str(PLACE[0]), "lon": str(PLACE[1]), "service": "Pothole"}
    differing, answered = [], Counter()
    for number in most:
        for path, way in posts_about(clients[0], number, ACTIONS[: most[number]], **fields):
            expected, got = (send(client, path, way) for client in clients)
            answered[got[0]] += 1
            if expected != got:
                differing.append((path, way))
    assert differing == []
    assert min(answered[status] for status in (200, 303, 400, 404, 405)) > 2
    with both[1].core.connect() as connection:
        assert connection.execute(text("select count(*) from followers")).scalar_one() == 2


def test_the_form_offers_no_private_case_instead_of_a_second_report(both):
    """Where private cases are, of their type: the form goes on as if there were none."""
    said = []
    for portal in both:
        form = Form(client_of(portal), Clock(), f"/report?lat={PLACE[0]}&lon={PLACE[1]}")
        walk = [form.press(**typed).answer for typed in ({}, {}, {"service": "Pothole"})]
        said.append([DRAWN_BY_LOT.sub(rb"\1", answer.data) for answer in walk])
    assert said[0] == said[1]
    assert CANARY.encode() not in said[1][-1].lower()


def test_the_facts_have_no_byte_of_a_private_case(both, city):
    for portal in both:
        published = portal.facts(city.id).path
        for file in (published, working_path(portal.facts_folder, city.id)):
            assert not any(is_in(secret, {}, file.read_bytes()) for secret in SECRETS)
        facts = portal.facts(city.id)
        tables = [
            name for (name,) in facts.rows("select table_name from information_schema.tables")
        ]
        assert {"cases", "labels", "services"} <= set(tables)
        rows = json.dumps([facts.rows(f"select * from {name}") for name in tables], default=str)
        assert not any(is_in(secret, {}, rows.encode()) for secret in SECRETS)


def test_the_crawl_begins_at_every_route(both):
    assert routes_without({*SEEDS, *asked_of_private_cases()}, both[0]) == set()


def test_a_leak_would_be_seen(both, city):
    _, with_private = both
    with with_private.transaction() as connection:
        connection.execute(
            text("update cases set visibility = 'public' where case_id = :number"),
            {"number": canary("number", "source")},
        )
    publish.update(with_private.core, city, with_private.facts_folder)
    answers = walk(client_of(with_private), {"/cases"})
    assert any(is_in(CANARY.encode(), headers, body) for _, (_, headers, body) in answers)


def is_in(secret: bytes, headers: dict[str, str], body: bytes) -> bool:
    return secret in body.lower() or secret in json.dumps(headers).lower().encode()
