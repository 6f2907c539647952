"""A resident's own report behind its private link: the page that says it was sent, the private view, and what can still be done with it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, redirect, request

from callbacks.report.form import large_body, require_same_origin
from callbacks.report.photos import Uploads, picture_of, take_photos
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from layouts.report.form import Problem
from layouts.report.own_report import NOTE, OwnView, own_page, sent_page
from layouts.report.photo import FIELD as PHOTO
from layouts.report.photo import TakenPhoto
from layouts.shared.components import case_address
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from portal.context import Portal
from portal.domain import tracking_number
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import OwnReport
from portal.errors import BadRequest, NotFound, NotReady
from portal.photos.develop import MEDIUM
from portal.queries.cases.forecast import Forecast, time_to_close
from portal.services.report import private_link

HOUR = 3_600
LONGEST_TOKEN = 64


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """/mine/<token>, what it can do, and its photos. Nobody keeps these answers, and no other site hears of their address."""

    def show(token: str, problems: tuple[Problem, ...] = (), typed: str = "") -> Response:
        return secret(
            pages.once(
                lambda: own(portal, portal.city(request.host), token, int(clock()), problems, typed)
            )
        )

    def sent(token: str) -> Response:
        return secret(
            pages.once(lambda: just_sent(portal, portal.city(request.host), token, int(clock())))
        )

    def act(token: str) -> Response:
        require_same_origin()
        with large_body(), speaking(*requested_language()):
            typed = request.form.get(NOTE, "")
            try:
                problems = do(portal, portal.city(request.host), token, int(clock()))
            except BadRequest as refusal:
                problems = (Problem(NOTE, _(refusal.sentence, **refusal.values)),)
            if problems:
                return show(token, problems, typed)
            return secret(redirect(keep_language(f"/mine/{token}"), 303, Response))  # pyright: ignore[reportArgumentType]

    def picture(token: str, name: str) -> Response:
        report = _report(portal, portal.city(request.host), token)
        if name not in report.photos:
            raise NotFound("There is no such photo.")
        return secret(picture_of(portal, name, MEDIUM))

    server.add_url_rule("/mine/<token>", endpoint="mine", view_func=show)
    server.add_url_rule("/mine/<token>", endpoint="mine change", view_func=act, methods=["POST"])
    server.add_url_rule("/mine/<token>/sent", endpoint="mine sent", view_func=sent)
    server.add_url_rule(
        "/mine/<token>/photos/<name>.webp", endpoint="mine photo", view_func=picture
    )


def secret(answer: Response) -> Response:
    """The address is a key: it goes into no other site's log, and into no search engine."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def just_sent(portal: Portal, city: Jurisdiction, token: str, now: int) -> Page:
    """The number, large, and what happens next."""
    return sent_page(city, view_of(portal, city, token, now), now)


def own(
    portal: Portal,
    city: Jurisdiction,
    token: str,
    now: int,
    problems: tuple[Problem, ...] = (),
    typed: str = "",
) -> Page:
    """The private view; a note that was `typed` and not taken is still there."""
    return own_page(city, view_of(portal, city, token, now), now, problems, typed)


def view_of(portal: Portal, city: Jurisdiction, token: str, now: int) -> OwnView:
    """What both pages show. Raises NotFound for a token that opens nothing."""
    report, site_url = _report(portal, city, token), portal.settings.site_url
    return OwnView(
        report=report,
        number=tracking_number.format_tracking_number(report.case_id),
        own_address=f"{site_url}/mine/{token}",
        public_address=site_url + case_address(report.case_id)
        if report.visibility == "public"
        else "",
        photos=tuple(
            TakenPhoto(name, f"/mine/{token}/photos/{name}.webp") for name in report.photos
        ),
        forecast=_forecast(portal, city, report, now),
    )


def _report(portal: Portal, city: Jurisdiction, token: str) -> OwnReport:
    report = (
        private_link.own_report(portal, city.id, token) if len(token) <= LONGEST_TOKEN else None
    )
    if report is None:
        raise NotFound(
            "This link opens no report. It may have been cut off: please open or copy all of it."
        )
    return report


def _forecast(portal: Portal, city: Jurisdiction, report: OwnReport, now: int) -> Forecast | None:
    try:
        return portal.read(
            time_to_close, city.id, report.service_slug, report.neighborhood_slug, now - now % HOUR
        )
    except NotReady:
        return None


def do(portal: Portal, city: Jurisdiction, token: str, now: int) -> tuple[Problem, ...]:
    """One change; what is not right with it. Raises BadRequest for a change there is not, NotFound for a token that opens nothing."""
    what = request.form.get("do", "")
    if what == "note":
        return _add(portal, city, token, now)
    if what == "withdraw" and request.form.get("sure") == "yes":
        private_link.withdraw(portal, city, token, now)
    elif what == "stop letters":
        private_link.stop_letters(portal, city, token)
    elif what in ("public", "private"):
        private_link.set_public(portal, city, token, what == "public", now)
    else:
        raise BadRequest("Tick “Yes, take it back” first.")
    return ()


def _add(portal: Portal, city: Jurisdiction, token: str, now: int) -> tuple[Problem, ...]:
    """Words, a photo, or both."""
    key = private_link.key_of(portal, city.id, token) if len(token) <= LONGEST_TOKEN else None
    uploads = (
        take_photos(portal, city, key, (), request.files.getlist(PHOTO)[:1], now)
        if key
        else Uploads(())
    )
    if not uploads.problems:
        private_link.add_note(
            portal, city, token, request.form.get(NOTE, ""), now, next(iter(uploads.names), None)
        )
    return uploads.problems
