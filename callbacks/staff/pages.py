"""The staff's pages: sign-in, queue, case, photos, outbox and audit log. No cache keeps them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, redirect, request

from callbacks.report.photos import photo_response
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages
from callbacks.shared.posted_forms import require_same_origin
from callbacks.staff import oidc
from callbacks.staff.actions import act_on_case, act_on_outbox
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from layouts.staff.audit import audit_page
from layouts.staff.case import staff_case_page
from layouts.staff.frame import sign_in_page
from layouts.staff.outbox import OutboxView, outbox_page
from layouts.staff.queue import queue_page, staff_address
from portal.auth import accounts
from portal.auth.accounts import StaffMember
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotAllowed, NotFound, TakesTooLong
from portal.photos.develop import LARGE
from portal.queries.report.unrouted import unrouted_reports
from portal.queries.staff import moderation
from portal.queries.staff.audit import newest_lines
from portal.services.report import outbox

COOKIE, COOKIE_PATH = "staff", "/staff"
LONGEST_NUMBER = 9
"""Digits in the number of an audit line; more do not fit the databases' integers."""
LONGEST_FIELD = 2_000


class StaffPages:
    """The pages for staff who are signed in. Other visitors are sent to the sign-in page."""

    def __init__(self, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
        self.portal = portal
        self.pages = pages
        self.clock = clock

    @property
    def city(self) -> Jurisdiction:
        """The city that the request is for."""
        return self.portal.city(request.host)

    @property
    def now(self) -> int:
        """The time in epoch seconds."""
        return int(self.clock())

    def add_route(
        self, server: Flask, path: str, view: Callable[..., Response], method: str
    ) -> None:
        """Add a route for signed-in staff; calls `view(who, **parts of the path)`."""

        def guarded(**parts: str) -> Response:
            if request.method != "GET":
                require_same_origin()
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
        view = OutboxView(messages, systems, who.is_manager, without_route)
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
        require_same_origin()
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
        require_same_origin()
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
            with self.portal.transaction() as connection:
                accounts.touch_session(connection, self.city.id, token, self.now)
        return who

    def _case_page(self, who: StaffMember, case_id: str, problem: str) -> Page:
        with self.portal.core.connect() as connection:
            case = moderation.case_for_staff(connection, self.city.id, case_id)
        return staff_case_page(self.city, who.name, case, self.now, problem)


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """Add everything under /staff."""
    staff = StaffPages(portal, pages, clock)
    server.add_url_rule("/staff/sign-in", endpoint="staff sign-in", view_func=staff.show_sign_in)
    server.add_url_rule(
        "/staff/sign-in", endpoint="staff signs in", view_func=staff.sign_in, methods=["POST"]
    )
    server.add_url_rule(
        "/staff/sign-out", endpoint="staff signs out", view_func=staff.sign_out, methods=["POST"]
    )
    oidc.register(server, portal, pages, clock, staff.start_session)
    staff.add_route(server, "/staff", staff.show_queue, "GET")
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
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
