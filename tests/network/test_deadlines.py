"""A host that hands over a byte now and then is left when the time is over, wherever it drips."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from data_sync.dispatch.base import NoAnswer, NotSent, talk_over
from data_sync.dispatch.smtp import deliver_by_smtp, hand_over
from data_sync.pull.photos import photo_fetcher
from data_sync.reading.fetch import Fetcher
from portal.auth.issuer import IssuerFault, ask_issuer
from portal.cache.redis_cache import check_server
from portal.domain.bounds import Bounds
from portal.domain.dispatch import Later
from portal.domain.jurisdiction import PhotoSource
from portal.errors import SourceError
from portal.geocoder import Geocoder
from portal.network.deadline import deadline, seconds_left
from portal.network.http import TimedTransport
from portal.network.sockets import look_up
from portal.settings import Settings
from tests.support.certificates import Authority
from tests.support.dripping import dripping

SECONDS = 0.5
ENOUGH = 60
"""A machine that is busy with other tests is slow; a drip lasts for ever."""
OK = b"HTTP/1.1 200 OK\r\n"
HTTP_DRIPS = {
    "status line": (b"", OK),
    "reason": (b"HTTP/1.1 200 ", b"x"),
    "headers": (OK, b"X-More: yes\r\n"),
    "one header": (OK + b"X-Long: ", b"x"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "body until the end": (OK + b"Connection: close\r\n\r\n", b"x"),
    "packed body": (
        OK + b"Content-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n\x1f\x8b\x08",
        b"\0",
    ),
    "size of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "extension of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: yes\r\n"),
}
TLS_RECORD = b"\x16\x03\x03\x40\x00"
SMTP_DRIPS = {
    "greeting": (b"", b"x"),
    "lines of a greeting": (b"", b"220-Welcome\r\n"),
    "answer": (b"220 Welcome\r\n", b"250-SIZE\r\n"),
}
REDIS_DRIPS = {"line": (b"", b"x"), "value": (b"$100000\r\n", b"x"), "length": (b"$", b"1")}


@contextmanager
def soon() -> Iterator[None]:
    """What is in here ends soon after its deadline."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < ENOUGH


def fetcher_of(port: int, scheme: str = "http", **more) -> tuple[Fetcher, str]:
    origin = f"{scheme}://127.0.0.1:{port}"
    return Fetcher(set(), local_origin=origin, max_seconds=SECONDS, **more), origin


@pytest.fixture(params=HTTP_DRIPS)
def http_port(request) -> Iterator[int]:
    with dripping(*HTTP_DRIPS[request.param]) as port:
        yield port


def test_the_sync_leaves_a_source_that_drips(http_port):
    fetch, origin = fetcher_of(http_port)
    with soon(), pytest.raises(SourceError) as problem:
        fetch(origin)
    assert problem.value.reason in ("too_slow", "too_large", "unreachable")


def test_a_report_to_a_system_that_drips_may_have_arrived(http_port):
    fetch, origin = fetcher_of(http_port, attempts=1)
    with soon(), pytest.raises(NoAnswer):
        talk_over(fetch)("POST", origin, data={"description": "Deep"})


def test_the_sign_in_service_that_drips_is_left(http_port):
    with soon(), pytest.raises(IssuerFault):
        ask_issuer(f"http://127.0.0.1:{http_port}/", None, {}, seconds=SECONDS)


def test_the_geocoder_that_drips_adds_nothing(http_port):
    geocoder = Geocoder(f"http://127.0.0.1:{http_port}/search", seconds=SECONDS)
    with soon():
        assert geocoder.find("City Hall", Bounds(42.2, -71.2, 42.4, -70.9), "en") == ()
    geocoder.close()


@pytest.mark.parametrize("drip", HTTP_DRIPS)
def test_a_source_that_drips_over_tls_is_left(drip, tmp_path):
    authority = Authority(tmp_path)
    with dripping(*HTTP_DRIPS[drip], tls=authority.server()) as port:
        fetch, origin = fetcher_of(port, "https", transport=TimedTransport(authority.trusted()))
        with soon(), pytest.raises(SourceError):
            fetch(origin)


