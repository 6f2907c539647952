"""python -m portal bench-data CITY --cases N, and python -m portal bench"""

from __future__ import annotations

import time

import click

from portal.settings import settings_from_environment


@click.command("bench-data")
@click.argument("city")
@click.option("--cases", default=3_000_000, show_default=True, type=click.IntRange(1), help="How many cases to invent.")
def bench_data(city: str, cases: int) -> None:
    """Fill CITY's empty store and its facts with invented cases, to measure with. Refuses a city that has cases."""
    from portal import jurisdictions, migrations
    from portal.benchmarks.generate import generate
    from portal.engines import core_engine
    from portal.facts.build import rebuild

    settings = settings_from_environment()
    core, known = core_engine(settings), jurisdictions.load(city)
    migrations.upgrade(core, settings)
    started = time.monotonic()
    with click.progressbar(length=cases, label=f"{city}: inventing {cases:,} cases") as bar:
        generate(core, known, cases, int(time.time()), bar.update)
    stored = time.monotonic()
    published = rebuild(core, known, settings.data_dir / "facts")
    done = time.monotonic()
    click.echo(f"{city}: {cases:,} cases stored in {stored - started:.0f} s, facts in {done - stored:.0f} s, version {published.rev}")
