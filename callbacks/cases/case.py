"""A case's page and its picture."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.routing import RequestRedirect

from callbacks.shared.language import requested_language
from callbacks.shared.pages import Visit
from layouts.cases.case import CaseView, case_page, heading, unknown_case_page
from layouts.cases.case_image import CaseImage, draw_case_image
from layouts.cases.place_map import map_box
from layouts.shared import formats
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound, NotReady
from portal.facts.reader import Facts
from portal.notifications.alerts import can_write
from portal.queries.cases.case_detail import CaseDetail, case_by_id
from portal.queries.cases.forecast import Forecast, time_to_close
from portal.queries.cases.linked_cases import linked_cases
from portal.queries.cases.nearby import NearbyCase, NearbySearch, nearby_cases
from portal.queries.cases.outlines import Outline, outlines_in
from portal.queries.cases.search_box import search_city

HOUR = 3_600
ALIKE_METRES, OTHERS_METRES = 500, 250
SHOWN, LOOKED_AT = 5, 25
PICTURE_KEPT_SECONDS = 300


class SeeOther(RequestRedirect):
    """Only for what was typed: another day the same number may mean another case."""

    code = 303


def register(server: Flask, portal: Portal) -> None:
    """The picture beside the page (callbacks.shared.pages)."""

    def picture(typed: str) -> Response:
        language, is_chosen = requested_language()
        with speaking(language, is_chosen):
            body = draw_case_image(_image(portal, portal.city(request.host), typed))
        answer = Response(body, mimetype="image/png")
        answer.headers["Cache-Control"] = f"public, max-age={PICTURE_KEPT_SECONDS}"
        answer.vary.add("Accept-Language")
        answer.add_etag()
        return answer.make_conditional(request)  # pyright: ignore[reportReturnType]

    server.add_url_rule("/cases/<path:typed>/card.png", endpoint="case picture", view_func=picture)


def show_case(portal: Portal, visit: Visit, typed: str) -> Page:
    """The case a visitor typed, however they typed it; unknown and private alike are not found."""
    case = portal.cached(case_by_id, visit.city.id, typed, visit.now)
    if case is None:
        return _not_found(portal, visit, typed)
    forecast, alike, others = _company(portal, visit, case)
    tied = portal.cached(linked_cases, visit.city.id, case.case_id, visit.now)
    around, can_follow = _outlines(portal, visit.city, case), can_write(portal.settings, visit.city)
    view = CaseView(
        case, portal.settings.site_url, forecast, alike, others, around, tied, can_follow
    )
    return case_page(visit.city, view, visit.now)


def _not_found(portal: Portal, visit: Visit, typed: str) -> Page:
    """The one case that the number may stand for, else a page that names the ones it may."""
    meant = search_city(portal, visit.city, typed, visit.now)
    if meant.case:
        raise SeeOther(keep_language(f"/cases/{quote(meant.case.case_id, safe='')}"))
    return unknown_case_page(typed, meant.numbered)


def _company(
    portal: Portal, visit: Visit, case: CaseDetail
) -> tuple[Forecast | None, tuple[NearbyCase, ...], tuple[NearbyCase, ...]]:
    """How long such cases take, and what is near; nothing of it before the first facts are published."""
    city, now = visit.city, visit.now
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return None, (), ()
    forecast = portal.read(
        time_to_close, city.id, case.service_slug, _slug(facts, case.neighborhood), now - now % HOUR
    )
    if case.lat is None or case.lon is None:
        return forecast, (), ()
    here = (case.lat, case.lon)
    same_service = NearbySearch(*here, ALIKE_METRES, case.service_slug, case.case_id, SHOWN)
    any_service = NearbySearch(*here, OTHERS_METRES, None, case.case_id, LOOKED_AT)
    alike = portal.cached(nearby_cases, city.id, facts, same_service, now)
    around = portal.cached(nearby_cases, city.id, facts, any_service, now)
    return (
        forecast,
        alike,
        tuple(near for near in around if near.service_slug != case.service_slug)[:SHOWN],
    )


def _slug(facts: Facts, neighborhood: str | None) -> str | None:
    return next(
        (word.slug for word in facts.words("neighborhood").values() if word.name == neighborhood),
        None,
    )


def _outlines(portal: Portal, city: Jurisdiction, case: CaseDetail) -> tuple[Outline, ...]:
    if case.lat is None or case.lon is None:
        return ()
    return portal.cached(outlines_in, city.id, "neighborhood", map_box(case.lat, case.lon))


def _image(portal: Portal, city: Jurisdiction, typed: str) -> CaseImage:
    case = portal.cached(case_by_id, city.id, typed)
    if case is None:
        raise NotFound("We have no public case “{number}”.", number=typed[:60])
    # The year is always said: a picture is kept by whoever was sent it.
    opened = formats.day(case.opened_at, city.zone, 0)
    return CaseImage(
        city=city.name,
        heading=heading(case),
        status=case.status,
        status_word=formats.status_word(case.status),
        line=_("Opened {day} · case {number}", day=opened, number=case.case_id),
        place=None if case.lat is None or case.lon is None else (case.lat, case.lon),
        outlines=_outlines(portal, city, case),
    )
