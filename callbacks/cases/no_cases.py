"""What the pages of cases show while there are no facts: none yet, or none that can be read."""

from __future__ import annotations

from callbacks.shared.pages import Visit
from layouts.cases.case_list import no_cases_page
from layouts.shared.document import Page
from portal.context import Portal


def draw_no_cases(portal: Portal, visit: Visit) -> Page:
    """A page with status 503 that says which of the two it is."""
    had_cases = portal.data_version(visit.city.id) > 0
    return no_cases_page(visit.city, had_cases=had_cases)
