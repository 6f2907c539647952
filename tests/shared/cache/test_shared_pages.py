"""Pages through a cache server: made once for all processes, and there when the server is not."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import redis
from dash import html
from flask.testing import FlaskClient

from app import create_app
from callbacks.shared.pages import Pages
from layouts.shared.document import Frame, Page
from portal.api.kept_answers import MAY_BE_KEPT
from portal.cache import redis_cache
from portal.cli.doctor import examine
from portal.context import Portal
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.settings import Settings
from tests.conftest import NOW
from tests.support.clock import Clock
from tests.support.redis import CacheServer
from tests.support.reports import POTHOLE

ROOT = Path(__file__).resolve().parents[3]
WAIT_SECONDS = 30
NOON = NOW.timestamp()
PUBLIC = ("/", "/cases", "/places", "/search?q=pothole", "/tiles/12/1239/1514.json")


@pytest.fixture
def settings(settings: Settings, cache_server: CacheServer) -> Settings:
    return settings.model_copy(update={"cache_url": cache_server.url})


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(redis_cache, "ANSWER_SECONDS", WAIT_SECONDS)


@pytest.fixture
def start(settings, city, clock) -> Iterator[Callable[[], tuple[Portal, FlaskClient]]]:
    """start() → the portal and a client of one more process on the same store."""
    portals: list[Portal] = []

    def begin() -> tuple[Portal, FlaskClient]:
        portal = Portal(settings, cities={city.id: city})
        portals.append(portal)
        return portal, create_app(settings, portal, clock).server.test_client()

    yield begin
    for portal in portals:
        portal.close()


@pytest.fixture
def published(portal, add_case, publish) -> None:
    add_case("101")
    publish()


def keys_of(server: CacheServer) -> list[str]:
    with redis.Redis(port=server.port) as client:
        return sorted(key.decode() for key in client.keys("*"))


@pytest.mark.usefixtures("patient", "published")
def test_a_page_made_by_one_process_is_given_by_another(start):
    made = []

    def make(_portal, _visit) -> Page:
        made.append(1)
        return Page("A page", "", html.P("Here it is."))

    answers = []
    for _ in range(2):
        portal, client = start()
        blank = Frame(**{field.name: "" for field in fields(Frame)})
        Pages(portal, blank, lambda: NOON).add(client.application, "/counted", make)
        answers.append(client.get("/counted").data)
    assert (answers[0], len(made)) == (answers[1], 1)


@pytest.mark.usefixtures("patient", "published")
@pytest.mark.parametrize("path", PUBLIC)
def test_what_two_processes_give_is_the_same_to_the_byte(start, path, cache_server):
    _, one = start()
    _, two = start()
    first = one.get(path, headers={"Accept-Encoding": "br"})
    keys = keys_of(cache_server)
    assert keys
    second = two.get(path, headers={"Accept-Encoding": "br"})
    assert (second.status_code, second.data) == (200, first.data)
    assert second.headers.get("ETag") == first.headers.get("ETag")
    assert keys_of(cache_server) == keys, "the second process found all that the first one kept"


@pytest.mark.usefixtures("patient", "published")
def test_new_data_is_on_the_pages_of_every_process_at_once(start, add_case, publish):
    _, one = start()
    _, two = start()
    assert "/cases/102" not in one.get("/cases").text
    add_case("102")
    publish()
    assert "/cases/102" in two.get("/cases").text
    assert "/cases/102" in one.get("/cases").text


def time_pages(client: FlaskClient, clock: Clock) -> float:
    """How long the public pages take (s) when none of them has been made in this minute."""
    clock.now += 600
    started = time.monotonic()
    for path in PUBLIC:
        assert client.get(path).status_code == 200
    return time.monotonic() - started


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("trouble", ["stop", "freeze"])
def test_pages_come_when_the_cache_server_is_gone_or_hangs(start, cache_server, clock, trouble):
    """Each page within a second of its usual time, though they ask the server a dozen times."""
    _, client = start()
    time_pages(client, clock)  # imports, templates, connections
    usual = time_pages(client, clock)
    getattr(cache_server, trouble)()
    assert time_pages(client, clock) < usual + len(PUBLIC)


def test_a_server_that_was_never_there_is_no_fault_of_a_page(start, cache_server, published):
    cache_server.stop()
    _, client = start()
    assert [client.get(path).status_code for path in PUBLIC] == [200] * len(PUBLIC)


@pytest.mark.usefixtures("patient", "published")
def test_pages_of_one_person_are_in_no_cache(start, city, cache_server):
    portal, client = start()
    token = submit(portal, city, POTHOLE, (), Signals(), int(NOON)).token
    paths = ("/report", f"/mine/{token}", "/staff", "/staff/sign-in", "/nowhere")
    for path in paths:
        for _ in range(2):
            answer = client.get(path, headers={"Accept-Encoding": "br"}, follow_redirects=True)
            assert answer.request.environ.get(MAY_BE_KEPT) is None
            assert "no-store" in answer.headers["Cache-Control"]
    assert keys_of(cache_server) == []


def test_nothing_but_the_cache_itself_imports_flask_caching_and_no_view_is_decorated():
    sources = [ROOT / "app.py"]
    for folder in ("portal", "layouts", "callbacks", "data_sync"):
        sources += (ROOT / folder).rglob("*.py")
    for path in sources:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        is_the_cache = path.parent == ROOT / "portal" / "cache"
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and "flask_caching" in (node.module or ""):
                assert is_the_cache, path
            for decorator in getattr(node, "decorator_list", []):
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                assert getattr(called, "attr", "") not in ("cached", "memoize"), path


@pytest.mark.usefixtures("portal")
def test_the_doctor_says_whether_the_cache_server_answers(settings, cache_server):
    def about_the_cache() -> list[str]:
        return [finding.level for finding in examine(settings, NOW) if "cache" in finding.what]

    assert about_the_cache() == ["ok"]
    cache_server.stop()
    assert about_the_cache() == ["warning"]
