"""API keys by e-mail, without an account: asked for, made from the link, and revoked by it.

    ask_for_key(portal, city, Recipient("ana@example.org", "en"), "A map of potholes", network, now)
    keys_of_link(portal, city.id, token)             # from the link in the e-mail
    make_own_key(portal, city, Owner(token, key_id), now)   # the key, shown once
    revoke_own_key(portal, city, Owner(token, key_id), now)

The link is made from our key and the address, so it is the same in every e-mail to an address; we
store a digest. Whoever opens it has read the address's mail, and sees and ends all of its keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from portal.auth import api_keys
from portal.auth.api_keys import KeyRequest
from portal.context import Portal
from portal.domain.api_key import ApiKey, Scope
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound
from portal.notifications import alerts, contacts, strangers
from portal.notifications.contacts import Recipient
from portal.secrets import derive_key, digest_owner
from portal.settings import Settings
from portal.store.buckets import Limit, take_token

Answer = Literal["asked", "too many"]
OF_NETWORK = Limit(10, 10)
OF_EVERYONE = Limit(100, 100)
MOST_KEYS = 20
"""Keys and wishes that one address has at a time; more are refused in the e-mail's page."""
TOKEN_BYTES = 16


def ask_for_key(
    portal: Portal,
    city: Jurisdiction,
    recipient: Recipient,
    name: str,
    network: str | None,
    now: int,
) -> Answer:
    """Note the wish for a key and queue the e-mail with the link; without a `name` the link alone.

    The answer does not depend on what the address has already. Raises BadRequest for a name of
    nothing but spaces.
    """
    settings = portal.settings
    if name:
        name = api_keys.tidy_name(name)
    with portal.transaction() as connection:
        if not _may_ask(connection, settings, city.id, network, now):
            return "too many"
        owner = digest_token(make_token(settings, city.id, recipient.email))
        has_room = len(api_keys.keys_of_owner(connection, city.id, owner)) < MOST_KEYS
        if name and has_room:
            address = contacts.encrypt_address(settings, recipient.email)
            asked = KeyRequest(owner, address, recipient.language, name)
            api_keys.add_request(connection, city.id, asked, now)
        knows_owner = api_keys.keys_of_owner(connection, city.id, owner)
        if knows_owner and strangers.may_write(connection, settings, recipient.email, now):
            alerts.queue_key_link(connection, city.id, owner, now)
        return "asked"


def create_key(
    connection: Connection,
    settings: Settings,
    city_id: str,
    recipient: Recipient,
    wanted: tuple[str, tuple[Scope, ...], int],
    now: int,
) -> tuple[str, str]:
    """A key made by staff, its id and its text. `wanted`: what for, scopes, calls an hour."""
    owner = digest_token(make_token(settings, city_id, recipient.email))
    address = contacts.encrypt_address(settings, recipient.email)
    asked = KeyRequest(owner, address, recipient.language, *wanted)
    key_id = api_keys.add_request(connection, city_id, asked, now)
    return key_id, api_keys.make_key(connection, city_id, key_id, now)


def keys_of_link(portal: Portal, city_id: str, token: str) -> tuple[ApiKey, ...]:
    """The keys of the address that the link was sent to. Raises NotFound if it opens nothing."""
    with portal.core.connect() as connection:
        found = api_keys.keys_of_owner(connection, city_id, digest_token(token))
    if not found:
        raise NotFound("This link opens nothing. It may have been cut off.")
    return found


@dataclass(frozen=True)
class Owner:
    """Whoever has the link, and which of its keys they mean."""

    token: str
    key_id: str


def require_own(connection: Connection, city_id: str, owner: Owner) -> ApiKey:
    """The owner's key, whether it is valid or not. Raises NotFound for one that is not theirs."""
    for key in api_keys.keys_of_owner(connection, city_id, digest_token(owner.token)):
        if key.id == owner.key_id:
            return key
    raise NotFound("This link opens nothing. It may have been cut off.")


def make_own_key(portal: Portal, city: Jurisdiction, owner: Owner, now: int) -> str:
    """Make a key that was asked for; its text. Raises NotFound, also if it was made before."""
    with portal.transaction() as connection:
        key = require_own(connection, city.id, owner)
        return api_keys.make_key(connection, city.id, key.id, now)


def revoke_own_key(portal: Portal, city: Jurisdiction, owner: Owner, now: int) -> None:
    """End a key, or the wish for one, for good. Raises NotFound."""
    with portal.transaction() as connection:
        key = require_own(connection, city.id, owner)
        api_keys.revoke_key(connection, city.id, key.id, now)


@dataclass(frozen=True)
class KeyLink:
    """What an e-mail with a link needs: whom to write to, and the link's token."""

    recipient: Recipient
    token: str


def key_link_of(
    connection: Connection, settings: Settings, city_id: str, owner_hash: str
) -> KeyLink | None:
    """The link for an e-mail that is due; None if the address has no keys any more."""
    values = {"city": city_id, "owner": owner_hash}
    row = connection.execute(text(_OWNER), values).first()
    if row is None:
        return None
    address = contacts.decrypt_address(settings, row.address)
    return KeyLink(Recipient(address, row.language), make_token(settings, city_id, address))


def make_token(settings: Settings, city_id: str, address: str) -> str:
    """128 bits made from our key and the address: the same for every e-mail to it."""
    key = derive_key(settings, "api keys link").encode()
    digest = hmac.new(key, f"{city_id}\n{address.lower()}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")


def digest_token(token: str) -> str:
    """What the store keeps of a link."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _may_ask(
    connection: Connection, settings: Settings, city_id: str, network: str | None, now: int
) -> bool:
    # The network first: one that is refused takes nothing from all the others.
    if network is not None:
        bucket = f"key network {digest_owner(settings, network)}"
        if not take_token(connection, city_id, bucket, OF_NETWORK, now):
            return False
    return take_token(connection, city_id, "key", OF_EVERYONE, now)


_OWNER = """
select address, language from api_keys where jurisdiction_id = :city and owner_hash = :owner
order by asked_at desc limit 1
"""
