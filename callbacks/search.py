"""The search box's answer."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.routing import RequestRedirect

from callbacks.pages import Visit
from layouts.document import Page
from layouts.language import kept
from layouts.search import search_page
from portal.context import Portal
from portal.queries.searching import search


class SeeCase(RequestRedirect):
    """Only for this search: another day the same number may mean something else."""

    code = 303


def show(portal: Portal, visit: Visit) -> Page:
    """The case of a number at once; else all that may be meant."""
    results = search(portal, visit.city, visit.case_filter.q, visit.now)
    if results.case:
        raise SeeCase(kept(f"/cases/{quote(results.case.case_id, safe='')}"))
    return search_page(visit.city, results, visit.now)
