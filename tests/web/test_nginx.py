"""The documented nginx before the portal: visitors told apart, forms known as ours, TLS alone."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from cryptography import x509

from portal.api.gate import MAX_BODY_BYTES, MAX_PHOTOS_BYTES
from portal.cli.doctor import examine
from portal.cli.serve import MOST_HEADER_BYTES
from portal.settings import Settings
from portal.web import proxies
from portal.web.bodies import IN_MEMORY
from portal.web.proxies import KnownProxies, find_client
from tests.support.certificates import Authority
from tests.support.nginx import NAME, Nginx, documented_block, nginx_before
from tests.support.running import Run, running

ANA, BO = "93.184.216.34", "198.41.0.4"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("certificate"))
    made.server(x509.DNSName(NAME))
    return made


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Run]:
    """A portal that trusts two proxies: nginx, and whatever is before it."""
    settings = {"PORTAL_TRUSTED_PROXIES": "2", "PORTAL_BASE_URL": f"https://{NAME}"}
    with running(Run(tmp_path_factory.mktemp("run"), **settings)) as made:
        yield made


@pytest.fixture(scope="module")
def proxy(run, authority, tmp_path_factory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    with nginx_before(run.port, folder, authority.folder / "mail.pem") as made:
        yield made


def ask(
    proxy: Nginx,
    authority: Authority,
    method: str,
    path: str,
    body: bytes = b"",
    source: str = "127.0.0.1",
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer, asked over TLS by the name of the certificate."""
    raw = socket.create_connection(
        ("127.0.0.1", proxy.https_port), timeout=60, source_address=(source, 0)
    )
    connection = http.client.HTTPConnection(NAME)
    connection.sock = authority.trusted().wrap_socket(raw, server_hostname=NAME)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body or None, {"Host": NAME, **named})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def sign_in(proxy: Nginx, authority: Authority, visitor: str, **headers: str) -> str:
    """What the page says to someone who guesses."""
    body = urlencode({"name": "Ana", "password": "guess", "code": "000000"}).encode()
    told = {"X_Forwarded_For": visitor, **FORM, **headers}
    _, _, page = ask(proxy, authority, "POST", "/staff/sign-in", body, **told)
    return page.decode()


def test_two_visitors_are_told_apart_and_one_who_guesses_locks_out_nobody_else(proxy, authority):
    for _ in range(8):
        assert "do not belong together" in sign_in(proxy, authority, ANA)
    assert "too many wrong tries" in sign_in(proxy, authority, ANA)
    assert "do not belong together" in sign_in(proxy, authority, BO)


def test_an_address_that_a_visitor_puts_in_front_changes_nothing(proxy, authority):
    for number in range(8):
        sign_in(proxy, authority, f"10.9.8.{number}, 192.0.2.7")
    assert "too many wrong tries" in sign_in(proxy, authority, "10.9.8.77, 192.0.2.7")


def test_pages_come_over_tls_with_their_headers(proxy, authority):
    status, headers, body = ask(proxy, authority, "GET", "/status")
    assert status == 200
    assert headers["strict-transport-security"]
    assert b"</html>" in body


def test_http_leads_to_https(proxy):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.http_port, timeout=60)
    connection.request("GET", "/cases?status=open", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (
        301,
        f"https://{NAME}/cases?status=open",
    )
    connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": f"https://{NAME}"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
    ids=str,
)
def test_a_browser_that_names_only_the_origin_is_let_in_from_here(
    proxy, authority, headers, status
):
    answer = ask(proxy, authority, "POST", "/report", b"step=what", **FORM, **headers)
    assert answer[0] == status


def test_the_portal_itself_says_that_photos_are_too_large(proxy, authority):
    told = {"Content_Type": "multipart/form-data; boundary=x"}
    status, _, body = ask(proxy, authority, "POST", "/report", bytes(21 << 20), **told)
    assert status == 400
    assert b"send them one at a time" in body


