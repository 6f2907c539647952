"""Following a case by e-mail: the form, and the page that the link in an e-mail opens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flask import Flask, Response, redirect, request

from callbacks.report.own_report import LONGEST_TOKEN, mark_secret
from callbacks.shared.city_routes import CityRoutes
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.unstored import explain_unstored, mark_unstored
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
from portal.api.gate import from_anywhere
from portal.context import Portal
from portal.domain.email_address import LONGEST_TYPED, read_email_address
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, CannotStore, NotFound
from portal.notifications import following
from portal.notifications.alerts import can_send
from portal.notifications.contacts import Recipient
from portal.queries.cases.case_cards import CaseCard
from portal.queries.cases.case_detail import case_by_id
from portal.store.unwritable import explain_unwritable


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """/cases/<number>/follow, and /following/<token>, the link in the e-mails."""
    routes = FollowRoutes(portal, pages, clock)
    for address, endpoint, method, view in (
        ("/cases/<path:typed>/follow", "follow", "GET", routes.show_form),
        ("/cases/<path:typed>/follow", "follow asked", "POST", routes.take_form),
        ("/following/<token>", "following", "GET", routes.show_following),
        ("/following/<token>", "following change", "POST", routes.change_following),
        ("/following/<token>/stop", "following stop", "GET", routes.show_following),
        ("/following/<token>/stop", "following stop at once", "POST", routes.stop_at_once),
    ):
        server.add_url_rule(address, endpoint=endpoint, view_func=view, methods=[method])


class FollowRoutes(CityRoutes):
    """What each address answers."""

    def show_form(self, typed: str) -> Response:
        """The form for a case's number."""
        return self.pages.once(lambda: form_page(self.portal, self.city, typed, self.now))

    def take_form(self, typed: str) -> Response:
        """The form as sent."""
        return self.pages.once(lambda: start_following(self.portal, self.city, typed, self.now))

    def show_following(self, token: str) -> Response:
        """The page of a link; nothing happens before a button on it is pressed."""
        return mark_secret(self.pages.once(lambda: link_page(self.portal, self.city, token)))

    @from_anywhere
    def change_following(self, token: str) -> Response:
        """A button of that page.

        No check of where the form comes from: no other site knows the link, so none can trick
        its owner into pressing a button.
        """
        with speaking(*requested_language()):
            action = request.form.get("do", "")
            if change_following(self.portal, self.city, token, action, self.now):
                address = keep_language(f"/following/{token}")
                return mark_secret(redirect(address, 303, Response))  # pyright: ignore
        return mark_secret(self.pages.once(lambda: stopped_page(self.city)))

    @from_anywhere
    def stop_at_once(self, token: str) -> Response:
        """For mail programs (RFC 8058): one POST, no page, and no error the second time."""
        with suppress(NotFound):
            following.stop_following(self.portal, self.city, token, self.now)
        return mark_secret(Response("", status=200, mimetype="text/plain"))


def form_page(portal: Portal, city: Jurisdiction, typed: str, now: int) -> Page:
    """The form for a case's number. Raises NotFound if the portal sends no e-mail."""
    case = _case_to_follow(portal, city, typed, now)
    return unknown_case_page(typed) if case is None else follow_page(city, case, now)


def start_following(portal: Portal, city: Jurisdiction, typed: str, now: int) -> Page:
    """What the form as sent leads to. Raises NotFound if the portal sends no e-mail."""
    case = _case_to_follow(portal, city, typed, now)
    if case is None:
        return unknown_case_page(typed)
    if case.status == "closed":
        return follow_page(city, case, now)
    given = request.form.get(FIELD, "").strip()[:LONGEST_TYPED]
    email = read_email_address(given)
    if email is None:
        sentence = _(
            "That doesn’t look like an e-mail address. It should be like name@example.org."
        )
        return follow_page(city, case, now, given, (Problem(FIELD, sentence),))
    # People do not see this field: a robot fills it in, and gets the usual answer.
    if request.form.get("website"):
        return confirm_sent_page(city, case, now)
    return _send_link(portal, city, case, email, now)


def _send_link(portal: Portal, city: Jurisdiction, case: CaseCard, email: str, now: int) -> Page:
    network = find_network(request.remote_addr)
    recipient = Recipient(email, current_language().code)
    try:
        with explain_unwritable():
            answer = following.request_following(
                portal, city, case.case_id, recipient, network, now
            )
    except CannotStore as problem:
        problems = (Problem(FIELD, explain_unstored(problem)),)
        return mark_unstored(follow_page(city, case, now, email, problems))
    if answer == "too many":
        return too_many_page(city, case, now)
    return confirm_sent_page(city, case, now)


def _case_to_follow(portal: Portal, city: Jurisdiction, typed: str, now: int) -> CaseCard | None:
    if not can_send(portal.settings, city):
        raise NotFound("This portal writes no letters, so a case cannot be followed here.")
    return portal.cached(case_by_id, city.id, typed, now)


def link_page(portal: Portal, city: Jurisdiction, token: str) -> Page:
    """The page of a link. Raises NotFound for a link that opens nothing."""
    found = (
        following.find_following(portal, city.id, token) if len(token) <= LONGEST_TOKEN else None
    )
    if found is None:
        raise NotFound(
            "This link opens nothing. It may have been cut off, or you have stopped already."
        )
    return following_page(city, found, token, can_send(portal.settings, city))


def change_following(portal: Portal, city: Jurisdiction, token: str, action: str, now: int) -> bool:
    """Confirm or stop; whether the link still opens something afterwards.

    Raises NotFound for a link that opens nothing, BadRequest for any other action.
    """
    if action == "confirm":
        following.confirm_following(portal, city, token, now)
        return True
    if action == "stop":
        following.stop_following(portal, city, token, now)
        return False
    raise BadRequest("Press one of the two buttons.")
