"""Photos are redrawn or refused, never left behind, and shown to those who may see the case."""

from __future__ import annotations

import io
import re
import zlib

import pytest
from PIL import Image
from sqlalchemy import select, update

from data_sync.desk import photos
from data_sync.desk.errors import BadPhoto
from data_sync.desk.models import Case, write
from portal.photos.develop import MAX_BYTES
from tests.desk.conftest import report

API = "/open311/v2"


def url_of(client, request_id):
    url = client.get(f"{API}/requests/{request_id}.json?api_key=right").get_json()[0]["media_url"]
    return url.removeprefix("http://desk.test")


def kept(tmp_path):
    return sorted(path.name for path in (tmp_path / "photos").glob("*"))


def png_that_claims(width, height):
    """A PNG of a few bytes whose header promises width × height pixels."""
    header = (
        b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    )
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk
        + (0).to_bytes(4, "big")
        + b"IEND"
        + zlib.crc32(b"IEND").to_bytes(4, "big")
    )


def test_a_photo_is_drawn_anew_and_served_as_what_it_is(client, jpeg):
    url = url_of(
        client,
        report(client, media=(io.BytesIO(jpeg), "x.exe")).get_json()[0]["service_request_id"],
    )
    assert re.fullmatch(r"/photos/[0-9a-f]{32}\.webp", url)
    photo = client.get(url)
    assert (photo.content_type, photo.headers["X-Content-Type-Options"]) == (
        "image/webp",
        "nosniff",
    )
    assert b"SECRET" not in photo.data
    assert Image.open(io.BytesIO(photo.data)).size == (40, 30)


@pytest.mark.realdata
def test_where_a_photo_was_taken_is_not_kept(real_data, tmp_path):
    with (real_data / "photos/DSCN0010.jpg").open("rb") as photo:
        url = photos.store_photo(photo, tmp_path)
    with Image.open(tmp_path / url.removeprefix("photos/")) as drawn:
        assert (dict(drawn.getexif()), drawn.info.get("exif"), drawn.info.get("xmp")) == (
            {},
            None,
            None,
        )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg/>",
        b"GIF89a\x01\x00\x01\x00",
        png_that_claims(9_000, 9_000),
        png_that_claims(12_001, 10),
        png_that_claims(100, 100),
    ],
    ids=["empty", "svg", "gif", "81 megapixels", "too wide", "no pixels"],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(client, body, tmp_path):
    answer = report(client, media=(io.BytesIO(body), "x.jpg"))
    assert answer.status_code == 400
    assert "photo" in answer.get_json()[0]["description"]
    assert kept(tmp_path) == []
    assert client.get(f"{API}/requests.json").get_json() == []


def test_a_truncated_photo_is_refused(jpeg, tmp_path):
    with pytest.raises(BadPhoto):
        photos.store_photo(io.BytesIO(jpeg[: len(jpeg) // 2]), tmp_path)


def test_more_than_15_mb_is_refused_unread(tmp_path):
    with pytest.raises(BadPhoto, match="15 MB"):
        photos.store_photo(io.BytesIO(b"x" * (MAX_BYTES + 1)), tmp_path)


def test_a_report_sent_again_or_refused_leaves_no_photo_behind(client, jpeg, tmp_path):
    for _ in range(2):
        assert (
            report(client, external_reference="K7", media=(io.BytesIO(jpeg), "x.jpg")).status_code
            == 200
        )
    assert report(client, service_code="nope", media=(io.BytesIO(jpeg), "x.jpg")).status_code == 404
    assert len(kept(tmp_path)) == 1


def test_photo_of_a_private_case_is_for_the_staff_alone(client, staff, jpeg):
    answer = report(client, is_public="false", media=(io.BytesIO(jpeg), "x.jpg"))
    url = url_of(client, answer.get_json()[0]["service_request_id"])
    assert client.get(url).status_code == 404
    assert staff.get(url).status_code == 200
    assert staff.get(url).headers["Cache-Control"] == "no-store"


def test_the_photo_of_the_work_on_a_private_case_has_an_address_for_its_resident_s_portal(
    client, staff, jpeg
):
    number = report(client, is_public="false").get_json()[0]["service_request_id"]
    done = {"reason": "Fixed", "photo": (io.BytesIO(jpeg), "x.jpg")}
    staff.post(f"/staff/cases/{number}/close", data=done)
    asked = client.get(f"{API}/requests/{number}.json?extensions=true&api_key=right").get_json()
    url = asked[0]["extended_attributes"]["closed_media_url"].removeprefix("http://desk.test")
    path, _, mark = url.partition("?key=")
    assert len(mark) == 32
    assert client.get(url).headers["Cache-Control"] == "no-store"
    assert [client.get(f"{path}{end}").status_code for end in ("", f"?key={mark[::-1]}")] == [
        404
    ] * 2


def test_a_drawn_photo_that_public_cases_hold_too_is_for_everybody(client, desk, jpeg):
    answer = report(client, is_public="false", media=(io.BytesIO(jpeg), "x.jpg"))
    url = url_of(client, answer.get_json()[0]["service_request_id"])
    public = report(client).get_json()[0]["service_request_id"]
    with write(desk) as connection:
        media_url = connection.execute(
            select(Case.media_url).where(Case.media_url != "")
        ).scalar_one()
        connection.execute(
            update(Case).where(Case.request_id == public).values(media_url=media_url)
        )
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "name", ["nope.webp", "..%2Fdesk.sqlite", "desk.sqlite", "%00.webp", ".webp"]
)
def test_nothing_but_photos_is_served(client, name):
    assert client.get(f"/photos/{name}").status_code == 404
