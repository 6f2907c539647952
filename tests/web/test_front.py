"""Requests reach the pages whole: bodies that drip, break off or are too many are refused."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from portal.web import bodies
from portal.web.bodies import BodyReader, BodyRefused
from portal.web.front import AT_ONCE_BYTES, Front, make_environ

VISITOR = "93.184.216.34"


class Exchange:
    """What Granian hands over with a request, and what it is given back."""

    def __init__(self, *pieces: bytes, drips: bool = False) -> None:
        self.pieces, self.drips = list(pieces), drips
        self.status, self.headers, self.body = 0, {}, b""
        self.sent: list[int] = []
        self.read = 0

    async def __aiter__(self):
        for piece in self.pieces:
            self.read += 1
            yield piece
        while self.drips:
            await asyncio.sleep(0.01)
            yield b"x"

    def response_bytes(self, status, headers, body) -> None:
        self.status, self.headers, self.body = status, dict(headers), body

    def response_stream(self, status, headers):
        self.status, self.headers = status, dict(headers)
        return self

    async def send_bytes(self, piece: bytes) -> None:
        self.body += piece
        self.sent.append(len(piece))


def a_scope(method="POST", path="/report", client=f"{VISITOR}:4711", **headers):
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return SimpleNamespace(
        http_version="1.1",
        server="127.0.0.1:8050",
        client=client,
        scheme="http",
        method=method,
        path=path,
        query_string="a=1",
        headers=SimpleNamespace(items=lambda: named),
    )


def echo(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    return [environ["wsgi.input"].read()]


def front_of(app=echo, limit: int = 1_000_000) -> Front:
    return Front(app, 2, lambda path: limit, lambda environ: environ["REMOTE_ADDR"])


def run(coroutine) -> None:
    """Run it on a thread of its own: a browser's test leaves a loop running on this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def ask(front: Front, scope, exchange: Exchange) -> Exchange:
    run(front.__rsgi__(scope, exchange))
    return exchange


def test_a_body_reaches_the_page_whole_however_it_came():
    whole = b"x" * (2 * bodies.IN_MEMORY)
    pieces = [whole[:10], whole[10:]]
    answer = ask(front_of(), a_scope(content_length=str(len(whole))), Exchange(*pieces))
    assert (answer.status, answer.body) == (200, whole)


def test_a_body_that_drips_is_given_up_in_time():
    front = front_of()
    front._reader = BodyReader(grace_seconds=0.2)
    answer = ask(front, a_scope(content_length="900000"), Exchange(drips=True))
    assert answer.status == 408


def test_a_body_that_comes_steadily_has_the_time_it_needs():
    now = [0.0]

    async def steadily():
        for _ in range(100):
            now[0] += 1.0
            yield b"x" * 2_000

    reader = BodyReader(clock=lambda: now[0])
    with reader.kept() as body:
        run(reader.read(steadily(), body, 200_000))
        assert (body.size, now[0]) == (200_000, 100.0)


def test_a_body_below_the_least_pace_is_given_up_after_the_grace():
    now = [0.0]

    async def slowly():
        while True:
            now[0] += 1.0
            await asyncio.sleep(0)
            yield b"x"

    reader = BodyReader(clock=lambda: now[0])
    with reader.kept() as body, pytest.raises(BodyRefused) as refused:
        run(reader.read(slowly(), body, 200_000))
    assert refused.value.status == 408
    assert 20 <= now[0] <= 22


def test_a_body_that_breaks_off_is_no_request():
    asked = []
    answer = ask(front_of(asked.append), a_scope(content_length="10"), Exchange(b"abc"))
    assert (answer.status, asked) == (400, [])


def test_a_body_that_does_not_say_how_long_it_is_is_refused():
    answer = ask(front_of(), a_scope(transfer_encoding="chunked"), Exchange(b"abc"))
    assert answer.status == 411


def say_too_large(environ, start_response):
    assert environ["wsgi.input"].read() == b""
    start_response("413 Too Large", [("x-announced", environ["CONTENT_LENGTH"])])
    return [b"sorry"]


def test_a_body_over_the_limit_is_read_and_not_kept_so_that_its_sender_sees_why():
    """A proxy that was cut off in the middle of sending said 502."""
    exchange = Exchange(*[b"x" * 1_000] * 30)
    answer = ask(front_of(say_too_large, limit=100), a_scope(content_length="30000"), exchange)
    assert (answer.status, answer.body) == (413, b"sorry")
    assert (answer.headers["x-announced"], exchange.read) == ("30000", 30)


def test_a_body_far_over_the_limit_is_not_read_at_all():
    exchange = Exchange(*[b"x" * 1_000] * 30)
    far = str(bodies.MOST_DISCARDED + 1)
    answer = ask(front_of(say_too_large), a_scope(content_length=far), exchange)
    assert (answer.status, exchange.read) == (413, 0)


