"""The staff's pages: sign-in, queue, case, photos, outbox and audit log. No cache keeps them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flask import Flask, Response, redirect, request

from callbacks.report.photos import photo_response
from callbacks.shared.city_routes import CityRoutes
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.responses import TO_US_ALONE
from callbacks.staff import oidc
from callbacks.staff.actions import act_on_case, act_on_outbox
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from layouts.staff.audit import audit_page
from layouts.staff.case import staff_case_page
from layouts.staff.find import find_page
from layouts.staff.frame import NUMBER, sign_in_page
from layouts.staff.outbox import OutboxView, outbox_page
from layouts.staff.queue import queue_page, staff_address
from portal.auth import accounts
from portal.auth.accounts import StaffMember
from portal.context import Portal
from portal.errors import BadRequest, CannotStore, NotAllowed, NotFound, TakesTooLong
from portal.photos.develop import LARGE
from portal.queries.report.unrouted import unrouted_reports
from portal.queries.staff import moderation
from portal.queries.staff.audit import newest_lines
from portal.queries.staff.failed_emails import failed_emails
from portal.queries.staff.find_cases import find_cases
from portal.queries.staff.queues import queue_states
from portal.services.report import outbox
from portal.store.unwritable import explain_unwritable

COOKIE, COOKIE_PATH = "staff", "/staff"
LONGEST_NUMBER = 9
"""Digits in the number of an audit line; more do not fit the databases' integers."""
LONGEST_FIELD = 2_000
LONGEST_TYPED = 200


