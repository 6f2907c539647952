"""`python -m data_sync desk …`: runs a work-order desk, and makes accounts for its staff."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from sqlalchemy import Engine

from data_sync.desk.place import ON_THIS_MACHINE, DeskPlace

THREADS = 8
SECONDS_TO_FINISH = 5

_database = click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The desk's SQLite file; made when absent.",
)


@click.group()
def desk() -> None:
    """The built-in work-order desk."""


@desk.command()
@_database
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    required=True,
    help="Port on 127.0.0.1; a reverse proxy stands before it.",
)
@click.option(
    "--public-url",
    default="",
    help="The address others reach it under; default http://127.0.0.1:PORT.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="An API key with which other systems may send cases; repeat for several.",
)
@click.option(
    "--trusted-proxies",
    type=click.IntRange(0, 9),
    default=0,
    show_default=True,
    help="How many reverse proxies before it add to X-Forwarded-For.",
)
@click.option(
    "--zone",
    default="UTC",
    help="Where the town's clocks are, for the staff's pages: America/New_York.",
)
def serve(
    database: Path,
    port: int,
    public_url: str,
    keys: tuple[str, ...],
    trusted_proxies: int,
    zone: str,
) -> None:
    """Serve the desk until Ctrl-C or SIGTERM."""
    url = (public_url or f"http://127.0.0.1:{port}").rstrip("/")
    serve_desk(
        open_database(database),
        port=port,
        public_url=url,
        api_keys=keys,
        photo_dir=database.parent / "desk-photos",
        secret_key=load_or_make_secret(database.with_name(f"{database.stem}-secret")),
        when_ready=lambda: click.echo(f"desk ready {url}"),
        zone=_zone(zone),
        trusted_proxies=trusted_proxies,
    )


@desk.command("add-staff")
@click.argument("name")
@_database
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of asking for it.",
)
def add_staff(name: str, database: Path, password_stdin: bool) -> None:
    """Make an account, or give one a new password, which ends its sessions.

    A password has at least 15 characters.
    """
    from data_sync.desk import accounts

    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    _in_words(accounts.add_staff, database, name, password)
    click.echo(f"{name.strip()} may sign in")


@desk.command("remove-staff")
@click.argument("name")
@_database
def remove_staff(name: str, database: Path) -> None:
    """Take an account away and end its sessions; what it did stays in the cases' history."""
    from data_sync.desk import accounts

    _in_words(accounts.remove_staff, database, name)
    click.echo(f"{name.strip()} may no longer sign in")


def serve_desk(
    engine: Engine,
    *,
    port: int,
    public_url: str,
    api_keys: Collection[str],
    photo_dir: Path,
    secret_key: str,
    when_ready: Callable[[], Any],
    zone: tzinfo = UTC,
    trusted_proxies: int = 0,
    place: DeskPlace = ON_THIS_MACHINE,
) -> None:
    """Serve until SIGTERM or Ctrl-C, in this process and one worker with threads. Never returns.

    `when_ready` is called in the worker, where threads may be started. Raises ClickException if
    the port is taken.
    """
    from data_sync.desk.server import create_desk
    from portal.web.proxies import KnownProxies

    _require_free_port(place.address, port)
    app = create_desk(
        engine,
        public_url=public_url,
        api_url=place.url(port),
        api_keys=api_keys,
        photo_dir=photo_dir,
        secret_key=secret_key,
        now=lambda: datetime.now(UTC),
        zone=zone,
    )
    app.wsgi_app = KnownProxies(app.wsgi_app, trusted_proxies, photo_dir.parent / "desk-proxies")
    engine.dispose()  # SQLite connections do not survive the fork
    _run_server(app, _server_settings(place.bind(port), when_ready))


def _server_settings(bind: str, when_ready: Callable[[], Any]) -> dict[str, Any]:
    return {
        "bind": bind,
        "workers": 1,
        "threads": THREADS,
        "worker_class": "gthread",
        "loglevel": "warning",
        "graceful_timeout": SECONDS_TO_FINISH,
        "post_worker_init": lambda _: when_ready(),
        "control_socket_disable": True,
    }


def _run_server(app: Any, settings: dict[str, Any]) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    Server().run()


def load_or_make_secret(path: Path) -> str:
    """The key in a file beside the database, made the first time; only its owner can read it."""
    if not path.exists():
        path.touch(mode=0o600)
    secret = path.read_text()
    if not secret:  # new, or left empty by a crash
        secret = secrets.token_hex(32)
        path.write_text(secret)
    return secret


def _require_free_port(address: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError as problem:
            raise click.ClickException(
                f"Port {port} of {address} cannot be used ({problem.strerror}). "
                "Choose another with --port."
            ) from None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.ClickException(
            f"There is no time zone {name!r}. They are named like America/New_York."
        ) from None


def _in_words(act: Callable[..., None], database: Path, *what: str) -> None:
    """Act on the desk's database; a refusal is one sentence and exit code 1."""
    from data_sync.desk.errors import DeskError

    engine = open_database(database)
    try:
        act(engine, *what)
    except DeskError as problem:
        raise click.ClickException(str(problem)) from None


def open_database(database: Path) -> Engine:
    from sqlalchemy.exc import DBAPIError

    from data_sync.desk.errors import DeskError
    from data_sync.desk.models import open_desk

    try:
        return open_desk(database)
    except DeskError as problem:
        raise click.ClickException(str(problem)) from None
    except (DBAPIError, OSError) as problem:
        reason = getattr(problem, "orig", problem)
        raise click.ClickException(
            f"{database} cannot be used as the desk's database: {reason}."
        ) from None
