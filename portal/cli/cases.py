"""python -m portal cases CITY ['status=open&…'] [--count | --by FIELD] [--json]"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import click

from portal.settings import settings_from_environment

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction
    from portal.filter_sql import Selection
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.counts import Dimension

SHOWN = 50
COUNTED_BY = ("service", "neighborhood", "district", "department", "channel")


@click.command()
@click.argument("city")
@click.argument("query", default="")
@click.option("--count", is_flag=True, help="Print how many cases there are, nothing else.")
@click.option(
    "--by",
    "field",
    type=click.Choice(COUNTED_BY),
    help="Print how many cases, and how many open ones, each value of a field has.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option(
    "--limit",
    default=SHOWN,
    show_default=True,
    type=click.IntRange(1, 1_000),
    help="How many of the newest to print.",
)
def cases(city: str, query: str, count: bool, field: str | None, as_json: bool, limit: int) -> None:
    """Print what the public sees of CITY for QUERY, a filter as in the pages' addresses:
    'status=open&service=pothole'."""
    portal, known, selection = _open_selection(city, query)
    if count:
        click.echo(_count(portal, known, selection))
    elif field:
        _print_counts(portal, known, cast("Dimension", field), selection, as_json)
    else:
        for case in _newest(portal, known, selection, limit):
            click.echo(_json_line(asdict(case)) if as_json else _line(known, case))
    portal.close()


def _open_selection(city: str, query: str) -> tuple[Portal, Jurisdiction, Selection]:
    from portal import jurisdictions
    from portal.context import Portal
    from portal.domain.filters import CaseFilter
    from portal.queries.cases.text_search import make_selection

    case_filter = CaseFilter.from_query_string(query)
    known = jurisdictions.load(city)
    portal = Portal(settings_from_environment(), cities={city: known})
    return portal, known, make_selection(portal, known, case_filter, int(time.time()))


def _count(portal: Portal, city: Jurisdiction, selection: Selection) -> int:
    from portal.queries.cases.counts import count_cases

    return count_cases(portal.facts(city.id), selection)


def _newest(
    portal: Portal, city: Jurisdiction, selection: Selection, limit: int
) -> tuple[CaseCard, ...]:
    from portal.queries.cases.case_lists import newest_cases

    facts = portal.facts(city.id)
    return portal.cached(newest_cases, city.id, selection, limit, None, facts).cases


def _print_counts(
    portal: Portal, city: Jurisdiction, field: Dimension, selection: Selection, as_json: bool
) -> None:
    from portal.queries.cases.counts import counts_by_value

    counted = counts_by_value(portal.facts(city.id), field, selection)
    for row in counted.astype(object).where(counted.notna(), None).to_dict("records"):
        line = f"{row['cases']:>9,} {row['open_cases']:>9,} open  {row['name'] or f'no {field}'}"
        click.echo(_json_line(row) if as_json else line)


def _json_line(values: dict[Any, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _line(city: Jurisdiction, case: CaseCard) -> str:
    opened = datetime.fromtimestamp(case.opened_at, city.zone)
    place = case.address or case.neighborhood or "no place"
    return (
        f"{case.case_id:<16} {opened:%Y-%m-%d %H:%M}  {case.status:<11}"
        f"  {case.service_name}, {place}"
    )
