"""Following a case that someone else reported, with an e-mail address and no account.

    request_following(portal, city, case_id, Recipient("ana@example.org", "en"), network, now)
    confirm_following(portal, city, token, now)  # from the link in the e-mail
    stop_following(portal, city, token, now)

A follower's e-mails have a link to their following and nothing else. Its token is made from our
key, the case and the address; we store only a digest. Followers hear nothing about a case that is
not public.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, text

from portal.context import Portal
from portal.domain.following import Following
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound
from portal.notifications import alerts, contacts, strangers
from portal.notifications.alerts import Alert, AlertCase
from portal.notifications.contacts import Recipient
from portal.secrets import derive_key, digest_owner
from portal.settings import Settings
from portal.store import data_version
from portal.store.buckets import Limit, take_token
from portal.translations import supported_language

Answer = Literal["asked", "too many"]
OF_NETWORK = Limit(10, 10)
OF_EVERYONE = Limit(300, 600)
"""Confirmation e-mails: ten an hour asked for from one network, six hundred an hour in all. How
many one mailbox gets is in portal.notifications.strangers."""
UNCONFIRMED_SECONDS = 7 * 86_400
TOKEN_BYTES = 16


def request_following(
    portal: Portal,
    city: Jurisdiction,
    case_id: str,
    recipient: Recipient,
    network: str | None,
    now: int,
) -> Answer:
    """Note that an address wants to follow a public case, and queue the e-mail to confirm it.

    `network` is the network that the request comes from, `now` is in epoch seconds. The answer does
    not depend on whether the address follows the case already. Raises NotFound for a case that is
    not public.
    """
    settings = portal.settings
    with portal.transaction() as connection:
        data_version.lock(connection, city.id, now)
        case = _require_case(connection, city.id, case_id)
        if not _may_ask(connection, settings, city.id, network, now):
            return "too many"
        values = _request_of(settings, city.id, case, recipient, now)
        connection.execute(text(_REQUEST), values)
        _ask_to_confirm(connection, settings, city.id, case, recipient, now)
        return "asked"


def hash_of_follower(settings: Settings, city_id: str, case: int, address: str) -> str:
    """The `receiver` of alerts to this address about a case, if it follows it."""
    return _hash(_token(settings, city_id, case, address))


def _require_case(connection: Connection, city_id: str, typed: str) -> int:
    values = {"city": city_id, "number": typed.replace("\x00", "")}
    case = connection.execute(text(_CASE), values).scalar()
    if case is None:
        raise NotFound("There is no public case with this number.")
    return case


def _ask_to_confirm(
    connection: Connection, settings: Settings, city_id: str, case: int, of: Recipient, now: int
) -> None:
    """Queue the e-mail, unless the address is confirmed or has been asked too often today."""
    token_hash = hash_of_follower(settings, city_id, case, of.email)
    values = {"city": city_id, "hash": token_hash}
    is_confirmed = connection.execute(text(_IS_CONFIRMED), values).scalar_one()
    if not is_confirmed and strangers.may_write(connection, settings, of.email, now):
        alerts.queue_confirmation(connection, city_id, case, token_hash, now)


def find_following(portal: Portal, city_id: str, token: str) -> Following | None:
    """What the link with this token opens; None if it opens nothing."""
    with portal.core.connect() as connection:
        return _following(connection, city_id, token)


def confirm_following(portal: Portal, city: Jurisdiction, token: str, now: int) -> None:
    """Confirm an address, so it follows from now on; a second time changes nothing.

    Raises NotFound if the token opens nothing.
    """
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, now) + 1
        found = _require_following(connection, city.id, token)
        if not found.is_confirmed:
            values = {"city": city.id, "hash": _hash(token), "now": now}
            connection.execute(text(_CONFIRM), values)
            change_follower_count(connection, city.id, found.case_key, 1, rev, now)


def stop_following(portal: Portal, city: Jurisdiction, token: str, now: int) -> None:
    """Delete a follower. Raises NotFound if the token opens nothing."""
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, now) + 1
        found = _require_following(connection, city.id, token)
        connection.execute(text(_DELETE), {"city": city.id, "hash": _hash(token)})
        if found.is_confirmed:
            change_follower_count(connection, city.id, found.case_key, -1, rev, now)


def add_follower(
    connection: Connection,
    settings: Settings,
    city_id: str,
    case: int,
    recipient: Recipient,
    now: int,
) -> None:
    """Store a confirmed follower without asking them. For the invented people of a demo.

    The caller calls `change_follower_count`.
    """
    asked = _request_of(settings, city_id, case, recipient, now)
    connection.execute(text(_REQUEST), asked)
    confirmed = {"city": city_id, "hash": asked["hash"], "now": now}
    connection.execute(text(_CONFIRM), confirmed)


def change_follower_count(
    connection: Connection, city_id: str, case: int, change: int, rev: int, now: int
) -> None:
    """Add `change` to a case's number of followers, as the batch `rev` of the data."""
    values = {"city": city_id, "case": case, "change": change, "rev": rev}
    visibility = connection.execute(text(_CHANGE_COUNT), values).scalar()
    data_version.set_version(connection, city_id, rev, now, is_public=visibility == "public")