class StaffPages(CityRoutes):
    """The pages for staff who are signed in. Other visitors are sent to the sign-in page."""

    def add_route(
        self, server: Flask, path: str, view: Callable[..., Response], method: str
    ) -> None:
        """Add a route for signed-in staff; calls `view(who, **parts of the path)`."""

        def guarded(**parts: str) -> Response:
            who = self._signed_in_member()
            return _restrict(view(who, **parts) if who else _go_to("/staff/sign-in"))

        server.add_url_rule(
            path, endpoint=f"{path} {(method,)}", view_func=guarded, methods=[method]
        )

    def show_queue(self, who: StaffMember) -> Response:
        """GET /staff"""
        with self.portal.core.connect() as connection:
            held = moderation.held_cases(connection, self.city.id)
            newest = moderation.newest_reports(connection, self.city.id)
        return self.pages.once(lambda: queue_page(self.city, who.name, held, newest, self.now))

    def show_case(self, who: StaffMember, case_id: str, problem: str = "") -> Response:
        """GET /staff/cases/<case_id>"""
        return self.pages.once(lambda: self._case_page(who, case_id, problem))

    def find_case(self, who: StaffMember) -> Response:
        """GET /staff/find?number=…"""
        typed = request.args.get(NUMBER, "")[:LONGEST_TYPED]
        with self.portal.core.connect() as connection:
            found = find_cases(connection, self.city.id, typed)
        if len(found.meant) == 1:
            return _go_to(staff_address(found.meant[0]))
        cases = (*found.meant, *found.near)
        return self.pages.once(lambda: find_page(self.city, who.name, typed, cases))

    def decide_about_case(self, who: StaffMember, case_id: str) -> Response:
        """POST /staff/cases/<case_id>"""
        with speaking(*requested_language()):
            try:
                act_on_case(self.portal, self.city, case_id, who, self.now)
            except (BadRequest, TakesTooLong) as refusal:
                answer = self.show_case(who, case_id, _(refusal.sentence, **refusal.values))
                answer.status_code = refusal.status
                return answer
            return _go_to(staff_address(case_id))

    def show_photo(self, who: StaffMember, name: str) -> Response:
        """GET /staff/photos/<name>.webp"""
        with self.portal.core.connect() as connection:
            if not moderation.is_photo_of_case(connection, self.city.id, name[:32]):
                raise NotFound("There is no such photo.")
        return photo_response(self.portal, name, LARGE)

    def show_outbox(self, who: StaffMember, problem: str = "") -> Response:
        """GET /staff/outbox"""
        with self.portal.core.connect() as connection:
            messages = outbox.undelivered_messages(connection, self.city.id)
            systems = outbox.system_states(connection, self.city.id)
            without_route = unrouted_reports(connection, self.city.id)
            emails = failed_emails(connection, self.city.id)
            queues = queue_states(connection, self.city.id, self.now)
        view = OutboxView(messages, systems, who.is_manager, without_route, emails, queues)
        return self.pages.once(lambda: outbox_page(self.city, who.name, view, self.now, problem))

    def decide_about_outbox(self, who: StaffMember) -> Response:
        """POST /staff/outbox"""
        with speaking(*requested_language()):
            try:
                act_on_outbox(self.portal, self.city, who, self.now)
            except (BadRequest, NotFound) as refusal:
                return self.show_outbox(who, _(refusal.sentence, **refusal.values))
            return _go_to("/staff/outbox")

    def show_audit(self, who: StaffMember) -> Response:
        """GET /staff/audit"""
        before = _line_number(request.args.get("before", ""))
        with self.portal.core.connect() as connection:
            lines = newest_lines(connection, self.city.id, before)
        return self.pages.once(
            lambda: audit_page(self.city, who.name, lines, before is None, self.now)
        )

    def show_sign_in(self) -> Response:
        """GET /staff/sign-in"""
        if self._signed_in_member():
            return _restrict(_go_to("/staff"))
        return _restrict(
            self.pages.once(lambda: sign_in_page(self.city, own_accounts=self._own_accounts))
        )

    def sign_in(self) -> Response:
        """POST /staff/sign-in"""
        names = ("name", "password", "code")
        fields = {name: request.form.get(name, "")[:LONGEST_FIELD] for name in names}
        try:
            token = accounts.sign_in(
                self.portal, self.city.id, address=request.remote_addr or "", now=self.now, **fields
            )
        except NotAllowed as refusal:
            return self._refuse_sign_in(fields["name"], refusal)
        return self.start_session(_go_to("/staff"), token)

    def start_session(self, answer: Response, token: str) -> Response:
        """Give an answer the session's cookie, unless the token is "", and our headers."""
        is_secure = self.portal.settings.site_url.startswith("https://")
        if token:
            answer.set_cookie(
                COOKIE, token, path=COOKIE_PATH, httponly=True, samesite="Strict", secure=is_secure
            )
        return _restrict(answer)

    def sign_out(self) -> Response:
        """POST /staff/sign-out"""
        with self.portal.transaction() as connection:
            accounts.sign_out(connection, self.city.id, request.cookies.get(COOKIE, ""))
        answer = _go_to("/staff/sign-in")
        answer.delete_cookie(COOKIE, path=COOKIE_PATH)
        return _restrict(answer)

    @property
    def _own_accounts(self) -> str:
        """Where staff sign in with the city's own accounts; "" if the city has no such service."""
        return oidc.BEGIN_PATH if self.portal.settings.oidc_issuer else ""

    def _refuse_sign_in(self, name: str, refusal: NotAllowed) -> Response:
        def page() -> Page:
            sentence = _(refusal.sentence, **refusal.values)
            return sign_in_page(self.city, name, sentence, self._own_accounts)

        return _restrict(self.pages.once(page))

    def _signed_in_member(self) -> StaffMember | None:
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        with self.portal.core.connect() as connection:
            who = accounts.find_session_owner(connection, self.city.id, token, self.now)
            if who is None:
                return None
            is_touch_due = accounts.is_touch_due(connection, self.city.id, token, self.now)
        if is_touch_due:
            # Staff may look while nothing can be stored; the session then ends a little early.
            with suppress(CannotStore), explain_unwritable():
                self._touch_session(token)
        return who

    def _touch_session(self, token: str) -> None:
        with self.portal.transaction() as connection:
            accounts.touch_session(connection, self.city.id, token, self.now)

    def _case_page(self, who: StaffMember, case_id: str, problem: str) -> Page:
        with self.portal.core.connect() as connection:
            case = moderation.case_for_staff(connection, self.city.id, case_id)
        return staff_case_page(self.city, who.name, case, self.now, problem)


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """Add everything under /staff."""
    staff = StaffPages(portal, pages, clock)
    rule = server.add_url_rule
    rule("/staff/sign-in", "staff sign-in", staff.show_sign_in)
    rule("/staff/sign-in", "staff signs in", staff.sign_in, methods=["POST"])
    rule("/staff/sign-out", "staff signs out", staff.sign_out, methods=["POST"])
    oidc.register(server, portal, pages, clock, staff.start_session)
    staff.add_route(server, "/staff", staff.show_queue, "GET")
    staff.add_route(server, "/staff/find", staff.find_case, "GET")
    staff.add_route(server, "/staff/cases/<case_id>", staff.show_case, "GET")
    staff.add_route(server, "/staff/cases/<case_id>", staff.decide_about_case, "POST")
    staff.add_route(server, "/staff/photos/<name>.webp", staff.show_photo, "GET")
    staff.add_route(server, "/staff/audit", staff.show_audit, "GET")
    staff.add_route(server, "/staff/outbox", staff.show_outbox, "GET")
    staff.add_route(server, "/staff/outbox", staff.decide_about_outbox, "POST")


def _line_number(typed: str) -> int | None:
    """The number of an audit line; None if it is none."""
    if typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_NUMBER:
        return int(typed)
    return None


def _go_to(path: str) -> Response:
    return redirect(keep_language(path), 303, Response)  # pyright: ignore[reportReturnType]


def _restrict(answer: Response) -> Response:
    """Keep an answer out of caches and search engines, and its address from other sites."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = TO_US_ALONE
    return answer