def test_a_body_over_the_limit_that_drips_is_given_up_too():
    front = front_of(say_too_large, limit=100)
    front._reader = BodyReader(grace_seconds=0.2)
    answer = ask(front, a_scope(content_length="900000"), Exchange(drips=True))
    assert answer.status == 408


def test_one_household_leaves_room_for_the_others():
    reader = BodyReader()
    turns = [reader.take_turn("a") for _ in range(bodies.MOST_OF_ONE)]
    for turn in turns:
        turn.__enter__()
    with pytest.raises(BodyRefused) as refused, reader.take_turn("a"):
        pass
    assert refused.value.status == 503
    with reader.take_turn("b"), reader.take_turn(None):
        pass
    turns[0].__exit__(None, None, None)
    with reader.take_turn("a"):
        pass


def test_bodies_are_bounded_in_number_and_in_bytes(monkeypatch):
    reader = BodyReader()
    monkeypatch.setattr(bodies, "MOST_BODIES", 1)
    with reader.take_turn(None), pytest.raises(BodyRefused), reader.take_turn(None):
        pass
    monkeypatch.setattr(bodies, "MOST_BYTES", 5)
    front = front_of()
    for _ in range(3):
        assert ask(front, a_scope(content_length="9"), Exchange(b"x" * 9)).status == 503
        assert ask(front, a_scope(content_length="3"), Exchange(b"abc")).status == 200


def test_a_request_without_a_body_waits_for_none():
    assert ask(front_of(), a_scope("GET"), Exchange(drips=True)).body == b""


def test_a_fault_of_a_page_is_a_500_and_stops_nothing():
    def fail(_environ, _start_response):
        raise RuntimeError("a bug")

    front = front_of(fail)
    assert ask(front, a_scope("GET"), Exchange()).status == 500
    assert ask(front, a_scope("GET"), Exchange()).status == 500


def test_a_large_answer_is_made_while_it_is_sent_and_closed_at_the_end():
    closed = threading.Event()

    class Answer:
        def __iter__(self):
            return iter([b"x" * (1 << 20)] * 6)

        def close(self) -> None:
            closed.set()

    def app(_environ, start_response):
        start_response("200 OK", [("content-length", str(6 << 20))])
        return Answer()

    answer = ask(front_of(app), a_scope("GET"), Exchange())
    assert len(answer.body) == 6 << 20 > AT_ONCE_BYTES
    assert len(answer.sent) == 6
    assert closed.is_set()


def test_a_small_answer_in_pieces_is_handed_over_at_once():
    def app(_environ, start_response):
        start_response("200 OK", [])
        return iter([b"a", b"", b"b"])

    answer = ask(front_of(app), a_scope("GET"), Exchange())
    assert (answer.body, answer.sent) == (b"ab", [])


def test_the_head_is_read_as_pep_3333_wants_it():
    scope = a_scope(
        path="/café",
        client="[2001:db8::7]:4711",
        content_type="text/plain",
        content_length="3",
        cookie="a=1",
        x_forwarded_for="1.2.3.4",
    )
    environ = make_environ(scope)
    assert environ["PATH_INFO"] == "/caf\u00c3\u00a9"
    assert environ["REMOTE_ADDR"] == "2001:db8::7"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8050")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "3")
    assert (environ["HTTP_COOKIE"], environ["QUERY_STRING"]) == ("a=1", "a=1")
    assert environ["HTTP_X_FORWARDED_FOR"] == "1.2.3.4"


def test_a_header_with_an_underscore_passes_for_no_other():
    scope = a_scope("GET")
    scope.headers = SimpleNamespace(items=lambda: [("x_forwarded_for", "1.2.3.4")])
    assert "HTTP_X_FORWARDED_FOR" not in make_environ(scope)


def test_headers_that_come_twice_are_joined():
    scope = a_scope("GET")
    scope.headers = SimpleNamespace(
        items=lambda: [("cookie", "a=1"), ("cookie", "b=2"), ("accept", "x"), ("accept", "y")]
    )
    environ = make_environ(scope)
    assert (environ["HTTP_COOKIE"], environ["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")


def test_an_answer_that_is_there_takes_no_thread():
    kept = SimpleNamespace(status="200 OK", headers=[("x-kept", "yes")], body=b"kept")
    asked = []
    front = Front(asked.append, 1, lambda _: 0, lambda _: "", lambda _environ: kept)
    answer = ask(front, a_scope("GET"), Exchange())
    assert (answer.status, answer.headers, answer.body) == (200, {"x-kept": "yes"}, b"kept")
    assert asked == []
