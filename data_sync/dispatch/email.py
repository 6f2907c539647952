"""Sending by e-mail, for a department without a system: plain text and photos to one address.

A mail server may take an e-mail and lose its answer on the way. The e-mail then goes again under
the same Message-ID, by which mail programs know a repeat, and its subject shows its number. The
resident's own address is not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from data_sync.dispatch.base import ReadPhoto
from data_sync.dispatch.smtp import Deliver, hand_over
from portal.domain.dispatch import ForStaff, Kind, Outcome, Outgoing, Taken
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

SUBJECTS = {
    "open_case": "{service}: {place} [{number}]",
    "add_note": "Re: {service}: {place} [{number}]",
    "withdraw_case": "Taken back: {service}: {place} [{number}]",
    "set_public": "Who may see it: {service}: {place} [{number}]",
}


class EmailAdapter:
    """One address to which reports are mailed."""

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
        self._city = city
        self._sender = sender
        self._address = address
        self._deliver = deliver
        self._read_photo = read_photo
        self._now = now

    def send(self, message: Outgoing) -> Outcome:
        """An e-mail for each message; those that come later are replies to the first."""
        return hand_over(self._deliver, self._compose(message))

    def look_up(self, message: Outgoing) -> Outcome:
        """A mailbox cannot be asked."""
        return ForStaff("A mailbox cannot be asked.")

    def poll(self, token: str) -> Outcome:
        """E-mails have no tokens."""
        return Taken()

    def may_repeat(self, kind: Kind) -> bool:
        """The same Message-ID marks a repeat."""
        return True

    def _compose(self, message: Outgoing) -> EmailMessage:
        email = EmailMessage()
        email["Subject"] = self._subject(message)
        email["From"] = self._sender
        email["To"] = self._address
        email["Date"] = format_datetime(self._now())
        self._join_thread(email, message)
        email["Auto-Submitted"] = "auto-generated"
        email.set_content(_body(message, self._city))
        for number, name in enumerate(message.photos, 1):
            self._attach(email, name, number)
        return email

    def _join_thread(self, email: EmailMessage, message: Outgoing) -> None:
        first = self._message_id(f"{message.reference} open_case")
        if message.kind == "open_case":
            email["Message-ID"] = first
        else:
            email["Message-ID"] = self._message_id(message.id)
            email["In-Reply-To"] = first
            email["References"] = first

    def _subject(self, message: Outgoing) -> str:
        coordinates = f"{message.lat:.5f}, {message.lon:.5f}" if message.lat is not None else ""
        subject = SUBJECTS[message.kind].format(
            service=message.service_name,
            place=message.address or coordinates or self._city.name,
            number=format_tracking_number(message.reference),
        )
        return " ".join(subject.split())[:200]

    def _message_id(self, message_id: str) -> str:
        """Made from the message alone, so that a repeat has the same.

        A report's is made from its number, so that later e-mails can refer to it.
        """
        digest = hashlib.sha256(f"{self._city.id} {message_id}".encode()).hexdigest()[:32]
        return f"<{digest}@{self._sender.rpartition('@')[2]}>"

    def _attach(self, email: EmailMessage, name: str, number: int) -> None:
        try:
            body = self._read_photo(name)
        except OSError:
            return  # a report does not wait for a picture that was lost
        email.add_attachment(body, maintype="image", subtype="jpeg", filename=f"photo-{number}.jpg")


def _body(message: Outgoing, city: Jurisdiction) -> str:
    return "\n".join([_first_words(message), "", *filter(None, _facts(message, city)), ""])


def _first_words(message: Outgoing) -> str:
    if message.kind == "withdraw_case":
        return "The resident has taken this report back."
    if message.kind == "set_public":
        seen_by = "everybody" if message.is_public else "the city alone"
        return f"The resident now shows this report to {seen_by}."
    if message.kind == "add_note":
        return message.words or "The resident has added a photo."
    return message.note or "(no words)"


def _facts(message: Outgoing, city: Jurisdiction) -> list[str]:
    """A line for each fact of the case; empty for one that it does not have."""
    opened = datetime.fromtimestamp(message.opened_at, city.zone)
    has_place = message.lat is not None and message.lon is not None
    seen_by = "everybody" if message.is_public else "the city and the resident alone"
    return [
        f"Number:     {format_tracking_number(message.reference)}",
        f"Type:       {message.service_name}",
        f"Department: {message.department}" if message.department else "",
        f"Queue:      {message.queue}" if message.queue else "",
        f"Address:    {message.address}" if message.address else "",
        f"Place:      {message.lat:.6f}, {message.lon:.6f}" if has_place else "",
        f"Reported:   {opened:%Y-%m-%d %H:%M}",
        f"Seen by:    {seen_by}",
        *(_answer_line(question, answer) for question, answer in message.answers_in_words),
    ]


def _answer_line(question: str, answer: str) -> str:
    colon = "" if question.endswith(("?", ":")) else ":"
    return f"{question}{colon} {answer}"
