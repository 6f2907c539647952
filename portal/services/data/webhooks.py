"""Webhooks of API keys: added, paused and ended by their owner, and the deliveries that are due.

    hook, secret = add_webhook(portal, city, own, "https://example.org/hook", "status=open", now)
    make_deliveries(portal, city, now)                    # the worker, whenever facts are published
    due = claim_delivery(connection, settings, city.id, now)
    settle_delivery(connection, city.id, due, Attempt(200, 0.3), now)

A delivery is stored before it is sent, with a number of its own, and is sent until the receiver
takes it: at least once, in order, under the same id.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, RowMapping, text

from portal.context import Portal
from portal.domain import webhook
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.webhook import Delivery, Kind, Webhook
from portal.errors import BadRequest, NotFound, NotReady
from portal.facts.reader import Facts
from portal.notifications import alerts
from portal.queries.cases.text_search import make_selection
from portal.queries.data.webhook_news import Items, Told, find_news, told_by
from portal.secrets import decrypt, encrypt
from portal.services.data.key_requests import Owner, require_own
from portal.settings import Settings

LEASE_SECONDS = 60
MOST_DELIVERIES = 50
"""How many deliveries are made of one webhook at a time; the rest follow when these are sent."""
GONE = 410
"""A receiver that answers so wants nothing more."""
PURPOSE = "webhooks"


@dataclass(frozen=True)
class DueDelivery:
    """A delivery that this worker sends now; `items` are the cases it is about."""

    id: str
    webhook_id: str
    kind: Kind
    url: str
    secret: str
    items: Items
    created_at: int
    attempts: int


@dataclass(frozen=True)
class Attempt:
    """What came of sending: the receiver's status, or why there is none; `seconds` it took."""

    status: int | None
    seconds: float
    problem: str | None = None

    @property
    def was_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


def add_webhook(
    portal: Portal, city: Jurisdiction, owner: Owner, url: str, query: str, now: int
) -> tuple[str, str]:
    """A webhook for what changes from now on: its id, and its secret, which is shown once.

    Raises BadRequest for an address or a filter that cannot be, and for too many webhooks;
    NotFound for a key that is not the owner's or has ended; NotReady before anything is published.
    """
    url, query = webhook.read_url(url), webhook.read_query(query)
    told = told_by(portal.facts(city.id))
    secret, hook_id = webhook.make_secret(), secrets.token_hex(6)
    with portal.transaction() as connection:
        key = require_own(connection, city.id, owner)
        if not key.is_valid:
            raise NotFound("This API key has ended, or was never made.")
        if len(_hooks_of_key(connection, city.id, key.id)) >= webhook.MOST_WEBHOOKS:
            most = webhook.MOST_WEBHOOKS
            raise BadRequest("An API key has at most {most} webhooks.", most=most)
        values = {
            "city": city.id,
            "id": hook_id,
            "key": key.id,
            "url": url,
            "query": query,
            "secret": encrypt(portal.settings, PURPOSE, secret),
            "now": now,
            **_write_told(told),
        }
        connection.execute(text(_ADD), values)
    return hook_id, secret


def webhooks_of_key(
    portal: Portal, city_id: str, key_id: str
) -> tuple[tuple[Webhook, tuple[Delivery, ...]], ...]:
    """A key's webhooks, newest first, each with its last ten deliveries."""
    with portal.core.connect() as connection:
        return tuple(
            (hook, _last_deliveries(connection, city_id, hook.id))
            for hook in _hooks_of_key(connection, city_id, key_id)
        )


def pause_webhook(
    portal: Portal, city: Jurisdiction, owner: Owner, hook_id: str, _now: int
) -> None:
    """Send nothing more for now. Raises NotFound."""
    with portal.transaction() as connection:
        _require_hook(connection, city.id, owner, hook_id)
        _set_state(connection, city.id, hook_id, "paused", None)


def resume_webhook(
    portal: Portal, city: Jurisdiction, owner: Owner, hook_id: str, now: int
) -> None:
    """Send again what changes from now on; what is due still goes first. Raises NotFound."""
    told = told_by(portal.facts(city.id))
    with portal.transaction() as connection:
        hook = _require_hook(connection, city.id, owner, hook_id)
        if hook.state == "active":
            return
        _set_state(connection, city.id, hook_id, "active", None)
        _set_told(connection, city.id, hook_id, told)
        connection.execute(text(_DUE_NOW), {"city": city.id, "id": hook_id, "now": now})


