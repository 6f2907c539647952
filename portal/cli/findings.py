"""python -m portal findings CITY: what changed for better or worse."""

from __future__ import annotations

import time

import click

from portal.settings import settings_from_environment


@click.command()
@click.argument("city")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def findings(city: str, as_json: bool) -> None:
    """Look for what changed in CITY's data as it is now, and keep it for /performance/changes."""
    from pydantic import TypeAdapter

    from portal import jurisdictions
    from portal.context import Portal
    from portal.domain.findings import Findings
    from portal.findings.make import make_findings

    portal = Portal(settings_from_environment())
    found = portal.cities.get(city) or jurisdictions.load(city)
    started = time.monotonic()
    made = make_findings(portal, found, int(time.time()))
    if as_json:
        click.echo(TypeAdapter(Findings).dump_json(made).decode())
        return
    series = f"{made.surges_check.series:,} series by week, {made.drifts_check.series:,} by speed"
    click.echo(
        f"{city}: {made.outcome}: {series}; {len(made.drifts):,} slower or faster,"
        f" {len(made.surges):,} unusual, {len(made.silences):,} silent;"
        f" {time.monotonic() - started:.1f} s"
    )
