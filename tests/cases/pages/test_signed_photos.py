"""A photo at a signed address: open for a while to the system that was given it, no one else."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

import pytest
from PIL import Image

from app import create_app
from portal.photos import files
from portal.photos.pipeline import SIZES, Developed, Picture
from portal.photos.signed import sign_address
from tests.conftest import NOW

NAME = "0123456789abcdef" * 2
IN_A_MINUTE = int(NOW.timestamp()) + 60


@pytest.fixture
def app(settings, portal):
    """It is noon."""
    return create_app(settings, portal, lambda: NOW.timestamp())


@pytest.fixture
def photo(portal) -> str:
    """A red picture of no public case."""
    body = BytesIO()
    Image.new("RGB", (40, 30), "red").save(body, "WEBP")
    files.write_photo(
        portal.photos_folder,
        NAME,
        Developed({side: Picture(40, 30, body.getvalue()) for side in SIZES}, None),
    )
    return NAME


@pytest.fixture
def path(settings, photo) -> str:
    """Its address, good for a minute."""
    return sign_address(settings, photo, IN_A_MINUTE).removeprefix(settings.site_url)


def test_whoever_has_the_address_gets_a_jpeg_that_nobody_keeps(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == (
        "private, no-store",
        "noindex",
    )
    with Image.open(BytesIO(answer.data)) as picture:
        red, green, blue = picture.tobytes()[:3]
    assert red > 240 and green < 15 and blue < 15


@pytest.mark.parametrize("until", [IN_A_MINUTE + 1, IN_A_MINUTE - 61, 0])
def test_an_address_opens_for_no_other_time(client, path, until):
    assert client.get(path.replace(str(IN_A_MINUTE), str(until))).status_code == 404


def test_an_address_that_has_run_out_opens_nothing(client, settings, photo):
    past = sign_address(settings, photo, int(NOW.timestamp())).removeprefix(settings.site_url)
    assert client.get(past).status_code == 404


def test_an_address_of_one_photo_opens_no_other(client, path):
    assert client.get(path.replace(NAME, NAME[::-1])).status_code == 404


@pytest.mark.parametrize("mark", ["0" * 32, "é" * 32, "\ud800", "%00", "-", "x" * 5_000])
def test_a_signature_that_is_none_is_not_found(client, path, mark):
    """A signature beyond ASCII was an error of ours."""
    address = path.rpartition("-")[0] + "-" + quote(mark, errors="surrogatepass") + ".jpg"
    assert client.get(address).status_code == 404


def test_a_time_of_five_thousand_digits_is_not_found(client):
    assert client.get(f"/photos/signed/{NAME}-{'9' * 5_000}-{'0' * 32}.jpg").status_code in (
        400,
        404,
    )


def test_a_photo_that_is_lost_is_not_found(client, settings, path, portal):
    files.delete_photo(portal.photos_folder, NAME)
    assert client.get(path).status_code == 404
