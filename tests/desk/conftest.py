"""A desk with two services, a clock that the test moves, and those who call at it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from data_sync.desk import accounts
from data_sync.desk.records import DeskService, NewCase
from data_sync.desk.store import report_case
from tests.support.desks import desk_app, desk_with

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "a long enough sentence"


class Clock:
    """Nine in the morning, UTC, until the test lets time pass."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_hours(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path):
    """The desk's database with potholes (two days) and street lights (no target)."""
    services = [
        DeskService(
            "pothole", "Pothole", "Streets", "A hole in the road.", "Public Works", "Highway", 48
        ),
        DeskService(
            "light", "Street light", "Streets", "A light that is out.", "Lighting", "Lights", None
        ),
    ]
    with desk_with(tmp_path, services) as engine:
        yield engine


@pytest.fixture
def app(desk, clock, tmp_path):
    return desk_app(desk, tmp_path, clock, api_keys=("right",), public_url="http://desk.test")


@pytest.fixture
def client(app):
    """A program that speaks Open311."""
    return app.test_client()


@pytest.fixture
def visitor(app):
    """A browser whose forms come from the desk's own pages, not signed in."""
    window = app.test_client()
    window.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return window


@pytest.fixture
def staff(visitor, desk):
    """A browser whose owner is signed in as Ana."""
    accounts.add_staff(desk, "Ana", PASSWORD)
    assert (
        visitor.post("/staff/sign-in", data={"name": "Ana", "password": PASSWORD}).status_code
        == 303
    )
    return visitor


@pytest.fixture
def pothole(desk, clock):
    return report_case(
        desk,
        NewCase(
            service_code="pothole",
            description="Deep & wide",
            address="1 Elm St",
            lat=42.32,
            lon=-71.07,
        ),
        now=clock(),
        actor="test",
    )


def report(client, **fields):
    """Report a pothole as a program with a key does; a field that is None is left out."""
    fields = {
        "api_key": "right",
        "service_code": "pothole",
        "lat": "42.3",
        "long": "-71.1",
    } | fields
    return client.post(
        "/open311/v2/requests.json",
        data={name: value for name, value in fields.items() if value is not None},
    )


@pytest.fixture
def jpeg():
    """A red photo of 40 by 30 pixels with a comment that no one may ever see."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG", comment=b"SECRET")
    return picture.getvalue()
