"""The report form's addresses: its screens, the map under its pin, and the sending. Nothing is stored before that but photos."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import RequestEntityTooLarge

from callbacks.report import place
from callbacks.report.photos import Uploads, take_photos
from callbacks.report.screens import WORK, page_of, report_of
from callbacks.report.steps import Ground, Turn, reachable, service_of, turn, unanswered
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from layouts.report.draft import Draft, read_draft
from layouts.report.form import Problem, closed_page
from layouts.report.place import pin_parts
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from layouts.shared.prerender import to_html
from portal.abuse import form_time, proof_of_work
from portal.abuse.rate_limits import is_crowded
from portal.abuse.review_reasons import Signals, find_doubts
from portal.context import Portal
from portal.domain.report import Accepted, Doubt
from portal.errors import BadRequest, Conflict, NotAllowed
from portal.queries.report.reporting import reportable_at
from portal.secrets import derive_key
from portal.services.report.reporting import Look, accept_report

MAX_BODY_BYTES = 20 * 1024 * 1024
MAX_FIELDS = 400
BEGUN = "report begun"
CHECK, START = "check", "photo"


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """GET and POST /report, POST /report/send, and what the map's script asks."""

    def ground() -> Ground:
        return Ground(portal, portal.city(request.host), int(clock()))

    def begin() -> Response:
        return pages.once(lambda: begun(ground()))

    def step() -> Response:
        require_same_origin()
        if not is_open(ground()):
            return pages.once(lambda: closed_page(ground().city))
        with large_body():
            return pages.once(lambda: stepped(ground()))

    def send() -> Response:
        require_same_origin()
        if not is_open(ground()):
            return pages.once(lambda: closed_page(ground().city))
        with large_body():
            return sent(ground(), pages)

    def pin_asked() -> Response:
        with speaking(*requested_language()):
            answer = Response(pin(ground()), mimetype="text/html")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    server.add_url_rule("/report", endpoint="report", view_func=begin)
    server.add_url_rule("/report", endpoint="report step", view_func=step, methods=["POST"])
    server.add_url_rule("/report/send", endpoint="report send", view_func=send, methods=["POST"])
    server.add_url_rule("/report/pin", endpoint="report pin", view_func=pin_asked)


def require_same_origin() -> None:
    """Raise NotAllowed for a form that another site sent.

    A program that is no browser names no origin, and has no visitor to deceive.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_ours = (
        site in ("same-origin", "none")
        if site
        else origin is None or urlsplit(origin).netloc == request.host
    )
    if not is_ours:
        raise NotAllowed(
            "This form was sent from another site. Please open it here and send it again."
        )


@contextmanager
def large_body() -> Iterator[None]:
    """Photos may come along; and when they are too large together, it is said what to do."""
    request.max_content_length = MAX_BODY_BYTES
    request.max_form_parts = MAX_FIELDS
    try:
        yield
    except RequestEntityTooLarge:
        raise BadRequest(
            "The photos together are larger than 20 MB. Go back, where all you wrote still is, and send them one at a time."
        ) from None


def is_open(ground: Ground) -> bool:
    """Whether the city takes reports here, and has a type of case that can be reported."""
    return ground.city.takes_reports and bool(reportable_at(ground.portal, ground.city, None, None))


def begun(ground: Ground) -> Page:
    """The first screen; the pin is already where the address says, as of a report made here before."""
    if not is_open(ground):
        return closed_page(ground.city)
    draft = read_draft({name: request.args.getlist(name) for name in ("lat", "lon", "service")})
    return page_of(
        ground, Turn(START, place.with_address(ground.portal, ground.city, fresh(ground, draft)))
    )


def fresh(ground: Ground, draft: Draft) -> Draft:
    """The draft as a report of its own, begun now."""
    return replace(
        draft,
        key=secrets.token_urlsafe(16),
        began=form_time.sign_start_time(derive_key(ground.portal.settings, BEGUN), ground.now),
    )


def stepped(ground: Ground) -> Page:
    """The screen that a press of a button leads to."""
    draft, uploads = sent_form(ground)
    next_turn = turn(ground, request.form.get("step", START), request.form.get("go", "next"), draft)
    if uploads.problems:
        return page_of(ground, Turn("photo", next_turn.draft, uploads.problems))
    if uploads.gps and not draft.has_place:
        placed = place.with_address(ground.portal, ground.city, next_turn.draft.at(*uploads.gps))
        next_turn = next_turn._replace(draft=placed)
    return page_of(ground, reachable(ground, next_turn))


def sent_form(ground: Ground) -> tuple[Draft, Uploads]:
    """The draft in the form that was sent, with the photos that came along."""
    draft = read_draft(request.form.to_dict(flat=False))
    if not draft.key or not draft.began:
        draft = fresh(ground, draft)
    uploads = take_photos(
        ground.portal,
        ground.city,
        draft.key,
        draft.photos,
        request.files.getlist("photo"),
        ground.now,
    )
    return replace(draft, photos=uploads.names), uploads


def sent(ground: Ground, pages: Pages) -> Response:
    """Send the report and lead to its own page; what is not right yet, or another button, is the form's."""
    if request.form.get("go", "next") != "next":
        return pages.once(lambda: stepped(ground))
    draft, uploads = sent_form(ground)
    if uploads.problems:
        return pages.once(lambda: page_of(ground, Turn("photo", draft, uploads.problems)))
    if open_turn := unanswered(ground, draft):
        return pages.once(lambda: page_of(ground, open_turn))
    with speaking(*requested_language()):
        try:
            token = accept(ground, draft).token
        except BadRequest as refusal:
            problem = Problem("question", _(refusal.sentence, **refusal.values))
            return pages.once(lambda: page_of(ground, Turn(CHECK, draft, (problem,))))
        except Conflict:
            return pages.once(
                lambda: page_of(ground, Turn(CHECK, fresh(ground, draft), (sent_before(),)))
            )
        return redirect(keep_language(f"/mine/{quote(token)}/sent"), 303, Response)  # pyright: ignore[reportReturnType]


def sent_before() -> Problem:
    """What is said where the same form came before with other words."""
    sentences = (
        _("You have sent this report already, with other words."),
        _("Send it again only if this is another problem; else add a note by your own link."),
    )
    return Problem("question", " ".join(sentences))


def accept(ground: Ground, draft: Draft) -> Accepted:
    """Store the report; gives its number and the token of its private link."""
    report = report_of(draft, service_of(ground, draft))
    return accept_report(
        ground.portal, ground.city, report, draft.photos, ground.now, look_of(ground, draft)
    )


def look_of(ground: Ground, draft: Draft) -> Look:
    """Why it is not public at once: by the trap, the time it took, how many come from its address, and its piece of work."""
    settings, now, address = ground.portal.settings, ground.now, request.remote_addr
    proof = proof_of_work.check_proof(derive_key(settings, WORK), draft.key, draft.proof, now)
    seconds = form_time.count_seconds_since(derive_key(settings, BEGUN), draft.began, now)

    def look(connection: Any) -> tuple[Doubt, ...]:
        crowded = is_crowded(connection, settings, ground.city.id, address, proof == "solved", now)
        return find_doubts(Signals(bool(draft.website), seconds, crowded, proof == "wrong"))

    return look


def pin(ground: Ground) -> str:
    """The map, the pin and what is said of it for a place and a zoom, as the script asks for them."""
    draft = read_draft({name: request.args.getlist(name) for name in ("lat", "lon", "zoom")})
    draft = place.with_address(ground.portal, ground.city, draft)
    return to_html(pin_parts(draft, place.view_of(ground.portal, ground.city, draft, ground.now)))
