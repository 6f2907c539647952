"""A hidden report moves nothing that a stranger can read: no byte, no header, no version.

Every public route is asked before and after the whole life of a report that no one may see: sent
with a photo, taken by the city, added to, looked at by staff, brought back by the sync with what
the city wrote on the way, closed with a photo of the work or as a repeat of another case.
"""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from data_sync.dispatch.mailer import Mailer
from data_sync.publisher import publish_if_behind
from data_sync.pull.checks import check_record
from data_sync.pull.photos import PhotoPull
from data_sync.reading.base import Answer
from portal.context import Portal
from portal.datasets.freeze import freeze
from portal.domain.api_key import ApiKey
from portal.domain.case import CityNote
from portal.domain.dispatch import Taken
from portal.domain.jurisdiction import PhotoSource
from portal.domain.report import Report
from portal.domain.service_definition import ServiceDefinition
from portal.domain.tracking_number import format_tracking_number
from portal.facts import publish
from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.photos import files
from portal.photos.pipeline import Developed, Picture
from portal.services.data.case_updates import SentUpdate, apply_update
from portal.services.report import private_link, sending
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared import photos
from portal.services.shared.photos_sweep import sweep_photos
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.services.sync import definitions, sync_runs
from portal.services.sync.ingest import SourcePage, save_page
from portal.services.sync.quarantine import RejectedRow
from tests.conftest import NOW
from tests.support.crawl import PHOTO, SEEDS, client_of, crawl, differing, routes_without
from tests.support.posts import posts_about, send
from tests.sync.support import record, save

