"""python -m portal numbers CITY: the numbers of the pages, for a filter and by groups."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from portal.settings import settings_from_environment

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction
    from portal.queries.performance.cohorts import Cohort

BY = {
    "service": "service",
    "neighborhood": "neighborhood",
    "district": "district",
    "department": "department",
    "channel": "channel",
    "month": "opened_month",
}
COLUMNS = ("opened_cases", "closed_cases", "open_cases", "median_days", "p90_days", "on_time_pct")


@click.command()
@click.argument("city")
@click.argument("query", default="")
@click.option("--by", type=click.Choice(list(BY)), help="A line for each of these.")
@click.option("--until", help="As if this day (2012-01-01) were today, by the city's own times.")
@click.option("--as-of", help="As the portal had it at the end of this day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of objects.")
def numbers(
    city: str, query: str, by: str | None, until: str | None, as_of: str | None, as_json: bool
) -> None:
    """Print what became of the cases of CITY that QUERY lets through, such as 'status=open'.

    Opened, closed and open cases; the days by which half and nine in ten are closed, open cases
    as open; and the share in time of those that were due. Empty where there is no number.
    """
    from portal import jurisdictions
    from portal.context import Portal
    from portal.errors import PortalError

    portal = Portal(settings_from_environment())
    try:
        found = portal.cities.get(city) or jurisdictions.load(city)
        listed = read_numbers(portal, found, query, by or "", until or "", as_of or "")
    except PortalError as problem:
        raise click.UsageError(str(problem)) from problem
    finally:
        portal.close()
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
    else:
        _print_table(listed)


def read_numbers(
    portal: Portal, city: Jurisdiction, query: str, by: str = "", until: str = "", as_of: str = ""
) -> list[dict[str, Any]]:
    """The numbers as the command prints them. Raises PortalError for what it does not understand.

    By month in their order, else most cases first.
    """
    from portal.domain.as_of import end_of_day
    from portal.domain.filters import CaseFilter
    from portal.filter_sql import Selection
    from portal.queries.cases.as_of import facts_as_of, find_as_of
    from portal.queries.cases.text_search import make_selection
    from portal.queries.performance.cohorts import read_cohorts

    now = int(time.time())
    case_filter = CaseFilter.from_query_string(query.removeprefix("?"))
    moment = end_of_day(_read_day(until), city.zone) if until else None
    if as_of:
        then = find_as_of(portal, city, _read_day(as_of), now)
        selection = Selection(case_filter, city.zone, then.moment, known_at=then.moment)
        facts = facts_as_of(portal, city, then)
        moment = min(moment or then.moment, then.moment)
    else:
        selection = make_selection(portal, city, case_filter, now)
        facts = portal.facts(city.id)
    found = read_cohorts(facts, selection, BY.get(by, ""), moment)
    if by == "month":
        found = tuple(sorted(found, key=lambda cohort: cohort.slug or ""))
    return [_describe(cohort, city.name) for cohort in found]


def _describe(cohort: Cohort, city_name: str) -> dict[str, Any]:
    share = cohort.on_time_share
    return {
        "slug": cohort.slug,
        "name": city_name if cohort.name == "" else cohort.name,
        "opened_cases": cohort.opened,
        "closed_cases": cohort.closed,
        "open_cases": cohort.still_open,
        "median_days": cohort.days_until(50),
        "p90_days": cohort.days_until(90),
        "on_time_pct": None if share is None else round(100 * share, 1),
    }


def _read_day(text: str) -> date:
    from portal.errors import BadRequest

    try:
        return date.fromisoformat(text)
    except ValueError:
        sentence = "We do not understand the date “{value}”. Write it like 2026-11-23."
        raise BadRequest(sentence, value=text[:40]) from None


def _print_table(listed: list[dict[str, Any]]) -> None:
    click.echo("\t".join(("name", *COLUMNS)))
    for one in listed:
        cells = [one["name"] or "(none)", *(one[name] for name in COLUMNS)]
        click.echo("\t".join("" if cell is None else str(cell) for cell in cells))
