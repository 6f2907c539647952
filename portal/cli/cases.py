"""python -m portal cases CITY ['status=open&…'] [--count | --json]"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from portal.settings import settings_from_environment

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.filters import CaseFilter
    from portal.domain.jurisdiction import Jurisdiction
    from portal.queries.cases.cases import CasePage

SHOWN = 50


@click.command()
@click.argument("city")
@click.argument("query", default="")
@click.option("--count", is_flag=True, help="Print how many cases there are, nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print the cases as one JSON object a line.")
@click.option(
    "--limit",
    default=SHOWN,
    show_default=True,
    type=click.IntRange(1, 1_000),
    help="How many of the newest to print.",
)
def cases(city: str, query: str, count: bool, as_json: bool, limit: int) -> None:
    """Print what the public sees of CITY for QUERY, a filter as in the pages' addresses: 'status=open&service=pothole'."""
    from portal import jurisdictions
    from portal.context import Portal
    from portal.domain.filters import CaseFilter

    case_filter = CaseFilter.from_query_string(query)
    known = jurisdictions.load(city)
    portal = Portal(settings_from_environment(), cities={city: known})
    now = int(time.time())
    if count:
        click.echo(_count(portal, known, case_filter, now))
    else:
        _print(known, _newest(portal, known, case_filter, now, limit), as_json)
    portal.close()


def _count(portal: Portal, city: Jurisdiction, case_filter: CaseFilter, now: int) -> int:
    from portal.queries.cases.counts import count_cases
    from portal.queries.cases.text_search import words_of

    return count_cases(
        portal.facts(city.id), case_filter, city.zone, now, words_of(portal, city, case_filter)
    )


def _newest(
    portal: Portal, city: Jurisdiction, case_filter: CaseFilter, now: int, limit: int
) -> CasePage:
    from portal.queries.cases.cases import newest_cases
    from portal.queries.cases.text_search import words_of

    words = words_of(portal, city, case_filter)
    return portal.cached(
        newest_cases,
        city.id,
        case_filter,
        city.zone,
        now,
        limit,
        None,
        portal.facts(city.id),
        words,
    )


def _print(city: Jurisdiction, page: CasePage, as_json: bool) -> None:
    for case in page.cases:
        if as_json:
            click.echo(json.dumps(asdict(case), ensure_ascii=False))
            continue
        opened = datetime.fromtimestamp(case.opened_at, city.zone)
        place = case.address or case.neighborhood or "no place"
        click.echo(
            f"{case.case_id:<16} {opened:%Y-%m-%d %H:%M}  {case.status:<11}  {case.service_name}, {place}"
        )
