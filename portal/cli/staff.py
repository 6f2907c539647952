"""`python -m portal staff …`: accounts of a city's staff."""

from __future__ import annotations

import sys
import time

import click

from portal.auth import accounts
from portal.cli.outbox import log_action, open_portal


@click.group()
def staff() -> None:
    """Who may sign in at /staff."""


@staff.command("add")
@click.argument("city")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(accounts.ROLES),
    default="moderator",
    help="A manager also decides what to do with reports that are stuck.",
)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of asking for it.",
)
def add_account(city: str, name: str, role: accounts.Role, password_stdin: bool) -> None:
    """Make an account in CITY for NAME.

    An account that exists gets a new password and second factor, which ends its sessions.
    """
    password = _read_password(password_stdin)
    now = int(time.time())
    with open_portal(city) as portal, portal.transaction() as connection:
        made = accounts.add_account(connection, portal.settings, city, name, password, role, now)
        log_action(connection, city, "staff add", name.strip(), f"may sign in as {role}")
    click.echo(f"{name.strip()} may sign in at {portal.settings.site_url}/staff. Shown only once:")
    click.echo(f"  secret for the authenticator app: {made.secret}")
    click.echo(f"  or open this address with it:     {made.address}")
    click.echo("  if it is lost, each of these works once: " + " ".join(made.recovery_codes))


@staff.command("remove")
@click.argument("city")
@click.argument("name")
def remove_account(city: str, name: str) -> None:
    """Remove the account NAME of CITY and end its sessions."""
    with open_portal(city) as portal, portal.transaction() as connection:
        accounts.remove_account(connection, city, name)
        log_action(connection, city, "staff remove", name.strip(), "may not sign in any more")


@staff.command("list")
@click.argument("city")
def list_accounts(city: str) -> None:
    """List the accounts of CITY."""
    with open_portal(city) as portal, portal.core.connect() as connection:
        for account in accounts.list_accounts(connection, city):
            click.echo(f"{account.name}\t{account.role}")


def _read_password(is_on_stdin: bool) -> str:
    if is_on_stdin:
        return sys.stdin.readline().rstrip("\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)
