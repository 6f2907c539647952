"""A desk that answers without a network, a system that leads to it, and a photo on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image

from data_sync.dispatch.open311 import Open311Adapter
from data_sync.reading.base import Answer
from portal.context import Portal
from portal.domain.dispatch import Outgoing
from portal.domain.route_rules import System
from portal.photos import files
from portal.photos.develop import SIZES
from portal.photos.pipeline import Developed, Picture
from tests.support.desks import DESK_URL, as_answer, desk_app, desk_with, potholes

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "right"
DESK = System(
    "desk", "open311", endpoint="desk", can_look_up=True, takes_photos=True, takes_updates=True
)
TOLD = Outgoing(
    id="open_case:1:abc",
    kind="open_case",
    reference="K7M3Q2X9TZ",
    code="Pothole",
    service_name="Pothole",
    note="Deep; call 617-555-0143",
    address="3 Adams St",
    lat=42.32,
    lon=-71.07,
    is_public=True,
    answers={"size": ("large",), "where": ("lane", "kerb")},
    answers_in_words=(("How large is it?", "Large"), ("Where?", "In the lane, at the kerb")),
    opened_at=int(NOON.timestamp()),
)


@pytest.fixture
def desk(tmp_path):
    """The desk's database: it takes potholes."""
    with desk_with(tmp_path, [potholes("Pothole")]) as engine:
        yield engine


@pytest.fixture
def desk_client(desk, tmp_path):
    return desk_app(desk, tmp_path, lambda: NOON, api_keys=(KEY,)).test_client()


class Line:
    """The network to the desk: counts what is said, and lets a test say something else."""

    def __init__(self, client) -> None:
        self.client, self.said = client, []

    def __call__(self, method, url, params=None, data=None, files=None) -> Answer:
        self.said.append((method, urlsplit(url).path, data or params))
        fields = dict(data or {})
        if files:
            fields["media"] = [(BytesIO(body), name) for _, (name, body, _) in files]
        answer = self.client.open(
            url.removeprefix(DESK_URL), method=method, query_string=params, data=fields or None
        )
        return as_answer(answer, url)


@pytest.fixture
def line(desk_client) -> Line:
    return Line(desk_client)


def adapter_on(
    talk, system: System = DESK, key: str = KEY, read_photo=lambda name: b"", **more
) -> Open311Adapter:
    """An adapter that talks over a function."""
    return Open311Adapter(
        system,
        f"{DESK_URL}/open311/v2",
        key,
        talk,
        read_photo,
        lambda name: f"https://311.example/{name}",
        lambda: NOON,
        **more,
    )


@pytest.fixture
def city(city):
    """Smallville, whose reports go to the desk and whose cases come from it."""
    source = {
        "kind": "open311",
        "name": "desk",
        "endpoint": "desk",
        "quirks": {"updated_after": True, "id_lists": True, "page_size": 1000},
    }
    return replace(city, systems=(DESK,), sources=(source,))


@pytest.fixture
def keep_photo(portal: Portal):
    """keep_photo("a" * 32) puts a red picture on disk."""

    def keep(name: str) -> str:
        body = BytesIO()
        Image.new("RGB", (40, 30), "red").save(body, "WEBP")
        pictures = {side: Picture(40, 30, body.getvalue()) for side in SIZES}
        files.write_photo(portal.photos_folder, name, Developed(pictures, None))
        return name

    return keep
