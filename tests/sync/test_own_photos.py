"""A photo that we have comes back: it is shown once, and hidden once it is hidden everywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageEnhance
from sqlalchemy import text

from app import create_app
from data_sync.pull.photos import PhotoPull, RoundResult
from data_sync.reading.base import Answer
from portal.domain.jurisdiction import PhotoSource
from portal.photos import files
from portal.photos.blur import Region
from portal.photos.likeness import is_same_picture, look_of
from portal.photos.pipeline import Developed, develop_photo
from portal.photos.signed import read_jpeg, sign_address
from portal.services.shared import photos
from portal.services.shared.photos_sweep import sweep_photos
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.conftest import NOW, epoch
from tests.photos.samples import saved, scene

AT = int(NOW.timestamp())
CITY = "https://photos.example/7.jpg"
ACT = Act("Ana", "a face", AT)


def hole(seed: int = 0) -> Image.Image:
    """A picture of many shades; another seed is another picture."""
    image = Image.radial_gradient("L").resize((320, 240)).rotate(seed * 40, fillcolor=seed * 30)
    draw = ImageDraw.Draw(image)
    draw.rectangle((20 + seed * 30, 30, 90 + seed * 30, 130), fill=200 - seed * 25)
    return Image.merge(
        "RGB", (image, ImageEnhance.Brightness(image).enhance(0.5), image.rotate(90))
    )


@cache
def draw(body: bytes) -> Developed:
    """The same bytes are the same picture: drawn once for all tests."""
    return develop_photo(body)


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    return saved(image, "JPEG", quality=quality)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def pulls(portal, city):
    """pulls({address: body}): a round that finds these photos at the city."""
    asked: list[str] = []
    clock = Clock()

    def fetch(url, headers):
        asked.append(url)
        return Answer(200, "image/jpeg", bodies[url.partition("?")[0]], url, {})

    bodies: dict[str, bytes] = {}
    puller = PhotoPull(
        portal, replace(city, photos=PhotoSource(("photos.example",))), fetch, now=clock, draw=draw
    )

    def pull(found: dict[str, bytes]) -> RoundResult:
        bodies.update(found)
        return puller.fetch_round()

    pull.asked = asked  # pyright: ignore[reportFunctionMemberAccess]
    return pull


@pytest.fixture
def resident_photo(portal, city):
    """resident_photo("K7", picture): the name of a photo that a resident sent with a case."""

    def keep(case_id: str, picture: Image.Image) -> str:
        name = files.make_name()
        drawn = draw(jpeg(picture))
        files.write_photo(portal.photos_folder, name, drawn)
        with portal.transaction() as connection:
            photos.add_unsent_photo(connection, city.id, name, photos.BEFORE, drawn.size, AT)
            key = key_of(connection, case_id)
            photos.attach_photos(connection, city.id, [name], key, epoch("2026-11-20"), AT)
        return name

    return keep


def key_of(connection, case_id: str) -> int:
    query = text("select id from cases where case_id = :case")
    return connection.execute(query, {"case": case_id}).scalar_one()


def shown(portal) -> list[str]:
    with portal.public.connect() as connection:
        return list(
            connection.execute(text("select name from public_photos order by name")).scalars()
        )


def set_address(portal, case_id: str, url: str, column: str = "photo_url") -> None:
    with portal.transaction() as connection:
        rev = connection.execute(text("update data_versions set rev = rev + 1 returning rev"))
        values = {"url": url, "case": case_id, "rev": rev.scalar_one()}
        connection.execute(
            text(f"update cases set {column} = :url, rev = :rev where case_id = :case"), values
        )


@pytest.fixture
def case(add_case) -> str:
    return add_case("K7", opened="2026-11-20")


def rehosted(portal, name: str) -> dict[str, bytes]:
    """What a city may make of the JPEG that it got."""
    sent = read_jpeg(portal.photos_folder, name)
    picture = Image.open(BytesIO(sent))
    small = picture.resize((picture.width // 2, picture.height // 2))
    dated = picture.copy()
    ImageDraw.Draw(dated).rectangle(
        (0, picture.height - 15, picture.width, picture.height), "black"
    )
    return {
        "as it is": sent,
        "saved again": jpeg(picture, 40),
        "smaller": jpeg(small, 70),
        "PNG": saved(picture, "PNG"),
        "with a date": jpeg(dated),
    }


@pytest.mark.parametrize("made", ["as it is", "saved again", "smaller", "PNG", "with a date"])
@pytest.mark.parametrize("column", ["photo_url", "closed_photo_url"])
def test_a_photo_we_sent_that_comes_back_from_the_city_is_shown_once(
    portal, city, case, pulls, resident_photo, made, column
):
    ours = resident_photo(case, hole())
    body = rehosted(portal, ours)[made]
    set_address(portal, case, CITY, column)
    assert pulls({CITY: body}) == RoundResult(refused=1)
    assert shown(portal) == [ours]
    moderation.hide_photo(portal, city, case, ours, ACT)
    assert shown(portal) == []
    for again in ("http://photos.example/7.jpg?size=l", f"{CITY}?token=2", "https://x.example/7"):
        set_address(portal, case, again, column)
        pulls({CITY: body, again.partition("?")[0]: body})
        assert shown(portal) == []


def test_our_own_address_is_known_at_any_host_and_never_asked(
    portal, city, case, pulls, resident_photo
):
    ours = resident_photo(case, hole())
    signed = sign_address(portal.settings, ours, AT + 99).partition("/photos/")[2]
    for number, address in enumerate(
        (
            f"https://311.example/photos/{signed}",
            f"http://127.0.0.1:9/photos/{signed}?x=1",
            f"https://photos.example/proxy?url=https%3A%2F%2F311.example%2Fphotos%2F{signed}",
            f"https://photos.example/photos/{ours}-1600.webp",
        )
    ):
        set_address(portal, case, address)
        assert pulls({}) == RoundResult(refused=1), number
    assert pulls.asked == []
    assert shown(portal) == [ours]


def test_another_photo_of_the_same_case_is_shown_too(portal, case, pulls, resident_photo):
    ours = resident_photo(case, hole())
    set_address(portal, case, CITY)
    assert pulls({CITY: jpeg(hole(2))}) == RoundResult(ready=1)
    assert len(shown(portal)) == 2
    assert ours in shown(portal)


def test_a_photo_made_unreadable_in_part_does_not_come_back_whole(
    portal, city, case, pulls, resident_photo
):
    ours = resident_photo(case, hole())
    body = rehosted(portal, ours)["saved again"]
    copy = moderation.blur_photo(portal, city, case, ours, Region(10, 10, 30, 30), ACT)
    set_address(portal, case, CITY)
    assert pulls({CITY: body}) == RoundResult(refused=1)
    assert shown(portal) == [copy]


def test_a_round_names_the_photos_that_pages_are_to_show(portal, case, pulls, resident_photo):
    set_address(portal, case, CITY)
    found = pulls({CITY: jpeg(hole())})
    assert found.names == shown(portal)
    assert pulls({}).names == []


@pytest.mark.parametrize("what", ["nothing", "hidden", "blurred"])
def test_a_photo_of_the_city_s_at_a_new_address_is_as_staff_left_it(
    portal, city, case, pulls, what
):
    set_address(portal, case, CITY)
    assert pulls({CITY: jpeg(hole())}) == RoundResult(ready=1)
    (first,) = shown(portal)
    left = [first]
    if what == "hidden":
        moderation.hide_photo(portal, city, case, first, ACT)
        left = []
    elif what == "blurred":
        left = [moderation.blur_photo(portal, city, case, first, Region(10, 10, 30, 30), ACT)]

    def is_as_left() -> bool:
        # What nobody decided about may be fetched again under another name.
        return shown(portal) == left or (what == "nothing" and len(shown(portal)) == 1)

    for number in range(2, 5):
        address = f"https://photos.example/{number}.jpg?sig={number}"
        set_address(portal, case, address)
        if number == 3:  # the daily sweep may come before the new photo does
            sweep_photos(portal, AT + 90_000)
        found = pulls({f"https://photos.example/{number}.jpg": jpeg(hole(), 60)})
        assert is_as_left()
        assert found.names == shown(portal), "pages that show it are made again, and no others"
        sweep_photos(portal, AT + 90_000)
        assert is_as_left()


def test_a_photo_the_public_may_not_see_is_hidden_in_any_other_case(
    portal, city, case, add_case, pulls, resident_photo
):
    private = add_case("P1", opened="2026-11-19", source="portal", visibility="reporter")
    resident_photo(private, hole())
    ours = resident_photo(case, hole(1))
    moderation.hide_photo(portal, city, case, ours, ACT)
    for number, picture in enumerate((hole(), hole(1), hole(2))):
        other = add_case(f"W-{number}", opened="2026-11-21")
        set_address(portal, other, f"https://photos.example/{number}.jpg")
        pulls({f"https://photos.example/{number}.jpg": jpeg(picture, 60)})
    (third,) = shown(portal)
    with portal.core.connect() as connection:
        query = text(
            "select case_id from photos p join cases c on c.id = p.case_key where name = :name"
        )
        assert connection.execute(query, {"name": third}).scalar_one() == "W-2"
        hidden = text("select name from photos where state = 'hidden' and source_url is not null")
        for name in connection.execute(hidden).scalars():
            assert files.is_whole(portal.photos_folder, name)  # staff may look, and show it


def test_what_was_shown_elsewhere_before_it_was_hidden_is_hidden_at_the_next_round(
    portal, city, case, add_case, pulls, resident_photo
):
    ours = resident_photo(case, hole())
    other = add_case("W-1", opened="2026-11-21")
    set_address(portal, other, CITY)
    pulls({CITY: jpeg(hole(), 60)})
    assert len(shown(portal)) == 2
    moderation.hide_photo(portal, city, case, ours, replace(ACT, now=AT + 3_600))
    pulls({})
    assert shown(portal) == []
    with portal.core.connect() as connection:
        (copy,) = connection.execute(
            text("select name from photos where name <> :it"), {"it": ours}
        )
    moderation.show_photo(portal, city, other, copy[0], replace(ACT, now=AT + 7_200))
    pulls({})
    assert shown(portal) == [copy[0]]


def test_a_hidden_photo_is_gone_at_the_address_that_the_city_s_system_got(
    portal, city, case, resident_photo
):
    ours = resident_photo(case, hole())
    address = sign_address(portal.settings, ours, 1 << 33).partition("/photos/")[2]
    client = create_app(portal.settings, portal).server.test_client()
    assert client.get(f"/photos/{address}").status_code == 200
    moderation.hide_photo(portal, city, case, ours, ACT)
    assert client.get(f"/photos/{address}").status_code == 404


def test_pictures_are_compared_by_what_they_show():
    def look(image: Image.Image) -> bytes:
        found = look_of(saved(image.resize((144, 144)), "WEBP", quality=60))
        assert found is not None
        return found

    assert is_same_picture(look(hole()), look(hole()))
    assert not any(is_same_picture(look(hole()), look(hole(seed))) for seed in range(1, 5))
    assert not is_same_picture(look(hole()), look(scene()))
    red, blue = Image.new("RGB", (9, 9), "red"), Image.new("RGB", (9, 9), "blue")
    dark, darker = Image.new("RGB", (9, 9), (20, 20, 20)), Image.new("RGB", (9, 9), (26, 26, 26))
    assert is_same_picture(look(red), look(red))
    assert not is_same_picture(look(red), look(blue))
    assert not is_same_picture(look(dark), look(darker))
    assert look_of(b"no picture") is None
