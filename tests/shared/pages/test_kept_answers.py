"""Answers repeated before Flask is asked: the same bytes while nothing changes, never personal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, Response, request
from sqlalchemy import create_engine
from werkzeug.test import EnvironBuilder

from app import create_app
from portal.api import kept_answers
from portal.api.kept_answers import Answer, KeptAnswers
from portal.cache.answer_store import estimate_bytes


@pytest.fixture
def asked() -> list[str]:
    """Paths that reached Flask, in their order."""
    return []


@pytest.fixture
def client(portal, clock, asked):
    server = Flask("counted")

    def view(path: str = "") -> Response:
        asked.append(request.full_path)
        if path != "own":
            kept_answers.keep(request.environ, portal.state("smallville"))
        answer = Response(
            f"{len(asked)}: {path} {request.accept_languages.best_match(['en', 'es'])}"
        )
        if path == "cookie":
            answer.set_cookie("name", "value")
        if path == "missing":
            answer.status_code = 404
        answer.set_etag("one")
        return answer.make_conditional(request)  # pyright: ignore[reportReturnType]

    server.add_url_rule("/<path>", view_func=view)
    server.wsgi_app = KeptAnswers(server.wsgi_app, portal, clock, lambda header: header[:2])
    return server.test_client(use_cookies=False)


def test_an_equal_question_is_answered_without_asking_again(client, asked):
    assert [client.get("/list?a=1").text for _ in range(3)] == ["1: list None"] * 3
    assert asked == ["/list?a=1"]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/other"},
        {"path": "/list", "query_string": "a=2"},
        {"path": "/list", "headers": {"Accept-Language": "es"}},
        {"path": "/list", "headers": {"Accept-Encoding": "br"}},
        {"path": "/list", "headers": {"Host": "elsewhere.example"}},
    ],
)
def test_another_path_query_language_packing_or_host_is_another_question(client, asked, other):
    client.get("/list")
    client.get(**other)
    assert len(asked) == 2


def test_a_new_minute_and_new_data_are_asked_for_again(client, asked, clock, add_case, publish):
    client.get("/list")
    clock.now += 60
    client.get("/list")
    add_case("101")
    client.get("/list")
    publish()
    client.get("/list")
    client.get("/list")
    assert len(asked) == 4


@pytest.mark.parametrize(
    "personal",
    [{"Cookie": "name=value"}, {"Authorization": "Basic bmFtZQ=="}, {"Range": "bytes=0-1"}],
)
def test_a_question_that_names_somebody_is_never_answered_from_here_nor_kept(
    client, asked, personal
):
    client.get("/list", headers=personal)
    client.get("/list")
    client.get("/list", headers=personal)
    assert len(asked) == 3


@pytest.mark.parametrize("path", ["/own", "/cookie", "/missing"])
def test_what_no_view_offers_what_sets_a_cookie_and_what_is_missing_is_not_kept(
    client, asked, path
):
    client.get(path)
    client.get(path)
    assert len(asked) == 2


def test_only_a_get_is_answered_from_here(client, asked):
    client.get("/list")
    client.head("/list")
    client.head("/list")
    assert len(asked) == 3


def test_a_browser_that_holds_the_answer_is_told_so_and_keeps_polling_for_nothing(client, asked):
    answers = [client.get("/list", headers={"If-None-Match": '"one"'}) for _ in range(3)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(304, b"")] * 3
    assert client.get("/list", headers={"If-None-Match": '"old"'}).status_code == 200
    assert len(asked) == 2


@pytest.fixture
def pages(settings, portal, clock):
    return create_app(settings, portal, clock).server.test_client()


def test_a_page_and_its_repetition_are_the_same_to_the_byte(pages, add_case, publish):
    add_case("101")
    publish()
    first, again = (pages.get("/cases", headers={"Accept-Encoding": "gzip"}) for _ in range(2))
    assert (first.status_code, first.data, list(first.headers)) == (
        200,
        again.data,
        list(again.headers),
    )
    assert first.headers["Content-Encoding"] == "gzip"
    assert (
        pages.get(
            "/cases", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}
        ).status_code
        == 304
    )


def test_a_kept_page_shows_a_new_case_as_soon_as_it_is_published(
    pages, add_case, publish: Callable[[], None]
):
    add_case("101")
    publish()
    assert "/cases/102" not in pages.get("/cases").text
    add_case("102")
    publish()
    assert "/cases/102" in pages.get("/cases").text


def test_the_page_of_the_syncs_health_is_never_kept(pages):
    answers = [pages.get("/status"), pages.get("/status")]
    assert all(answer.request.environ.get(kept_answers.MAY_BE_KEPT) is None for answer in answers)


def test_a_store_that_does_not_answer_leaves_it_to_flask_to_say_so(
    pages, portal, add_case, publish
):
    add_case("101")
    publish()
    assert pages.get("/cases").status_code == 200
    portal.close()
    portal.public = create_engine("sqlite:////nowhere/portal.sqlite")
    assert pages.get("/healthz").status_code == 200
    answer = pages.get("/cases")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_bodies_count_for_what_they_weigh():
    assert (
        estimate_bytes(Answer((1, 2, 3), 1, "200 OK", [("Vary", "Cookie")], b"x" * 100_000))
        > 100_000
    )


def peek(client, path: str = "/list", **more: str) -> Answer | None:
    environ = EnvironBuilder(path).get_environ() | more
    return client.application.wsgi_app.peek(environ)


def test_an_answer_is_there_without_waiting_for_as_long_as_the_state_is_known(client, monkeypatch):
    monkeypatch.setattr("portal.api.kept_answers.FRESH_SECONDS", 3_600)
    assert peek(client) is None
    client.get("/list")
    assert peek(client) is None, "the state was not read since"
    client.get("/list")
    found = peek(client)
    assert found is not None
    assert (found.status, found.body) == ("200 OK", b"1: list None")
    assert peek(client, "/other") is None
    assert peek(client, HTTP_COOKIE="a=1") is None
    assert peek(client, REQUEST_METHOD="POST") is None


def test_an_answer_of_before_is_not_there_without_waiting(client, clock, monkeypatch):
    for _ in range(2):
        client.get("/list")
    monkeypatch.setattr("portal.api.kept_answers.FRESH_SECONDS", -1)
    assert peek(client) is None
    monkeypatch.setattr("portal.api.kept_answers.FRESH_SECONDS", 3_600)
    assert peek(client) is not None
    clock.now += 60
    assert peek(client) is None


def test_new_data_is_seen_without_waiting_once_the_state_was_read(
    client, add_case, publish, monkeypatch
):
    monkeypatch.setattr("portal.api.kept_answers.FRESH_SECONDS", 3_600)
    for _ in range(2):
        client.get("/list")
    add_case("101")
    publish()
    for _ in range(2):
        client.get("/list")
    found = peek(client)
    assert found is not None
    assert found.body == b"2: list None"


def test_the_state_is_known_for_no_longer_than_a_blink():
    assert kept_answers.FRESH_SECONDS <= 0.05
