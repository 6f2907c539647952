"""Sending by e-mail, for a department without a system: a letter in plain text with the photos, to one address of the city's file.

A mail server may take a letter and lose its answer on the way. The letter then goes again under the same Message-ID, which mail programs
know a repeat by, and it says its number in the subject. The resident's own address is not in it.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from data_sync.dispatch.base import ReadPhoto
from portal.domain.dispatch import (
    ForStaff,
    Kind,
    Later,
    LockedOut,
    Outcome,
    Outgoing,
    Refused,
    Taken,
)
from portal.domain.email_address import is_nowhere
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number
from portal.settings import Settings

SECONDS = 30
Deliver = Callable[[EmailMessage], None]
"""Hands a letter to the mail server. Raises smtplib's errors and OSError."""
WANTS_A_PASSWORD = (530, 538)
SUBJECTS = {
    "open_case": "{service}: {place} [{number}]",
    "add_note": "Re: {service}: {place} [{number}]",
    "withdraw_case": "Taken back: {service}: {place} [{number}]",
    "set_public": "Who may see it: {service}: {place} [{number}]",
}


class EmailAdapter:
    """One address that reports are mailed to."""

    can_look_up = False

    def __init__(
        self,
        city: Jurisdiction,
        sender: str,
        address: str,
        deliver: Deliver,
        read_photo: ReadPhoto,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._city, self._sender, self._address, self._deliver = city, sender, address, deliver
        self._read_photo, self._now = read_photo, now

    def send(self, told: Outgoing) -> Outcome:
        """A letter of its own for each message; those that come later answer the first."""
        return handed_over(self._deliver, self._letter(told))

    def look_up(self, told: Outgoing) -> Outcome:
        """Nobody can ask a mailbox."""
        return ForStaff("A mailbox cannot be asked.")

    def poll(self, token: str) -> Outcome:
        """Letters have no tokens."""
        return Taken()

    def may_repeat(self, kind: Kind) -> bool:
        """The same Message-ID marks a repeat."""
        return True

    def _letter(self, told: Outgoing) -> EmailMessage:
        letter = EmailMessage()
        place = told.address or (
            f"{told.lat:.5f}, {told.lon:.5f}" if told.lat is not None else self._city.name
        )
        subject = SUBJECTS[told.kind].format(
            service=told.service_name, place=place, number=format_tracking_number(told.reference)
        )
        letter["Subject"] = " ".join(subject.split())[:200]
        letter["From"], letter["To"] = self._sender, self._address
        letter["Date"] = format_datetime(self._now())
        first = self._message_id(f"{told.reference} open_case")
        letter["Message-ID"] = first if told.kind == "open_case" else self._message_id(told.id)
        if told.kind != "open_case":
            letter["In-Reply-To"] = letter["References"] = first
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(_text(told, self._city))
        for number, name in enumerate(told.photos, 1):
            self._attach(letter, name, number)
        return letter

    def _message_id(self, told_id: str) -> str:
        """Of the message alone, so that a repeat has the same. A report's is made from its number, so that later letters can name it."""
        digest = hashlib.sha256(f"{self._city.id} {told_id}".encode()).hexdigest()[:32]
        return f"<{digest}@{self._sender.rpartition('@')[2]}>"

    def _attach(self, letter: EmailMessage, name: str, number: int) -> None:
        try:
            body = self._read_photo(name)
        except OSError:
            return  # a report does not wait for a picture that was lost
        letter.add_attachment(
            body, maintype="image", subtype="jpeg", filename=f"photo-{number}.jpg"
        )


def handed_over(deliver: Deliver, letter: EmailMessage) -> Outcome:
    """What became of handing a letter over. A mail server that broke off may have taken it: it is Later, and goes again as the same."""
    try:
        deliver(letter)
    except smtplib.SMTPAuthenticationError as problem:
        return LockedOut(_said(problem)) if problem.smtp_code >= 500 else Later(_said(problem))
    except smtplib.SMTPNotSupportedError as problem:
        return LockedOut(_said(problem))
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as problem:
        return Later(_said(problem))  # whatever it has against us, the letter is not why
    except smtplib.SMTPRecipientsRefused as problem:
        code, words = next(iter(problem.recipients.values()), (0, b""))
        said = f"{code}: {words.decode('utf-8', 'replace')}"[:300]
        return Refused(said) if code >= 500 else Later(said)
    except smtplib.SMTPResponseException as problem:
        if problem.smtp_code in WANTS_A_PASSWORD:
            return LockedOut(_said(problem))
        return Refused(_said(problem)) if problem.smtp_code >= 500 else Later(_said(problem))
    except ssl.SSLCertVerificationError as problem:
        return Later(
            f"The mail server's certificate is not to be trusted: {problem.verify_message}"[:300]
        )
    except (smtplib.SMTPException, OSError) as problem:
        return Later(
            f"The mail server did not answer: {problem.__class__.__name__} {problem}"[:300]
        )
    return Taken()


def smtp(
    settings: Settings, seconds: float = SECONDS, trusted: ssl.SSLContext | None = None
) -> Deliver:
    """Handing over to PORTAL_SMTP_URL: smtps, or smtp with STARTTLS wherever it is offered; a password never goes in clear.

    `seconds` is how long each of the server's answers may take. Its certificate must be for the host of the address and lead to one of
    the authorities `trusted`, by default those of this machine. Letters to addresses at which nobody can be are refused here.
    """
    parts = urlsplit(settings.smtp_url)
    context = trusted or ssl.create_default_context()

    def deliver(letter: EmailMessage) -> None:
        if is_nowhere(receiver := str(letter["To"])):
            # Residents of the demonstration; a server that is handed letters to nobody is soon taken for one of spam.
            raise smtplib.SMTPRecipientsRefused(
                {receiver: (553, b"nobody has a mailbox at .invalid")}
            )
        with _connected(parts.scheme, parts.hostname or "", parts.port, seconds, context) as server:
            if parts.username:
                if not isinstance(server.sock, ssl.SSLSocket):
                    raise smtplib.SMTPNotSupportedError(
                        "the mail server offers no TLS and wants a password"
                    )
                server.login(unquote(parts.username), unquote(parts.password or ""))
            _send(server, letter)

    return deliver


def _send(server: smtplib.SMTP, letter: EmailMessage) -> None:
    try:
        server.send_message(letter)
    except smtplib.SMTPNotSupportedError as problem:
        # An address with letters that this server cannot write: this letter's fault, and no other's.
        raise smtplib.SMTPRecipientsRefused(
            {str(letter["To"]): (553, str(problem).encode())}
        ) from problem


@contextmanager
def _connected(
    scheme: str, host: str, port: int | None, seconds: float, context: ssl.SSLContext
) -> Iterator[smtplib.SMTP]:
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=seconds, context=context)
    else:
        server = smtplib.SMTP(host, port or 25, timeout=seconds)
    try:
        server.ehlo()
        if scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        yield server
        with suppress(
            smtplib.SMTPException, OSError
        ):  # the letter is taken: a bad goodbye must not send it again
            server.quit()
    finally:
        server.close()


