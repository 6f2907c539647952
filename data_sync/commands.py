"""The commands of the sync: `sync`, `boundaries` and `demographics`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data_sync.plain_errors import plain_errors

if TYPE_CHECKING:
    from data_sync.pull.run import SyncReport
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

DAY = click.DateTime(formats=["%Y-%m-%d"])
FILE = click.Path(path_type=Path)


@click.command()
@click.argument("city")
@click.option(
    "--from-file",
    "files",
    type=FILE,
    multiple=True,
    help="Read this CSV, zip or saved answer and not the live source; repeatable.",
)
@click.option(
    "--since",
    type=DAY,
    help="Read the live source from this day on, even if it has been read before.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.option(
    "--desk-url",
    help="Address of the running work-order desk, for a city whose source is the desk.",
)
@click.option("--quiet", is_flag=True, help="Show no progress on the terminal.")
def sync(
    city: str,
    files: tuple[Path, ...],
    since: datetime | None,
    as_json: bool,
    desk_url: str | None,
    quiet: bool,
) -> None:
    """Bring CITY's cases up to date.

    Exit 0 when done, 1 when it could not be, or when more than half of the rows could not be used.
    """
    from data_sync.demo.followers import give_followers
    from data_sync.pull.run import SyncReport, sync_city

    stop = threading.Event()
    last_line = SyncReport(city).as_json() if as_json else ""
    with (
        plain_errors(last_line),
        migrated_portal(city) as (portal, jurisdiction),
        stop_on_signals(stop),
    ):
        start = since.replace(tzinfo=jurisdiction.zone).astimezone(UTC) if since else None
        report = sync_city(
            portal,
            jurisdiction,
            from_files=files,
            since=start,
            desk_url=desk_url or portal.settings.desk_url or None,
            progress=_show_progress if sys.stderr.isatty() and not quiet else _show_nothing,
            stop=stop,
        )
        if jurisdiction.is_demonstration and not jurisdiction.desk:
            give_followers(portal, jurisdiction, int(_now().timestamp()))
        _print_report(report, as_json)
        sys.exit(1 if report.has_failed else 0)


@click.command()
@click.argument("city")
@click.option(
    "--from-file",
    "file",
    type=FILE,
    help="A GeoJSON file in WGS84; without it the city's own address is asked.",
)
@click.option(
    "--kind",
    type=click.Choice(["neighborhood", "district", "tract"]),
    default="neighborhood",
    show_default=True,
)
@click.option(
    "--name-property",
    help="The property that names each area; else that of the city's file, else 'name'.",
)
def boundaries(city: str, file: Path | None, kind: str, name_property: str | None) -> None:
    """Store the areas of CITY and set its cases into them."""
    from data_sync.pull import boundaries as layers
    from data_sync.pull.lease import SyncLease
    from data_sync.reading.fetch import Fetcher, hosts_of
    from portal.domain.jurisdiction import BoundaryLayer
    from portal.facts import publish

    with plain_errors(), migrated_portal(city) as (portal, jurisdiction):
        layer = layers.layer_of_kind(jurisdiction, kind) or BoundaryLayer(
            kind=kind,  # pyright: ignore[reportArgumentType]
            name_property="",
        )
        if file:
            polygons = layers.read_polygons(
                jurisdiction, file, name_property or layer.name_property or None
            )
        else:
            fetch = Fetcher(hosts_of([{"url": layer.url}]))
            polygons = layers.fetch_polygons(jurisdiction, layer, fetch)
        with SyncLease(portal.core, city, _now):
            moved = layers.store_layer(portal, jurisdiction, layer.kind, polygons, _now())
            publish.update(portal.core, jurisdiction, portal.facts_folder)
        click.echo(
            f"{city}: {len(polygons)} areas of kind {kind}; {moved:,} cases moved to another area"
        )


@click.command()
@click.argument("city")
@click.option(
    "--from-file",
    "files",
    type=FILE,
    multiple=True,
    required=True,
    help="A CSV, a zip of them, or a GeoJSON with a row for each tract; repeatable.",
)
def demographics(city: str, files: tuple[Path, ...]) -> None:
    """Store who lives in CITY's census tracts. Its file names the columns (docs/cities.md)."""
    from data_sync.pull.demographics import read_figures
    from data_sync.pull.lease import SyncLease
    from portal.facts import publish
    from portal.services.sync import demographics as stored

    with plain_errors(), migrated_portal(city) as (portal, jurisdiction):
        with portal.core.connect() as connection:
            tracts = list(stored.list_tracts(connection, city))
        figures, report = read_figures(jurisdiction.demographics, city, tracts, files)
        with SyncLease(portal.core, city, _now):
            with portal.transaction() as connection:
                stored.save_figures(connection, jurisdiction, figures, int(_now().timestamp()))
            publish.update(portal.core, jurisdiction, portal.facts_folder)
        click.echo(str(report))


@contextmanager
def migrated_portal(city: str) -> Iterator[tuple[Portal, Jurisdiction]]:
    """A portal of one city, on a store brought up to this program's version."""
    from data_sync.pull.run import set_lock_patience
    from portal import jurisdictions, migrations
    from portal.context import Portal
    from portal.settings import settings_from_environment

    jurisdiction = jurisdictions.load(city)
    settings = settings_from_environment()
    portal = Portal(settings, {city: jurisdiction})
    set_lock_patience(portal.core)
    try:
        migrations.upgrade(portal.core, settings)
        yield portal, jurisdiction
    finally:
        portal.close()


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM or Ctrl-C, so that the sync ends after its page.

    A second signal ends it at once.
    """

    def handle(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_report(report: SyncReport, as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    for problem in report.problems:
        click.echo(problem, err=True)
    click.echo(report.as_json() if as_json else str(report))


def _show_progress(report: SyncReport) -> None:
    click.echo(
        f"\r\033[K{report.city}: {report.read:,} rows · {report.rows_per_second:,} rows/s",
        nl=False,
        err=True,
    )


def _show_nothing(_report: SyncReport) -> None:
    return None


def _now() -> datetime:
    return datetime.now(UTC)
