"""A configured geocoder helps a search and never stops one; here it is a small server of ours."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from app import create_app
from portal.context import Portal
from portal.domain.bounds import Bounds
from portal.domain.geocoded_place import GeocodedPlace
from portal.geocoder import REST_SECONDS, Geocoder

BOSTON = Bounds(42.22, -71.20, 42.41, -70.98)
CITY_HALL = {"display_name": "City Hall, Boston", "lat": "42.3604", "lon": "-71.0580"}
NOMINATIM = json.dumps(
    [CITY_HALL, {"display_name": "City Hall, Salem", "lat": "42.5195", "lon": "-70.8967"}]
)
PHOTON = json.dumps(
    {
        "features": [
            {
                "geometry": {"coordinates": [-71.0580, 42.3604]},
                "properties": {
                    "name": "City Hall",
                    "street": "City Hall Square",
                    "housenumber": "1",
                    "city": "Boston",
                },
            }
        ]
    }
)


class Service:
    """What the geocoder answers next, and what it was asked."""

    def __init__(self, origin: str) -> None:
        self.origin, self.status, self.body = origin, 200, NOMINATIM
        self.asked: list[dict[str, list[str]]] = []


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(parse_qs(urlsplit(self.path).query))
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(made.body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Service(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def at() -> list[float]:
    return [0.0]


@pytest.fixture
def geocoder(service: Service, at: list[float]) -> Iterator[Callable[[str], Geocoder]]:
    made: list[Geocoder] = []

    def make(path: str = "/search") -> Geocoder:
        made.append(Geocoder(service.origin + path, clock=lambda: at[0]))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_places_outside_the_city_are_left_out_and_the_box_is_told(geocoder, service):
    assert geocoder("/search").find("city hall", BOSTON, "es") == (
        GeocodedPlace("City Hall, Boston", 42.3604, -71.058),
    )
    (asked,) = service.asked
    assert (asked["q"], asked["bounded"], asked["accept-language"]) == (
        ["city hall"],
        ["1"],
        ["es"],
    )
    assert asked["viewbox"] == ["-71.2,42.41,-70.98,42.22"]


def test_photon_is_spoken_to_in_its_own_way(geocoder, service):
    service.body = PHOTON
    found = geocoder("/api").find("city hall", BOSTON, "en")
    assert found == (GeocodedPlace("City Hall, 1 City Hall Square, Boston", 42.3604, -71.058),)
    assert service.asked[0]["bbox"] == ["-71.2,42.22,-70.98,42.41"]


def test_the_same_question_is_asked_once(geocoder, service):
    asking = geocoder("/search")
    assert asking.find("city hall", BOSTON, "en") == asking.find("city hall", BOSTON, "en")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, "no"),
        (302, ""),
        (200, "<html>"),
        (200, "[1]"),
        (200, '[{"lat": "x"}]'),
        (200, "[" + " " * 300_000 + "]"),
    ],
)
def test_a_bad_answer_is_no_place_and_the_geocoder_rests_a_minute(
    geocoder, service, at, status, body
):
    service.status, service.body = status, body
    asking = geocoder("/search")
    assert asking.find("city hall", BOSTON, "en") == ()
    service.status, service.body = 200, NOMINATIM
    assert asking.find("city hall", BOSTON, "en") == ()
    assert len(service.asked) == 1
    at[0] = REST_SECONDS
    assert asking.find("city hall", BOSTON, "en")


def test_a_geocoder_that_is_down_is_no_place(geocoder):
    assert Geocoder("http://127.0.0.1:9/search").find("city hall", BOSTON, "en") == ()


def test_absurd_degrees_are_no_place(geocoder, service):
    service.body = json.dumps([CITY_HALL | {"lat": "nan"}, CITY_HALL | {"lat": "1e400"}])
    assert geocoder("/search").find("city hall", BOSTON, "en") == ()


@pytest.fixture
def search(settings, portal, city, service) -> Iterator[Callable[[str], str]]:
    """The search page of a city with no case and a geocoder."""
    with_geocoder = settings.model_copy(update={"geocoder_url": f"{service.origin}/search"})
    with_it = Portal(with_geocoder, {city.id: replace(city, bounds=BOSTON)})
    client = create_app(with_geocoder, with_it).server.test_client()
    yield lambda words: client.get("/search", query_string={"q": words}).text
    with_it.close()


def test_the_search_page_shows_what_the_geocoder_found_and_thanks_it(search, service):
    page = search("1 City Hall Square")
    assert "City Hall, Boston" in page and "© OpenStreetMap contributors" in page
    assert "/cases?sort=closest&amp;lat=42.36040&amp;lon=-71.05800" in page


def test_the_search_page_does_without_a_geocoder_that_fails(search, service):
    service.status = 503
    assert "We found nothing by these words" in search("1 City Hall Square")