def end_webhook(portal: Portal, city: Jurisdiction, owner: Owner, hook_id: str, _now: int) -> None:
    """Delete a webhook and its deliveries. Raises NotFound."""
    with portal.transaction() as connection:
        _require_hook(connection, city.id, owner, hook_id)
        values = {"city": city.id, "id": hook_id}
        connection.execute(text(_END_DELIVERIES), values)
        connection.execute(text(_END), values)


def queue_test(portal: Portal, city: Jurisdiction, owner: Owner, hook_id: str, now: int) -> None:
    """Send a delivery about no case. Raises NotFound."""
    with portal.transaction() as connection:
        _require_hook(connection, city.id, owner, hook_id)
        _add_delivery(connection, city.id, hook_id, "test", Items(), now)


def send_again(
    portal: Portal, city: Jurisdiction, owner: Owner, delivery_id: str, now: int
) -> None:
    """Send a delivery once more, under the same id. Raises NotFound."""
    with portal.transaction() as connection:
        values = {"city": city.id, "id": delivery_id, "now": now}
        hook_id = connection.execute(text(_HOOK_OF_DELIVERY), values).scalar()
        _require_hook(connection, city.id, owner, hook_id or "")
        connection.execute(text(_AGAIN), values)


def make_deliveries(portal: Portal, city: Jurisdiction, now: int) -> int:
    """Queue what webhooks have not been told yet; how many deliveries. Nothing before the facts.

    `now` is in epoch seconds. A webhook with deliveries still due waits until they are sent.
    """
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return 0
    with portal.core.connect() as connection:
        rows = connection.execute(text(_BEHIND), {"city": city.id, "batch": facts.batch})
        behind = list(rows.mappings())
    return sum(_tell(portal, city, facts, row, now) for row in behind)


def claim_delivery(
    connection: Connection, settings: Settings, city_id: str, now: int
) -> DueDelivery | None:
    """The next delivery that is due, for LEASE_SECONDS; None if none is.

    Only the oldest one of each webhook: they arrive in their order.
    """
    values = {"city": city_id, "now": now}
    row = connection.execute(text(_NEXT), values).mappings().first()
    if row is None:
        return None
    lease = values | {"id": row["id"], "was_due_at": row["due_at"], "until": now + LEASE_SECONDS}
    if connection.execute(text(_CLAIM), lease).rowcount != 1:
        return None
    return DueDelivery(
        row["id"],
        row["webhook_id"],
        row["kind"],
        row["url"],
        decrypt(settings, PURPOSE, row["secret"]),
        _read_items(row["items"]),
        row["created_at"],
        row["attempts"],
    )


def is_delivery_due(connection: Connection, city_id: str, now: int) -> bool:
    """Whether `claim_delivery` would find one. Takes no write lock."""
    return connection.execute(text(_NEXT), {"city": city_id, "now": now}).first() is not None


def settle_delivery(
    connection: Connection, city_id: str, due: DueDelivery, attempt: Attempt, now: int
) -> bool:
    """Note what came of an attempt; whether the webhook was stopped for it.

    The owner of one that is stopped hears of it by e-mail.
    """
    attempts = due.attempts + 1
    pause = webhook.pause_after(attempts, now - due.created_at)
    is_over = not attempt.was_taken and (pause is None or attempt.status == GONE)
    values = {
        "city": city_id,
        "id": due.id,
        "state": "sent" if attempt.was_taken else "failed" if is_over else "pending",
        "attempts": attempts,
        "due": now + (pause or 0),
        "now": now,
        "sent": now if attempt.was_taken else None,
        **asdict(attempt),
    }
    connection.execute(text(_SETTLE), values)
    if is_over:
        _stop(connection, city_id, due.webhook_id, attempt, now)
    return is_over


def put_off(connection: Connection, city_id: str, due: DueDelivery, until: int) -> None:
    """Try a delivery later that has not been tried now."""
    connection.execute(text(_PUT_OFF), {"city": city_id, "id": due.id, "until": until})


def forget_old_deliveries(connection: Connection, now: int) -> None:
    """Delete what became of deliveries 30 days ago, and webhooks whose keys are gone."""
    connection.execute(text(_FORGET), {"before": now - webhook.SHOWN_SECONDS})
    connection.execute(text(_FORGET_ORPHANS))
    connection.execute(text(_FORGET_OF_ORPHANS))


