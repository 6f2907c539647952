"""Each screen of the report form with what it shows: asked of the portal, handed to the layouts."""

from __future__ import annotations

from datetime import UTC, datetime

from callbacks.report import place
from callbacks.report.context import (
    ReportContext,
    chosen_service,
    diverted_service,
    is_ever_public,
    services_at,
    similar_cases,
)
from callbacks.report.forecast import forecast_of
from callbacks.report.photos import form_photos
from callbacks.report.steps import NextScreen
from layouts.report.check import CheckView, check_screen
from layouts.report.details import details_screen
from layouts.report.draft import Draft
from layouts.report.form import Screen, report_page
from layouts.report.photo import photo_screen
from layouts.report.place import place_screen
from layouts.report.public import Preview, public_screen
from layouts.report.types import TypeView, diversion_screen, similar_screen, type_screen
from layouts.shared.document import Page
from layouts.shared.language import current_language
from portal.domain.disclosure import disclose
from portal.domain.report import ReportableService, case_from_report
from portal.errors import BadRequest
from portal.notifications.alerts import can_send
from portal.queries.report.reportable_services import likely_at
from portal.queries.report.services_by_words import pick_services, services_by_words
from portal.services.report.review import make_challenge


def draw_screen(context: ReportContext, screen: NextScreen) -> Page:
    """A screen of the form as a page."""
    drawn = _SCREENS[screen.step](context, screen)
    return report_page(context.city, drawn, screen.draft, screen.problems)


def _photo(context: ReportContext, screen: NextScreen) -> Screen:
    return photo_screen(form_photos(screen.draft.photos), screen.problems)


def _where(context: ReportContext, screen: NextScreen) -> Screen:
    view = place.place_view(context, screen.draft, screen.choices)
    return place_screen(screen.draft, view, screen.problems)


def _what(context: ReportContext, screen: NextScreen) -> Screen:
    draft = screen.draft
    if not screen.problems and not draft.words and (service := diverted_service(context, draft)):
        return diversion_screen(service)
    return type_screen(draft, _types(context, draft), screen.problems)


def _types(context: ReportContext, draft: Draft) -> TypeView:
    services = services_at(context, draft)
    if not draft.words:
        return TypeView(services, likely=_likely(context, draft, services))
    found = services_by_words(context.portal, context.city.id, services, draft.words)
    return TypeView(services, fitting=found.fitting, reported=found.reported)


def _likely(
    context: ReportContext, draft: Draft, services: tuple[ReportableService, ...]
) -> tuple[ReportableService, ...]:
    """The types most reported near the pin, of those that can be."""
    if draft.lat is None or draft.lon is None:
        return ()
    slugs = likely_at(context.portal, context.city.id, draft.lat, draft.lon, context.now)
    return pick_services(services, slugs)


def _similar(context: ReportContext, screen: NextScreen) -> Screen:
    can_follow = can_send(context.portal.settings, context.city)
    cases = similar_cases(context, screen.draft)
    return similar_screen(context.city, cases, context.now, can_follow)


def _details(context: ReportContext, screen: NextScreen) -> Screen:
    service = _require_service(context, screen.draft)
    return details_screen(screen.draft, service, screen.problems)


def _public(context: ReportContext, screen: NextScreen) -> Screen:
    return public_screen(screen.draft, preview_report(context, screen.draft), screen.problems)


def preview_report(context: ReportContext, draft: Draft) -> Preview:
    """What everyone would see, made by the very functions that publish."""
    service = _require_service(context, draft)
    rule = context.city.rule_for(service.code, service.name)
    if not rule.public:
        return Preview(service.name, None)
    report = draft.to_report(service, current_language().code)
    case = case_from_report(report, service, "", datetime.fromtimestamp(context.now, UTC))
    return Preview(
        service.name,
        disclose(case, rule.place),
        rule.place,
        place.neighborhood_of(context, draft) if rule.place != "none" else None,
        form_photos(draft.photos),
    )


def _check(context: ReportContext, screen: NextScreen) -> Screen:
    settings, draft = context.portal.settings, screen.draft
    view = CheckView(
        service=_require_service(context, draft),
        place=place.describe_place(context, draft),
        photos=form_photos(draft.photos),
        is_ever_public=is_ever_public(context, draft),
        challenge=make_challenge(settings, draft.key, context.now),
        can_write=can_send(settings, context.city),
        is_demonstration=not settings.smtp_url,
        forecast=forecast_of(context, draft),
    )
    return check_screen(draft, view, screen.problems)


def _require_service(context: ReportContext, draft: Draft) -> ReportableService:
    service = chosen_service(context, draft)
    if service is None:
        raise BadRequest("Choose what it is about first.")
    return service


_SCREENS = {
    "photo": _photo,
    "where": _where,
    "what": _what,
    "similar": _similar,
    "details": _details,
    "public": _public,
    "check": _check,
}
