"""Signing in at /staff with the city's own accounts: to its sign-in service and back. Only where the settings name one."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, redirect, request

from callbacks.shared.pages import Pages
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.staff.frame import sign_in_page, signed_in_page
from portal.auth import accounts, oidc
from portal.auth.issuer import Network, ask_issuer
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotAllowed, NotReady

COOKIE, COOKIE_PATH = "staff-begun", "/staff/sign-in"
BEGIN_PATH = "/staff/sign-in/own"
Finished = Callable[[Response, str], Response]
"""Gives an answer the session's cookie and the headers of staff's pages."""


class OwnAccounts:
    """Begins a sign-in at the city's own service, and takes back who comes from there."""

    def __init__(
        self,
        portal: Portal,
        pages: Pages,
        clock: Callable[[], float],
        finished: Finished,
        network: Network,
    ) -> None:
        self.portal, self.pages, self.clock, self.finished, self.network = (
            portal,
            pages,
            clock,
            finished,
            network,
        )

    @property
    def city(self) -> Jurisdiction:
        return self.portal.city(request.host)

    def begin(self) -> Response:
        settings = self.portal.settings
        try:
            begun = oidc.begin_sign_in(settings, self.network, int(self.clock()))
        except NotReady as problem:
            return self._refused(problem)
        answer = redirect(begun.address, 303, Response)
        is_secure = settings.site_url.startswith("https://")
        # Lax: the browser brings it along from the other site.
        answer.set_cookie(
            COOKIE,
            begun.cookie,
            oidc.COOKIE_SECONDS,
            path=COOKIE_PATH,
            httponly=True,
            samesite="Lax",
            secure=is_secure,
        )
        return self.finished(answer, "")  # pyright: ignore[reportArgumentType]

    def come_back(self) -> Response:
        now = int(self.clock())
        try:
            who = oidc.finish_sign_in(
                self.portal.settings,
                self.network,
                request.cookies.get(COOKIE, ""),
                request.args,
                now,
            )
            token = accounts.sign_in_by_email(self.portal, self.city.id, who.email, now)
        except (NotAllowed, NotReady) as problem:
            return self._refused(problem)
        answer = self.pages.once(lambda: signed_in_page(self.city))
        # The session's cookie is Strict, and would not be sent where another site's page led: ours leads on by itself.
        answer.headers["Refresh"] = "0; url=/staff"
        answer.delete_cookie(COOKIE, path=COOKIE_PATH)
        return self.finished(answer, token)

    def _refused(self, problem: NotAllowed | NotReady) -> Response:
        sentence, values = problem.sentence, problem.values

        def page() -> Page:
            return sign_in_page(self.city, problem=_(sentence, **values), own_accounts=BEGIN_PATH)

        return self.finished(self.pages.once(page), "")


def register(
    server: Flask,
    portal: Portal,
    pages: Pages,
    clock: Callable[[], float],
    finished: Finished,
    network: Network = ask_issuer,
) -> None:
    """GET /staff/sign-in/own and where the service sends the browser back to."""
    if not portal.settings.oidc_issuer:
        return
    own = OwnAccounts(portal, pages, clock, finished, network)
    server.add_url_rule(BEGIN_PATH, endpoint="staff own sign-in", view_func=own.begin)
    server.add_url_rule(oidc.RETURN_PATH, endpoint="staff own return", view_func=own.come_back)
