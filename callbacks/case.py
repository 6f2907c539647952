"""A case's page."""

from __future__ import annotations

from callbacks.pages import Visit
from layouts.case import case_page, unknown_case_page
from layouts.document import Page
from portal.context import Portal
from portal.queries import cases


def show(portal: Portal, visit: Visit, typed: str) -> Page:
    """The case a visitor typed, however they typed it; unknown and private alike are not found."""
    case = portal.look_up(cases.case_by_id, visit.city.id, typed, visit.now)
    return case_page(visit.city, case, visit.now) if case else unknown_case_page(typed)
