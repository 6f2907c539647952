"""Residents' e-mail addresses: encrypted with a key of our own, in a table of their own, never in a log, gone 180 days after closing."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet
from sqlalchemy import Connection, delete, insert, select, text

from portal.secrets import derive_key
from portal.settings import Settings
from portal.store.report_models import Contact

KEPT_SECONDS = 180 * 86_400


def keep_address(
    connection: Connection,
    settings: Settings,
    city_id: str,
    case: int,
    address: str,
    language: str,
    now: int,
) -> None:
    """Keep whom to tell about a case, in the transaction that stores it."""
    values = {
        "jurisdiction_id": city_id,
        "case_key": case,
        "address": locked(settings, address),
        "language": language,
        "added_at": now,
    }
    connection.execute(insert(Contact).values(**values))


def address_of(connection: Connection, settings: Settings, city_id: str, case: int) -> str | None:
    """Whom to tell about a case; None where nobody wants to be told, or no longer may be."""
    query = select(Contact.address).where(
        Contact.jurisdiction_id == city_id, Contact.case_key == case
    )
    kept = connection.execute(query).scalar()
    return None if kept is None else unlocked(settings, kept)


def forget_address(connection: Connection, city_id: str, case: int) -> None:
    """Delete whom to tell about a case."""
    connection.execute(
        delete(Contact).where(Contact.jurisdiction_id == city_id, Contact.case_key == case)
    )


def forget_old(connection: Connection, now: int) -> int:
    """Delete the addresses of cases closed 180 days ago and longer, and of those that are gone; how many."""
    return connection.execute(text(_FORGET), {"before": now - KEPT_SECONDS}).rowcount


def locked(settings: Settings, address: str) -> str:
    """An address as it is kept."""
    return _lock(settings).encrypt(address.encode()).decode()


def unlocked(settings: Settings, kept: str) -> str:
    """The address that is kept."""
    return _lock(settings).decrypt(kept.encode()).decode()


def _lock(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(derive_key(settings, "contacts"))))


# Cities leave the old closing time on a case that they open again, and give some closed ones none: then its last change counts.
_FORGET = """
delete from contacts where not exists (
    select 1 from cases c where c.jurisdiction_id = contacts.jurisdiction_id and c.id = contacts.case_key
        and (c.status <> 'closed' or coalesce(c.closed_at, c.updated_at) > :before)
)
"""
