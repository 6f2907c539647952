"""The demo city in one process: its work-order desk with cases, and its life in a thread."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import click

LIFE_PAUSE_SECONDS = 15.0


@click.command("demo")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for desk.sqlite and its photos.",
)
@click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
def demo(data_dir: Path, port: int) -> None:
    """Build the demo city in a work-order desk, serve the desk, and let the city live."""
    from data_sync.demo.build import build_demo
    from data_sync.demo.figures import load_figures
    from data_sync.demo.live import live_forever
    from data_sync.desk.cli import load_or_make_secret, serve_desk
    from data_sync.desk.errors import DeskError
    from data_sync.desk.models import open_desk
    from portal import jurisdictions
    from portal.secrets import DESK_KEY, load_or_make_key

    data_dir.mkdir(parents=True, exist_ok=True)
    photo_dir = data_dir / "desk-photos"
    try:
        engine = open_desk(data_dir / "desk.sqlite")
    except DeskError as problem:
        raise click.ClickException(str(problem)) from None
    cases = build_demo(engine, photo_dir, now())
    click.echo(f"demo city: {cases:,} cases in its work-order desk", err=True)
    stop = threading.Event()
    life = threading.Thread(
        target=live_forever,
        args=(engine, load_figures(), stop, now, LIFE_PAUSE_SECONDS),
        name="demo-life",
        daemon=True,
    )
    url = f"http://127.0.0.1:{port}"
    serve_desk(
        engine,
        port=port,
        public_url=url,
        api_keys=(load_or_make_key(data_dir / DESK_KEY),),
        photo_dir=photo_dir,
        secret_key=load_or_make_secret(data_dir / "desk-secret"),
        when_ready=lambda: (life.start(), click.echo(f"desk ready {url}")),
        zone=jurisdictions.load("demo").zone,
    )
    stop.set()


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)
