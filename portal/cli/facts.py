"""python -m portal facts rebuild|verify CITY"""

from __future__ import annotations

import sys
import time

import click

from portal.settings import settings_from_environment


@click.group()
def facts() -> None:
    """The columnar copy of a city's public cases that maps and numbers are read from."""


@facts.command()
@click.argument("city")
def rebuild(city: str) -> None:
    """Rebuild CITY's facts from the store, and publish them."""
    from portal import jurisdictions
    from portal.facts.build import rebuild as rebuild_facts
    from portal.facts.reader import open_newest
    from portal.store.engines import core_engine

    settings = settings_from_environment()
    started = time.monotonic()
    folder = settings.data_dir / "facts"
    published = rebuild_facts(core_engine(settings), jurisdictions.load(city), folder)
    cases = open_newest(folder, city).rows("select count(*) from cases")[0][0]
    what = f"{cases:,} public cases, data version {published.rev}"
    click.echo(f"{city}: {what}, {time.monotonic() - started:.1f} s, {published.path.name}")


@facts.command()
@click.argument("city")
def verify(city: str) -> None:
    """Compare CITY's published facts with the store, both ways. Exit status 1 if they differ."""
    from portal import jurisdictions
    from portal.facts.verify import verify as differences
    from portal.store.engines import core_engine

    settings = settings_from_environment()
    found = differences(
        core_engine(settings), jurisdictions.load(city), settings.data_dir / "facts"
    )
    for sentence in found:
        click.echo(f"{city}: {sentence}")
    if not found:
        click.echo(f"{city}: facts and store say the same")
    sys.exit(int(bool(found)))
