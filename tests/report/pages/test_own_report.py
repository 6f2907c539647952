"""A resident's own page: words or a photo added later reach the city once."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from lxml import html as parser
from sqlalchemy import text

from app import create_app
from portal.domain.case import CityNote
from portal.queries.cases.case_detail import case_by_id
from portal.queries.report.outgoing import load_outgoing
from portal.services.report import outbox, private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.photos import hide_photo
from tests.photos.samples import CANARY, saved, scene, with_every_canary
from tests.support.clock import NOON, Clock
from tests.support.reports import POTHOLE
from tests.sync.support import NOW, record, save

AT = int(NOON)


@pytest.fixture
def client(settings, portal) -> FlaskClient:
    return create_app(settings, portal, Clock()).server.test_client()


@pytest.fixture
def mine(portal, city, add_case) -> str:
    add_case("101")
    return "/mine/" + submit(portal, city, POTHOLE, (), Signals(), AT).token


def add(client: FlaskClient, mine: str, note: str = "", *photos: bytes):
    data = {"do": "note", "note": note, "photo": [(BytesIO(body), "x.jpg") for body in photos]}
    return client.post(mine, data=data, headers={"Sec-Fetch-Site": "same-origin"})


def messages(portal, city) -> list:
    with portal.core.connect() as connection:
        return [
            load_outgoing(connection, city.id, message)
            for message in outbox.undelivered_messages(connection, city.id)
        ]


def own(portal, city, mine: str):
    return private_link.own_report(portal, city.id, mine.removeprefix("/mine/"))


def test_a_photo_added_later_is_on_the_page_and_goes_to_the_city_with_its_note_alone(
    client, mine, portal, city
):
    """It could not be added at all."""
    assert add(client, mine, "From the other side", saved(scene(), "JPEG")).status_code == 303
    (photo,) = own(portal, city, mine).photos
    case = portal.cached(case_by_id, city.id, own(portal, city, mine).case_id)
    assert [shown.name for shown in case.photos] == [photo]
    report, note = sorted(messages(portal, city), key=lambda told: told.kind, reverse=True)
    assert (report.kind, report.photos) == ("open_case", ())
    assert (note.kind, note.photos, note.words) == ("add_note", (photo,), "From the other side")
    page = parser.fromstring(client.get(mine).data)
    assert page.xpath("//ul[@class='report-photos']//img/@src") == [f"{mine}/photos/{photo}.webp"]


def test_a_photo_needs_no_words(client, mine, portal, city):
    add(client, mine, "", saved(scene(), "JPEG"))
    assert len(own(portal, city, mine).photos) == 1
    assert (
        "A photo"
        in parser.fromstring(client.get(mine).data)
        .xpath("//div[@class='own-note']")[0]
        .text_content()
    )


def test_the_button_pressed_twice_adds_once(client, mine, portal, city):
    for _ in range(2):
        add(client, mine, "Still there", saved(scene(), "JPEG"))
    report = own(portal, city, mine)
    assert (len(report.photos), [note.text for note in report.notes]) == (1, ["Still there"])
    for _ in range(2):
        add(client, mine, "And wider")
    assert [note.text for note in own(portal, city, mine).notes] == ["Still there", "And wider"]


def test_a_photo_of_a_private_report_is_seen_by_nobody_else(client, portal, city, add_case):
    add_case("101")
    private = replace(POTHOLE, is_public=False, idempotency_key="another-form-of-one-visit")
    mine = "/mine/" + submit(portal, city, private, (), Signals(), AT).token
    add(client, mine, "", saved(scene(), "JPEG"))
    (photo,) = own(portal, city, mine).photos
    assert client.get(f"{mine}/photos/{photo}.webp").status_code == 200
    for path in (f"/photos/{photo}-800.webp", f"/report/photos/{photo}.webp"):
        assert client.get(path).status_code == 404


def test_what_is_no_photo_is_said_beside_it_and_the_words_stay(client, mine, portal, city):
    answer = add(client, mine, "From the other side", b"GIF89a")
    page = parser.fromstring(answer.data)
    assert "not a photo we can read" in page.get_element_by_id("photo-problem").text_content()
    assert page.get_element_by_id("note").text_content().strip() == "From the other side"
    assert own(portal, city, mine).notes == ()
    empty = parser.fromstring(add(client, mine).data)
    assert "choose a photo" in empty.get_element_by_id("note-problem").text_content()


def test_nothing_of_the_file_but_its_pixels_is_kept(client, mine, portal):
    add(client, mine, "", with_every_canary("JPEG"))
    files = list(portal.photos_folder.rglob("*.webp"))
    assert len(files) == 3
    assert all(CANARY not in file.read_bytes() for file in files)


def test_there_is_an_end_to_photos(client, mine, portal, city):
    for number in range(private_link.MAX_PHOTOS + 1):
        answer = add(client, mine, "", saved(scene(64 + number, 64), "JPEG"))
    assert "8 photos already" in answer.text
    assert len(own(portal, city, mine).photos) == private_link.MAX_PHOTOS


def test_a_photo_that_staff_hid_before_it_went_is_not_sent(client, mine, portal, city):
    add(client, mine, "", saved(scene(), "JPEG"))
    with portal.transaction() as connection:
        hide_photo(connection, city.id, own(portal, city, mine).photos[0], "a plate", AT)
    assert [told.photos for told in messages(portal, city)] == [(), ()]


@pytest.mark.parametrize("address", ["/mine/" + "x" * 22, "/mine/" + "x" * 5_000])
def test_a_link_that_opens_nothing_takes_no_photo(client, mine, portal, address):
    assert add(client, address, "", saved(scene(), "JPEG")).status_code == 404
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from photos")).scalar_one() == 0


def test_a_report_that_was_taken_back_takes_none(client, mine, portal, city):
    client.post(mine, data={"do": "withdraw", "sure": "yes"})
    assert "taken this report back" in add(client, mine, "x", saved(scene(), "JPEG")).text
    assert own(portal, city, mine).photos == ()


def test_what_the_city_writes_is_on_the_private_page_and_on_the_case_s_page(
    client, mine, portal, city
):
    case_id = own(portal, city, mine).case_id
    said = CityNote("note", "A crew <script>comes</script> on Monday.", NOW)
    again = CityNote("reopened", "The patch has sunk.", NOW)
    told = {"reference": case_id, "opened_at": NOW, "updated_at": NOW, "notes": (said, again)}
    save(portal, city, record("26-5", lat=42.32, lon=-71.07, **told), source="desk")
    for path in (mine, f"/cases/{case_id}"):
        page = parser.fromstring(client.get(path).get_data(as_text=True))
        words = " ".join(" ".join(page.xpath("//main")[0].itertext()).split())
        assert "The city wrote: A crew on Monday." in words
        assert "The city opened it again: The patch has sunk." in words
