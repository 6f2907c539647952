"""The city's photo of its work reaches the resident: on the private page and in the e-mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import html as parser
from sqlalchemy import text

from app import create_app
from data_sync.dispatch.mailer import PHOTO_SECONDS
from data_sync.pull.photos import LOOK_SECONDS, PhotoPull
from data_sync.reading.base import Answer
from portal.domain.jurisdiction import PhotoSource
from portal.errors import SourceError
from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.photos import files
from portal.photos.blur import Region
from portal.photos.pipeline import Developed, Picture, develop_photo
from portal.services.shared import photos
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.follow.conftest import NOON, REPORT, send_all
from tests.photos.samples import saved, scene

URL = "https://photos.example/done.jpg"
ACT = Act("Ana", "it shows a face", NOON)


@pytest.fixture
def city(city):
    """Smallville, whose photos are at photos.example."""
    return replace(city, photos=PhotoSource(("photos.example",)))


@pytest.fixture
def fetch(portal, city):
    """fetch(): what the worker does about photos once a minute."""

    def draw(body: bytes) -> Developed:
        if body:
            return develop_photo(body)
        return Developed({side: Picture(9, 9, b"picture") for side in (144, 800, 1600)}, None)

    def come(body: bytes = b"") -> None:
        answer = Answer(200, "image/jpeg", body, URL, {})
        now = datetime.fromtimestamp(NOON + 7_200, UTC)
        PhotoPull(portal, city, lambda _, headers: answer, draw=draw, now=lambda: now).fetch_round()

    return come


@pytest.fixture
def browser(settings, portal, clock):
    return create_app(settings, portal, clock).server.test_client()


def photo_of_work(portal) -> str:
    with portal.core.connect() as connection:
        query = text("select name from photos where state = 'ready' and kind = 'after'")
        return connection.execute(query).scalar_one()


def images(browser, address: str) -> list[str]:
    figures = parser.fromstring(browser.get(address).data)
    return figures.xpath("//figure[contains(., 'After the city')]//img/@src")


def test_the_email_waits_for_the_photo_and_names_our_copy_of_it(
    take, echo, mailer, post, portal, fetch, clock, browser
):
    accepted = take()
    mine = f"/mine/{accepted.token}"
    send_all(mailer)
    echo(accepted.case_id, "closed", 13, closed_photo_url=URL)
    send_all(mailer)
    assert post.subjects == ["Your"]
    assert images(browser, mine) == []
    fetch()
    clock.now += 60
    send_all(mailer)
    assert post.subjects == ["Your", "Closed"]
    name = photo_of_work(portal)
    said = post.emails[1].get_content()
    assert f"\nAfter the city’s work, a photo:\n{mailer._site}/photos/{name}-1600.webp\n" in said
    assert "photos.example" not in said
    assert images(browser, mine) == [f"{mine}/photos/{name}.webp"]
    assert browser.get(f"{mine}/photos/{name}.webp").status_code == 200


def test_a_private_report_s_photo_is_for_its_resident_alone(
    take, echo, mailer, post, portal, city, fetch, clock, browser
):
    accepted = take(replace(REPORT, is_public=False))
    before = portal.data_version(city.id)
    echo(accepted.case_id, "closed", 13, closed_photo_url=URL, is_public=False)
    fetch()
    send_all(mailer)
    name = photo_of_work(portal)
    mine = f"/mine/{accepted.token}"
    assert f"{mailer._site}{mine}/photos/{name}.webp" in post.emails[-1].get_content()
    assert images(browser, mine) == [f"{mine}/photos/{name}.webp"]
    assert browser.get(f"{mine}/photos/{name}.webp").status_code == 200
    assert browser.get(f"/photos/{name}-800.webp").status_code == 404
    assert portal.data_version(city.id) == before


def test_an_email_waits_six_seconds_for_a_photo_and_people_hear_within_ten(
    take, echo, mailer, post, clock
):
    """It waited three minutes."""
    echo(take().case_id, "closed", 13, closed_photo_url=URL)
    heard = []
    for second in range(11):
        clock.now = NOON + second
        send_all(mailer)
        heard.append("Closed" in post.subjects)
    assert (PHOTO_SECONDS, heard) == (6, [False] * 6 + [True] * 5)
    assert "photo" not in post.emails[-1].get_content()


def test_a_photo_that_comes_while_the_email_waits_is_named_within_two_seconds(
    take, echo, mailer, post, clock, fetch
):
    echo(take().case_id, "closed", 13, closed_photo_url=URL)
    for second in (0, 1, 2):
        clock.now = NOON + second
        send_all(mailer)
    fetch()
    clock.now = NOON + 4
    send_all(mailer)
    assert "a photo:" in post.emails[-1].get_content()


def test_a_closing_that_people_are_about_to_hear_of_is_fetched_before_its_turn(
    take, echo, portal, city, clock, add_case
):
    asked = []

    def come(url: str, headers) -> Answer:
        asked.append(url)
        raise SourceError("no answer", reason="unreachable")

    def look(second: int) -> list[str]:
        clock.now = NOON + second
        assert pull.fetch_when_due() == LOOK_SECONDS
        return asked

    pull = PhotoPull(portal, city, come, now=lambda: datetime.fromtimestamp(clock.now, UTC))
    number = take().case_id
    assert look(0) == []
    add_case("102", opened="2026-11-23", photo_url="https://photos.example/before.jpg")
    assert look(1) == []
    echo(number, "closed", 13, closed_photo_url=URL)
    assert look(2) == [URL, "https://photos.example/before.jpg"]
    assert look(3) == [URL, "https://photos.example/before.jpg"]


@pytest.mark.parametrize("state", ["hidden", "refused", "taken away"])
def test_a_photo_that_nobody_may_see_is_on_no_page_and_in_no_email(
    take, echo, mailer, post, portal, city, fetch, browser, state
):
    accepted = take()
    echo(accepted.case_id, "closed", 13, closed_photo_url=URL)
    fetch()
    name = photo_of_work(portal)
    if state == "hidden":
        moderation.hide_photo(portal, city, accepted.case_id, name, ACT)
    elif state == "refused":
        with portal.transaction() as connection:
            photos.mark_refused(connection, city.id, name, "lost", NOON)
    else:
        echo(accepted.case_id, "closed", 14)
    send_all(mailer)
    mine = f"/mine/{accepted.token}"
    assert "photo" not in post.emails[-1].get_content()
    assert images(browser, mine) == []
    assert browser.get(f"{mine}/photos/{name}.webp").status_code == 404


def test_of_a_photo_with_a_blurred_part_only_the_copy_is_shown(
    take, echo, mailer, post, portal, city, fetch, browser
):
    accepted = take()
    echo(accepted.case_id, "closed", 13, closed_photo_url=URL)
    fetch(saved(scene(), "JPEG"))
    first = photo_of_work(portal)
    region = Region(0.1, 0.1, 0.3, 0.3)
    copy = moderation.blur_photo(portal, city, accepted.case_id, first, region, ACT)
    send_all(mailer)
    mine = f"/mine/{accepted.token}"
    said = post.emails[-1].get_content()
    assert (copy in said, first in said) == (True, False)
    assert images(browser, mine) == [f"{mine}/photos/{copy}.webp"]
    assert browser.get(f"{mine}/photos/{first}.webp").status_code == 404
    assert files.is_whole(portal.photos_folder, first)


def test_a_follower_is_shown_public_photos_alone(take, echo, mailer, post, portal, city, fetch):
    accepted = take()
    with portal.transaction() as connection:
        query = text("select id from cases where case_id = :number")
        case = connection.execute(query, {"number": accepted.case_id}).scalar_one()
        person = Recipient("bo@example.org", "en")
        following.add_follower(connection, portal.settings, city.id, case, person, NOON)
    echo(accepted.case_id, "closed", 13, closed_photo_url=URL)
    fetch()
    send_all(mailer)
    name = photo_of_work(portal)
    (told,) = (email for email in post.emails if email["To"] == "bo@example.org")
    assert f"/photos/{name}-1600.webp" in told.get_content()
    assert "/mine/" not in told.get_content()


def test_a_case_that_is_opened_again_keeps_its_photo_on_the_private_page(
    take, echo, portal, fetch, browser
):
    accepted = take()
    echo(accepted.case_id, "closed", 13, closed_photo_url=URL)
    fetch()
    echo(accepted.case_id, "open", 14, closed_photo_url=URL)
    page = browser.get(f"/mine/{accepted.token}").get_data(as_text=True)
    assert photo_of_work(portal) in page
    assert "After the city’s work<" in page
