"""The desk as a Flask application, with its headers, limits and refusals: `create_desk`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
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
from data_sync.desk.models import Staff
from portal.api.addresses import drop_slashes
from portal.errors import PortalError
from portal.open311.answers import make_refusal
from portal.open311.routes import PREFIX

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
    api_url: str = "",
) -> Flask:
    """The whole desk.

    `public_url` is its own address, without a slash at the end; `api_url` is the one that other
    systems ask, where that differs. Without `api_keys` no one can send
    it cases. `zone` is the town's time zone, for the staff's pages.
    """
    app = Flask(
        "data_sync.desk",
        static_folder="static",
        template_folder="templates",
        root_path=str(Path(__file__).parent),
    )
    app.config.update(_settings(secret_key, public_url))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    api = open311.Api(engine, api_url or public_url, api_keys, photo_dir, now, secret_key)
    app.register_blueprint(open311.make_blueprint(api))
    app.register_blueprint(staff.make_blueprint(staff.StaffPages(engine, photo_dir, now, zone)))
    _add_own_routes(app, engine, photo_dir)
    _add_safety(app, public_url)
    drop_slashes(app)
    _add_refusals(app)
    return app


def _settings(secret_key: str, public_url: str) -> dict[str, Any]:
    return {
        "SECRET_KEY": secret_key,
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": public_url.startswith("https://"),
        "SESSION_COOKIE_NAME": "desk",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=10),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
    }


def _add_own_routes(app: Flask, engine: Engine, photo_dir: Path) -> None:
    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("staff.queue"))

    @app.get("/healthz")
    def healthz() -> Response:
        with engine.connect() as connection:
            connection.execute(select(Staff.name).limit(1))
        return jsonify(alive=True)

    app.add_url_rule("/photos/<name>", "photo", partial(_show_photo, engine, photo_dir.absolute()))


def _show_photo(engine: Engine, folder: Path, name: str) -> Response:
    """A photo. Those of private cases are for the staff, and for those who have a marked address;
    for others they do not exist."""
    if not photos.NAME.fullmatch(name):
        abort(404)
    with engine.connect() as connection:
        is_private = store.is_private_photo(connection, f"photos/{name}")
    if is_private and not _may_see(engine, f"photos/{name}"):
        abort(404)
    answer = send_from_directory(folder, name, mimetype="image/webp", max_age=86_400)
    if is_private:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _may_see(engine: Engine, url: str) -> bool:
    secret = str(current_app.secret_key)
    if photos.is_marked(url, request.args.get("key", ""), secret):
        return True
    return accounts.is_signed_in(engine, session.get("staff"), session.get("key"))


def _add_safety(app: Flask, public_url: str) -> None:
    """Add headers to every answer, and refuse forms of other sites from a signed-in browser."""
    app.before_request(partial(_refuse_foreign_forms, {urlsplit(public_url).netloc}))
    app.after_request(partial(_add_headers, public_url.startswith("https://")))


def _refuse_foreign_forms(own_hosts: set[str]) -> Any:
    if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith(PREFIX):
        return None  # Open311 knows its callers by their key and never by a cookie
    if _is_own_form(own_hosts | {request.host}):
        return None
    sentence = "This form was sent from another site. Open the page here and send it again."
    return _refuse(403, sentence)


def _add_headers(is_https: bool, answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if is_https:
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
    app.register_error_handler(PortalError, lambda problem: _refuse(problem.status, str(problem)))
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(OperationalError, _say_busy)
    app.register_error_handler(Exception, _say_failed)


def _refuse_http(problem: HTTPException) -> Any:
    status = problem.code or 500
    sentence = SENTENCES.get(status, problem.description or "")
    answer = current_app.make_response(_refuse(status, sentence))
    if allowed := getattr(problem, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _say_busy(problem: OperationalError) -> Any:
    current_app.logger.error("the desk's database cannot be used now: %s", problem.orig)
    sentence = "The desk is busy. Nothing was changed. Try again in a moment."
    answer = current_app.make_response(_refuse(503, sentence))
    answer.headers["Retry-After"] = "5"
    return answer


def _say_failed(problem: Exception) -> Any:
    current_app.logger.exception("the desk failed", exc_info=problem)
    sentence = (
        "Something went wrong at the desk. Nothing was changed."
        " Try again, and tell the people who run it."
    )
    return _refuse(500, sentence)


def _refuse(status: int, sentence: str) -> Any:
    """The refusal for its reader: an Open311 error for a program, a page for a person."""
    if request.path.startswith(PREFIX):
        return make_refusal(request.path, status, sentence)
    return render_template("problem.html", status=status, sentence=sentence), status