AT = int(NOW.timestamp())
LATER = AT + 90
REPORT = Report(
    "Pothole",
    "Deep; call 617-555-0143",
    42.3201,
    -71.0701,
    "5 Adams St",
    True,
    "one-form-of-one-visit",
    email="ana@example.org",
)
PROGRAM = ApiKey("p1", "the city", ("read", "update"), 100, AT, AT, None, None)
NO_SIGNALS, TRAP = Signals(), Signals(is_trap_filled=True)
HIDDEN = {
    "of a private type": (replace(REPORT, service_code="needle"), NO_SIGNALS),
    "for the city alone": (replace(REPORT, is_public=False), NO_SIGNALS),
    "held for review": (REPORT, Signals(start_stamp="1.x")),
    "spam": (replace(REPORT, note="Buy https://pills.example now"), TRAP),
}
CANARIES = ["/cases/999", "/no/such/page", "/places/nowhere", "/areas/ward.json", "/search?q=Adams"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def city(city):
    """Smallville, whose photos are at photos.example."""
    return replace(city, photos=PhotoSource(("photos.example",)))


@pytest.fixture
def town(portal: Portal, city) -> Portal:
    """A city with public cases, a photo, types to report and a sync that has ended."""
    open_pothole = record("101", neighborhood="Roxbury", address="3 Adams St")
    graffiti = record("102", service_code="G", service_name="Graffiti", lat=42.33, lon=-71.05)
    save(portal, city, open_pothole, graffiti, *(record(str(number)) for number in (103, 104, 105)))
    offered = ServiceDefinition("Pothole", "Pothole"), ServiceDefinition("needle", "Needle")
    with portal.transaction() as connection:
        definitions.save_definitions(connection, city.id, "desk", offered, AT)
        run = sync_runs.start_run(connection, city.id, "town", AT)
        sync_runs.finish_run(connection, city.id, run, sync_runs.DONE, None, AT)
    attach(portal, city, PHOTO, key_of(portal, "101"))
    publish.update(portal.core, city, portal.facts_folder)
    freeze(portal, city, AT)
    return portal


def key_of(portal: Portal, number: str) -> int:
    with portal.core.connect() as connection:
        query = text("select id from cases where case_id = :number")
        return connection.execute(query, {"number": number}).scalar_one()


def keep_photo(portal: Portal, city, name: str) -> None:
    pictures = {side: Picture(9, 9, f"picture {side}".encode()) for side in (144, 800, 1600)}
    files.write_photo(portal.photos_folder, name, Developed(pictures, None))
    with portal.transaction() as connection:
        photos.add_unsent_photo(connection, city.id, name, photos.BEFORE, (9, 9), AT)


def attach(portal: Portal, city, name: str, case: int) -> None:
    keep_photo(portal, city, name)
    with portal.transaction() as connection:
        photos.attach_photos(connection, city.id, [name], case, AT, AT)


def read_everything(portal: Portal, city, seeds: set[str]) -> dict:
    """The answers of a portal that has kept none of them from before."""
    fresh = Portal(portal.settings, cities={city.id: city})
    try:
        return crawl(client_of(fresh), seeds)
    finally:
        fresh.close()


def live(portal: Portal, city, report: Report, signals: Signals) -> str:
    """The life of a report, from its form to the sync; its number."""
    name, later_name = "a" * 32, "b" * 32
    keep_photo(portal, city, name)
    sent = submit(portal, city, report, [name], signals, LATER)
    take_at_the_city(portal, city)
    keep_photo(portal, city, later_name)
    private_link.add_note(portal, city, sent.token, "Still there", LATER + 1, later_name)
    look_as_staff(portal, city, sent.case_id, later_name)
    told = SentUpdate("u-1", sent.case_id, "IN_PROGRESS", "A crew is on its way.")
    apply_update(portal, city, told, PROGRAM, LATER)
    follow(portal, city, sent.case_id)
    bring_back(portal, city, sent.case_id, report.service_code)
    show_the_work(portal, city, sent.case_id)
    sweep_photos(portal, LATER)
    return sent.case_id


def take_at_the_city(portal: Portal, city) -> None:
    """The city's system takes the report and gives it a number."""
    with portal.transaction() as connection:
        message = sending.claim_message(connection, city.id, "desk", "test", LATER)
    assert message
    with portal.transaction() as connection:
        assert sending.settle_message(connection, city, message, Taken("W-1"), LATER, 0.5)
        sending.mark_arrived(connection, city, message, Taken("W-1"), LATER)


def look_as_staff(portal: Portal, city, number: str, photo: str) -> None:
    act = Act("Ana", "it shows a face", LATER)
    moderation.hide_photo(portal, city, number, photo, act)
    moderation.show_photo(portal, city, number, photo, act)
    moderation.hide_photo(portal, city, number, photo, act)
    moderation.hide_words(portal, city, number, "note", "", act)
    moderation.show_words(portal, city, number, "note", act)


def follow(portal: Portal, city, number: str) -> None:
    """Someone followed it who confirms now, as if it had been public for a moment."""
    person = Recipient("bo@example.org", "en")
    with portal.transaction() as connection:
        case = key_of(portal, number)
        following.add_follower(connection, portal.settings, city.id, case, person, LATER)
    token = following._token(portal.settings, city.id, case, person.email)
    with portal.transaction() as connection:
        connection.execute(text("update followers set confirmed_at = null"))
    following.confirm_following(portal, city, token, LATER)
    following.stop_following(portal, city, token, LATER)
    client = client_of(portal)
    refused = client.post(
        f"/cases/{number}/follow",
        data={"email": "cy@example.org"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert refused.status_code in (200, 404)


def bring_back(portal: Portal, city, number: str, service: str) -> None:
    """The sync reads it at the city: in progress, closed, opened again, and closed for good as a
    repeat of a public case. Then it cannot read it."""
    for days, status in ((19, "in_progress"), (20, "closed"), (21, "open"), (22, "closed")):
        at = NOW.replace(day=days)
        again = [CityNote("reopened", "It has sunk.", at)] if days > 20 else []
        told = record(
            "W-1",
            reference=number,
            service_code=service,
            service_name=service,
            status=status,
            closed_at=at if status == "closed" else None,
            updated_at=at,
            department="Secret squad",
            notes=(CityNote("note", "A crew comes.", NOW.replace(day=19)), *again),
            closure_reason="Already reported as case 101." if status == "closed" else None,
            closed_photo_url="https://photos.example/done.jpg" if status == "closed" else None,
            parent_id="101" if days == 22 else None,
        )
        page = SourcePage("town", [check_record(told, city, NOW)])
        with portal.transaction() as connection:
            assert save_page(connection, city, page, None, NOW).changed == 1
    save(portal, city, rejected=[RejectedRow("{}", "bad_time", "no time", "W-1")])


def show_the_work(portal: Portal, city, number: str) -> None:
    """The worker fetches the city's photo of the work and sends what is due by e-mail; the city
    closes another hidden case as a repeat of this one."""
    pictures = {side: Picture(9, 9, f"work {side}".encode()) for side in (144, 800, 1600)}
    answer = Answer(200, "image/jpeg", b"", "https://photos.example/done.jpg", {})
    pull = PhotoPull(
        portal,
        city,
        lambda _, headers: answer,
        draw=lambda _: Developed(pictures, None),
        now=lambda: NOW,
    )
    assert pull.fetch_round().ready == 1
    closing = {"status": "closed", "closed_at": NOW, "updated_at": NOW}
    repeat = record("W-2", is_public=False, parent_id="W-1", **closing)
    save(portal, city, record("W-2", is_public=False), repeat)
    sent: list[EmailMessage] = []
    mailer = Mailer(portal, city, sent.append, lambda: float(LATER))
    while mailer.send_one():
        pass
    assert any("/photos/" in email.get_content() for email in sent)


def posted(portal: Portal, number: str) -> list:
    """What a stranger is answered who sends something about a case to every route."""
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    client, names = client_of(portal), (number, format_tracking_number(number))
    answers = []
    for path, way in posts_about(client, number):
        status, _headers, body = send(client, path, way)
        for name in names:
            body = body.replace(name.encode(), b"")
        answers.append((path.replace(number, ""), status, body))
    assert len(answers) > 30
    return answers


def versions(portal: Portal, city) -> tuple:
    facts = portal.facts(city.id)
    return portal.data_version(city.id), facts.rev, facts.as_of


@pytest.mark.parametrize("kind", HIDDEN)
def test_no_answer_no_header_and_no_version_moves_with_a_report(town, city, kind):
    seeds = {*SEEDS, *CANARIES}
    before, versions_before = read_everything(town, city, seeds), versions(town, city)
    number = live(town, city, *HIDDEN[kind])
    assert not publish_if_behind(town, city)
    publish.update(town.core, city, town.facts_folder)
    assert versions(town, city) == versions_before
    assert differing(before, read_everything(town, city, seeds)) == []
    unknown, hidden = (client_of(town).get(f"/cases/{n}") for n in ("K7DX0A4QPM", number))
    assert (hidden.status_code, hidden.data.replace(number.encode(), b"")) == (
        404,
        unknown.data.replace(b"K7DX0A4QPM", b""),
    )
    assert posted(town, number) == posted(town, "K7DX0A4QPM")


def test_no_answer_moves_with_a_report_that_was_withdrawn_while_it_was_held(town, city):
    before = read_everything(town, city, SEEDS)
    sent = submit(town, city, REPORT, [], TRAP, LATER)
    private_link.retract_report(town, city, sent.token, LATER + 1)
    take_at_the_city(town, city)
    moderation.release_case(town, city, sent.case_id, Act("Ana", "harmless", LATER + 2))
    assert not publish_if_behind(town, city)
    assert differing(before, read_everything(town, city, SEEDS)) == []


def test_a_public_report_moves_what_shows_it_and_so_does_hiding_it(town, city):
    """The known-bad sample: were the report public, the comparison would see it everywhere."""
    before = read_everything(town, city, SEEDS)
    number = live(town, city, REPORT, NO_SIGNALS)
    assert publish_if_behind(town, city)
    moved = differing(before, read_everything(town, city, SEEDS))
    pages = {"/", "/cases", "/status", "/version.json", "/tiles/0/0/0.json"}
    assert pages | {"/sitemaps/cases-0.xml", f"/cases/{number}"} <= set(moved)
    assert posted(town, number) != posted(town, "K7DX0A4QPM")
    shown = versions(town, city)
    moderation.hold_case(town, city, number, Act("Ana", "names a neighbor", LATER + 9))
    assert publish_if_behind(town, city)
    assert versions(town, city)[0] == shown[0] + 1


def test_every_route_is_asked(town):
    """A route that is new gets an address in tests/support/crawl.py, or this fails."""
    rest = routes_without({*SEEDS, *CANARIES}, town)
    assert {rule for rule in rest if not rule.startswith(("/staff/", "/photos/signed/"))} == set()
