"""A resident's own report, by its private link: after sending, the private view, and changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import Flask, Response, redirect, request

from callbacks.report.context import ReportContext, read_context
from callbacks.report.photos import (
    is_unstored,
    photo_problems,
    photo_response,
    read_uploads,
)
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.responses import TO_US_ALONE
from callbacks.shared.unstored import PHOTO_UNSTORED, explain_unstored
from layouts.report.form import Problem
from layouts.report.own_report import NOTE, OwnView, own_page, sent_page
from layouts.report.photo import FIELD as PHOTO
from layouts.report.photo import ShownPhoto
from layouts.shared.components import case_address
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from portal.api.gate import brings_photos
from portal.context import Portal
from portal.domain import tracking_number
from portal.domain.report import OwnReport
from portal.errors import BadRequest, CannotStore, NotFound, NotReady
from portal.notifications.alerts import can_send
from portal.photos.develop import MEDIUM
from portal.queries.cases.forecast import Forecast, time_to_close
from portal.services.report import private_link
from portal.services.report.form_photos import FormPhotos, keep_photos
from portal.store.unwritable import explain_unwritable

SECONDS_PER_HOUR = 3_600
LONGEST_TOKEN = 64


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """/mine/<token>, what it can do, and its photos."""

    def show(token: str) -> Response:
        return _answer(pages, lambda: draw_own_page(read_context(portal, clock), token))

    def sent(token: str) -> Response:
        return _answer(pages, lambda: draw_sent_page(read_context(portal, clock), token))

    @brings_photos
    def change(token: str) -> Response:
        return answer_change(read_context(portal, clock), pages, token)

    def picture(token: str, name: str) -> Response:
        return own_photo(read_context(portal, clock), token, name)

    rule = server.add_url_rule
    rule("/mine/<token>", endpoint="mine", view_func=show)
    rule("/mine/<token>", endpoint="mine change", view_func=change, methods=["POST"])
    rule("/mine/<token>/sent", endpoint="mine sent", view_func=sent)
    rule("/mine/<token>/photos/<name>.webp", endpoint="mine photo", view_func=picture)


def _answer(pages: Pages, make: Callable[[], Page]) -> Response:
    return mark_secret(pages.once(make))


def mark_secret(answer: Response) -> Response:
    """Mark an answer whose address is a key: no other site's log and no search engine gets it."""
    answer.headers["Referrer-Policy"] = TO_US_ALONE
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def draw_sent_page(context: ReportContext, token: str) -> Page:
    """The number, large, and what happens next."""
    return sent_page(context.city, own_view(context, token), context.now)


def draw_own_page(
    context: ReportContext, token: str, problems: tuple[Problem, ...] = (), typed: str = ""
) -> Page:
    """The private view; a note that was `typed` and not added is still there."""
    return own_page(context.city, own_view(context, token), context.now, problems, typed)


def own_photo(context: ReportContext, token: str, name: str) -> Response:
    """A photo of the report, or of the city's work on it. Raises NotFound if it is neither."""
    report = _require_report(context, token)
    if name not in (*report.photos, *(photo.name for photo in report.work_photos)):
        raise NotFound("There is no such photo.")
    return mark_secret(photo_response(context.portal, name, MEDIUM))


def own_view(context: ReportContext, token: str) -> OwnView:
    """What both pages show. Raises NotFound for a token that opens no report."""
    report = _require_report(context, token)
    site_url = context.portal.settings.site_url
    is_public = report.visibility == "public"
    return OwnView(
        report=report,
        number=tracking_number.format_tracking_number(report.case_id),
        own_address=f"{site_url}/mine/{token}",
        public_address=site_url + case_address(report.case_id) if is_public else "",
        photos=tuple(_shown_photo(token, name) for name in report.photos),
        forecast=_forecast(context, report),
        can_write=can_send(context.portal.settings, context.city),
    )


def _shown_photo(token: str, name: str) -> ShownPhoto:
    return ShownPhoto(name, f"/mine/{token}/photos/{name}.webp")


def _require_report(context: ReportContext, token: str) -> OwnReport:
    report = None
    if len(token) <= LONGEST_TOKEN:
        report = private_link.own_report(context.portal, context.city.id, token)
    if report is None:
        raise NotFound(
            "This link opens no report. It may have been cut off: please open or copy all of it."
        )
    return report


def _forecast(context: ReportContext, report: OwnReport) -> Forecast | None:
    hour = context.now - context.now % SECONDS_PER_HOUR
    slugs = report.service_slug, report.neighborhood_slug
    try:
        return context.portal.read(time_to_close, context.city.id, *slugs, hour)
    except NotReady:
        return None


def answer_change(context: ReportContext, pages: Pages, token: str) -> Response:
    """Make the change that was posted and lead back to the page, or say what is not right."""
    with speaking(*requested_language()):
        typed = request.form.get(NOTE, "")
        status = 200
        try:
            with explain_unwritable():
                problems = change_report(context, token)
        except BadRequest as refusal:
            problems = (Problem(NOTE, _(refusal.sentence, **refusal.values)),)
        except CannotStore as problem:
            problems, status = (Problem(NOTE, explain_unstored(problem)),), 503
        if problems:
            page = partial(draw_own_page, context, token, problems, typed)
            return _answer(pages, lambda: replace(page(), status=status))
        address = keep_language(f"/mine/{token}")
        return mark_secret(redirect(address, 303, Response))  # pyright: ignore


def change_report(context: ReportContext, token: str) -> tuple[Problem, ...]:
    """Make one change; what is not right with it.

    Raises BadRequest for a change that doesn't exist, NotFound for a token that opens no report.
    """
    what = request.form.get("do", "")
    if what == "note":
        return _add_note(context, token)
    _carry_out(context, token, what)
    return ()


def _carry_out(context: ReportContext, token: str, what: str) -> None:
    portal, city, now = context.portal, context.city, context.now
    if what == "withdraw" and request.form.get("sure") == "yes":
        private_link.retract_report(portal, city, token, now)
    elif what == "stop letters":
        private_link.stop_emails(portal, city, token)
    elif what in ("public", "private"):
        private_link.set_public(portal, city, token, what == "public", now)
    else:
        raise BadRequest("Tick “Yes, take it back” first.")


def _add_note(context: ReportContext, token: str) -> tuple[Problem, ...]:
    """Add words, a photo, or both."""
    photos = _read_photo(context, token)
    if is_unstored(photos):
        raise CannotStore(cause=PHOTO_UNSTORED)
    problems = photo_problems(photos)
    if not problems:
        note, photo = request.form.get(NOTE, ""), next(iter(photos.names), None)
        private_link.add_note(context.portal, context.city, token, note, context.now, photo)
    return problems


def _read_photo(context: ReportContext, token: str) -> FormPhotos:
    """The photo that came along, if the token opens a report."""
    key = None
    if len(token) <= LONGEST_TOKEN:
        key = private_link.form_key_of(context.portal, context.city.id, token)
    if not key:
        return FormPhotos(())
    # Two boxes have this name: one for the gallery, one for the camera.
    chosen = [upload for upload in request.files.getlist(PHOTO) if upload.filename]
    uploads = read_uploads(chosen[:1])
    return keep_photos(context.portal, context.city, key, (), uploads, context.now)
