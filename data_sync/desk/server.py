"""create_desk: the desk as a Flask application, with its headers, its limits and its kind refusals."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, redirect, render_template, request, send_from_directory, url_for
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from data_sync.desk import open311, staff
from data_sync.desk.errors import DeskError

MAX_BODY = 20 * 1024 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def create_desk(
    engine: Engine,
    *,
    public_url: str,
    api_keys: Collection[str],
    photo_dir: Path,
    secret_key: str,
    now: Callable[[], datetime],
) -> Flask:
    """The whole desk. `public_url` is its own address without a slash at the end; without `api_keys` nobody can send it cases."""
    app = Flask("data_sync.desk", static_folder="static", template_folder="templates", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=public_url.startswith("https://"),
        SESSION_COOKIE_NAME="desk",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
    )
    app.register_blueprint(open311.blueprint(open311.Api(engine, public_url, api_keys, photo_dir, now)))
    app.register_blueprint(staff.blueprint(engine, photo_dir, now))
    _own_routes(app, photo_dir)
    app.before_request(_refuse_foreign_forms)
    app.after_request(_add_headers)
    app.register_error_handler(DeskError, lambda problem: _refuse(problem.status, str(problem)))
    app.register_error_handler(HTTPException, lambda problem: _refuse(problem.code or 500, problem.description or ""))
    app.register_error_handler(Exception, _fail)
    return app


def _own_routes(app: Flask, photo_dir: Path) -> None:
    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("staff.queue"))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(alive=True)

    @app.get("/photos/<name>")
    def photo(name: str) -> Response:
        answer = send_from_directory(photo_dir.absolute(), name, max_age=86_400)
        answer.headers["Content-Disposition"] = "inline"
        return answer


def _refuse_foreign_forms() -> tuple[str, int] | None:
    """A form of another site may not act in a signed-in browser's name. Programs send neither header, and no cookie."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith("/open311/"):
        return None
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    foreign = site not in ("same-origin", "none") if site else bool(origin) and urlsplit(origin or "").netloc != request.host
    return _refuse(403, "This form was sent from another site. Open the page here and send it again.") if foreign else None


def _add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if request.path.startswith("/staff"):
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _refuse(status: int, sentence: str) -> tuple[str, int]:
    return render_template("problem.html", status=status, sentence=sentence), status


def _fail(problem: Exception) -> tuple[str, int]:
    from flask import current_app

    current_app.logger.exception("the desk failed", exc_info=problem)
    return _refuse(500, "The desk made a mistake. Nothing was changed. Try again, and tell whoever runs it.")
