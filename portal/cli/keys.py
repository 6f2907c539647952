"""`python -m portal keys …`: who may call the portal from a program, and what they may do."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from portal.auth import api_keys
from portal.cli.outbox import log_action, open_portal
from portal.domain.api_key import SCOPES, ApiKey, Scope
from portal.domain.email_address import read_email_address
from portal.notifications import contacts
from portal.notifications.contacts import Recipient
from portal.services.data.key_requests import create_key

PER_HOUR = click.IntRange(1, api_keys.MOST_CALLS_PER_HOUR)
SCOPE = click.Choice(SCOPES)


@click.group()
def keys() -> None:
    """API keys: read more, send reports, tell what became of cases."""


@keys.command("list")
@click.argument("city")
def list_keys(city: str) -> None:
    """List the keys of CITY: id, owner, scopes, calls an hour, last use, and what it is for."""
    with open_portal(city) as portal, portal.core.connect() as connection:
        for key, address in api_keys.list_keys(connection, city):
            owner = contacts.decrypt_address(portal.settings, address)
            click.echo("\t".join(_describe(key, owner)))


@keys.command("create")
@click.argument("city")
@click.argument("email")
@click.option("--for", "name", required=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, type=SCOPE, help="Besides read; can be repeated.")
@click.option("--per-hour", type=PER_HOUR, default=api_keys.CALLS_PER_HOUR, help="Calls an hour.")
def create(city: str, email: str, name: str, scopes: tuple[Scope, ...], per_hour: int) -> None:
    """Make a key of CITY for EMAIL and print it, this once."""
    address = read_email_address(email)
    if address is None:
        raise click.BadParameter(f"{email!r} is no e-mail address", param_hint="EMAIL")
    granted: tuple[Scope, ...] = tuple(
        scope for scope in SCOPES if scope == "read" or scope in scopes
    )
    with open_portal(city) as portal:
        recipient = Recipient(address, portal.cities[city].language)
        with portal.transaction() as connection:
            now = int(time.time())
            key_id, key = create_key(
                connection, portal.settings, city, recipient, (name, granted, per_hour), now
            )
            log_action(connection, city, "keys create", key_id, f"may {', '.join(granted)}")
    click.echo(f"Key {key_id} may {', '.join(granted)}. Shown only once:")
    click.echo(key)


@keys.command("grant")
@click.argument("city")
@click.argument("key")
@click.argument("scopes", nargs=-1, type=SCOPE)
@click.option("--per-hour", type=PER_HOUR, default=None, help="Calls an hour.")
def grant(city: str, key: str, scopes: tuple[Scope, ...], per_hour: int | None) -> None:
    """Let KEY of CITY do exactly SCOPES: read, report, update. KEY is its id."""
    with open_portal(city) as portal, portal.transaction() as connection:
        known = api_keys.require_key(connection, city, key)
        granted = api_keys.set_scopes(connection, city, key, scopes or known.scopes, per_hour)
        words = f"may {', '.join(granted.scopes)}, {granted.per_hour} calls an hour"
        log_action(connection, city, "keys grant", key, words)
    click.echo(f"Key {key} {words}.")


@keys.command("revoke")
@click.argument("city")
@click.argument("key")
@click.option("--reason", required=True, help="Why, for colleagues who look at it later.")
def revoke(city: str, key: str, reason: str) -> None:
    """End KEY of CITY for good. KEY is its id."""
    with open_portal(city) as portal, portal.transaction() as connection:
        api_keys.revoke_key(connection, city, key, int(time.time()))
        log_action(connection, city, "keys revoke", key, reason)


def _describe(key: ApiKey, owner: str) -> list[str]:
    if key.revoked_at is not None:
        state = f"ended {_day(key.revoked_at)}"
    elif key.created_at is None:
        state = "not made yet"
    else:
        state = f"last used {_day(key.used_at)}" if key.used_at else "never used"
    return [key.id, owner, ",".join(key.scopes), f"{key.per_hour}/h", state, key.name]


def _day(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")
