"""Places from a geocoder that the city has configured (Nominatim or Photon).

The server asks it, so that no browser talks to another host. Search works without it: a geocoder
that is slow, full or down adds nothing and stops nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from portal import __version__
from portal.cache.answer_store import AnswerStore, StorePart
from portal.domain.bounds import Bounds
from portal.domain.geocoded_place import GeocodedPlace
from portal.network.deadline import deadline
from portal.network.http import TimedTransport

MAX_PLACES = 5
MAX_BODY_BYTES = 256 * 1024
ANSWER_SECONDS = 1.5
REST_SECONDS = 60.0
AT_ONCE = 2
"""Threads of a web process that may wait for it; the others answer pages whatever it does."""
KEPT_BYTES = 1 << 20
MAX_NAME = 160


class Geocoder:
    """One Nominatim (…/search) or Photon (…/api), asked for places within a city.

    Several threads may use it at once.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] = time.monotonic,
        kept: StorePart | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._url = url
        self._seconds = seconds
        self._clock = clock
        self._is_photon = urlsplit(url).path.rstrip("/").endswith("/api")
        self._kept = kept or AnswerStore(KEPT_BYTES).part("geocoder")
        self._rests_until = -math.inf
        self._places_free = threading.BoundedSemaphore(AT_ONCE)
        self._client = httpx2.Client(
            transport=TimedTransport(),
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": f"CitizensConnect/{__version__} (public 311 case portal)"},
        )

    def find(self, typed: str, bounds: Bounds, language: str) -> tuple[GeocodedPlace, ...]:
        """Up to five places in the city, the likeliest first.

        Empty where there is no answer in 1.5 s, or a bad one; then the geocoder rests a minute.
        """
        if self._clock() < self._rests_until or not self._places_free.acquire(blocking=False):
            return ()
        try:
            question = typed, bounds, language
            return self._kept.get_or_ask(question, lambda: self._ask(*question))
        except (httpx2.HTTPError, ValueError, TypeError, KeyError, AttributeError):
            # Down, or not answering as it should: that is for the operator; the visitor goes on.
            self._rests_until = self._clock() + REST_SECONDS
            return ()
        finally:
            self._places_free.release()

    def close(self) -> None:
        """Give back its connections."""
        self._client.close()

    def _ask(self, typed: str, bounds: Bounds, language: str) -> tuple[GeocodedPlace, ...]:
        make_question, read_places = PHOTON if self._is_photon else NOMINATIM
        found = read_places(orjson.loads(self._body(make_question(typed, bounds, language))))
        inside = [place for place in found if place.name and bounds.holds(place.lat, place.lon)]
        return tuple(dict.fromkeys(inside))[:MAX_PLACES]

    def _body(self, asked: dict[str, str]) -> bytes:
        body = bytearray()
        with deadline(self._seconds), self._client.stream("GET", self._url, params=asked) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MAX_BODY_BYTES:
                    raise ValueError("the geocoder's answer is too long")
        return bytes(body)


def _nominatim_question(typed: str, bounds: Bounds, language: str) -> dict[str, str]:
    box = f"{bounds.west},{bounds.north},{bounds.east},{bounds.south}"
    return {
        "q": typed,
        "format": "jsonv2",
        "limit": str(MAX_PLACES),
        "viewbox": box,
        "bounded": "1",
        "accept-language": language,
    }


def _photon_question(typed: str, bounds: Bounds, language: str) -> dict[str, str]:
    box = f"{bounds.west},{bounds.south},{bounds.east},{bounds.north}"
    return {"q": typed, "limit": str(MAX_PLACES), "bbox": box, "lang": language}


def _nominatim_places(answer: Any) -> Iterable[GeocodedPlace]:
    for found in answer:
        yield GeocodedPlace(
            str(found["display_name"])[:MAX_NAME], float(found["lat"]), float(found["lon"])
        )


def _photon_places(answer: Any) -> Iterable[GeocodedPlace]:
    for found in answer["features"]:
        lon, lat = found["geometry"]["coordinates"][:2]
        said = found["properties"]
        house = " ".join(str(said[key]) for key in ("housenumber", "street") if said.get(key))
        parts = [said.get("name"), house, said.get("district"), said.get("city")]
        yield GeocodedPlace(
            ", ".join(dict.fromkeys(str(part) for part in parts if part))[:MAX_NAME],
            float(lat),
            float(lon),
        )


PHOTON = (_photon_question, _photon_places)
NOMINATIM = (_nominatim_question, _nominatim_places)
