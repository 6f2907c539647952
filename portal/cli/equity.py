"""python -m portal equity CITY: who is heard, by channel and census tract."""

from __future__ import annotations

import time

import click

from portal.settings import settings_from_environment


@click.command()
@click.argument("city")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def equity(city: str, as_json: bool) -> None:
    """Make the models of /performance/equity from CITY's data as it is now, and keep them."""
    from pydantic import TypeAdapter

    from portal import jurisdictions
    from portal.context import Portal
    from portal.domain.equity import Equity
    from portal.equity.make import make_equity

    portal = Portal(settings_from_environment())
    found = portal.cities.get(city) or jurisdictions.load(city)
    started = time.monotonic()
    made = make_equity(portal, found, int(time.time()))
    if as_json:
        click.echo(TypeAdapter(Equity).dump_json(made).decode())
        return
    for line in _list_outcomes(made):
        click.echo(f"{city}: {line}")
    counts, seconds = made.frame.counts, time.monotonic() - started
    click.echo(
        f"{city}: {made.outcome}: {counts.counted:,} of {counts.all_cases:,} cases counted;"
        f" without a location {counts.without_location:,}, in no tract {counts.in_no_tract:,},"
        f" made by staff {counts.by_staff:,}; {seconds:.1f} s"
    )


def _list_outcomes(made) -> list[str]:
    return [
        f"{sample.sample}, {sample.tracts:,} tracts: {fit.channel} {fit.outcome},"
        f" {fit.cases:,} cases"
        for sample in made.samples
        for fit in sample.fits
    ]
