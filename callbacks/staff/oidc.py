"""Signing in at /staff with the city's own accounts: to its sign-in service and back.

Only if the settings name such a service.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, redirect, request

from callbacks.shared.city_routes import CityRoutes
from callbacks.shared.pages import Pages
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.staff.frame import sign_in_page, signed_in_page
from portal.auth import accounts, oidc
from portal.auth.issuer import Network, ask_issuer
from portal.context import Portal
from portal.errors import NotAllowed, NotReady

COOKIE, COOKIE_PATH = "staff-begun", "/staff/sign-in"
BEGIN_PATH = "/staff/sign-in/own"
StartSession = Callable[[Response, str], Response]
"""Gives an answer the session's cookie, unless the token is "", and our headers for staff pages."""


class OwnAccounts(CityRoutes):
    """Sends staff to the city's own sign-in service, and signs in those who come back."""

    def __init__(
        self,
        portal: Portal,
        pages: Pages,
        clock: Callable[[], float],
        start_session: StartSession,
        network: Network,
    ) -> None:
        super().__init__(portal, pages, clock)
        self.start_session = start_session
        self.network = network

    def begin_sign_in(self) -> Response:
        """GET /staff/sign-in/own"""
        settings = self.portal.settings
        try:
            begun = oidc.begin_sign_in(settings, self.network, self.now)
        except NotReady as problem:
            return self._refuse(problem)
        answer = redirect(begun.address, 303, Response)
        # Lax, so that the browser sends it along when it comes back from the other site.
        options = {"path": COOKIE_PATH, "httponly": True, "samesite": "Lax"}
        is_secure = settings.site_url.startswith("https://")
        answer.set_cookie(COOKIE, begun.cookie, oidc.COOKIE_SECONDS, secure=is_secure, **options)
        return self.start_session(answer, "")  # pyright: ignore[reportArgumentType]

    def finish_sign_in(self) -> Response:
        """GET the address that the service sends the browser back to."""
        now = self.now
        cookie = request.cookies.get(COOKIE, "")
        try:
            who = oidc.finish_sign_in(self.portal.settings, self.network, cookie, request.args, now)
            token = accounts.sign_in_by_email(self.portal, self.city.id, who.email, now)
        except (NotAllowed, NotReady) as problem:
            return self._refuse(problem)
        answer = self.pages.once(lambda: signed_in_page(self.city))
        # The session's cookie is Strict. A browser would not send it to a page that another site
        # redirects to, so our own page does the redirect.
        answer.headers["Refresh"] = "0; url=/staff"
        answer.delete_cookie(COOKIE, path=COOKIE_PATH)
        return self.start_session(answer, token)

    def _refuse(self, problem: NotAllowed | NotReady) -> Response:
        def page() -> Page:
            sentence = _(problem.sentence, **problem.values)
            return sign_in_page(self.city, problem=sentence, own_accounts=BEGIN_PATH)

        return self.start_session(self.pages.once(page), "")


def register(
    server: Flask,
    portal: Portal,
    pages: Pages,
    clock: Callable[[], float],
    start_session: StartSession,
    network: Network = ask_issuer,
) -> None:
    """Add the two addresses, if the settings name a sign-in service."""
    if not portal.settings.oidc_issuer:
        return
    own = OwnAccounts(portal, pages, clock, start_session, network)
    server.add_url_rule(BEGIN_PATH, endpoint="staff own sign-in", view_func=own.begin_sign_in)
    server.add_url_rule(oidc.RETURN_PATH, endpoint="staff own return", view_func=own.finish_sign_in)
