"""Each screen of the report form with what it shows: asked of the portal, handed to the layouts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from callbacks.report import place
from callbacks.report.photos import shown
from callbacks.report.steps import (
    Ground,
    Turn,
    diverted,
    is_ever_public,
    service_of,
    services_at,
    similar_cases,
)
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
from portal.abuse import proof_of_work
from portal.domain.answers import only_asked
from portal.domain.disclosure import disclose
from portal.domain.report import Report, ReportableService, as_case
from portal.errors import BadRequest, NotReady
from portal.notifications.alerts import can_write
from portal.queries.report.reporting import fitting_services, likely_services
from portal.queries.report.services_by_words import told_services
from portal.secrets import derive_key

WORK = "proof of work"
HOUR = 3_600


def page_of(ground: Ground, turn: Turn) -> Page:
    """The screen of a turn as a page."""
    return report_page(ground.city, _SCREENS[turn.step](ground, turn), turn.draft, turn.problems)


def _photo(ground: Ground, turn: Turn) -> Screen:
    return photo_screen(shown(turn.draft.photos), turn.problems)


def _where(ground: Ground, turn: Turn) -> Screen:
    view = place.view_of(ground.portal, ground.city, turn.draft, ground.now, turn.choices)
    return place_screen(turn.draft, view, turn.problems)


def _what(ground: Ground, turn: Turn) -> Screen:
    if not turn.problems and not turn.draft.words and (service := diverted(ground, turn.draft)):
        return diversion_screen(service)
    return type_screen(turn.draft, _types(ground, turn.draft), turn.problems)


def _types(ground: Ground, draft: Draft) -> TypeView:
    services = services_at(ground, draft)
    if draft.words:
        told, fitting = _told(ground, draft, services), fitting_services(services, draft.words)
        # Of those that fit, what others meant by such words comes first.
        fitting = tuple(
            sorted(
                fitting, key=lambda service: told.index(service) if service in told else len(told)
            )
        )
        return TypeView(
            services,
            fitting=fitting,
            told=tuple(service for service in told if service not in fitting),
        )
    return TypeView(services, likely=_likely(ground, draft, services))


def _likely(
    ground: Ground, draft: Draft, services: tuple[ReportableService, ...]
) -> tuple[ReportableService, ...]:
    """The types most reported near the pin, of those that can be."""
    hour = ground.now - ground.now % HOUR
    try:
        slugs = ground.portal.read(likely_services, ground.city.id, draft.lat, draft.lon, hour)
    except NotReady:
        return ()
    return _of_slugs(slugs, services)


def _told(
    ground: Ground, draft: Draft, services: Sequence[ReportableService]
) -> tuple[ReportableService, ...]:
    """Those that others reported in such words, where that is found in time."""
    try:
        return _of_slugs(ground.portal.cached(told_services, ground.city.id, draft.words), services)
    except NotReady:
        return ()


def _of_slugs(
    slugs: Sequence[str], services: Sequence[ReportableService]
) -> tuple[ReportableService, ...]:
    by_slug = {service.slug: service for service in services}
    return tuple(by_slug[slug] for slug in slugs if slug in by_slug)


def _similar(ground: Ground, turn: Turn) -> Screen:
    return similar_screen(
        ground.city,
        similar_cases(ground, turn.draft),
        ground.now,
        can_write(ground.portal.settings, ground.city),
    )


def _details(ground: Ground, turn: Turn) -> Screen:
    return details_screen(turn.draft, _chosen(ground, turn.draft), turn.problems)


def _public(ground: Ground, turn: Turn) -> Screen:
    return public_screen(turn.draft, preview_of(ground, turn.draft), turn.problems)


def preview_of(ground: Ground, draft: Draft) -> Preview:
    """What everybody would see, made by the very functions that publish."""
    service = _chosen(ground, draft)
    rule = ground.city.rule_for(service.code, service.name)
    if not rule.public:
        return Preview(service.name, None)
    case = as_case(report_of(draft, service), service, "", datetime.fromtimestamp(ground.now, UTC))
    published = disclose(case, rule.place)
    area = place.area_of(ground.portal, ground.city, draft) if rule.place != "none" else None
    return Preview(service.name, published, rule.place, area, shown(draft.photos))


def report_of(draft: Draft, service: ReportableService | None) -> Report:
    """What the draft sends: of the answers those to the type's own questions. Raises BadRequest without a place."""
    if draft.lat is None or draft.lon is None:
        raise BadRequest("Say where it is first.")
    return Report(
        service_code=draft.service,
        note=draft.note,
        lat=draft.lat,
        lon=draft.lon,
        address=draft.address,
        is_public=draft.is_public,
        idempotency_key=draft.key,
        email=draft.email,
        answers=only_asked(service.questions, draft.answers) if service else {},
        language=current_language().code,
    )


def _check(ground: Ground, turn: Turn) -> Screen:
    draft = turn.draft
    view = CheckView(
        service=_chosen(ground, draft),
        place=place.said_of(ground.portal, ground.city, draft),
        photos=shown(draft.photos),
        is_ever_public=is_ever_public(ground, draft),
        challenge=proof_of_work.make_challenge(
            derive_key(ground.portal.settings, WORK), draft.key, ground.now
        ),
        can_write=can_write(ground.portal.settings, ground.city),
        is_demonstration=not ground.portal.settings.smtp_url,
    )
    return check_screen(draft, view, turn.problems)


def _chosen(ground: Ground, draft: Draft) -> ReportableService:
    service = service_of(ground, draft)
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
