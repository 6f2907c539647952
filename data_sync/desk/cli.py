"""python -m data_sync desk …: run a work-order desk, and make accounts for its staff."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

THREADS = 8


@click.group()
def desk() -> None:
    """The built-in work-order desk."""


@desk.command()
@click.option(
    "--database", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The desk's SQLite file; made when absent."
)
@click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
@click.option("--public-url", default="", help="The address others reach it under; default http://127.0.0.1:PORT.")
@click.option("--key", "keys", multiple=True, help="An API key that may send cases; repeat for several.")
def serve(database: Path, port: int, public_url: str, keys: tuple[str, ...]) -> None:
    """Serve the desk until Ctrl-C."""
    from data_sync.desk.models import open_desk

    url = (public_url or f"http://127.0.0.1:{port}").rstrip("/")
    serve_desk(
        open_desk(database),
        port=port,
        public_url=url,
        api_keys=keys,
        photo_dir=database.parent / "desk-photos",
        secret_key=kept_secret(database.with_name(database.stem + "-secret")),
        when_ready=lambda: click.echo(f"desk ready {url}"),
    )


@desk.command("add-staff")
@click.argument("name")
@click.option("--database", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
def add_staff(name: str, database: Path, password_stdin: bool) -> None:
    """Make an account, or give one a new password (at least 15 characters)."""
    from data_sync.desk import accounts
    from data_sync.desk.errors import DeskError
    from data_sync.desk.models import open_desk

    password = sys.stdin.readline().rstrip("\n") if password_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        accounts.add_staff(open_desk(database), name, password)
    except DeskError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{name} may sign in")


def serve_desk(
    engine: Engine,
    *,
    port: int,
    public_url: str,
    api_keys: Collection[str],
    photo_dir: Path,
    secret_key: str,
    when_ready: Callable[[], Any],
) -> None:
    """Serve until SIGTERM or Ctrl-C, in this process: one worker with threads. `when_ready` is called in the worker."""
    from gunicorn.app.base import BaseApplication

    from data_sync.desk.server import create_desk

    app = create_desk(
        engine, public_url=public_url, api_keys=api_keys, photo_dir=photo_dir, secret_key=secret_key, now=lambda: datetime.now(UTC)
    )

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings = {"bind": f"127.0.0.1:{port}", "workers": 1, "threads": THREADS, "worker_class": "gthread", "loglevel": "warning"}
            settings |= {"graceful_timeout": 5, "post_worker_init": lambda _worker: when_ready(), "control_socket_disable": True}
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    engine.dispose()  # connections do not survive the fork
    Server().run()


def kept_secret(path: Path) -> str:
    """A key made once and kept beside the database for its owner alone."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()
