"""How many e-mails a mailbox gets that nobody in it has asked for.

Anyone can give anyone's address, with a report or to follow a case. Until the mailbox has
confirmed, it gets five e-mails a day from a portal, whatever causes them and however the address is
spelled. The reports are taken all the same.
"""

from __future__ import annotations

from sqlalchemy import Connection

from portal.domain.email_address import mailbox_of
from portal.notifications import alerts, contacts
from portal.secrets import digest_owner
from portal.settings import Settings
from portal.store.buckets import Limit, take_token

A_DAY = Limit(5, 0)
DAY_SECONDS = 86_400
EVERY_CITY = "*"
"""In place of a city's id: a mailbox has one count for all the cities of a portal."""


def may_write(connection: Connection, settings: Settings, address: str, now: int) -> bool:
    """Count an e-mail to an address that has not confirmed; whether it is within the day's five.

    In the caller's transaction. `now` is in epoch seconds.
    """
    mailbox = digest_owner(settings, mailbox_of(address))
    name = f"e-mails {now // DAY_SECONDS} {mailbox}"
    return take_token(connection, EVERY_CITY, name, A_DAY, now)


def next_day(now: int) -> int:
    """When a mailbox gets its next e-mails, in epoch seconds."""
    return (now // DAY_SECONDS + 1) * DAY_SECONDS


def queue_first_email(
    connection: Connection, settings: Settings, city_id: str, case: int, now: int
) -> None:
    """Queue the e-mail that tells a resident their report was received, if it is one of the five.

    Nothing is queued for a report without an address.
    """
    address = contacts.address_of(connection, settings, city_id, case)
    if address is not None and may_write(connection, settings, address, now):
        alerts.queue_alerts(connection, city_id, {case: "received"}, 0, now)