def _tell(portal: Portal, city: Jurisdiction, facts: Facts, row: RowMapping, now: int) -> int:
    selection = make_selection(portal, city, CaseFilter.from_query_string(row["query"]), now)
    told, made = _read_told(row), []
    for _ in range(MOST_DELIVERIES):
        news = find_news(facts, selection, told)
        told = news.told
        if len(news.items):
            made.append(news.items)
        if not news.has_more:
            break
    with portal.transaction() as connection:
        values = {"city": city.id, "id": row["id"], "was": row["batch"], "key": row["case_key"]}
        if connection.execute(text(_STILL_THERE), values).first() is None:
            return 0  # another worker was faster, or its owner has paused it
        for items in made:
            _add_delivery(connection, city.id, row["id"], "changes", items, now)
        _set_told(connection, city.id, row["id"], told)
    return len(made)


def _add_delivery(
    connection: Connection, city_id: str, hook_id: str, kind: Kind, items: Items, now: int
) -> None:
    values = {
        "city": city_id,
        "id": f"msg_{secrets.token_hex(12)}",
        "hook": hook_id,
        "kind": kind,
        "items": json.dumps(asdict(items)),
        "cases": len(items),
        "now": now,
    }
    connection.execute(text(_ADD_DELIVERY), values)


def _stop(connection: Connection, city_id: str, hook_id: str, attempt: Attempt, now: int) -> None:
    problem = attempt.problem or f"it answered {attempt.status}"
    _set_state(connection, city_id, hook_id, "stopped", problem)
    owner = connection.execute(text(_OWNER), {"city": city_id, "id": hook_id}).scalar()
    if owner is not None:
        alerts.queue_webhook_stopped(connection, city_id, owner, now)


def _require_hook(connection: Connection, city_id: str, owner: Owner, hook_id: str) -> Webhook:
    key = require_own(connection, city_id, owner)
    for hook in _hooks_of_key(connection, city_id, key.id):
        if hook.id == hook_id:
            return hook
    raise NotFound("There is no such webhook.")


def _hooks_of_key(connection: Connection, city_id: str, key_id: str) -> tuple[Webhook, ...]:
    rows = connection.execute(text(_HOOKS), {"city": city_id, "key": key_id}).mappings()
    return tuple(Webhook(**row) for row in rows)


def _last_deliveries(connection: Connection, city_id: str, hook_id: str) -> tuple[Delivery, ...]:
    rows = connection.execute(text(_DELIVERIES), {"city": city_id, "id": hook_id}).mappings()
    return tuple(
        Delivery(**{**row, "has_failed": bool(row["has_failed"])}) for row in map(dict, rows)
    )


def _set_state(
    connection: Connection, city_id: str, hook_id: str, state: webhook.State, problem: str | None
) -> None:
    values = {"city": city_id, "id": hook_id, "state": state, "problem": problem}
    connection.execute(text(_SET_STATE), values)


def _set_told(connection: Connection, city_id: str, hook_id: str, told: Told) -> None:
    connection.execute(text(_SET_TOLD), {"city": city_id, "id": hook_id, **_write_told(told)})


def _write_told(told: Told) -> dict[str, int | str]:
    return asdict(told) | {"new_keys": " ".join(map(str, told.new_keys))}


def _read_told(row: RowMapping) -> Told:
    keys = tuple(map(int, row["new_keys"].split()))
    return Told(row["batch"], row["case_key"], row["seen_at"], keys)


def _read_items(stored: str) -> Items:
    items = json.loads(stored)
    changed = tuple((key, first, last) for key, first, last in items["changed"])
    return Items(tuple(items["new"]), changed)


