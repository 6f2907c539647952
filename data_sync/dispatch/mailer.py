"""Sending the e-mails that residents are owed: by mail server, or to a folder in the demo."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import quote

from data_sync.dispatch.smtp import Deliver, deliver_by_smtp, hand_over
from data_sync.repeat import Job, Say
from portal.context import Portal
from portal.domain.dispatch import Refused, Taken
from portal.domain.jurisdiction import Jurisdiction
from portal.notifications import alerts, following
from portal.notifications.alerts import Alert
from portal.notifications.contacts import address_of
from portal.notifications.emails import (
    Envelope,
    FollowerLinks,
    build_email,
    build_follower_email,
)
from portal.services.report.link_token import make_token

LOOK_SECONDS = 1.0
RETRY_SECONDS = 30.0
FOLDER = "mail"


@dataclass
class Mailer:
    """The e-mails of one city. The clock is handed in."""

    portal: Portal
    city: Jurisdiction
    deliver: Deliver
    clock: Callable[[], float] = time.time
    say: Say = print

    def job(self, stop: threading.Event) -> Job:
        """Send whatever is due, again and again."""
        return Job(
            f"{self.city.id}: writing to residents",
            partial(self.send_all, stop),
            LOOK_SECONDS,
            RETRY_SECONDS,
        )

    def send_all(self, stop: threading.Event) -> None:
        """Send every e-mail that is due, until none is or `stop` is set."""
        while not stop.is_set() and self.send_one():
            pass

    def send_one(self) -> bool:
        """Send the next e-mail; False if none is due."""
        now = int(self.clock())
        with self.portal.core.connect() as connection:
            if not alerts.is_due(connection, self.city.id, now):
                return False
        with self.portal.transaction() as connection:
            alert = alerts.claim_alert(connection, self.city.id, now)
        if alert is not None:
            state, answer = self._send(alert)
            with self.portal.transaction() as connection:
                alerts.record_result(
                    connection, self.city.id, alert, state, answer, int(self.clock())
                )
        return alert is not None

    def _send(self, alert: Alert) -> tuple[str, str | None]:
        """The alert's new state, and why the e-mail was not taken."""
        email = self._to_follower(alert) if alert.receiver else self._to_resident(alert)
        if email is None:
            return alerts.OUTDATED, None
        outcome = hand_over(self.deliver, email)
        if isinstance(outcome, Taken):
            return alerts.SENT, None
        reason = getattr(outcome, "reason", "")
        self.say(f"{self.city.id}: an e-mail to a resident was not taken: {reason}")
        return (alerts.FAILED if isinstance(outcome, Refused) else alerts.PENDING), reason

    def _to_resident(self, alert: Alert) -> EmailMessage | None:
        """None if the resident wants no e-mails any more, or the case has changed again."""
        with self.portal.core.connect() as connection:
            case = alerts.case_for_resident(connection, self.city.id, alert)
            receiver = address_of(connection, self.portal.settings, self.city.id, alert.case_key)
        if case is None or receiver is None or alerts.is_outdated(alert, case):
            return None
        own_link = f"{self._site}/mine/{make_token(self.portal.settings, self.city.id, case.key)}"
        return build_email(self.city, alert, case, own_link, self._envelope(receiver))

    def _to_follower(self, alert: Alert) -> EmailMessage | None:
        """None if the follower wants no e-mails any more, or the case has changed again."""
        with self.portal.core.connect() as connection:
            found = following.case_for_follower(
                connection, self.portal.settings, self.city.id, alert.receiver
            )
        if found is None:
            return None
        case, receiver, is_confirmed = found
        if is_confirmed == (alert.kind == "confirm") or alerts.is_outdated(alert, case):
            return None
        links = FollowerLinks(
            f"{self._site}/cases/{quote(case.case_id, safe='')}",
            f"{self._site}/following/{case.key}",
        )
        return build_follower_email(self.city, alert, case, links, self._envelope(receiver))

    def _envelope(self, receiver: str) -> Envelope:
        now = datetime.fromtimestamp(self.clock(), UTC)
        return Envelope(self.portal.settings.sender, receiver, now)

    @property
    def _site(self) -> str:
        return self.portal.settings.site_url


def make_mailers(portal: Portal, say: Say) -> list[Mailer]:
    """A mailer for each city that can write: by the mail server, or as a demonstration to a folder.

    Also for a city that takes no reports any more: people who reported before still hear what
    became of it.
    """
    return [
        Mailer(portal, city, _delivery_for(portal), say=say)
        for city in portal.cities.values()
        if alerts.can_send(portal.settings, city)
    ]


def deliver_to_folder(folder: Path) -> Deliver:
    """E-mails as files, whole or not at all; the same e-mail again is the same file."""

    def deliver(email: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = str(email["Message-ID"]).strip("<>").partition("@")[0]
        draft = folder / f"{name}.draft"
        draft.write_bytes(email.as_bytes())
        draft.replace(folder / f"{name}.eml")

    return deliver


def _delivery_for(portal: Portal) -> Deliver:
    if portal.settings.smtp_url:
        return deliver_by_smtp(portal.settings)
    return deliver_to_folder(portal.settings.data_dir / FOLDER)
