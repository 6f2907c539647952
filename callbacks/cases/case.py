"""A case's page and its picture."""

from __future__ import annotations

from datetime import date
from functools import partial

from flask import Flask, Response, request

from callbacks.shared.language import requested_language
from callbacks.shared.pages import Visit
from callbacks.shared.responses import cache_publicly, redirect_to_case
from layouts.cases.case import CaseView, case_page, unknown_case_page
from layouts.cases.case_image import CaseImage, draw_case_image
from layouts.cases.past import past_case_page, unknown_then_page
from layouts.cases.place_map import map_box
from layouts.shared import formats
from layouts.shared.components import case_heading_text
from layouts.shared.document import Page
from layouts.shared.language import _, speaking
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound
from portal.notifications.alerts import can_send
from portal.queries.cases.as_of import facts_as_of, find_as_of
from portal.queries.cases.case_detail import CaseDetail, case_by_id
from portal.queries.cases.linked_cases import linked_cases
from portal.queries.cases.outlines import Outline, outlines_in
from portal.queries.cases.past_case import case_as_of
from portal.queries.cases.search_box import search_city
from portal.queries.cases.surroundings import find_surroundings

PARAMETERS = frozenset({"as_of"})
PICTURE_SECONDS = 300
"""How long a picture is kept."""


def register(server: Flask, portal: Portal) -> None:
    """The picture; the page itself is added in callbacks/__init__.py."""
    server.add_url_rule(
        "/cases/<path:typed>/card.png",
        endpoint="case picture",
        view_func=partial(show_picture, portal),
    )


def show_case(portal: Portal, visit: Visit, typed: str) -> Page:
    """The case with this number, however it is typed; a private case is like an unknown one."""
    city, now = visit.city, visit.now
    case = portal.cached(case_by_id, city.id, typed, now)
    if case is None:
        return _show_unknown_case(portal, visit, typed)
    if visit.as_of:
        return _show_past_case(portal, visit, case.case_id, visit.as_of)
    return case_page(city, _view_case(portal, city, case, now), now)


def _show_past_case(portal: Portal, visit: Visit, case_id: str, day: date) -> Page:
    """A public case as the portal knew it when a past day ended."""
    city = visit.city
    then = find_as_of(portal, city, day, visit.now)
    case = portal.cached(case_as_of, city.id, facts_as_of(portal, city, then), case_id)
    if case is None:
        return unknown_then_page(case_id, then)
    return past_case_page(city, case, portal.settings.site_url, then)


def _view_case(portal: Portal, city: Jurisdiction, case: CaseDetail, now: int) -> CaseView:
    surroundings = find_surroundings(portal, city, case, now)
    return CaseView(
        case,
        portal.settings.site_url,
        forecast=surroundings.forecast,
        alike=surroundings.alike,
        others=surroundings.others,
        outlines=_outlines_around(portal, city, case),
        relatives=portal.cached(linked_cases, city.id, case.case_id, now),
        can_follow=can_send(portal.settings, city),
    )


def show_picture(portal: Portal, typed: str) -> Response:
    """The picture that messengers show beside a case's link, as a PNG.

    Raises NotFound for a case that is unknown or private.
    """
    city, language = portal.city(request.host), requested_language()
    case = portal.cached(case_by_id, city.id, typed)
    if case is None:
        raise NotFound("We have no public case “{number}”.", number=typed[:60])
    with speaking(*language):
        body = draw_case_image(_case_image(city, case, _outlines_around(portal, city, case)))
    return cache_publicly(Response(body, mimetype="image/png"), PICTURE_SECONDS)


def _show_unknown_case(portal: Portal, visit: Visit, typed: str) -> Page:
    """Go to the only case that the number may mean; else name those that it may mean."""
    results = search_city(portal, visit.city, typed, visit.now)
    if results.case:
        raise redirect_to_case(results.case.case_id)
    # A city's own number has no check: there, one that is near is just another case.
    alike = results.alike if results.tracking else ()
    return unknown_case_page(typed, (*results.numbered, *alike))


def _outlines_around(portal: Portal, city: Jurisdiction, case: CaseDetail) -> tuple[Outline, ...]:
    if case.lat is None or case.lon is None:
        return ()
    return portal.cached(outlines_in, city.id, "neighborhood", map_box(case.lat, case.lon))


def _case_image(city: Jurisdiction, case: CaseDetail, outlines: tuple[Outline, ...]) -> CaseImage:
    # With the year, always: people keep the pictures they were sent.
    opened = formats.day(case.opened_at, city.zone, now=0)
    return CaseImage(
        city=city.name,
        heading=case_heading_text(case),
        status=case.status,
        status_word=formats.status_word(case.status),
        line=_("Opened {day} · case {number}", day=opened, number=case.case_id),
        place=None if case.lat is None or case.lon is None else (case.lat, case.lon),
        outlines=outlines,
    )
