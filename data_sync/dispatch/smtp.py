"""Handing e-mails to the mail server, and what became of each.

    deliver = deliver_by_smtp(settings)      # PORTAL_SMTP_URL
    outcome = hand_over(deliver, email)      # Taken(), Later("…"), Refused("550: no such user") …

A mail server may take an e-mail and lose its answer on the way. The e-mail is then sent again under
the same Message-ID, by which mail programs know a repeat.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from portal.domain.claims import check_outcome
from portal.domain.dispatch import Later, LockedOut, Outcome, Refused, Taken
from portal.domain.email_address import is_nowhere
from portal.network.deadline import deadline
from portal.network.sockets import TimedSocket, TimedTlsSocket, connect
from portal.settings import Settings

SECONDS = 30.0
ALL_SECONDS = 90.0
"""Shorter than the lease of a message (portal.services.report.sending, portal.notifications)."""
WANTS_A_PASSWORD = (530, 538)
LONGEST_REASON = 300
Deliver = Callable[[EmailMessage], None]
"""Hands an e-mail to the mail server. Raises smtplib's errors and OSError."""


def hand_over(deliver: Deliver, email: EmailMessage) -> Outcome:
    """What became of an e-mail: Taken, or why not.

    A mail server that broke off may have taken it: that is Later, and it goes again as the same
    e-mail.
    """
    return check_outcome(_deliver(deliver, email))


def _deliver(deliver: Deliver, email: EmailMessage) -> Outcome:
    try:
        deliver(email)
    except smtplib.SMTPAuthenticationError as problem:
        return _outcome_of_code(problem.smtp_code, problem, LockedOut)
    except smtplib.SMTPNotSupportedError as problem:
        return LockedOut(_reason(problem))
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as problem:
        return Later(_reason(problem))  # whatever it has against us, this e-mail is not why
    except smtplib.SMTPRecipientsRefused as problem:
        return _outcome_of_refusal(problem)
    except smtplib.SMTPResponseException as problem:
        if problem.smtp_code in WANTS_A_PASSWORD:
            return LockedOut(_reason(problem))
        return _outcome_of_code(problem.smtp_code, problem, Refused)
    except ssl.SSLCertVerificationError as problem:
        words = f"The mail server's certificate is not to be trusted: {problem.verify_message}"
        return Later(words[:LONGEST_REASON])
    except (smtplib.SMTPException, OSError) as problem:
        words = f"The mail server did not answer: {problem.__class__.__name__} {problem}"
        return Later(words[:LONGEST_REASON])
    return Taken()


def deliver_by_smtp(
    settings: Settings,
    seconds: float = SECONDS,
    trusted: ssl.SSLContext | None = None,
    all_seconds: float = ALL_SECONDS,
) -> Deliver:
    """Delivery to PORTAL_SMTP_URL: smtps, or smtp with STARTTLS wherever it is offered.

    A password never goes unencrypted. `seconds` is how long each of the server's answers may take,
    `all_seconds` how long all of them together, from its name to the last byte. Its certificate
    must be for the host of the address and lead to one of the `trusted` authorities, by default
    this machine's. E-mails to addresses that cannot exist are refused here.
    """
    parts = urlsplit(settings.smtp_url)
    context = trusted or ssl.create_default_context()
    context.sslsocket_class = TimedTlsSocket

    def deliver(email: EmailMessage) -> None:
        _refuse_nowhere(str(email["To"]))
        host = parts.hostname or ""
        with (
            deadline(all_seconds),
            _connected(parts.scheme, host, parts.port, seconds, context) as server,
        ):
            if parts.username:
                _log_in(server, unquote(parts.username), unquote(parts.password or ""))
            _send(server, email)

    return deliver


def _refuse_nowhere(receiver: str) -> None:
    """For residents of the demonstration.

    A server that is handed e-mails to nobody is soon taken for a spammer's.
    """
    if is_nowhere(receiver):
        refusal = 553, b"nobody has a mailbox at .invalid"
        raise smtplib.SMTPRecipientsRefused({receiver: refusal})


class _Client(smtplib.SMTP):
    """smtplib's client over a connection that keeps to the deadline with every byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> TimedSocket:
        return connect(host, port, timeout)


class _TlsClient(smtplib.SMTP_SSL, _Client):
    """The same over TLS: SMTP_SSL wraps what `_Client` connects."""


@contextmanager
def _connected(
    scheme: str, host: str, port: int | None, seconds: float, context: ssl.SSLContext
) -> Iterator[smtplib.SMTP]:
    if scheme == "smtps":
        server: smtplib.SMTP = _TlsClient(host, port or 465, timeout=seconds, context=context)
    else:
        server = _Client(host, port or 25, timeout=seconds)
    try:
        server.ehlo()
        if scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        yield server
        # The e-mail has been taken: a bad goodbye must not send it again.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _log_in(server: smtplib.SMTP, username: str, password: str) -> None:
    if not isinstance(server.sock, ssl.SSLSocket):
        raise smtplib.SMTPNotSupportedError("the mail server offers no TLS and wants a password")
    server.login(username, password)


def _send(server: smtplib.SMTP, email: EmailMessage) -> None:
    try:
        server.send_message(email)
    except smtplib.SMTPNotSupportedError as problem:
        # An address with letters that this server cannot write is the fault of this e-mail alone.
        refusal = 553, str(problem).encode()
        raise smtplib.SMTPRecipientsRefused({str(email["To"]): refusal}) from problem


def _outcome_of_code(
    code: int, problem: smtplib.SMTPException, for_good: type[LockedOut] | type[Refused]
) -> Outcome:
    """A code from 500 on is for good; below, the server may take it later."""
    return for_good(_reason(problem)) if code >= 500 else Later(_reason(problem))


def _outcome_of_refusal(problem: smtplib.SMTPRecipientsRefused) -> Outcome:
    code, words = next(iter(problem.recipients.values()), (0, b""))
    reason = f"{code}: {words.decode('utf-8', 'replace')}"[:LONGEST_REASON]
    return Refused(reason) if code >= 500 else Later(reason)


def _reason(problem: smtplib.SMTPException) -> str:
    if not isinstance(problem, smtplib.SMTPResponseException):
        return str(problem)[:LONGEST_REASON]
    words = problem.smtp_error
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{problem.smtp_code}: {text}"[:LONGEST_REASON]