_ADD = """
insert into webhooks (jurisdiction_id, id, key_id, url, query, secret, state, created_at,
    batch, case_key, seen_at, new_keys)
values (:city, :id, :key, :url, :query, :secret, 'active', :now,
    :batch, :case_key, :seen_at, :new_keys)
"""
_HOOKS = """
select id, key_id, url, query, state, created_at, problem from webhooks
where jurisdiction_id = :city and key_id = :key order by created_at desc, id
"""
_SET_STATE = """
update webhooks set state = :state, problem = :problem where jurisdiction_id = :city and id = :id
"""
_SET_TOLD = """
update webhooks set batch = :batch, case_key = :case_key, seen_at = :seen_at, new_keys = :new_keys
where jurisdiction_id = :city and id = :id
"""
_END = "delete from webhooks where jurisdiction_id = :city and id = :id"
_END_DELIVERIES = (
    "delete from webhook_deliveries where jurisdiction_id = :city and webhook_id = :id"
)
# The key of each is still good, and nothing of it is still due.
_BEHIND = """
select w.id, w.query, w.batch, w.case_key, w.seen_at, w.new_keys
from webhooks w join api_keys k on k.jurisdiction_id = w.jurisdiction_id and k.id = w.key_id
where w.jurisdiction_id = :city and w.state = 'active' and w.batch < :batch
    and k.revoked_at is null and not exists (
        select 1 from webhook_deliveries d where d.jurisdiction_id = w.jurisdiction_id
            and d.webhook_id = w.id and d.state = 'pending' and d.kind = 'changes')
"""
_STILL_THERE = """
select 1 from webhooks
where jurisdiction_id = :city and id = :id and state = 'active'
    and batch = :was and case_key = :key
"""
_ADD_DELIVERY = """
insert into webhook_deliveries (jurisdiction_id, id, webhook_id, number, kind, items, cases, state,
    created_at, due_at, attempts)
values (:city, :id, :hook, (
        select coalesce(max(number), 0) + 1 from webhook_deliveries
        where jurisdiction_id = :city and webhook_id = :hook),
    :kind, :items, :cases, 'pending', :now, :now, 0)
"""
_NEXT = """
select d.id, d.webhook_id, d.kind, d.items, d.created_at, d.due_at, d.attempts, w.url, w.secret
from webhook_deliveries d
join webhooks w on w.jurisdiction_id = d.jurisdiction_id and w.id = d.webhook_id
join api_keys k on k.jurisdiction_id = w.jurisdiction_id and k.id = w.key_id
where d.jurisdiction_id = :city and d.state = 'pending' and d.due_at <= :now
    and k.revoked_at is null and (d.kind = 'test' or w.state = 'active' and not exists (
        select 1 from webhook_deliveries e where e.jurisdiction_id = d.jurisdiction_id
            and e.webhook_id = d.webhook_id and e.state = 'pending' and e.kind = 'changes'
            and e.number < d.number))
order by d.due_at, d.id limit 1
"""
_CLAIM = """
update webhook_deliveries set due_at = :until
where jurisdiction_id = :city and id = :id and due_at = :was_due_at and state = 'pending'
"""
_SETTLE = """
update webhook_deliveries set state = :state, attempts = :attempts, due_at = :due,
    tried_at = :now, status = :status, seconds = :seconds, problem = :problem, sent_at = :sent
where jurisdiction_id = :city and id = :id
"""
_PUT_OFF = """
update webhook_deliveries set due_at = :until where jurisdiction_id = :city and id = :id
"""
_DUE_NOW = """
update webhook_deliveries set due_at = :now, created_at = :now
where jurisdiction_id = :city and webhook_id = :id and state = 'pending'
"""
_AGAIN = """
update webhook_deliveries set state = 'pending', due_at = :now, created_at = :now, attempts = 0
where jurisdiction_id = :city and id = :id and state <> 'pending'
"""
_HOOK_OF_DELIVERY = (
    "select webhook_id from webhook_deliveries where jurisdiction_id = :city and id = :id"
)
_DELIVERIES = """
select id, kind, cases, created_at, attempts, tried_at, status, seconds, problem, sent_at,
    case when state = 'failed' then 1 else 0 end as has_failed
from webhook_deliveries where jurisdiction_id = :city and webhook_id = :id
order by number desc limit 10
"""
_OWNER = """
select k.owner_hash from webhooks w
join api_keys k on k.jurisdiction_id = w.jurisdiction_id and k.id = w.key_id
where w.jurisdiction_id = :city and w.id = :id
"""
_FORGET = "delete from webhook_deliveries where state <> 'pending' and tried_at < :before"
_FORGET_ORPHANS = """
delete from webhooks where not exists (
    select 1 from api_keys k
    where k.jurisdiction_id = webhooks.jurisdiction_id and k.id = webhooks.key_id)
"""
_FORGET_OF_ORPHANS = """
delete from webhook_deliveries where not exists (
    select 1 from webhooks w where w.jurisdiction_id = webhook_deliveries.jurisdiction_id
        and w.id = webhook_deliveries.webhook_id)
"""
