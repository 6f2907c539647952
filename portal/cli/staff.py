"""`python -m portal staff …`: accounts of a city's staff."""

from __future__ import annotations

import sys
import time

import click

from portal.auth import accounts
from portal.cli.outbox import noted, portal_of


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
    help="A manager also decides what is stuck on its way.",
)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of asking for it.",
)
def add(city: str, name: str, role: accounts.Role, password_stdin: bool) -> None:
    """Make an account of CITY for NAME, or give it a new password and second factor, which ends its sessions."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with portal_of(city) as portal, portal.transaction() as connection:
        made = accounts.add(
            connection, portal.settings, city, name, password, role, int(time.time())
        )
        noted(connection, city, "staff add", name.strip(), f"may sign in as {role}")
    click.echo(
        f"{name.strip()} may sign in at {portal.settings.site_url}/staff. This is shown once:"
    )
    click.echo(f"  for the authenticator: {made.secret}")
    click.echo(f"  or open with it:       {made.address}")
    click.echo("  if it is lost, each of these lets in once: " + " ".join(made.recovery_codes))


@staff.command("remove")
@click.argument("city")
@click.argument("name")
def remove(city: str, name: str) -> None:
    """Take the account NAME of CITY away, and end its sessions."""
    with portal_of(city) as portal, portal.transaction() as connection:
        accounts.remove(connection, city, name)
        noted(connection, city, "staff remove", name.strip(), "may not sign in any more")


@staff.command("list")
@click.argument("city")
def show(city: str) -> None:
    """The accounts of CITY."""
    with portal_of(city) as portal, portal.core.connect() as connection:
        for account in accounts.names(connection, city):
            click.echo(f"{account.name}\t{account.role}")
