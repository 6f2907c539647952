"""Following a case that somebody else reported: asked for with an e-mail address, begun when the address has answered, ended at any time.

Nobody has an account. A follower's letters bear a link that opens their following and nothing else; it is made of our key, the case and
the address, and of its token only a digest is kept. A case that is not public has no follower who hears of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Literal

from sqlalchemy import Connection, text

from portal.context import Portal
from portal.domain.following import Following
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound
from portal.notifications import alerts, contacts
from portal.notifications.alerts import Told
from portal.secrets import derive_key
from portal.settings import Settings
from portal.store import data_version
from portal.store.buckets import Limit, take_token
from portal.translations import supported_language

Answer = Literal["asked", "too many"]
OF_ADDRESS, OF_NETWORK, OF_EVERYBODY = Limit(5, 5 / 24), Limit(10, 10), Limit(300, 600)
"""Letters that ask for an answer: to one address five a day, from one household ten an hour, from all of them six hundred."""
UNCONFIRMED_SECONDS = 7 * 86_400


def ask(
    portal: Portal,
    city: Jurisdiction,
    case_id: str,
    email: str,
    language: str,
    network: str | None,
    now: int,
) -> Answer:
    """Keep that an address wants to follow a public case, and owe it the letter that asks whether it does.

    `network` is the part of the network the question comes from. The answer is the same whether the address follows already. Raises
    NotFound for a case that is not public.
    """
    with portal.transaction() as connection:
        data_version.lock(connection, city.id, now)
        case = connection.execute(
            text(_CASE), {"city": city.id, "number": case_id.replace("\x00", "")}
        ).scalar()
        if case is None:
            raise NotFound("There is no public case with this number.")
        if not _takes_one_more(connection, portal.settings, city.id, network, now):
            return "too many"
        token = _token(portal.settings, city.id, case, email)
        values = {
            "city": city.id,
            "hash": _hash(token),
            "case": case,
            "language": language,
            "now": now,
        }
        connection.execute(
            text(_ASKED), values | {"address": contacts.locked(portal.settings, email)}
        )
        is_confirmed = connection.execute(text(_IS_CONFIRMED), values).scalar_one()
        if not is_confirmed and take_token(
            connection, city.id, _bucket(portal.settings, "address", email.lower()), OF_ADDRESS, now
        ):
            alerts.owe_confirmation(connection, city.id, case, _hash(token), now)
        return "asked"


def following(portal: Portal, city_id: str, token: str) -> Following | None:
    """What a link opens; None for a token that opens nothing."""
    with portal.core.connect() as connection:
        return _following(connection, city_id, token)


def confirm(portal: Portal, city: Jurisdiction, token: str, now: int) -> None:
    """Begin to follow; again it changes nothing. Raises NotFound for a token that opens nothing."""
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, now) + 1
        found = _known(connection, city.id, token)
        if not found.is_confirmed:
            connection.execute(text(_CONFIRM), {"city": city.id, "hash": _hash(token), "now": now})
            count(connection, city.id, found.case_key, 1, rev, now)


def stop(portal: Portal, city: Jurisdiction, token: str, now: int) -> None:
    """Forget the follower. Raises NotFound for a token that opens nothing."""
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, now) + 1
        found = _known(connection, city.id, token)
        connection.execute(text(_STOP), {"city": city.id, "hash": _hash(token)})
        if found.is_confirmed:
            count(connection, city.id, found.case_key, -1, rev, now)


def begin(
    connection: Connection,
    settings: Settings,
    city_id: str,
    case: int,
    email: str,
    language: str,
    now: int,
) -> None:
    """Keep an address that follows from now on, without asking it; the caller counts it. For invented people."""
    token = _token(settings, city_id, case, email)
    values = {"city": city_id, "hash": _hash(token), "case": case, "language": language, "now": now}
    connection.execute(text(_ASKED), values | {"address": contacts.locked(settings, email)})
    connection.execute(text(_CONFIRM), values)


def count(connection: Connection, city_id: str, case: int, change: int, rev: int, now: int) -> None:
    """So many followers more or less; pages and maps learn of it by the batch, as of any change."""
    connection.execute(
        text(_COUNTED), {"city": city_id, "case": case, "change": change, "rev": rev}
    )
    data_version.set_version(connection, city_id, rev, now)


def told_of(
    connection: Connection, settings: Settings, city_id: str, receiver: str
) -> tuple[Told, str, bool] | None:
    """What a letter tells a follower, their address, and whether it has answered; None where there is nobody or nothing to tell.

    `key` of what is told is the token of their link. Nobody is told of a case that is not public at this moment, nor the resident who
    reported it and follows it, too: they have a letter of their own. Source: the store.
    """
    row = connection.execute(text(_TOLD), {"city": city_id, "hash": receiver}).mappings().first()
    if row is None or row["visibility"] != "public":
        return None
    told, kept, language = dict(row), row["kept"], supported_language(row["language"])
    case, confirmed_at = told.pop("case_key"), told.pop("confirmed_at")
    del told["kept"], told["language"]
    address = contacts.unlocked(settings, kept)
    if (contacts.address_of(connection, settings, city_id, case) or "").lower() == address.lower():
        return None
    return (
        Told(**told, key=_token(settings, city_id, case, address), language=language),
        address,
        confirmed_at is not None,
    )


def forget_old(connection: Connection, now: int) -> None:
    """Delete who never answered within seven days, and followers of cases closed 180 days ago and longer. The published number stays."""
    values = {
        "asked_before": now - UNCONFIRMED_SECONDS,
        "closed_before": now - contacts.KEPT_SECONDS,
    }
    connection.execute(text(_FORGET), values)


def _known(connection: Connection, city_id: str, token: str) -> Following:
    found = _following(connection, city_id, token)
    if found is None:
        raise NotFound(
            "This link opens nothing. It may have been cut off, or you have stopped already."
        )
    return found


def _following(connection: Connection, city_id: str, token: str) -> Following | None:
    row = (
        connection.execute(text(_FOLLOWING), {"city": city_id, "hash": _hash(token)})
        .mappings()
        .first()
    )
    if row is None:
        return None
    told = dict(row)
    is_public, is_confirmed = (
        told.pop("visibility") == "public",
        told.pop("confirmed_at") is not None,
    )
    return Following(**told, is_public=is_public, is_confirmed=is_confirmed)


def _takes_one_more(
    connection: Connection, settings: Settings, city_id: str, network: str | None, now: int
) -> bool:
    # The household first: one that is refused takes nothing of what all of them have.
    few_from_there = network is None or take_token(
        connection, city_id, _bucket(settings, "network", network), OF_NETWORK, now
    )
    return few_from_there and take_token(connection, city_id, "follow", OF_EVERYBODY, now)


def _bucket(settings: Settings, kind: str, whose: str) -> str:
    """A bucket's name, from which nobody can be found out."""
    return f"follow {kind} {hmac.new(derive_key(settings, 'buckets').encode(), whose.encode(), hashlib.sha256).hexdigest()[:32]}"


