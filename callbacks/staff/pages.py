"""The staff's addresses: signing in and out, what waits, a case, its photos, the outbox, the audit. Nobody keeps these answers."""

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
"""Digits of a line of the audit, as far as the databases count."""


class StaffPages:
    """Every page but signing in is for whoever is signed in; a visitor is led there."""

    def __init__(self, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
        self.portal, self.pages, self.clock = portal, pages, clock

    @property
    def city(self) -> Jurisdiction:
        return self.portal.city(request.host)

    @property
    def now(self) -> int:
        return int(self.clock())

    def add(self, server: Flask, path: str, view: Callable[..., Response], *methods: str) -> None:
        """A route for the signed-in alone: `view(who, **parts of the path)`."""

        def guarded(**parts: str) -> Response:
            if request.method != "GET":
                require_same_origin()
            who = self._who()
            return _closed(view(who, **parts) if who else _go("/staff/sign-in"))

        server.add_url_rule(
            path, endpoint=f"{path} {methods}", view_func=guarded, methods=list(methods)
        )

    def queue(self, who: StaffMember) -> Response:
        with self.portal.core.connect() as connection:
            held = moderation.held_cases(connection, self.city.id)
            newest = moderation.newest_reports(connection, self.city.id)
        return self.pages.once(lambda: queue_page(self.city, who.name, held, newest, self.now))

    def case(self, who: StaffMember, case_id: str, problem: str = "") -> Response:
        return self.pages.once(lambda: self._case_page(who, case_id, problem))

    def act(self, who: StaffMember, case_id: str) -> Response:
        with speaking(*requested_language()):
            try:
                act_on_case(self.portal, self.city, case_id, who, self.now)
            except (BadRequest, TakesTooLong) as refusal:
                answer = self.case(who, case_id, _(refusal.sentence, **refusal.values))
                answer.status_code = refusal.status
                return answer
            return _go(staff_address(case_id))

    def photo(self, who: StaffMember, name: str) -> Response:
        with self.portal.core.connect() as connection:
            if not moderation.photo_for_staff(connection, self.city.id, name[:32]):
                raise NotFound("There is no such photo.")
        return photo_response(self.portal, name, LARGE)

    def outbox(self, who: StaffMember, problem: str = "") -> Response:
        with self.portal.core.connect() as connection:
            messages, systems = (
                outbox.undelivered_messages(connection, self.city.id),
                outbox.system_states(connection, self.city.id),
            )
            lost = unrouted_reports(connection, self.city.id)
        view = OutboxView(messages, systems, who.is_manager, lost)
        return self.pages.once(lambda: outbox_page(self.city, who.name, view, self.now, problem))

    def audit(self, who: StaffMember) -> Response:
        asked = request.args.get("before", "")
        before = (
            int(asked)
            if asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER
            else None
        )
        with self.portal.core.connect() as connection:
            lines = newest_lines(connection, self.city.id, before)
        return self.pages.once(
            lambda: audit_page(self.city, who.name, lines, before is None, self.now)
        )

    def decide(self, who: StaffMember) -> Response:
        with speaking(*requested_language()):
            try:
                act_on_outbox(self.portal, self.city, who, self.now)
            except (BadRequest, NotFound) as refusal:
                return self.outbox(who, _(refusal.sentence, **refusal.values))
            return _go("/staff/outbox")

    def show_sign_in(self) -> Response:
        return _closed(
            _go("/staff")
            if self._who()
            else self.pages.once(lambda: sign_in_page(self.city, own_accounts=self._own_accounts))
        )

    def sign_in(self) -> Response:
        require_same_origin()
        said = {name: request.form.get(name, "")[:2_000] for name in ("name", "password", "code")}
        try:
            token = accounts.sign_in(
                self.portal, self.city.id, address=request.remote_addr or "", now=self.now, **said
            )
        except NotAllowed as refusal:
            sentence, values = refusal.sentence, refusal.values
            return _closed(
                self.pages.once(
                    lambda: sign_in_page(
                        self.city, said["name"], _(sentence, **values), self._own_accounts
                    )
                )
            )
        return self.signed_in(_go("/staff"), token)

    def signed_in(self, answer: Response, token: str) -> Response:
        """An answer that gives the session's cookie, where there is a session."""
        is_secure = self.portal.settings.site_url.startswith("https://")
        if token:
            answer.set_cookie(
                COOKIE, token, path=COOKIE_PATH, httponly=True, samesite="Strict", secure=is_secure
            )
        return _closed(answer)

    @property
    def _own_accounts(self) -> str:
        """Where one signs in with the city's own accounts; empty where it has no such service."""
        return oidc.BEGIN_PATH if self.portal.settings.oidc_issuer else ""

    def sign_out(self) -> Response:
        require_same_origin()
        with self.portal.transaction() as connection:
            accounts.sign_out(connection, self.city.id, request.cookies.get(COOKIE, ""))
        answer = _go("/staff/sign-in")
        answer.delete_cookie(COOKIE, path=COOKIE_PATH)
        return _closed(answer)

    def _who(self) -> StaffMember | None:
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        with self.portal.core.connect() as connection:
            who = accounts.find_session_owner(connection, self.city.id, token, self.now)
            is_old = who is not None and accounts.is_touch_due(
                connection, self.city.id, token, self.now
            )
        if is_old:
            with self.portal.transaction() as connection:
                accounts.touch_session(connection, self.city.id, token, self.now)
        return who

    def _case_page(self, who: StaffMember, case_id: str, problem: str) -> Page:
        with self.portal.core.connect() as connection:
            case = moderation.case_for_staff(connection, self.city.id, case_id)
        return staff_case_page(self.city, who.name, case, self.now, problem)


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """Everything under /staff."""
    staff = StaffPages(portal, pages, clock)
    server.add_url_rule("/staff/sign-in", endpoint="staff sign-in", view_func=staff.show_sign_in)
    server.add_url_rule(
        "/staff/sign-in", endpoint="staff signs in", view_func=staff.sign_in, methods=["POST"]
    )
    server.add_url_rule(
        "/staff/sign-out", endpoint="staff signs out", view_func=staff.sign_out, methods=["POST"]
    )
    oidc.register(server, portal, pages, clock, staff.signed_in)
    staff.add(server, "/staff", staff.queue, "GET")
    staff.add(server, "/staff/cases/<case_id>", staff.case, "GET")
    staff.add(server, "/staff/cases/<case_id>", staff.act, "POST")
    staff.add(server, "/staff/photos/<name>.webp", staff.photo, "GET")
    staff.add(server, "/staff/audit", staff.audit, "GET")
    staff.add(server, "/staff/outbox", staff.outbox, "GET")
    staff.add(server, "/staff/outbox", staff.decide, "POST")


def _go(path: str) -> Response:
    return redirect(keep_language(path), 303, Response)  # pyright: ignore[reportReturnType]


def _closed(answer: Response) -> Response:
    """Nobody keeps it, no search engine lists it, and no other site hears of its address."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
