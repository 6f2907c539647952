"""Mail servers with a certificate: whom we trust, when a password is sent, and refusals."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509

from data_sync.dispatch.smtp import deliver_by_smtp, hand_over
from portal.cli.serve import free_port
from portal.domain.dispatch import Later, LockedOut, Refused, Taken
from portal.settings import Settings
from tests.support.certificates import HERE, NOW, Authority

PASSWORD = "secret-word"  # noqa: S105 - of nobody


class Box:
    """Keeps letters."""

    def __init__(self) -> None:
        self.letters = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.letters.append(
            (envelope.rcpt_tos, session.ssl is not None, bool(session.authenticated))
        )
        return "250 OK"


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def serve(box):
    """serve(…) is the port of a mail server with these peculiarities."""
    controllers = []

    def begin(**peculiarities) -> int:
        controllers.append(Controller(box, hostname="127.0.0.1", port=free_port(), **peculiarities))
        controllers[-1].start()
        return controllers[-1].port

    yield begin
    for controller in controllers:
        controller.stop()


def letter(to: str = "yard@city.example") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "reports@311.example", to, "Pothole"
    made.set_content("Deep")
    return made


def sent(url: str, trusted: ssl.SSLContext | None = None, to: str = "yard@city.example"):
    return hand_over(
        deliver_by_smtp(Settings(smtp_url=url), seconds=2.0, trusted=trusted), letter(to)
    )


def lets_in(password: str):
    """Who knows the password is let in."""

    def check(server, session, envelope, mechanism, told) -> AuthResult:
        return AuthResult(success=told.password == password.encode(), handled=False)

    return check


def test_starttls_is_used_where_it_is_offered(serve, authority, box):
    port = serve(tls_context=authority.server())
    assert sent(f"smtp://127.0.0.1:{port}", authority.trusted()) == Taken()
    assert box.letters == [(["yard@city.example"], True, False)]


def test_smtps_speaks_tls_from_the_first_byte(serve, authority, box):
    port = serve(ssl_context=authority.server())
    assert sent(f"smtps://127.0.0.1:{port}", authority.trusted()) == Taken()
    assert len(box.letters) == 1


@pytest.mark.parametrize("way", ["smtp", "smtps"])
@pytest.mark.parametrize("fault", ["unknown authority", "another host", "expired"])
def test_a_certificate_that_is_not_to_be_trusted_gets_no_letter_and_no_password(
    serve, authority, box, tmp_path, way, fault
):
    name = x509.DNSName("mail.elsewhere.example") if fault == "another host" else HERE
    context = authority.server(
        name, NOW - timedelta(days=1) if fault == "expired" else NOW + timedelta(days=1)
    )
    heard = []

    def listen(server, session, envelope, mechanism, told) -> AuthResult:
        heard.append(told)
        return AuthResult(success=True)

    port = serve(
        **({"ssl_context": context} if way == "smtps" else {"tls_context": context}),
        authenticator=listen,
    )
    trusted = None if fault == "unknown authority" else authority.trusted()
    outcome = sent(f"{way}://portal:{PASSWORD}@127.0.0.1:{port}", trusted)
    assert isinstance(outcome, Later)
    assert "certificate is not to be trusted" in outcome.reason
    assert (box.letters, heard) == ([], [])


@pytest.mark.parametrize(("password", "outcome"), [(PASSWORD, Taken), ("another", LockedOut)])
def test_a_password_goes_through_tls_and_a_wrong_one_stops_the_sending(
    serve, authority, box, password, outcome
):
    port = serve(tls_context=authority.server(), authenticator=lets_in(PASSWORD))
    answer = sent(f"smtp://portal:{password}@127.0.0.1:{port}", authority.trusted())
    assert type(answer) is outcome
    assert box.letters == ([(["yard@city.example"], True, True)] if outcome is Taken else [])
    assert password not in str(answer)


def test_a_server_that_cannot_look_passwords_up_just_now_is_tried_again(serve, authority):
    """It was taken for a wrong password, and nothing more was sent until staff came."""
    port = serve(
        tls_context=authority.server(),
        authenticator=lambda *_: AuthResult(
            success=False, handled=False, message="454 4.7.0 Temporary authentication failure"
        ),
    )
    assert isinstance(
        sent(f"smtp://portal:{PASSWORD}@127.0.0.1:{port}", authority.trusted()), Later
    )


def test_an_address_that_a_server_cannot_write_is_refused_and_stops_no_other(serve, box):
    """It was taken for a server that lets nobody in."""
    port = serve(enable_SMTPUTF8=False)
    assert isinstance(sent(f"smtp://127.0.0.1:{port}", to="josé@city.example"), Refused)
    assert sent(f"smtp://127.0.0.1:{port}") == Taken()


@pytest.mark.parametrize("way", ["smtp", "smtps"])
def test_a_server_that_says_nothing_is_left_after_the_time_that_was_set(way):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=lambda: silent.accept()[0].recv(1), daemon=True).start()
        assert isinstance(sent(f"{way}://127.0.0.1:{silent.getsockname()[1]}"), Later)
