"""The staff's routes: sign-in, the queue, a case and its actions. Plain forms without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy import Engine
from werkzeug.wrappers import Response

from data_sync.desk import accounts, merging, numbers, photos, queue, store
from data_sync.desk.errors import DeskError, TooManyFailures, UnknownCase
from data_sync.desk.invitations import is_invitation

DONE_WORDS = {
    "take": "The case is yours.",
    "note": "The note is kept.",
    "photo": "The photo is kept.",
    "close": "The case is closed.",
    "reopen": "The case is open again.",
    "move": "The case is handed over.",
    "join": "The case is closed as already reported.",
}
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class StaffPages:
    """The staff's routes, with what they need: the database, photos, the clock, the time zone."""

    engine: Engine
    photo_dir: Path
    now: Callable[[], datetime]
    zone: tzinfo

    def show_sign_in(self) -> Page:
        """The form to sign in."""
        return render_template("sign_in.html", problem="", name="")

    def sign_in(self) -> Page:
        """Sign in, or show the form again with what is wrong."""
        name = request.form.get("name", "").strip()
        password = request.form.get("password", "")[:1_000]
        caller = {"address": request.remote_addr or "", "now": self.now()}
        try:
            key = accounts.sign_in(self.engine, name, password, **caller)
        except TooManyFailures as problem:
            return render_template("sign_in.html", problem=str(problem), name=name), problem.status
        if key is None:
            problem = "This name and password do not belong together. Try again."
            return render_template("sign_in.html", problem=problem, name=name), 403
        return _begin_session(name, key)

    def show_account(self) -> Page:
        """The form for the first account, or for a colleague's."""
        return self._account_form()

    def add_account(self) -> Page:
        """Make an account; the first one is signed in at once."""
        name, password = request.form.get("name", ""), request.form.get("password", "")[:1_000]
        is_first = self._is_invited()
        try:
            key = accounts.add_new_staff(self.engine, name, password)
        except DeskError as problem:
            return self._account_form(str(problem), name), problem.status
        if is_first:
            session.pop("wanted", None)
            return _begin_session(name.strip(), key)
        flash(f"{name.strip()} may sign in.")
        return redirect(url_for("staff.queue"), 303)

    def _account_form(self, problem: str = "", name: str = "") -> str:
        invitation = request.values.get("invitation", "") if self._is_invited() else ""
        return render_template("account.html", invitation=invitation, problem=problem, name=name)

    def _is_invited(self) -> bool:
        """Whether this is the page of the first account, with the invitation from the terminal."""
        given = request.values.get("invitation", "")
        secret = str(current_app.secret_key)
        return request.endpoint == "staff.account" and is_invitation(self.engine, secret, given)

    def sign_out(self) -> Page:
        """End the session."""
        session.clear()
        return redirect(url_for("staff.sign_in"), 303)

    def queue(self) -> Page:
        """The queue, filtered by the page's address; a case's number leads to the case."""
        args = request.args
        asked = queue.QueueFilter(
            args.get("queue", ""), args.get("status", ""), args.get("words", "").strip()[:100]
        )
        with self.engine.connect() as connection:
            found = numbers.find_by_number(connection, asked.words)
            if len(found.meant) == 1:
                return redirect(url_for("staff.case", request_id=found.meant[0]), 303)
            page = queue.build_queue_page(
                connection, asked, args.get("after", ""), self.now(), self.zone
            )
        return render_template("queue.html", **page, near=found.near)

    def case(self, request_id: str, problem: str = "", tried: str = "") -> str:
        """One case; after a refused action, with the problem and what was typed."""
        with self.engine.connect() as connection:
            page = queue.build_case_page(connection, request_id, self.now(), self.zone)
        return render_template(
            "case.html", **page, problem=problem, tried=tried, typed=request.form
        )

    def act(self, request_id: str, verb: str) -> Page:
        """Do something with a case, then show it again."""
        try:
            self._do(request_id, verb)
        except UnknownCase:
            raise
        except DeskError as problem:
            return self.case(request_id, str(problem), verb), problem.status
        flash(DONE_WORDS[verb])
        return redirect(url_for("staff.case", request_id=request_id), 303)

    def need_sign_in(self) -> Response | None:
        """Before every route except signing in: sign in first, then continue to the page."""
        is_known = accounts.is_signed_in(self.engine, session.get("staff"), session.get("key"))
        if request.endpoint == "staff.sign_in" or is_known or self._is_invited():
            return None
        session.clear()
        if request.method == "GET":
            session["wanted"] = request.full_path.rstrip("?")
        return redirect(url_for("staff.sign_in"), 303)

    def _do(self, request_id: str, verb: str) -> None:
        desk = self.engine
        form = request.form
        acts = {"actor": session["staff"], "now": self.now()}
        words = store.clean_text(form.get("words", ""))
        if verb == "take":
            store.take_case(desk, request_id, **acts)
        elif verb == "note":
            store.add_note(
                desk, request_id, words, is_public=form.get("seen_by") == "public", **acts
            )
        elif verb == "photo":
            with self._photo(needed=True) as url:
                store.add_photo(desk, request_id, url, **acts)
        elif verb == "close":
            reason = _closure_reason(form.get("reason", ""), words)
            with self._photo() as url:
                store.close_case(desk, request_id, reason, photo=url, **acts)
        elif verb == "reopen":
            store.reopen_case(desk, request_id, words, **acts)
        elif verb == "move":
            store.move_to_queue(desk, request_id, form.get("queue", ""), **acts)
        elif verb == "join":
            other = form.get("number", "").strip() or form.get("other", "")
            merging.merge_case(desk, request_id, other, words, **acts)
        else:
            raise DeskError(f"There is nothing called {verb[:40]!r} to do with a case.")

    @contextmanager
    def _photo(self, needed: bool = False) -> Iterator[str]:
        """Address of the form's photo; "" if there is none. Raises DeskError if one is needed."""
        if file := request.files.get("photo"):
            with photos.stored_photo(file.stream, self.photo_dir) as url:
                yield url
        elif needed:
            raise DeskError("No photo came with the form. Choose one.")
        else:
            yield ""


