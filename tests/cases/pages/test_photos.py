"""A photo's address: for those who may see the case now; the same 404 for every other reason."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.photos import files
from portal.photos.pipeline import Developed, Picture
from portal.services.shared import photos
from tests.conftest import NOW

NAME = "0123456789abcdef" * 2


@pytest.fixture
def photo(portal, city, add_case) -> str:
    """A photo of case 101, ready; its name."""
    add_case("101")
    pictures = {side: Picture(9, 9, f"picture of {side}".encode()) for side in (144, 800, 1600)}
    files.write_photo(portal.photos_folder, NAME, Developed(pictures, None))
    with portal.transaction() as connection:
        key = connection.execute(text("select id from cases")).scalar_one()
        photos.add_unsent_photo(connection, city.id, NAME, "before", (9, 9), int(NOW.timestamp()))
        photos.attach_photos(
            connection, city.id, [NAME], key, int(NOW.timestamp()), int(NOW.timestamp())
        )
    return NAME


@pytest.mark.parametrize("side", [144, 800, 1600])
def test_a_photo_of_a_public_case_is_served_in_each_size(client, photo, side):
    answer = client.get(f"/photos/{photo}-{side}.webp")
    assert (answer.status_code, answer.mimetype, answer.data) == (
        200,
        "image/webp",
        f"picture of {side}".encode(),
    )
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        answer.headers["Content-Security-Policy"]
        == "default-src 'none'; frame-ancestors 'none'; sandbox"
    )


def test_a_browser_that_has_it_is_told_so_only_while_it_may_see_it(client, portal, photo):
    address = f"/photos/{photo}-800.webp"
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = 'reporter'"))
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 404


AWAY = (
    "update photos set state = 'hidden'",
    "update photos set state = 'pending'",
    "update cases set visibility = 'service'",
    "update cases set visibility = 'withdrawn'",
)


@pytest.mark.parametrize("statement", AWAY)
def test_unknown_and_not_public_are_the_same_nothing(client, portal, photo, statement):
    unknown = nothing(client, "f" * 32)
    with portal.transaction() as connection:
        connection.execute(text(statement))
    assert nothing(client, photo) == unknown


def test_a_lost_file_is_that_nothing_too(client, portal, photo):
    files.path_of(portal.photos_folder, photo, 800).unlink()
    assert nothing(client, photo) == nothing(client, "f" * 32)


def nothing(client, name: str) -> bytes:
    """The page for a missing photo, without the photo's name, which the language links repeat."""
    answer = client.get(f"/photos/{name}-800.webp")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    return answer.data.replace(name.encode(), b"")


@pytest.mark.parametrize(
    "name",
    [
        "x-800.webp", f"{NAME}-801.webp", f"{NAME}-800.jpg", f"{NAME.upper()}-800.webp",
        f"{NAME}.webp", f"{NAME}--800.webp",
        "..%2f..%2fportal.sqlite", f"{'0' * 5000}-800.webp", f"{NAME}-99999999999999999999.webp",
        "%00-800.webp", f"{NAME}%0a-800.webp",
    ],
)  # fmt: skip
def test_an_odd_name_is_not_found(client, photo, name):
    assert client.get(f"/photos/{name}").status_code == 404


def test_a_photo_of_another_city_is_not_found(client, portal, photo):
    with portal.transaction() as connection:
        connection.execute(text("update photos set jurisdiction_id = 'othertown'"))
    assert client.get(f"/photos/{photo}-800.webp").status_code == 404
