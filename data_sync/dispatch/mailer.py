"""Handing over the letters that residents are owed: to the mail server, or for a demonstration without one, into a folder."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

from data_sync.dispatch.email import Deliver, handed_over, smtp
from portal.context import Portal
from portal.domain.dispatch import Refused, Taken
from portal.domain.jurisdiction import Jurisdiction
from portal.notifications import alerts, following
from portal.notifications.alerts import Alert
from portal.notifications.contacts import address_of
from portal.notifications.letters import Links, follower_letter, letter
from portal.services.report.link_token import make_token

LOOK_SECONDS = 1.0
AFTER_A_FAULT_SECONDS = 30.0
FOLDER = "mail"


@dataclass
class Mailer:
    """The letters of one city. The clock is handed in."""

    portal: Portal
    city: Jurisdiction
    deliver: Deliver
    clock: Callable[[], float] = time.time
    say: Callable[[str], None] = print

    def send_one(self) -> bool:
        """Hand over the next letter; False where none is due."""
        now = int(self.clock())
        with self.portal.core.connect() as connection:
            if not alerts.is_due(connection, self.city.id, now):
                return False
        with self.portal.transaction() as connection:
            alert = alerts.claim(connection, self.city.id, now)
        if alert is not None:
            state, answer = self._handed_over(alert)
            with self.portal.transaction() as connection:
                alerts.settle(connection, self.city.id, alert, state, answer, int(self.clock()))
        return alert is not None

    def run_until_told(self, wake: threading.Event) -> None:
        """Hand over whatever is due, until `wake` is set; a fault is said and survived."""
        while not wake.is_set():
            pause = LOOK_SECONDS
            try:
                while not wake.is_set() and self.send_one():
                    pass
            except Exception:
                self.say(
                    f"{self.city.id}: writing to residents: unexpected error\n{traceback.format_exc()}"
                )
                pause = AFTER_A_FAULT_SECONDS
            wake.wait(pause)

    def _handed_over(self, alert: Alert) -> tuple[str, str | None]:
        written = self._written(alert)
        if written is None:
            return alerts.OUTDATED, None
        outcome = handed_over(self.deliver, written)
        if isinstance(outcome, Taken):
            return alerts.SENT, None
        reason = getattr(outcome, "reason", "")
        self.say(f"{self.city.id}: a letter to a resident was not taken: {reason}")
        return (alerts.FAILED if isinstance(outcome, Refused) else alerts.PENDING), reason

    def _written(self, alert: Alert) -> EmailMessage | None:
        """None where nobody is to be told any more, or the case has moved on."""
        return self._to_follower(alert) if alert.receiver else self._to_resident(alert)

    def _to_resident(self, alert: Alert) -> EmailMessage | None:
        with self.portal.core.connect() as connection:
            told = alerts.told_of(connection, self.city.id, alert)
            receiver = address_of(connection, self.portal.settings, self.city.id, alert.case_key)
        if told is None or receiver is None or alerts.is_outdated(alert, told):
            return None
        own_address = (
            f"{self._site}/mine/{make_token(self.portal.settings, self.city.id, told.key)}"
        )
        return letter(
            self.city, alert, told, own_address, self.portal.settings.sender, receiver, self._now
        )

    def _to_follower(self, alert: Alert) -> EmailMessage | None:
        with self.portal.core.connect() as connection:
            found = following.told_of(
                connection, self.portal.settings, self.city.id, alert.receiver
            )
        if (
            found is None
            or (found[2] == (alert.kind == "confirm"))
            or alerts.is_outdated(alert, found[0])
        ):
            return None
        told, receiver, _ = found
        links = Links(
            f"{self._site}/cases/{quote(told.case_id, safe='')}",
            f"{self._site}/following/{told.key}",
        )
        return follower_letter(
            self.city, alert, told, links, self.portal.settings.sender, receiver, self._now
        )

    @property
    def _site(self) -> str:
        return self.portal.settings.site_url

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def mailers_for(portal: Portal, say: Callable[[str], None]) -> list[Mailer]:
    """A mailer for each city that can write: by the mail server, or into a folder where it is a demonstration.

    Also for one that takes no reports any more: who reported before is told what becomes of it.
    """
    found = []
    for city in portal.cities.values():
        if alerts.can_write(portal.settings, city):
            deliver = (
                smtp(portal.settings)
                if portal.settings.smtp_url
                else into(portal.settings.data_dir / FOLDER)
            )
            found.append(Mailer(portal, city, deliver, say=say))
    return found


def into(folder: Path) -> Deliver:
    """Letters as files, whole or not at all; the same letter again is the same file."""

    def deliver(written: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = str(written["Message-ID"]).strip("<>").partition("@")[0]
        draft = folder / f"{name}.draft"
        draft.write_bytes(written.as_bytes())
        draft.replace(folder / f"{name}.eml")

    return deliver


def start(mailers: list[Mailer], wake: threading.Event) -> list[threading.Thread]:
    """A thread for each."""
    threads = [
        threading.Thread(
            target=mailer.run_until_told, args=(wake,), name=f"mail {mailer.city.id}", daemon=True
        )
        for mailer in mailers
    ]
    for thread in threads:
        thread.start()
    return threads
