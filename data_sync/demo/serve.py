"""The demo city in one process: its work-order desk with cases, and its life in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from portal.first_start.building import Made

LIFE_PAUSE_SECONDS = 15.0


@click.command("demo")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for desk.sqlite and its photos.",
)
@click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
@click.option(
    "--progress-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write how many cases there are while the city is being built.",
)
def demo(data_dir: Path, port: int, progress_file: Path | None) -> None:
    """Build the demo city in a work-order desk, serve the desk, and let the city live."""
    from data_sync.demo.build import build_demo
    from data_sync.desk.cli import load_or_make_secret, serve_desk
    from portal import jurisdictions, private_files
    from portal.secrets import DESK_KEY, load_or_make_key

    private_files.make_folder(data_dir)
    photo_dir = data_dir / "desk-photos"
    engine = _open_desk(data_dir / "desk.sqlite")
    cases = build_demo(engine, photo_dir, now(), _make_tell(progress_file))
    click.echo(f"demo city: {cases:,} cases in its work-order desk", err=True)
    stop = threading.Event()
    life = _make_life(engine, stop)
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


def _make_tell(progress_file: Path | None) -> Callable[[Made], None]:
    from portal.first_start.building import note_made

    return partial(note_made, progress_file) if progress_file else lambda _made: None


def _open_desk(path: Path) -> Engine:
    from data_sync.desk.errors import DeskError
    from data_sync.desk.models import open_desk

    try:
        return open_desk(path)
    except DeskError as problem:
        raise click.ClickException(str(problem)) from None


def _make_life(engine: Engine, stop: threading.Event) -> threading.Thread:
    from data_sync.demo.figures import load_figures
    from data_sync.demo.live import live_forever

    arguments = (engine, load_figures(), stop, now, LIFE_PAUSE_SECONDS)
    return threading.Thread(target=live_forever, args=arguments, name="demo-life", daemon=True)


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)