def _text(told: Outgoing, city: Jurisdiction) -> str:
    if told.kind == "withdraw_case":
        said = "The resident has taken this report back."
    elif told.kind == "set_public":
        said = f"The resident now shows this report to {'everybody' if told.is_public else 'the city alone'}."
    elif told.kind == "add_note":
        said = told.words or "The resident has added a photo."
    else:
        said = told.note or "(no words)"
    opened = datetime.fromtimestamp(told.opened_at, city.zone)
    lines = [
        f"Number:     {format_tracking_number(told.reference)}",
        f"Type:       {told.service_name}",
        f"Department: {told.department}" if told.department else "",
        f"Queue:      {told.queue}" if told.queue else "",
        f"Address:    {told.address}" if told.address else "",
        f"Place:      {told.lat:.6f}, {told.lon:.6f}"
        if told.lat is not None and told.lon is not None
        else "",
        f"Reported:   {opened:%Y-%m-%d %H:%M}",
        "Seen by:    everybody"
        if told.is_public
        else "Seen by:    the city and the resident alone",
        *(
            f"{question}{'' if question.endswith(('?', ':')) else ':'} {answer}"
            for question, answer in told.answers_in_words
        ),
    ]
    return "\n".join([said, "", *filter(None, lines), ""])


def _said(problem: smtplib.SMTPException) -> str:
    if not isinstance(problem, smtplib.SMTPResponseException):
        return str(problem)[:300]
    words = problem.smtp_error
    return f"{problem.smtp_code}: {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"[
        :300
    ]
