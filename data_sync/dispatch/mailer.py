"""Sending the e-mails that residents are owed: by mail server, or to a folder in the demo."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from data_sync.dispatch.smtp import Deliver, deliver_by_smtp, hand_over
from data_sync.photos_of_work import awaits_photo
from data_sync.repeat import Job, Say
from portal import private_files
from portal.context import Portal
from portal.domain.dispatch import Refused, Taken
from portal.domain.jurisdiction import Jurisdiction
from portal.notifications import alerts, following, repeats, strangers
from portal.notifications.alerts import Alert, AlertCase
from portal.notifications.contacts import address_of
from portal.notifications.emails import (
    Envelope,
    FollowerLinks,
    build_email,
    build_follower_email,
)
from portal.notifications.key_emails import build_key_email
from portal.photos.develop import LARGE
from portal.queries.cases import photos as case_photos
from portal.services.data.key_requests import key_link_of
from portal.services.report.link_token import make_token

LOOK_SECONDS = 1.0
RETRY_SECONDS = 30.0
SAID_AFTER = (0, 5, 20, 60)
"""Attempts at an e-mail after which a fault of ours is said."""
PHOTO_SECONDS = 6
"""How long the e-mail about a closing waits for the photo of the work; people hear within ten."""
PHOTO_LOOK_SECONDS = 2
Result = tuple[str, str | None]
"""An alert's new state, and why the e-mail was not taken."""
Later = int
"""When an e-mail is tried that is not sent now (epoch s)."""
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
        name = f"{self.city.id}: writing to residents"
        return Job(name, partial(self.send_all, stop), LOOK_SECONDS, RETRY_SECONDS)

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
            self._settle(alert, self._attempt(alert))
        return alert is not None

    def _settle(self, alert: Alert, result: Result | Later) -> None:
        """Record what became of an e-mail."""
        with self.portal.transaction() as connection:
            if isinstance(result, Later):
                alerts.postpone(connection, self.city.id, alert, result)
            else:
                now = int(self.clock())
                alerts.record_result(connection, self.city.id, alert, *result, now)

    def _attempt(self, alert: Alert) -> Result | Later:
        """Make and send one e-mail. Whatever that raises is this e-mail's trouble alone."""
        try:
            return self._send(alert)
        except Exception as problem:
            if alert.attempts in SAID_AFTER:
                self.say(f"{self.city.id}: an e-mail: unexpected error\n{traceback.format_exc()}")
            return alerts.PENDING, f"unexpected {problem.__class__.__name__}: {problem}"

    def _send(self, alert: Alert) -> Result | Later:
        now = int(self.clock())
        if now < alert.created_at + PHOTO_SECONDS and self._awaits_photo(alert):
            return min(now + PHOTO_LOOK_SECONDS, alert.created_at + PHOTO_SECONDS)
        email = self._write(alert)
        if email is None:
            return alerts.OUTDATED, None
        if not self._may_write(alert, email):
            return strangers.next_day(now)
        outcome = hand_over(self.deliver, email)
        if isinstance(outcome, Taken):
            return alerts.SENT, None
        reason = getattr(outcome, "reason", "")
        self.say(f"{self.city.id}: an e-mail to a resident was not taken: {reason}")
        return (alerts.FAILED if isinstance(outcome, Refused) else alerts.PENDING), reason

    def _write(self, alert: Alert) -> EmailMessage | None:
        """The e-mail; None if its receiver wants it no more, or it is outdated."""
        if alert.kind in ("api_key", "webhook"):
            return self._to_key_owner(alert)
        return self._to_follower(alert) if alert.receiver else self._to_resident(alert)

    def _to_key_owner(self, alert: Alert) -> EmailMessage | None:
        with self.portal.core.connect() as connection:
            link = key_link_of(connection, self.portal.settings, self.city.id, alert.receiver)
        if link is None:
            return None
        address, language = link.recipient.email, link.recipient.language
        own = f"{self._site}/developers/keys/{link.token}"
        return build_key_email(self.city, alert, language, own, self._envelope(address))

    def _awaits_photo(self, alert: Alert) -> bool:
        if self.city.photos is None:
            return False
        with self.portal.core.connect() as connection:
            return awaits_photo(connection, self.city.id, alert)

    def _may_write(self, alert: Alert, email: EmailMessage) -> bool:
        """Whether the mailbox gets another e-mail today.

        Those that begin are counted when they are queued, and those who confirmed want them all. A
        second try counts no second time.
        """
        is_counted = alert.kind in ("received", "confirm") or alert.receiver or alert.attempts
        if is_counted:
            return True
        with self.portal.transaction() as connection:
            address = str(email["To"])
            now = int(self.clock())
            return strangers.may_write(connection, self.portal.settings, address, now)

    def _to_resident(self, alert: Alert) -> EmailMessage | None:
        """None if the resident wants no e-mails any more, or the case has changed again."""
        with self.portal.core.connect() as connection:
            case = alerts.case_for_resident(connection, self.city.id, alert)
            receiver = address_of(connection, self.portal.settings, self.city.id, alert.case_key)
            if case is None or receiver is None:
                return None
            case = self._add_parent(connection, alert, case, receiver)
        if case is None or alerts.is_outdated(alert, case):
            return None
        own_link = f"{self._site}/mine/{make_token(self.portal.settings, self.city.id, case.key)}"
        case = replace(case, photos=self._photo_links(alert.case_key, own_link))
        return build_email(self.city, alert, case, own_link, self._envelope(receiver))

    def _add_parent(
        self, connection: Connection, alert: Alert, case: AlertCase, receiver: str
    ) -> AlertCase | None:
        """The case with the one that it repeats; None if the receiver hears of that anyway."""
        city_id, settings = self.city.id, self.portal.settings
        case = repeats.add_parent(connection, city_id, alert, case)
        if repeats.is_told_elsewhere(connection, settings, city_id, alert, case, receiver):
            return None
        parent = case.parent
        if parent is None or not parent.is_public:
            return case
        more = {"address": self._page_of(parent.case_id), "photos": self._photo_links(parent.key)}
        return replace(case, parent=replace(parent, **more))

    def _page_of(self, number: str) -> str:
        return f"{self._site}/cases/{quote(number, safe='')}"

    def _photo_links(self, case: int, own_link: str = "") -> tuple[str, ...]:
        """Addresses of the photos of the work: public ones, else the resident's own."""
        city_id = self.city.id
        with self.portal.public.connect() as connection:
            seen = case_photos.photos_of_case(connection, city_id, case)
        with self.portal.core.connect() as connection:
            found = case_photos.photos_of_work(connection, city_id, case)
        public = {photo.name for photo in seen}
        return tuple(
            f"{self._site}/photos/{photo.name}-{LARGE}.webp"
            if photo.name in public
            else f"{own_link}/photos/{photo.name}.webp"
            for photo in found
            if own_link or photo.name in public
        )

    def _to_follower(self, alert: Alert) -> EmailMessage | None:
        """None if the follower wants no e-mails any more, or the case has changed again."""
        with self.portal.core.connect() as connection:
            found = following.case_for_follower(
                connection, self.portal.settings, self.city.id, alert
            )
            if found is None:
                return None
            case, receiver, is_confirmed = found
            case = self._add_parent(connection, alert, case, receiver)
        if case is None or is_confirmed == (alert.kind == "confirm"):
            return None
        if alerts.is_outdated(alert, case):
            return None
        case = replace(case, photos=self._photo_links(alert.case_key))
        links = FollowerLinks(self._page_of(case.case_id), f"{self._site}/following/{case.key}")
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
        private_files.make_folder(folder)
        name = str(email["Message-ID"]).strip("<>").partition("@")[0]
        draft = folder / f"{name}.draft"
        private_files.write_bytes(draft, email.as_bytes())
        draft.replace(folder / f"{name}.eml")

    return deliver


def _delivery_for(portal: Portal) -> Deliver:
    if portal.settings.smtp_url:
        return deliver_by_smtp(portal.settings)
    return deliver_to_folder(portal.settings.data_dir / FOLDER)
