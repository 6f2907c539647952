"""The report form: its screens, the map under its pin, and sending it.

Nothing is stored before a report is sent but its photos. Sending is the first of five steps that
end at the city's work-order system; portal/services/report/submit.py lists them all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from flask import Flask, Response, redirect, request

from callbacks.report import place
from callbacks.report.context import ReportContext, chosen_service, is_open, read_context
from callbacks.report.photos import photo_problems, read_uploads
from callbacks.report.screens import draw_screen
from callbacks.report.steps import NextScreen, first_unanswered, next_screen, reachable_screen
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.posted_forms import allow_photos, require_same_origin
from layouts.report.draft import Draft, read_draft
from layouts.report.form import Problem, closed_page
from layouts.report.place import pin_parts
from layouts.shared.document import Page
from layouts.shared.language import _, current_language, keep_language, speaking
from layouts.shared.prerender import to_html
from portal.context import Portal
from portal.domain.report import Accepted
from portal.errors import BadRequest, Conflict
from portal.services.report.form_photos import FormPhotos, keep_photos
from portal.services.report.review import Signals, sign_start_time
from portal.services.report.submit import submit

CHECK, START = "check", "photo"


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """GET and POST /report, POST /report/send, and GET /report/pin for the map's script."""

    def start() -> Response:
        return pages.once(lambda: start_page(read_context(portal, clock)))

    def step() -> Response:
        context = read_context(portal, clock)
        return _answer_form(context, pages, lambda: pages.once(lambda: next_page(context)))

    def send() -> Response:
        context = read_context(portal, clock)
        return _answer_form(context, pages, lambda: send_report(context, pages))

    server.add_url_rule("/report", endpoint="report", view_func=start)
    server.add_url_rule("/report", endpoint="report step", view_func=step, methods=["POST"])
    server.add_url_rule("/report/send", endpoint="report send", view_func=send, methods=["POST"])
    server.add_url_rule(
        "/report/pin",
        endpoint="report pin",
        view_func=lambda: draw_pin(read_context(portal, clock)),
    )


def _answer_form(context: ReportContext, pages: Pages, answer: Callable[[], Response]) -> Response:
    require_same_origin()
    if not is_open(context):
        return pages.once(lambda: closed_page(context.city))
    with allow_photos():
        return answer()


def start_page(context: ReportContext) -> Page:
    """The first screen. The address may name a place and a type, as after another report."""
    if not is_open(context):
        return closed_page(context.city)
    draft = read_draft({name: request.args.getlist(name) for name in ("lat", "lon", "service")})
    return draw_screen(
        context, NextScreen(START, place.add_address(context, new_draft(context, draft)))
    )


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
        return draw_screen(context, NextScreen("photo", screen.draft, problems))
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
        return pages.once(lambda: next_page(context))
    draft, photos = read_form(context)
    with speaking(*requested_language(), context.city.language):
        screen = _unready_screen(context, draft, photos)
        if screen is None:
            try:
                token = submit_draft(context, draft).token
                return redirect(keep_language(f"/mine/{quote(token)}/sent"), 303, Response)  # pyright: ignore[reportReturnType]
            except (BadRequest, Conflict) as refusal:
                screen = _refused_screen(context, draft, refusal)
    return pages.once(lambda: draw_screen(context, screen))


def submit_draft(context: ReportContext, draft: Draft) -> Accepted:
    """Submit what the draft says, with what this door observed. Raises as `submit` does."""
    report = draft.to_report(chosen_service(context, draft), current_language().code)
    signals = Signals(
        is_trap_filled=bool(draft.website),
        start_stamp=draft.began,
        proof=draft.proof,
        address=request.remote_addr,
    )
    return submit(context.portal, context.city, report, draft.photos, signals, context.now)


def _unready_screen(context: ReportContext, draft: Draft, photos: FormPhotos) -> NextScreen | None:
    """The screen with what is not right yet; None if the report can be submitted."""
    if problems := photo_problems(photos):
        return NextScreen("photo", draft, problems)
    return first_unanswered(context, draft)


def _refused_screen(
    context: ReportContext, draft: Draft, refusal: BadRequest | Conflict
) -> NextScreen:
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
    """The map, its pin and what is said about it, for the place and zoom in the address."""
    draft = read_draft({name: request.args.getlist(name) for name in ("lat", "lon", "zoom")})
    with speaking(*requested_language()):
        draft = place.add_address(context, draft)
        html = to_html(pin_parts(draft, place.place_view(context, draft)))
    answer = Response(html, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    return answer
