"""The city's photos: newest first, a few a round, from allowed hosts; no fault reaches a page."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import text

from data_sync.pull.photos import (
    ROUND_PHOTOS,
    PhotoPull,
    RoundResult,
    address_at_desk,
    first_address,
    make_photo_pulls,
    photo_fetcher,
    photo_jobs,
)
from data_sync.reading.base import Answer
from data_sync.reading.fetch import Fetcher
from data_sync.repeat import repeat_until_told
from portal.domain.jurisdiction import PhotoSource
from portal.errors import Conflict, SettingsError, SourceError
from portal.jurisdictions import parse
from portal.photos import files
from portal.photos.pipeline import Developed, PhotoRefused, Picture, develop_photo
from tests.conftest import NOW
from tests.photos.samples import saved, scene

URL = "https://photos.example/1.jpg"
SOURCE = PhotoSource(("photos.example",))


@pytest.fixture
def database() -> str:
    return "sqlite"


def answer(body: bytes = b"bytes", status: int = 200) -> Answer:
    return Answer(status, "image/jpeg", body, URL, {})


def drawn(_body: bytes) -> Developed:
    """Stands for the pipeline where its work is not the question."""
    return Developed({side: Picture(9, 9, b"picture") for side in (144, 800, 1600)}, None)


@pytest.fixture
def pull(portal, city):
    """pull(fetch): a pull of Smallville, whose photos are at photos.example."""

    def make(fetch=lambda url, headers: answer(), **more) -> PhotoPull:
        return PhotoPull(
            portal,
            replace(city, photos=SOURCE),
            fetch,
            **{"draw": drawn, "now": lambda: NOW, **more},
        )

    return make


@pytest.fixture
def states(portal):
    """states(): what became of each photo, by its address."""

    def ask() -> dict[str, tuple[str, str | None]]:
        with portal.core.connect() as connection:
            return {
                row[0]: (row[1], row[2])
                for row in connection.execute(text("select source_url, state, reason from photos"))
            }

    return ask


def test_a_photo_is_fetched_drawn_kept_and_announced(portal, city, add_case, pull, states):
    add_case("101", opened="2026-11-20", photo_url=URL)
    asked = []

    def fetch(url, headers):
        asked.append((url, headers["accept"]))
        return answer(saved(scene(), "JPEG"))

    before = portal.data_version(city.id)
    assert pull(fetch, draw=develop_photo).fetch_round() == RoundResult(ready=1)
    assert asked == [(URL, "image/*")]
    assert states() == {URL: ("ready", None)}
    assert portal.data_version(city.id) == before + 1
    (name,) = files.list_names(portal.photos_folder, 9e9)
    assert files.is_whole(portal.photos_folder, name)


def test_a_second_round_has_nothing_to_do(add_case, pull):
    add_case("101", opened="2026-11-20", photo_url=URL)
    made = pull()
    assert made.fetch_round() == RoundResult(ready=1)
    assert made.fetch_round() == RoundResult()


def test_a_round_is_bounded_and_takes_the_newest(add_case, pull):
    for hour in range(ROUND_PHOTOS + 2):
        add_case(
            str(hour),
            opened=f"2026-11-{10 + hour // 24:02}T{hour % 24:02}:00:00",
            photo_url=f"https://photos.example/{hour}.jpg",
        )
    asked = []

    def fetch(url, headers):
        asked.append(url)
        return answer()

    made = pull(fetch)
    assert made.fetch_round() == RoundResult(ready=ROUND_PHOTOS, is_more=True)
    assert asked == [
        f"https://photos.example/{hour}.jpg" for hour in range(ROUND_PHOTOS + 1, 1, -1)
    ]
    assert made.fetch_round() == RoundResult(ready=2)


def test_a_host_that_is_down_is_asked_again_later_and_not_at_once(add_case, pull, states):
    add_case("101", opened="2026-11-20", photo_url=URL)

    def down(url, headers):
        raise SourceError("photos.example: cannot be reached", reason="unreachable")

    assert pull(down).fetch_round() == RoundResult(put_off=1)
    assert pull().fetch_round() == RoundResult()
    assert states() == {URL: ("pending", "unreachable")}


def test_a_host_that_is_left_alone_costs_a_photo_no_attempt(portal, add_case, pull):
    add_case("101", opened="2026-11-20", photo_url=URL)

    def resting(url, headers):
        raise SourceError("photos.example could not answer lately", reason="resting")

    assert pull(resting).fetch_round() == RoundResult()
    assert pull().fetch_round() == RoundResult(ready=1)


@pytest.mark.parametrize("status", [204, 301, 401, 403, 404, 410])
def test_an_address_without_a_photo_is_remembered(add_case, pull, states, status):
    add_case("101", opened="2026-11-20", photo_url=URL)
    assert pull(lambda url, headers: answer(status=status)).fetch_round() == RoundResult(refused=1)
    assert states() == {URL: ("refused", f"answered_{status}")}
    assert pull(lambda url, headers: pytest.fail("was asked again")).fetch_round() == RoundResult()


def test_what_is_no_photo_is_refused_for_good(add_case, pull, states):
    add_case("101", opened="2026-11-20", photo_url=URL)
    assert pull(
        lambda url, headers: answer(b"<html>Sorry</html>"), draw=develop_photo
    ).fetch_round() == RoundResult(refused=1)
    assert states() == {URL: ("refused", "not_a_photo")}


def test_a_machine_that_was_too_busy_tries_again(add_case, pull, states):
    add_case("101", opened="2026-11-20", photo_url=URL)

    def busy(_body):
        raise PhotoRefused("too_slow")

    assert pull(draw=busy).fetch_round() == RoundResult(put_off=1)
    assert states() == {URL: ("pending", "too_slow")}


def guarded(
    reply,
    source: PhotoSource = SOURCE,
    desk_url: str | None = None,
    addresses: tuple[str, ...] = ("93.184.216.34",),
) -> Fetcher:
    made = photo_fetcher(source, desk_url)
    made.resolve = lambda host, port: list(addresses)
    made.transport = httpx2.MockTransport(reply)
    return made


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://photos.example/1.jpg", "not_https"),
        ("https://evil.example/1.jpg", "other_host"),
        ("https://photos.example.evil.example/1.jpg", "other_host"),
        ("https://photos.example:8443/1.jpg", "other_host"),
        ("https://me@photos.example/1.jpg", "other_host"),
        ("https://127.0.0.1/1.jpg", "other_host"),
        ("http://127.0.0.1:8050/1.jpg", "not_https"),
        ("http://169.254.169.254/latest/meta-data", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://photos.example/", "not_https"),
        ("1.jpg", "not_https"),
        ("https://[::1", "bad_address"),
        ("https://photos.example:x/1.jpg", "bad_address"),
        ("https://photos.example/\u0000.jpg", "bad_address"),
    ],
)
def test_an_address_elsewhere_is_never_asked(add_case, pull, states, url, reason):
    add_case("101", opened="2026-11-20", photo_url=url)
    assert pull(guarded(lambda request: pytest.fail("was sent"))).fetch_round() == RoundResult(
        refused=1
    )
    assert states() == {url: ("refused", reason)}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "224.0.0.1",
        "ff02::1",
    ],
)
def test_a_name_that_leads_inside_is_never_asked(add_case, pull, states, address):
    add_case("101", opened="2026-11-20", photo_url=URL)
    reply = guarded(lambda request: pytest.fail("was sent"), addresses=("93.184.216.34", address))
    assert pull(reply).fetch_round() == RoundResult(refused=1)
    assert states() == {URL: ("refused", "private_address")}


@pytest.mark.parametrize(
    "target", ["https://photos.example/2.jpg", "http://127.0.0.1/", "https://evil.example/"]
)
def test_no_redirect_is_followed(add_case, pull, states, target):
    add_case("101", opened="2026-11-20", photo_url=URL)
    asked = []

    def reply(request):
        asked.append(str(request.url))
        return httpx2.Response(302, headers={"location": target})

    assert pull(guarded(reply)).fetch_round() == RoundResult(refused=1)
    assert len(asked) == 1
    assert states()[URL][0] == "refused"


def test_a_body_larger_than_any_photo_is_given_up_whatever_it_announced(add_case, pull, states):
    add_case("101", opened="2026-11-20", photo_url=URL)

    def endless():
        while True:
            yield b"\0" * 65_536

    assert pull(
        guarded(lambda request: httpx2.Response(200, content=endless()))
    ).fetch_round() == RoundResult(refused=1)
    assert states() == {URL: ("refused", "too_large")}


def test_a_failing_answer_is_asked_for_once_a_round(add_case, pull):
    add_case("101", opened="2026-11-20", photo_url=URL)
    asked = []

    def reply(request):
        asked.append(request)
        return httpx2.Response(503)

    assert pull(guarded(reply)).fetch_round() == RoundResult(put_off=1)
    assert len(asked) == 1


def test_only_the_demonstration_may_ask_this_machine_and_only_its_desk(
    add_case, pull, states, city, portal
):
    old, other = "http://127.0.0.1:1234/photos/pothole-1.webp", "http://10.0.0.1/x.webp"
    add_case("101", opened="2026-11-20", photo_url=old)
    add_case("102", opened="2026-11-20", photo_url=other)
    asked = []

    def reply(request):
        asked.append((request.headers["host"], request.url.path))
        return httpx2.Response(200, content=b"bytes")

    desk = PhotoSource(("desk",))
    made = pull(
        guarded(reply, desk, "http://127.0.0.1:8311", ("127.0.0.1",)),
        desk_url="http://127.0.0.1:8311",
    )
    made.city = replace(city, photos=desk)
    assert made.fetch_round() == RoundResult(ready=1, refused=1)
    assert asked == [("127.0.0.1:8311", "/photos/pothole-1.webp")]
    assert states() == {old: ("ready", None), other: ("refused", "not_https")}


def test_a_desk_that_does_not_run_is_waited_for():
    with pytest.raises(SourceError) as refused:
        address_at_desk("http://127.0.0.1:1234/photos/a.webp", None)
    assert refused.value.reason == "resting"
    marked = "http://127.0.0.1:1234/photos/a.webp?key=12"
    assert (
        address_at_desk(marked, "http://127.0.0.1:8311")
        == "http://127.0.0.1:8311/photos/a.webp?key=12"
    )


@pytest.mark.parametrize(
    "told",
    [
        URL,
        f" {URL} ",
        f"{URL} | https://photos.example/2.jpg",
        f"{URL}|x",
        f"{URL}\nhttps://photos.example/2.jpg",
    ],
)
def test_of_several_addresses_the_first_is_taken(told):
    assert first_address(told) == URL


def test_two_rounds_at_once_are_one(pull, portal, city, add_case):
    add_case("101", opened="2026-11-20", photo_url=URL)
    second = pull()

    def fetch(url, headers):
        with pytest.raises(Conflict):
            second.fetch_round()
        return answer()

    assert pull(fetch).fetch_round() == RoundResult(ready=1)


def test_a_photo_that_hits_a_bug_of_ours_does_not_block_the_others(add_case, pull, states):
    add_case("101", opened="2026-11-21", photo_url=URL)
    add_case("102", opened="2026-11-20", photo_url="https://photos.example/2.jpg")

    def fetch(url, headers):
        if url == URL:
            raise RuntimeError("a bug")
        return answer()

    made = pull(fetch)
    with pytest.raises(RuntimeError):
        made.fetch_round()
    assert made.fetch_round() == RoundResult(ready=1)
    assert states() == {
        URL: ("pending", "unexpected"),
        "https://photos.example/2.jpg": ("ready", None),
    }


def test_a_full_disk_leaves_the_photo_for_later_and_announces_what_was_done(
    portal, city, add_case, pull, states
):
    add_case("101", opened="2026-11-21", photo_url=URL)
    add_case("102", opened="2026-11-20", photo_url="https://photos.example/2.jpg")

    def draw(body):
        if body == b"second":
            raise OSError(28, "No space left on device")
        return drawn(body)

    before = portal.data_version(city.id)
    with pytest.raises(OSError, match="No space left"):
        pull(
            lambda url, headers: answer(b"second" if "2.jpg" in url else b"first"), draw=draw
        ).fetch_round()
    assert states() == {
        URL: ("ready", None),
        "https://photos.example/2.jpg": ("pending", "unexpected"),
    }
    assert portal.data_version(city.id) == before + 1


def test_a_stop_is_obeyed_before_the_next_photo(add_case, pull):
    add_case("101", opened="2026-11-20", photo_url=URL)
    made = pull(lambda url, headers: pytest.fail("was asked"), is_stopping=lambda: True)
    assert made.fetch_round() == RoundResult(is_more=True)


def test_the_loop_survives_whatever_happens_and_ends_when_told(portal, add_case, pull, states):
    add_case("101", opened="2026-11-20", photo_url=URL)
    stop, said = threading.Event(), []

    def fetch(url, headers):
        stop.set()
        raise RuntimeError("a bug")

    repeat_until_told(photo_jobs(portal, [pull(fetch)]), stop, said.append)
    assert len(said) == 1
    assert said[0].startswith("smallville: photos: unexpected error")
    assert "a bug" in said[0]
    assert states() == {URL: ("pending", "unexpected")}


def test_a_city_that_names_no_host_has_no_photos_fetched(portal, city):
    assert city.photos is None
    assert make_photo_pulls(portal, None, lambda: False) == []


@pytest.mark.parametrize(
    "photos",
    [
        {"hosts": ["https://photos.example/"]},
        {"hosts": ["photos.example"], "days": 0},
        {"days": 3},
        {"host": "x"},
    ],
)
def test_a_city_file_that_is_wrong_about_photos_says_so(photos):
    table = {
        "name": "X",
        "zone": "UTC",
        "bounds": {"south": 1, "west": 1, "north": 2, "east": 2},
        "photos": photos,
    }
    with pytest.raises(SettingsError, match="x.toml"):
        parse("x", table)
