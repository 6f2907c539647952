"""The report form: its screens, the map under its pin, and sending it.

Nothing is stored before a report is sent but its photos. Sending is the first of five steps that
end at the city's work-order system; portal/services/report/submit.py lists them all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from flask import Flask, Response, redirect, request

from callbacks.report import place
from callbacks.report.context import ReportContext, chosen_service, is_open, read_context
from callbacks.report.forecast import find_promise
from callbacks.report.photos import is_unstored, photo_problems, read_uploads
from callbacks.report.screens import draw_screen
from callbacks.report.steps import NextScreen, first_unanswered, next_screen, reachable_screen
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.unstored import explain_unstored, mark_unstored
from layouts.report.draft import Draft, read_draft
from layouts.report.form import Problem, closed_page
from layouts.report.place import pin_parts
from layouts.shared.document import Page
from layouts.shared.language import _, current_language, keep_language, speaking
from layouts.shared.prerender import to_html
from portal.api.gate import brings_photos
from portal.context import Portal
from portal.domain.forecasts import Promise
from portal.domain.report import Accepted
from portal.errors import BadRequest, CannotStore, Conflict
from portal.notifications.alerts import can_send
from portal.services.report.form_photos import FormPhotos, keep_photos
from portal.services.report.review import Signals, sign_start_time
from portal.services.report.submit import submit
from portal.store.unwritable import explain_unwritable

CHECK, START = "check", "photo"
Answer = Callable[[ReportContext, Pages], Response]


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """GET and POST /report, POST /report/send, and GET /report/pin for the map's script."""
    context = partial(read_context, portal, clock)
    rule = server.add_url_rule

    @brings_photos
    def step() -> Response:
        return _answer_form(context(), pages, _show_next_page)

    @brings_photos
    def send() -> Response:
        return _answer_form(context(), pages, send_report)

    rule("/report", "report", lambda: pages.once(lambda: start_page(context())))
    rule("/report", "report step", step, methods=["POST"])
    rule("/report/send", "report send", send, methods=["POST"])
    rule("/report/pin", "report pin", lambda: draw_pin(context()))


def _answer_form(context: ReportContext, pages: Pages, answer: Answer) -> Response:
    if not is_open(context):
        return pages.once(lambda: closed_page(context.city))
    return answer(context, pages)


def _show_next_page(context: ReportContext, pages: Pages) -> Response:
    return pages.once(lambda: next_page(context))


def start_page(context: ReportContext) -> Page:
    """The first screen. The address may name a place and a type, as after another report."""
    if not is_open(context):
        return closed_page(context.city)
    draft = read_draft({name: request.args.getlist(name) for name in ("lat", "lon", "service")})
    draft = place.add_address(context, new_draft(context, draft))
    return draw_screen(context, NextScreen(START, draft))


def new_draft(context: ReportContext, draft: Draft) -> Draft:
    """The draft as a report of its own, started now."""
    stamp = sign_start_time(context.portal.settings, context.now)
    return replace(draft, key=secrets.token_urlsafe(16), began=stamp)


def next_page(context: ReportContext) -> Page:
    """The screen that a press of a button leads to."""
    draft, photos = read_form(context)
    step, go = request.form.get("step", START), request.form.get("go", "next")
    screen = next_screen(context, step, go, draft)
    if problems := photo_problems(photos):
        page = draw_screen(context, NextScreen("photo", screen.draft, problems))
        return mark_unstored(page) if is_unstored(photos) else page
    if photos.place and not draft.has_place:
        placed = place.add_address(context, screen.draft.with_place(*photos.place))
        screen = screen._replace(draft=placed)
    return draw_screen(context, reachable_screen(context, screen))


def read_form(context: ReportContext) -> tuple[Draft, FormPhotos]:
    """The draft in the form that was sent, with the photos that came along."""
    draft = read_draft(request.form.to_dict(flat=False))
    if not draft.key or not draft.began:
        draft = new_draft(context, draft)
    uploads = read_uploads(request.files.getlist("photo"))
    photos = keep_photos(
        context.portal, context.city, draft.key, draft.photos, uploads, context.now
    )
    return replace(draft, photos=photos.names), photos


def send_report(context: ReportContext, pages: Pages) -> Response:
    """Submit the report and lead to its own page, or show what is not right with it yet."""
    if request.form.get("go", "next") != "next":
        return _show_next_page(context, pages)
    draft, photos = read_form(context)
    with speaking(*requested_language(), context.city.language):
        screen = _unready_screen(context, draft, photos)
        status = 503 if is_unstored(photos) else 200
        if screen is None:
            try:
                token = submit_draft(context, draft, find_promise(context, draft)).token
                address = keep_language(f"/mine/{quote(token)}/sent")
                return redirect(address, 303, Response)  # pyright: ignore
            except (BadRequest, Conflict, CannotStore) as refusal:
                screen = _refused_screen(context, draft, refusal)
                status = 503 if isinstance(refusal, CannotStore) else 200
    return pages.once(lambda: replace(draw_screen(context, screen), status=status))


def submit_draft(context: ReportContext, draft: Draft, promise: Promise | None = None) -> Accepted:
    """Submit what the draft says, with what this door observed.

    `promise`: what its last screen said of how long such cases take. Raises as `submit` does, and
    CannotStore while nothing can be stored.
    """
    report = draft.to_report(chosen_service(context, draft), current_language().code)
    report = replace(report, promise=promise)
    if not can_send(context.portal.settings, context.city):
        report = replace(report, email="")  # it was asked for when we could still write
    signals = Signals(
        is_trap_filled=bool(draft.website),
        start_stamp=draft.began,
        proof=draft.proof,
        address=request.remote_addr,
    )
    with explain_unwritable():
        return submit(context.portal, context.city, report, draft.photos, signals, context.now)


def _unready_screen(context: ReportContext, draft: Draft, photos: FormPhotos) -> NextScreen | None:
    """The screen with what is not right yet; None if the report can be submitted."""
    if problems := photo_problems(photos):
        return NextScreen("photo", draft, problems)
    return first_unanswered(context, draft)


def _refused_screen(
    context: ReportContext, draft: Draft, refusal: BadRequest | Conflict | CannotStore
) -> NextScreen:
    if isinstance(refusal, CannotStore):
        return NextScreen(CHECK, draft, (Problem("question", explain_unstored(refusal)),))
    if isinstance(refusal, Conflict):
        return NextScreen(CHECK, new_draft(context, draft), (sent_before(),))
    return NextScreen(CHECK, draft, (Problem("question", _(refusal.sentence, **refusal.values)),))


def sent_before() -> Problem:
    """What to say if the same form came before with other words."""
    sentences = (
        _("You have sent this report already, with other words."),
        _("Send it again only if this is another problem; else add a note by your own link."),
    )
    return Problem("question", " ".join(sentences))


def draw_pin(context: ReportContext) -> Response:
    """The map, its pin and what is said about it, for the place and zoom in the address.

    With `rough`, the meters by which the place may be off, there is a circle instead of a pin.
    """
    draft = read_draft({name: request.args.getlist(name) for name in ("lat", "lon", "zoom")})
    rough_m = place.read_meters(request.args.get("rough", ""))
    with speaking(*requested_language()):
        if rough_m:
            parts = pin_parts(Draft(), place.rough_view(context, draft, rough_m))
        else:
            draft = place.add_address(context, draft)
            parts = pin_parts(draft, place.place_view(context, draft))
        html = to_html(parts)
    answer = Response(html, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    return answer
