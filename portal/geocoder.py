"""Places found by a geocoder that the city has configured: Nominatim or Photon.

Our server asks it, so no browser contacts another host. Search works without it: a geocoder that is
slow, busy or down adds nothing and stops nothing.
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
from portal.cache import AnswerCache
from portal.domain.bounds import Bounds
from portal.domain.geocoded_place import GeocodedPlace

MAX_PLACES = 5
MAX_BODY_BYTES = 256 * 1024
ANSWER_SECONDS = 1.5
LEAVE_ALONE_SECONDS = 60.0
AT_ONCE = 2
"""How many threads may wait for it; the others answer pages whatever it does."""
CACHED_BYTES = 1 << 20
MAX_NAME = 160


class Geocoder:
    """A Nominatim (…/search) or Photon (…/api) to find places in a city. Threads may share it."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._is_photon = urlsplit(url).path.rstrip("/").endswith("/api")
        self._answers = AnswerCache(CACHED_BYTES)
        self._left_alone_until = -math.inf
        self._free_turns = threading.BoundedSemaphore(AT_ONCE)
        self._client = httpx2.Client(
            timeout=ANSWER_SECONDS,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": f"CitizensConnect/{__version__} (public 311 case portal)"},
        )

    def find(self, typed: str, bounds: Bounds, language: str) -> tuple[GeocodedPlace, ...]:
        """Up to five places in the city, likeliest first.

        Empty where it gives no answer in 1.5 s, or a bad one; it is then left alone for a minute.
        """
        if self._clock() < self._left_alone_until or not self._free_turns.acquire(blocking=False):
            return ()
        try:
            return self._answers.get_or_ask(
                (typed, bounds, language), lambda: self._ask(typed, bounds, language)
            )
        except (httpx2.HTTPError, ValueError, TypeError, KeyError, AttributeError):
            # Down, or not answering as it should. `doctor` shows the operator what is wrong; the
            # visitor goes on searching.
            self._left_alone_until = self._clock() + LEAVE_ALONE_SECONDS
            return ()
        finally:
            self._free_turns.release()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _ask(self, typed: str, bounds: Bounds, language: str) -> tuple[GeocodedPlace, ...]:
        if self._is_photon:
            query = _photon_query(typed, bounds, language)
            found = _photon_places(orjson.loads(self._body(query)))
        else:
            query = _nominatim_query(typed, bounds, language)
            found = _nominatim_places(orjson.loads(self._body(query)))
        inside = [place for place in found if place.name and bounds.holds(place.lat, place.lon)]
        return tuple(dict.fromkeys(inside))[:MAX_PLACES]

    def _body(self, query: dict[str, str]) -> bytes:
        body = bytearray()
        give_up_at = self._clock() + ANSWER_SECONDS
        with self._client.stream("GET", self._url, params=query) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MAX_BODY_BYTES or self._clock() > give_up_at:
                    raise ValueError("the geocoder's answer is too long or too slow")
        return bytes(body)


def _nominatim_query(typed: str, bounds: Bounds, language: str) -> dict[str, str]:
    box = f"{bounds.west},{bounds.north},{bounds.east},{bounds.south}"
    return {
        "q": typed,
        "format": "jsonv2",
        "limit": str(MAX_PLACES),
        "viewbox": box,
        "bounded": "1",
        "accept-language": language,
    }


def _photon_query(typed: str, bounds: Bounds, language: str) -> dict[str, str]:
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
        named = found["properties"]
        house = " ".join(str(named[key]) for key in ("housenumber", "street") if named.get(key))
        parts = [named.get("name"), house, named.get("district"), named.get("city")]
        name = ", ".join(dict.fromkeys(str(part) for part in parts if part))
        yield GeocodedPlace(name[:MAX_NAME], float(lat), float(lon))