def case_for_follower(
    connection: Connection, settings: Settings, city_id: str, alert: Alert
) -> tuple[AlertCase, str, bool] | None:
    """The case of an alert for a follower, their address, and whether it is confirmed.

    None if the follower is gone, if the case is not public at this moment, or if the follower is
    the resident who reported it, who gets an e-mail of their own. The case's `key` is the token of
    the follower's link. Source: the store.
    """
    values = {"city": city_id, "hash": alert.receiver}
    row = connection.execute(text(_ALERT_CASE), values).mappings().first()
    if row is None or row["visibility"] != "public":
        return None
    address = contacts.decrypt_address(settings, row["encrypted"])
    resident = contacts.address_of(connection, settings, city_id, row["case_key"])
    if (resident or "").lower() == address.lower():
        return None
    token = _token(settings, city_id, row["case_key"], address)
    said = alerts.said_with(connection, city_id, alert)
    return _alert_case(row, token, said), address, row["confirmed_at"] is not None


def _alert_case(row: RowMapping, token: str, said: tuple[str, ...]) -> AlertCase:
    return AlertCase(
        case_id=row["case_id"],
        service_name=row["service_name"],
        status=row["status"],
        closed_at=row["closed_at"],
        closure_reason=row["closure_reason"],
        visibility=row["visibility"],
        key=token,
        language=supported_language(row["language"]),
        said=said,
    )


def forget_old_followers(connection: Connection, now: int) -> None:
    """Delete followers who have not confirmed within seven days, or whose case closed long ago.

    That is 180 days ago or earlier. The published number of followers stays.
    """
    closed_before = now - contacts.KEPT_SECONDS
    values = {"asked_before": now - UNCONFIRMED_SECONDS, "closed_before": closed_before}
    connection.execute(text(_FORGET), values)


def _request_of(
    settings: Settings, city_id: str, case: int, recipient: Recipient, now: int
) -> dict[str, Any]:
    """The values of a follower who has not confirmed yet."""
    return {
        "city": city_id,
        "hash": hash_of_follower(settings, city_id, case, recipient.email),
        "case": case,
        "language": recipient.language,
        "now": now,
        "address": contacts.encrypt_address(settings, recipient.email),
    }


def _require_following(connection: Connection, city_id: str, token: str) -> Following:
    found = _following(connection, city_id, token)
    if found is None:
        raise NotFound(
            "This link opens nothing. It may have been cut off, or you have stopped already."
        )
    return found


def _following(connection: Connection, city_id: str, token: str) -> Following | None:
    values = {"city": city_id, "hash": _hash(token)}
    row = connection.execute(text(_FOLLOWING), values).mappings().first()
    if row is None:
        return None
    fields = dict(row)
    is_public = fields.pop("visibility") == "public"
    is_confirmed = fields.pop("confirmed_at") is not None
    return Following(**fields, is_public=is_public, is_confirmed=is_confirmed)


def _may_ask(
    connection: Connection, settings: Settings, city_id: str, network: str | None, now: int
) -> bool:
    # The network first: one that is refused takes nothing from all the others.
    if network is not None:
        bucket = _bucket(settings, "network", network)
        if not take_token(connection, city_id, bucket, OF_NETWORK, now):
            return False
    return take_token(connection, city_id, "follow", OF_EVERYONE, now)


def _bucket(settings: Settings, kind: str, whose: str) -> str:
    """A bucket's name, from which no one can tell whose it is."""
    return f"follow {kind} {digest_owner(settings, whose)}"


def _token(settings: Settings, city_id: str, case: int, address: str) -> str:
    """128 bits made from our key, the case and the address: the same for every request."""
    key = derive_key(settings, "following link").encode()
    message = f"{city_id}\n{case}\n{address.lower()}".encode()
    digest = hmac.new(key, message, hashlib.sha256).digest()[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


_CASE = (
    "select id from cases"
    " where jurisdiction_id = :city and case_id = :number and visibility = 'public'"
)
# A second request asks again, in its own language. One for an address that follows already changes
# nothing, because anyone may have given that address.
_REQUEST = """
insert into followers (jurisdiction_id, token_hash, case_key, address, language, asked_at)
values (:city, :hash, :case, :address, :language, :now)
on conflict (jurisdiction_id, token_hash) do update set language = :language, asked_at = :now
where followers.confirmed_at is null
"""
_IS_CONFIRMED = (
    "select confirmed_at is not null from followers"
    " where jurisdiction_id = :city and token_hash = :hash"
)
_CONFIRM = (
    "update followers set confirmed_at = :now where jurisdiction_id = :city and token_hash = :hash"
)
_DELETE = "delete from followers where jurisdiction_id = :city and token_hash = :hash"
_CHANGE_COUNT = (
    "update cases set followers = followers + :change, rev = :rev"
    " where jurisdiction_id = :city and id = :case returning visibility"
)
_OF_CASE = """
from followers f
join cases c on c.jurisdiction_id = f.jurisdiction_id and c.id = f.case_key
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
where f.jurisdiction_id = :city and f.token_hash = :hash
"""
_FOLLOWING = f"""
select f.case_key, c.case_id, s.name as service_name, c.address, c.status, c.visibility,
    f.confirmed_at {_OF_CASE}
"""
_ALERT_CASE = f"""
select f.case_key, f.address as encrypted, f.language, f.confirmed_at, c.case_id,
    s.name as service_name, c.status, c.closed_at, c.closure_reason, c.visibility {_OF_CASE}
"""
_FORGET = """
delete from followers where (confirmed_at is null and asked_at < :asked_before) or not exists (
    select 1 from cases c
    where c.jurisdiction_id = followers.jurisdiction_id and c.id = followers.case_key
        and (c.status <> 'closed' or coalesce(c.closed_at, c.updated_at) > :closed_before)
)
"""