def _token(settings: Settings, city_id: str, case: int, address: str) -> str:
    """128 bits, made of our key, the case and the address: the same for whoever asks again."""
    said = f"{city_id}\n{case}\n{address.lower()}".encode()
    made = hmac.new(derive_key(settings, "following link").encode(), said, hashlib.sha256).digest()[
        :16
    ]
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


_CASE = "select id from cases where jurisdiction_id = :city and case_id = :number and visibility = 'public'"
# Who asked before is asked again, in the language of now; who follows is not, as anybody may have asked with their address.
_ASKED = """
insert into followers (jurisdiction_id, token_hash, case_key, address, language, asked_at)
values (:city, :hash, :case, :address, :language, :now)
on conflict (jurisdiction_id, token_hash) do update set language = :language, asked_at = :now where followers.confirmed_at is null
"""
_IS_CONFIRMED = "select confirmed_at is not null from followers where jurisdiction_id = :city and token_hash = :hash"
_CONFIRM = (
    "update followers set confirmed_at = :now where jurisdiction_id = :city and token_hash = :hash"
)
_STOP = "delete from followers where jurisdiction_id = :city and token_hash = :hash"
_COUNTED = "update cases set followers = followers + :change, rev = :rev where jurisdiction_id = :city and id = :case"
_OF_CASE = """
from followers f
join cases c on c.jurisdiction_id = f.jurisdiction_id and c.id = f.case_key
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
where f.jurisdiction_id = :city and f.token_hash = :hash
"""
_FOLLOWING = f"""
select f.case_key, c.case_id, s.name as service_name, c.address, c.status, c.visibility, f.confirmed_at {_OF_CASE}
"""
_TOLD = f"""
select f.case_key, f.address as kept, f.language, f.confirmed_at, c.case_id, s.name as service_name, c.status, c.closed_at,
    c.closure_reason, c.visibility {_OF_CASE}
"""
_FORGET = """
delete from followers where (confirmed_at is null and asked_at < :asked_before) or not exists (
    select 1 from cases c where c.jurisdiction_id = followers.jurisdiction_id and c.id = followers.case_key
        and (c.status <> 'closed' or coalesce(c.closed_at, c.updated_at) > :closed_before)
)
"""
