"""Following a case by e-mail: asking for it, and what a letter's link opens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flask import Flask, Response, redirect, request

from callbacks.report.own_report import LONGEST_TOKEN, mark_secret
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.posted_forms import require_same_origin
from layouts.cases.case import unknown_case_page
from layouts.follow import (
    FIELD,
    confirm_sent_page,
    follow_page,
    following_page,
    stopped_page,
    too_many_page,
)
from layouts.report.form import Problem
from layouts.shared.document import Page
from layouts.shared.language import _, current_language, keep_language, speaking
from portal.abuse.rate_limits import find_network
from portal.context import Portal
from portal.domain.email_address import LONGEST, is_email_address
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotFound
from portal.notifications import following
from portal.notifications.alerts import can_write
from portal.queries.cases.case_detail import case_by_id


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """/cases/<number>/follow, and /following/<token> of the letters."""

    def form(typed: str) -> Response:
        return pages.once(lambda: asked_for(portal, portal.city(request.host), typed, int(clock())))

    def ask(typed: str) -> Response:
        require_same_origin()
        return pages.once(lambda: asked(portal, portal.city(request.host), typed, int(clock())))

    def show(token: str) -> Response:
        return mark_secret(pages.once(lambda: opened(portal, portal.city(request.host), token)))

    def act(token: str) -> Response:
        # Whoever has the link may use it: no other site knows it, so none can deceive its owner into pressing.
        with speaking(*requested_language()):
            if do(
                portal, portal.city(request.host), token, request.form.get("do", ""), int(clock())
            ):
                return mark_secret(redirect(keep_language(f"/following/{token}"), 303, Response))  # pyright: ignore[reportArgumentType]
        return mark_secret(pages.once(lambda: stopped_page(portal.city(request.host))))

    def stop_at_once(token: str) -> Response:
        """For mail programs (RFC 8058): one POST, no page, and again is no error."""
        with suppress(NotFound):
            following.stop(portal, portal.city(request.host), token, int(clock()))
        return mark_secret(Response("", status=200, mimetype="text/plain"))

    server.add_url_rule("/cases/<path:typed>/follow", endpoint="follow", view_func=form)
    server.add_url_rule(
        "/cases/<path:typed>/follow", endpoint="follow asked", view_func=ask, methods=["POST"]
    )
    server.add_url_rule("/following/<token>", endpoint="following", view_func=show)
    server.add_url_rule(
        "/following/<token>", endpoint="following change", view_func=act, methods=["POST"]
    )
    server.add_url_rule("/following/<token>/stop", endpoint="following stop", view_func=show)
    server.add_url_rule(
        "/following/<token>/stop",
        endpoint="following stop at once",
        view_func=stop_at_once,
        methods=["POST"],
    )


def asked_for(portal: Portal, city: Jurisdiction, typed: str, now: int) -> Page:
    """The form. Raises NotFound where the portal writes no letters."""
    if not can_write(portal.settings, city):
        raise NotFound("This portal writes no letters, so a case cannot be followed here.")
    case = portal.cached(case_by_id, city.id, typed, now)
    return unknown_case_page(typed) if case is None else follow_page(city, case, now)


def asked(portal: Portal, city: Jurisdiction, typed: str, now: int) -> Page:
    """What becomes of the form. A field that no person sees, filled in, is answered like any other and does nothing."""
    page = asked_for(portal, city, typed, now)
    case = portal.cached(case_by_id, city.id, typed, now)
    if case is None or case.status == "closed":
        return page
    email = request.form.get(FIELD, "").strip()[: LONGEST + 1]
    if not is_email_address(email):
        return follow_page(
            city,
            case,
            now,
            email,
            (Problem(FIELD, _("This is no e-mail address; it looks like name@example.org.")),),
        )
    if request.form.get("website"):
        return confirm_sent_page(city, case, now)
    network = find_network(request.remote_addr)
    is_crowded = (
        following.ask(portal, city, case.case_id, email, current_language().code, network, now)
        == "too many"
    )
    return too_many_page(city, case, now) if is_crowded else confirm_sent_page(city, case, now)


def opened(portal: Portal, city: Jurisdiction, token: str) -> Page:
    """The page of a link. Raises NotFound for one that opens nothing."""
    mine = following.following(portal, city.id, token) if len(token) <= LONGEST_TOKEN else None
    if mine is None:
        raise NotFound(
            "This link opens nothing. It may have been cut off, or you have stopped already."
        )
    return following_page(city, mine, token)


def do(portal: Portal, city: Jurisdiction, token: str, what: str, now: int) -> bool:
    """Begin or stop; whether there is still something to be seen. Raises NotFound for a link that opens nothing, BadRequest for neither."""
    if what == "confirm":
        following.confirm(portal, city, token, now)
    elif what == "stop":
        following.stop(portal, city, token, now)
    else:
        raise BadRequest("Press one of the two buttons.")
    return what == "confirm"
