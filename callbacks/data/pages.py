"""The pages about the data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import quote

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Visit
from layouts.data.chain import MOST_SHOWN, ShownLink, chain_page
from layouts.data.columns import columns_page
from layouts.data.counting import counting_page
from layouts.data.data import FrozenDay, data_page
from layouts.data.developers import developers_page
from layouts.shared.document import Page
from portal.api.callers import WITHOUT_KEY
from portal.api.v1.endpoints import ENDPOINTS, PREFIX
from portal.api.v1.openapi import REFUSALS
from portal.context import Portal
from portal.datasets.descriptions import Site, cite, schema_org, snippets
from portal.datasets.index import place_of
from portal.domain.api_reference import ApiReference
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.published_datasets import DATASETS
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.publication.formats import list_files
from portal.publication.hidden_since import require_nothing_hidden_since
from portal.queries.cases.counts import count_cases
from portal.queries.data.case_pages import AskedPage, read_page
from portal.queries.data.columns import column_contents

METRICS = Path(__file__).parents[2] / "docs" / "metrics.md"
"""What every published number means, for people and for those who change the code."""


def show_data(portal: Portal, visit: Visit) -> Page:
    """What data there is and how to have it."""
    city = visit.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    cases = portal.read(count_cases, city.id, Selection(CaseFilter(), city.zone))
    files = list_files(portal, city, cases)
    frozen = _read_frozen(portal, city)
    site_url = portal.settings.site_url
    return data_page(city, cases, facts.as_of, files, site_url, frozen, visit.now)


def _read_frozen(portal: Portal, city: Jurisdiction) -> FrozenDay | None:
    """The newest frozen version of all cases; None before the first."""
    place = place_of(portal.settings.data_dir, city.id)
    index = place.load()
    newest = index.newest("cases")
    if newest is None:
        return None
    site = Site(city.name, portal.settings.site_url, portal.settings.sender)
    address = f"{site.url}/data/cases/{newest.version}/cases.parquet"
    sha256 = index.link_of(newest).sha256
    return FrozenDay(
        newest.version,
        cite(site, DATASETS["cases"], newest.version, sha256),
        tuple(snippets("cases", address).items()),
        tuple(schema_org(place, index, site)),
    )


def show_columns(portal: Portal, visit: Visit) -> Page:
    """What each column means and what is in it."""
    city = visit.city
    try:
        cases = portal.read(count_cases, city.id, Selection(CaseFilter(), city.zone))
    except NotReady:
        return draw_no_cases(portal, visit)
    # The examples are what people wrote.
    require_nothing_hidden_since(portal, portal.facts(city.id))
    return columns_page(city, cases, portal.read(column_contents, city.id, city.zone))


def show_counting(portal: Portal, visit: Visit) -> Page:
    """What each published number counts."""
    return counting_page(visit.city, _read_metrics())


@cache
def _read_metrics() -> str:
    return METRICS.read_text(encoding="utf-8")


def show_developers(portal: Portal, visit: Visit) -> Page:
    """The API and how to ask it; the examples ask for the newest case."""
    city = visit.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    asked = AskedPage(Selection(CaseFilter(), city.zone), limit=1, names=("case_id",))
    page = portal.cached(read_page, city.id, facts, asked)
    number = page.cases[0]["case_id"] if page.cases else "101005512345"
    address = f"{portal.settings.site_url}{PREFIX}"
    number = quote(number, safe="")
    return developers_page(city, ApiReference(address, ENDPOINTS, REFUSALS, WITHOUT_KEY, number))


def show_chain(portal: Portal, visit: Visit) -> Page:
    """The newest links of the chain of frozen files."""
    index = place_of(portal.settings.data_dir, visit.city.id).load()
    in_force = {version.number: version.state for version in index.versions}
    links = [
        ShownLink(
            link.number,
            link.dataset,
            link.version,
            link.revision,
            link.rows,
            link.made_at,
            link.sha256,
            in_force.get(link.number, "superseded"),
        )
        for link in reversed(index.links[-MOST_SHOWN:])
    ]
    return chain_page(visit.city, links, portal.settings.site_url, visit.now)
