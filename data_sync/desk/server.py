"""The desk as a Flask application, with its headers, limits and refusals: `create_desk`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from data_sync.desk import accounts, open311, photos, staff, store
from data_sync.desk.errors import DeskError
from data_sync.desk.models import Staff

MAX_BODY = 20 * 1024 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SENTENCES = {
    400: "The desk does not understand what was sent. Go back and try again.",
    404: "There is nothing at this address. Look at its spelling, or go to the queue.",
    405: "This address does not take that kind of request.",
    413: "What was sent is larger than 20 MB. Send less.",
}


def create_desk(
    engine: Engine,
    *,
    public_url: str,
    api_keys: Collection[str],
    photo_dir: Path,
    secret_key: str,
    now: Callable[[], datetime],
    zone: tzinfo = UTC,
) -> Flask:
    """The whole desk.

    `public_url` is its own address, without a slash at the end. Without `api_keys` no one can send
    it cases. `zone` is the town's time zone, for the staff's pages.
    """
    app = Flask(
        "data_sync.desk",
        static_folder="static",
        template_folder="templates",
        root_path=str(Path(__file__).parent),
    )
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=public_url.startswith("https://"),
        SESSION_COOKIE_NAME="desk",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(
        open311.make_blueprint(open311.Api(engine, public_url, api_keys, photo_dir, now))
    )
    app.register_blueprint(staff.make_blueprint(staff.StaffPages(engine, photo_dir, now, zone)))
    _add_own_routes(app, engine, photo_dir)
    _add_safety(app, public_url)
    _add_refusals(app)
    return app


def _add_own_routes(app: Flask, engine: Engine, photo_dir: Path) -> None:
    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("staff.queue"))

    @app.get("/healthz")
    def healthz() -> Response:
        with engine.connect() as connection:
            connection.execute(select(Staff.name).limit(1))
        return jsonify(alive=True)

    @app.get("/photos/<name>")
    def photo(name: str) -> Response:
        """A photo. Only the staff see those of private cases; for others they do not exist."""
        if not photos.NAME.fullmatch(name):
            abort(404)
        with engine.connect() as connection:
            is_private = store.is_private_photo(connection, f"photos/{name}")
        if is_private and not accounts.is_signed_in(
            engine, session.get("staff"), session.get("key")
        ):
            abort(404)
        answer = send_from_directory(
            photo_dir.absolute(), name, mimetype="image/webp", max_age=86_400
        )
        if is_private:
            answer.headers["Cache-Control"] = "no-store"
        return answer


def _add_safety(app: Flask, public_url: str) -> None:
    """Add headers to every answer, and refuse forms of other sites from a signed-in browser."""
    own_hosts = {urlsplit(public_url).netloc}

    @app.before_request
    def refuse_foreign_forms() -> Any:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith(open311.PREFIX):
            return None  # Open311 knows its callers by their key and never by a cookie
        if _is_own_form(own_hosts | {request.host}):
            return None
        return _refuse(
            403, "This form was sent from another site. Open the page here and send it again."
        )

    @app.after_request
    def add_headers(answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if public_url.startswith("https://"):
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith("/staff"):
            answer.headers["Cache-Control"] = "no-store"
        return answer


def _is_own_form(hosts: set[str]) -> bool:
    """Whether a form comes from a page of ours; older browsers only name its origin."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    return urlsplit(request.headers.get("Origin", "")).netloc in hosts


def _add_refusals(app: Flask) -> None:
    @app.errorhandler(DeskError)
    def refuse(problem: DeskError) -> Any:
        return _refuse(problem.status, str(problem))

    @app.errorhandler(HTTPException)
    def refuse_http(problem: HTTPException) -> Any:
        status = problem.code or 500
        answer = app.make_response(
            _refuse(status, SENTENCES.get(status, problem.description or ""))
        )
        if allowed := getattr(problem, "valid_methods", None):
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    @app.errorhandler(OperationalError)
    def busy(problem: OperationalError) -> Any:
        current_app.logger.error("the desk's database cannot be used now: %s", problem.orig)
        answer = app.make_response(
            _refuse(503, "The desk is busy. Nothing was changed. Try again in a moment.")
        )
        answer.headers["Retry-After"] = "5"
        return answer

    @app.errorhandler(Exception)
    def fail(problem: Exception) -> Any:
        current_app.logger.exception("the desk failed", exc_info=problem)
        return _refuse(
            500,
            "The desk made a mistake. Nothing was changed. Try again, and tell whoever runs it.",
        )


def _refuse(status: int, sentence: str) -> Any:
    """The refusal for its reader: an Open311 error for a program, a page for a person."""
    if request.path.startswith(open311.PREFIX):
        return open311.make_refusal(status, sentence)
    return render_template("problem.html", status=status, sentence=sentence), status
