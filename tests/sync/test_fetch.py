"""The one HTTP client: where it goes, where it refuses to, when it waits, when it gives up."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest

from data_sync.reading.fetch import (
    ATTEMPTS,
    MAX_BODY_BYTES,
    Fetcher,
    hosts_of,
    inside_of,
    is_public,
    retry_after_seconds,
)
from portal.errors import SourceError
from portal.network.inside import read_network

PUBLIC = ["93.184.216.34"]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def fetcher(
    answer: Callable[[httpx2.Request], httpx2.Response],
    clock: Clock | None = None,
    addresses=PUBLIC,
    **more,
) -> Fetcher:
    clock = clock or Clock()
    return Fetcher(
        {"data.example"},
        resolve=lambda host, port: addresses,
        sleep=clock.sleep,
        clock=clock,
        transport=httpx2.MockTransport(answer),
        **more,
    )


def ok(_request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"fine": True})


def test_the_request_goes_to_the_address_that_was_checked_under_the_name_that_was_asked():
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return ok(request)

    got = fetcher(answer)("https://data.example/api", params={"q": "1"})
    assert got.status == 200
    assert got.url == "https://data.example/api?q=1"
    assert seen[0].url.host == PUBLIC[0]
    assert seen[0].headers["host"] == "data.example"
    assert seen[0].extensions["sni_hostname"] == "data.example"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://data.example/", "not_https"),
        ("ftp://data.example/", "not_https"),
        ("https://other.example/", "other_host"),
        ("https://data.example.evil.example/", "other_host"),
        ("https://data.example@evil.example/", "other_host"),
        ("https://user@data.example/", "other_host"),
        ("https://data.example:8443/", "other_host"),
        ("http://127.0.0.1:5432/", "not_https"),
    ],
)
def test_other_hosts_ports_and_schemes_are_refused_before_anything_is_sent(url, reason):
    with pytest.raises(SourceError) as refused:
        fetcher(lambda request: pytest.fail("was sent"))(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "ff02::1",
        "::",
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address):
    assert not is_public(address)
    with pytest.raises(SourceError, match="not an address of the public internet") as refused:
        fetcher(ok, addresses=[*PUBLIC, address])("https://data.example/")
    assert refused.value.reason == "private_address"


def test_public_addresses_are_public():
    assert all(is_public(address) for address in ("93.184.216.34", "2606:2800:220:1::1"))


def test_a_busy_host_is_asked_again_when_it_says():
    clock, answers = (
        Clock(),
        [
            httpx2.Response(429, headers={"retry-after": "7"}),
            httpx2.Response(503),
            httpx2.Response(200, text="ok"),
        ],
    )
    got = fetcher(lambda request: answers.pop(0), clock)("https://data.example/")
    assert got.body == b"ok"
    assert clock.slept[0] == 7
    assert 1 <= clock.slept[1] <= 4


def test_a_host_that_asks_for_an_hour_is_left_alone_for_it():
    clock, asked = Clock(), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(503, headers={"retry-after": "3600"})

    fetch = fetcher(answer, clock)
    for _ in range(2):
        with pytest.raises(SourceError, match="data.example"):
            fetch("https://data.example/")
    assert (len(asked), clock.slept) == (1, [])
    clock.now += 3601
    with pytest.raises(SourceError, match="answered 503"):
        fetch("https://data.example/")
    assert len(asked) == 2


def test_a_host_that_cannot_be_reached_is_tried_a_few_times_and_then_rests():
    clock, asked = Clock(), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise httpx2.ConnectError("refused")

    fetch = fetcher(answer, clock)
    reasons = []
    for _ in range(4):
        with pytest.raises(SourceError) as refused:
            fetch("https://data.example/")
        reasons.append(refused.value.reason)
    assert reasons == ["unreachable"] * 3 + ["resting"]
    assert len(asked) == 3 * ATTEMPTS


def test_a_refusal_is_an_answer_and_is_not_repeated():
    assert (
        fetcher(lambda request: httpx2.Response(409, json={}))("https://data.example/").status
        == 409
    )


def test_redirects_stay_on_the_host():
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/old":
            return httpx2.Response(302, headers={"location": "/new"})
        if request.url.path == "/away":
            return httpx2.Response(302, headers={"location": "https://evil.example/"})
        if request.url.path == "/round":
            return httpx2.Response(302, headers={"location": "/round"})
        return httpx2.Response(200, text="arrived")

    fetch = fetcher(answer)
    assert fetch("https://data.example/old").body == b"arrived"
    with pytest.raises(SourceError, match="another host"):
        fetch("https://data.example/away")
    with pytest.raises(SourceError, match="redirects"):
        fetch("https://data.example/round")


def test_a_body_of_a_gigabyte_is_not_read():
    announced = fetcher(
        lambda request: httpx2.Response(
            200, headers={"content-length": str(1 << 30)}, content=iter([b"x"])
        )
    )
    with pytest.raises(SourceError, match="1,073,741,824 bytes; at most 67,108,864"):
        announced("https://data.example/")
    served = []

    def endless() -> Iterator[bytes]:
        while True:
            served.append(1)
            yield bytes(1 << 20)

    with pytest.raises(SourceError, match="larger than 67,108,864 bytes"):
        fetcher(lambda request: httpx2.Response(200, content=endless()))("https://data.example/")
    assert len(served) <= 66


def test_a_small_body_that_unpacks_to_a_large_one_is_not_kept():
    bomb = gzip.compress(bytes(MAX_BODY_BYTES + 1))
    with pytest.raises(SourceError, match="larger than"):
        fetcher(
            lambda request: httpx2.Response(200, headers={"content-encoding": "gzip"}, content=bomb)
        )("https://data.example/")


def test_a_body_that_drips_is_given_up():
    clock = Clock()

    def drip() -> Iterator[bytes]:
        while True:
            clock.now += 50
            yield bytes(1 << 16)

    with pytest.raises(SourceError, match="not complete after 180 s"):
        fetcher(lambda request: httpx2.Response(200, content=drip()), clock)(
            "https://data.example/"
        )


@contextmanager
def local_server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, *_args) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_only_the_desk_on_this_machine_is_asked_without_tls():
    with local_server() as desk, local_server() as other:
        fetch = Fetcher(set(), local_origin=desk)
        assert fetch(f"{desk}/open311/v2/requests.json").body == b"/open311/v2/requests.json"
        with pytest.raises(SourceError, match="only https"):
            fetch(other)
        fetch.close()


def test_a_desk_url_that_leads_elsewhere_is_refused():
    with pytest.raises(SourceError, match="not an address"):
        fetcher(ok, local_origin="http://desk.example:80")("http://desk.example:80/")


def test_hosts_are_those_of_the_citys_file():
    tables = [
        {"url": "https://data.example/a", "years": {"2026": "x"}},
        {"endpoint": "desk", "also": ["https://b.example"]},
    ]
    assert hosts_of(tables) == {"data.example", "b.example"}


def test_a_moment_to_come_back_at_is_as_good_as_a_number_of_seconds():
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert (
        80 < (retry_after_seconds({"retry-after": format_datetime(later, usegmt=True)}) or 0) <= 90
    )
    assert retry_after_seconds({"retry-after": "Mon, 23 Nov 2015 12:00:00 GMT"}) == 0
    assert retry_after_seconds({"retry-after": "120"}) == 120


@pytest.mark.parametrize(
    "said",
    [
        "",
        "soon",
        "-5",
        "1.5",
        "²",
        "Mon, 99 Nov 2026 12:00:00 GMT",
        "Mon, 23 Nov 2026 12:00:00 -0000",
    ],
)
def test_what_says_no_time_to_come_back_at_is_passed_over(said):
    """A raised two is a digit to Python and no number: it ended the sync."""
    assert retry_after_seconds({"retry-after": said}) is None


INSIDE = {"kind": "csv_file", "name": "town", "allow_http": True, "url": "http://gis.town:8080/a"}


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "127.0.0.1", "93.184.216.34"])
def test_a_server_inside_the_citys_own_network_is_asked_where_its_file_allows_http(address):
    fetch = fetcher(ok, addresses=[address], inside=inside_of([INSIDE]))
    assert fetch("http://gis.town:8080/a/b.csv").status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://gis.town/a",
        "http://gis.town:8081/a",
        "https://gis.town/a",
        "http://me@gis.town:8080/a",
        "http://data.example/a",
    ],
)
def test_nothing_but_the_server_that_is_named_is_asked_over_http(url):
    with pytest.raises(SourceError):
        fetcher(ok, addresses=["10.1.2.3"], inside=inside_of([INSIDE]))(url)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "224.0.0.1", "0.0.0.0", "fe80::1", "100.100.100.200", "fd00:ec2::254"],
)
def test_no_server_of_a_city_has_an_address_that_is_a_clouds_own(address):
    with pytest.raises(SourceError):
        fetcher(ok, addresses=[address], inside=inside_of([INSIDE]))("http://gis.town:8080/a")


def test_a_source_without_the_exception_names_no_server():
    assert inside_of([{**INSIDE, "allow_http": False}, {"url": "http://gis.town/a"}]) == frozenset()


DESK = {"local_origin": "http://desk:8060", "local_network": read_network("172.20.0.0/16")}


def test_a_desk_in_the_named_network_is_asked_over_http_at_the_address_that_was_checked():
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.url.host, request.headers["host"]))
        return httpx2.Response(200)

    assert fetcher(answer, addresses=["172.20.0.3"], **DESK)("http://desk:8060/a").status == 200
    assert asked == [("172.20.0.3", "desk:8060")]


@pytest.mark.parametrize(
    "later",
    [
        ["93.184.216.34"],
        ["169.254.169.254"],
        ["172.21.0.3"],
        ["127.0.0.1"],
        ["172.20.0.3", "93.184.216.34"],
        ["::ffff:8.8.8.8"],
    ],
)
def test_a_desk_whose_name_comes_to_lead_out_of_its_network_is_asked_no_more(later):
    answers = [["172.20.0.3"], later]
    fetch = fetcher(ok, **DESK)
    fetch.resolve = lambda host, port: answers.pop(0)
    assert fetch("http://desk:8060/a").status == 200
    with pytest.raises(SourceError, match="not in PORTAL_DESK_NETWORK, 172.20.0.0/16"):
        fetch("http://desk:8060/a")


@pytest.mark.parametrize(
    "url",
    ["http://desk/a", "http://desk:8061/a", "https://desk:8060/a", "http://172.20.0.3:8060/a"],
)
def test_nothing_else_in_the_network_of_the_desk_is_asked(url):
    with pytest.raises(SourceError):
        fetcher(ok, addresses=["172.20.0.3"], **DESK)(url)


def test_a_desk_on_this_machine_is_there_whatever_network_is_named():
    here = DESK | {"local_origin": "http://127.0.0.1:8060"}
    assert fetcher(ok, addresses=["127.0.0.1"], **here)("http://127.0.0.1:8060/a").status == 200
    with pytest.raises(SourceError):
        fetcher(ok, addresses=["172.20.0.3"], **here)("http://127.0.0.1:8060/a")