def make_blueprint(pages: StaffPages) -> Blueprint:
    """Everything under /staff."""
    routes = Blueprint("staff", __name__, url_prefix="/staff")
    routes.before_request(pages.need_sign_in)
    routes.add_url_rule(
        "/sign-in",
        "sign_in",
        _get_or_post(pages.show_sign_in, pages.sign_in),
        methods=["GET", "POST"],
    )
    routes.add_url_rule(
        "/accounts",
        "account",
        _get_or_post(pages.show_account, pages.add_account),
        methods=["GET", "POST"],
    )
    routes.add_url_rule("/sign-out", "sign_out", pages.sign_out, methods=["POST"])
    routes.add_url_rule("", "queue", pages.queue)
    routes.add_url_rule("/", "queue_slash", pages.queue)
    routes.add_url_rule("/cases/<request_id>", "case", pages.case)
    routes.add_url_rule("/cases/<request_id>/<verb>", "act", pages.act, methods=["POST"])
    return routes


def _get_or_post(show: Callable[[], Page], send: Callable[[], Page]) -> Callable[[], Any]:
    return lambda: send() if request.method == "POST" else show()


def _closure_reason(reason: str, words: str) -> str:
    """The reason from the list, followed by the staff's own words.

    Raises DeskError if it is not in the list.
    """
    if reason == merging.REASON:
        raise DeskError("Use “Already reported” to name the case that it repeats.")
    if reason not in store.CLOSURE_REASONS:
        raise DeskError("Choose a reason from the list, then close the case.")
    return f"{reason}. {words}" if words else reason


def _begin_session(name: str, key: str) -> Response:
    """Start with nothing kept, and go to the page that was asked for."""
    wanted = session.get("wanted") or url_for("staff.queue")
    session.clear()
    session.update(staff=name, key=key)
    session.permanent = True
    return redirect(wanted, 303)
