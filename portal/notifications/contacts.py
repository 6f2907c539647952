"""Residents' e-mail addresses.

They are encrypted with a key of our own, kept in a table of their own, never written to a log, and
deleted 180 days after the case is closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, text

from portal.secrets import decrypt, encrypt
from portal.settings import Settings
from portal.store.report_models import Contact

KEPT_SECONDS = 180 * 86_400
PURPOSE = "contacts"


@dataclass(frozen=True)
class Recipient:
    """Whom to e-mail, and in which language (its code)."""

    email: str
    language: str


def keep_address(
    connection: Connection, settings: Settings, city_id: str, case: int, to: Recipient, now: int
) -> None:
    """Store whom to e-mail about a case, in the transaction that stores the case."""
    values = {
        "jurisdiction_id": city_id,
        "case_key": case,
        "address": encrypt_address(settings, to.email),
        "language": to.language,
        "added_at": now,
    }
    connection.execute(insert(Contact).values(**values))


def address_of(connection: Connection, settings: Settings, city_id: str, case: int) -> str | None:
    """Whom to e-mail about a case; None if its resident wants no e-mails, or it is too old."""
    query = select(Contact.address).where(
        Contact.jurisdiction_id == city_id, Contact.case_key == case
    )
    encrypted = connection.execute(query).scalar()
    return None if encrypted is None else decrypt_address(settings, encrypted)


def forget_address(connection: Connection, city_id: str, case: int) -> None:
    """Delete whom to e-mail about a case."""
    connection.execute(
        delete(Contact).where(Contact.jurisdiction_id == city_id, Contact.case_key == case)
    )


def forget_old_addresses(connection: Connection, now: int) -> int:
    """Delete the addresses of cases closed 180 days ago or earlier, and of cases that are gone.

    Returns how many. `now` is in epoch seconds.
    """
    return connection.execute(text(_FORGET), {"before": now - KEPT_SECONDS}).rowcount


def encrypt_address(settings: Settings, address: str) -> str:
    """An address as it is stored."""
    return encrypt(settings, PURPOSE, address)


def decrypt_address(settings: Settings, encrypted: str) -> str:
    """A stored address in clear."""
    return decrypt(settings, PURPOSE, encrypted)


# Cities leave the old closing time on a case that they reopen, and some closed cases have none:
# then the last change counts.
_FORGET = """
delete from contacts where not exists (
    select 1 from cases c
    where c.jurisdiction_id = contacts.jurisdiction_id and c.id = contacts.case_key
        and (c.status <> 'closed' or coalesce(c.closed_at, c.updated_at) > :before)
)
"""
