"""`python -m data_sync town`: the work-order desk of a town, set up from the town's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import Engine

from data_sync.desk.cli import load_or_make_secret, open_database, serve_desk
from data_sync.desk.invitations import make_invitation
from data_sync.desk.place import find_place, require_safe_pages
from data_sync.desk.set_up import set_up_desk
from data_sync.plain_errors import plain_errors

if TYPE_CHECKING:
    from portal.settings import Settings

SYSTEM = "desk"
"""What the portal calls it among the city's systems."""


@click.command("town")
@click.argument("city")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The portal's data folder; the desk's is desk-CITY in it.",
)
@click.option("--port", type=int, required=True, help="Port on PORTAL_DESK_HOST.")
def town(city: str, data_dir: Path, port: int) -> None:
    """Set up the desk of CITY as its file says, and serve it."""
    from portal import jurisdictions
    from portal.settings import settings_from_environment

    with plain_errors():
        settings = settings_from_environment()
        place = find_place(settings.desk_host, settings.private_network)
        url = (settings.desk_base_url or place.url(port)).rstrip("/")
        require_safe_pages(place, url)
    jurisdiction = jurisdictions.load(city)
    if jurisdiction.desk is None:
        raise click.ClickException(f"{city}.toml has no [desk]; docs/first-town.md shows one")
    folder = data_dir / f"desk-{city}"
    database = folder / "desk.sqlite"
    engine = open_database(database)
    set_up_desk(engine, jurisdiction.desk)
    secret = load_or_make_secret(folder / "desk-secret")
    ready = describe_ready(engine, url, secret)
    serve_desk(
        engine,
        port=port,
        public_url=url,
        api_keys=(_find_key(settings, data_dir),),
        photo_dir=folder / "desk-photos",
        secret_key=secret,
        when_ready=lambda: click.echo(ready),
        zone=jurisdiction.zone,
        trusted_proxies=settings.trusted_proxies,
        place=place,
    )


def _find_key(settings: Settings, data_dir: Path) -> str:
    """The key with which the portal sends reports: in the data folder, if the settings name none.

    Desk and portal share that folder where they run on one machine.
    """
    from portal.secrets import DESK_KEY, load_or_make_key

    return settings.system_key(SYSTEM) or load_or_make_key(data_dir / DESK_KEY)


def describe_ready(engine: Engine, url: str, secret_key: str) -> str:
    """Where staff sign in; while no one can, also where to make the first account."""
    ready = f"Staff work on cases at {url}/staff"
    invitation = make_invitation(engine, secret_key)
    if invitation is None:
        return ready
    page = f"{url}/staff/accounts?invitation={invitation}"
    return f"{ready}. No one can sign in yet; make the first account at\n  {page}"