@pytest.mark.parametrize("drops", [b"x", TLS_RECORD], ids=["record", "records"])
def test_a_host_that_drips_while_keys_are_agreed_is_left_and_got_nothing(drops):
    with dripping(TLS_RECORD, drops) as port:
        fetch, origin = fetcher_of(port, "https", attempts=1)
        with soon(), pytest.raises(NotSent):
            talk_over(fetch)("POST", origin, data={"description": "Deep"})


def test_a_host_that_takes_no_connection_is_left():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [_begin_to_connect(full.getsockname()) for _ in range(3)]
        fetch, origin = fetcher_of(full.getsockname()[1], attempts=1)
        with soon(), pytest.raises(SourceError):
            fetch(origin)
        for one in waiting:
            one.close()


def _begin_to_connect(address) -> socket.socket:
    made = socket.socket()
    made.setblocking(False)
    made.connect_ex(address)
    return made


def test_a_source_that_dripped_thrice_is_left_alone_for_a_while():
    with dripping(*HTTP_DRIPS["headers"]) as port:
        fetch, origin = fetcher_of(port)
        reasons = []
        for _ in range(4):
            with pytest.raises(SourceError) as problem:
                fetch(origin)
            reasons.append(problem.value.reason)
    assert reasons == ["too_slow"] * 3 + ["resting"]


def test_photos_are_fetched_through_the_same_client():
    source = PhotoSource(hosts=("photos.example",), days=1)
    assert isinstance(photo_fetcher(source, None), Fetcher)


@pytest.mark.parametrize("drip", SMTP_DRIPS)
def test_a_mail_server_that_drips_is_left_and_the_email_waits(drip):
    with dripping(*SMTP_DRIPS[drip], speaks_first=True) as port, soon():
        assert isinstance(hand_over(delivery(f"smtp://127.0.0.1:{port}"), an_email()), Later)


@pytest.mark.parametrize("drip", SMTP_DRIPS)
def test_a_mail_server_that_drips_over_tls_is_left(drip, tmp_path):
    authority = Authority(tmp_path)
    with dripping(*SMTP_DRIPS[drip], speaks_first=True, tls=authority.server()) as port, soon():
        send = delivery(f"smtps://127.0.0.1:{port}", authority.trusted())
        assert isinstance(hand_over(send, an_email()), Later)


def test_a_mail_server_that_drips_while_keys_are_agreed_is_left():
    with dripping(TLS_RECORD, b"x") as port, soon():
        assert isinstance(hand_over(delivery(f"smtps://127.0.0.1:{port}"), an_email()), Later)


def test_a_mail_server_that_drips_once_it_has_offered_tls_is_left():
    offer = b"220 Welcome\r\n250-mail\r\n250 STARTTLS\r\n220 Go ahead\r\n" + TLS_RECORD
    with dripping(offer, b"x", speaks_first=True) as port, soon():
        assert isinstance(hand_over(delivery(f"smtp://127.0.0.1:{port}"), an_email()), Later)


def delivery(url: str, trusted: ssl.SSLContext | None = None):
    return deliver_by_smtp(Settings(smtp_url=url), 30.0, trusted, all_seconds=SECONDS)


def an_email() -> EmailMessage:
    email = EmailMessage()
    email["From"], email["To"] = "reports@311.example", "ana@example.org"
    email.set_content("Deep")
    return email


@pytest.mark.parametrize("drip", REDIS_DRIPS)
def test_a_cache_server_that_drips_is_left(drip):
    with dripping(*REDIS_DRIPS[drip]) as port, soon():
        assert check_server(f"redis://127.0.0.1:{port}", SECONDS / 3) == "TimeoutError"


def test_a_cache_server_that_drips_on_a_socket_of_this_machine_is_left(tmp_path):
    path = str(tmp_path / "cache.sock")
    with dripping(*REDIS_DRIPS["value"], unix=path), soon():
        assert check_server(f"unix://{path}", SECONDS / 3) == "TimeoutError"


def test_an_earlier_deadline_holds_inside_a_later_one():
    with deadline(0.0), deadline(60.0), pytest.raises(TimeoutError):
        seconds_left(1.0)
    assert seconds_left(1.0) == 1.0
    assert seconds_left() is None


def test_a_host_without_an_address_is_an_error_of_the_network():
    for name in ("no-such-host.invalid", "a" * 70 + ".example", ""):
        with pytest.raises(OSError):
            look_up(name, 80)
