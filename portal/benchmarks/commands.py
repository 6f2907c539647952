"""`python -m portal bench-data CITY --cases N`, and `python -m portal bench`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from portal.settings import settings_from_environment


def _cases_option(least: int, said: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--cases", default=3_000_000, show_default=True, type=click.IntRange(least), help=said
    )


@click.command("bench-data")
@click.argument("city")
@_cases_option(1, "How many cases to invent.")
def bench_data(city: str, cases: int) -> None:
    """Fill CITY's empty store and its facts with invented cases, to measure with.

    Refuses a city that has cases.
    """
    from portal import jurisdictions, migrations
    from portal.benchmarks.generate import store_invented_cases
    from portal.facts.build import rebuild
    from portal.store.engines import core_engine

    settings = settings_from_environment()
    core = core_engine(settings)
    known = jurisdictions.load(city)
    migrations.upgrade(core, settings)
    started = time.monotonic()
    with click.progressbar(length=cases, label=f"{city}: inventing {cases:,} cases") as bar:
        store_invented_cases(core, known, cases, int(time.time()), bar.update)
    stored = time.monotonic()
    published = rebuild(core, known, settings.data_dir / "facts")
    done = time.monotonic()
    click.echo(
        f"{city}: {cases:,} cases stored in {stored - started:.0f} s, "
        f"facts in {done - stored:.0f} s, version {published.rev}"
    )


@click.command()
@_cases_option(1_000, "Size of the large city.")
@click.option("--write", is_flag=True, help="Also write the table into docs/performance.md.")
def bench(cases: int, write: bool) -> None:
    """Measure the portal and print one table of figures against their targets.

    Works in stores of its own: on SQLite, or on PostgreSQL if PORTAL_DATABASE_URL names a server
    on which it may make databases. Exit status 1 when a target is missed.
    """
    from portal.benchmarks import page, run
    from portal.benchmarks.figures import format_figures

    settings = settings_from_environment()
    figures = list(run.measure(settings, cases, lambda doing: click.echo(doing, err=True)))
    click.echo(format_figures(figures))
    if write:
        database = "PostgreSQL" if settings.database_url else "SQLite"
        page.write_table(format_figures(figures), cases, database)
    sys.exit(int(not all(figure.is_met for figure in figures)))