def test_a_body_without_a_length_arrives_with_one(proxy, authority):
    raw = socket.create_connection(("127.0.0.1", proxy.https_port), timeout=60)
    with authority.trusted().wrap_socket(raw, server_hostname=NAME) as line:
        head = f"POST /report HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n"
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n")
        line.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        line.sendall(b"9\r\nstep=what\r\n0\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(proxy, authority):
    context = authority.trusted()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    raw = socket.create_connection(("127.0.0.1", proxy.https_port), timeout=60)
    with pytest.raises((ssl.SSLError, ConnectionError)), raw:
        context.wrap_socket(raw, server_hostname=NAME)


@contextmanager
def mirroring(trusted: int, authority: Authority, folder: Path) -> Iterator[Nginx]:
    """nginx before a server that tells who it thinks is asking, behind so many trusted proxies."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    def tell(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        seen = {"address": environ["REMOTE_ADDR"], "scheme": environ["wsgi.url_scheme"]}
        return [json.dumps(seen | {"host": environ["HTTP_HOST"]}).encode()]

    asked = KnownProxies(tell, trusted, folder / proxies.FOLDER)
    with make_server("127.0.0.1", 0, asked, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with nginx_before(server.server_port, folder, authority.folder / "mail.pem") as made:
            yield made
        server.shutdown()


@pytest.fixture
def mirror(authority, tmp_path) -> Iterator[Nginx]:
    with mirroring(1, authority, tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "said", [{}, {"X_Forwarded_For": ANA}, {"X_Forwarded_Host": "evil.example"}]
)
def test_behind_one_proxy_each_connection_has_its_own_address_whatever_it_says(
    mirror, authority, said
):
    see = partial(ask, mirror, authority, "GET", "/")
    for source in ("127.0.0.2", "127.0.0.3"):
        seen = json.loads(see(source=source, **said)[2])
        assert seen == {"address": source, "scheme": "https", "host": NAME}


def test_the_block_names_what_a_proxy_must_do():
    block = documented_block()
    for line in (
        "proxy_request_buffering on;",
        "client_body_timeout",
        "limit_conn",
        "ssl_protocols",
    ):
        assert line in block
    assert find_client({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": ANA}, 0) == "127.0.0.1"


def find_warnings(folder: Path, trusted: int) -> list[str]:
    settings = Settings(data_dir=folder, trusted_proxies=trusted, secret_key="test")
    found = examine(settings)
    return [finding.what for finding in found if "prox" in finding.what and finding.way_out]


def test_the_doctor_warns_where_the_proxy_is_not_trusted_and_all_visitors_are_one(
    authority, tmp_path
):
    with mirroring(0, authority, tmp_path) as mirror:
        seen = [
            json.loads(ask(mirror, authority, "GET", "/", source=source)[2])["address"]
            for source in ("127.0.0.2", "127.0.0.3")
        ]
    assert seen == ["127.0.0.1", "127.0.0.1"]
    (warning,) = find_warnings(tmp_path, 0)
    assert "every visitor seems to have its address" in warning
    assert find_warnings(tmp_path, 1) == []


def test_the_doctor_warns_where_more_proxies_are_trusted_than_there_are(authority, tmp_path):
    with mirroring(2, authority, tmp_path) as mirror:
        ask(mirror, authority, "GET", "/")
    (warning,) = find_warnings(tmp_path, 2)
    assert "came past some of the 2 trusted proxies" in warning


def test_a_form_that_comes_slowly_is_passed_on_when_it_is_whole(mirror, authority):
    """The mirror answers a request's header, so that an answer shows when it got one."""
    raw = socket.create_connection(("127.0.0.1", mirror.https_port), timeout=60)
    with authority.trusted().wrap_socket(raw, server_hostname=NAME) as line:
        head = f"POST /report HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n"
        line.sendall(f"{head}{kind}step".encode())
        assert ask(mirror, authority, "GET", "/")[0] == 200
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(60)
        line.sendall(b"=what")
        assert line.recv(100).startswith(b"HTTP/1.1 200 ")


def test_sizes_are_refused_by_whoever_has_the_kinder_words(proxy, authority):
    form = {"Content_Type": FORM["Content-Type"]}
    small = ask(proxy, authority, "POST", "/staff/sign-in", bytes(MAX_BODY_BYTES + 1), **form)
    assert small[0] == 413
    assert b"nginx" not in small[2]
    photos = ask(proxy, authority, "POST", "/report", bytes(25 << 20), **form)
    assert photos[0] == 413
    assert b"nginx" in photos[2]
    long = ask(proxy, authority, "GET", f"/cases?q={'x' * 7_000}")
    assert b"nginx" not in long[2]


def read_size(name: str) -> int:
    """Bytes of a directive of the documented block, such as 24m or `4 8k`."""
    (words,) = re.findall(rf"^ *{name} (.*);$", documented_block(), re.MULTILINE)
    units = {"k": 1 << 10, "m": 1 << 20}
    return prod(int(word.rstrip("km")) * units.get(word[-1], 1) for word in words.split())


def test_the_block_s_sizes_are_ours():
    """A report with its wrapping passes nginx, so that the portal can say what is too much."""
    wrapping = 3 << 20
    assert read_size("client_max_body_size") > MAX_PHOTOS_BYTES + wrapping
    assert read_size("client_body_buffer_size") == IN_MEMORY
    assert read_size("large_client_header_buffers") == MOST_HEADER_BYTES
