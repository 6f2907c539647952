"""The staff's pages: sign in, the queue, a case and what can be done with it. Plain forms; no script is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from sqlalchemy import Connection, Engine, func, or_, select, tuple_
from werkzeug.wrappers import Response as AnyResponse

from data_sync.desk import accounts, photos, store, trees
from data_sync.desk.errors import DeskError
from data_sync.desk.models import Case, History

PAGE = 50
STATUS_WORDS = {"open": "Open", "in_progress": "In work", "closed": "Closed", "overdue": "Overdue"}
STATUS_SHAPES = {"open": "●", "in_progress": "◐", "closed": "✓", "overdue": "◔"}


@dataclass(frozen=True)
class QueueFilter:
    """What the queue page shows. `status` is open, in_progress, closed, overdue or "" for everything not closed."""

    queue: str = ""
    status: str = ""
    words: str = ""


def blueprint(engine: Engine, photo_dir: Path, now: Callable[[], datetime]) -> Blueprint:
    """Everything under /staff."""
    routes = Blueprint("staff", __name__, url_prefix="/staff", template_folder="templates")

    @routes.get("/sign-in")
    def sign_in_page() -> str:
        return render_template("sign_in.html", problem="", name="")

    @routes.post("/sign-in")
    def sign_in() -> AnyResponse | tuple[str, int]:
        name, password = request.form.get("name", "")[:100], request.form.get("password", "")[:1000]
        try:
            known = accounts.signs_in(engine, name, password, address=request.remote_addr or "", now=now())
        except accounts.TooManyFailures as problem:
            return render_template("sign_in.html", problem=str(problem), name=name), 429
        if not known:
            return render_template("sign_in.html", problem="Name and password do not belong together.", name=name), 403
        session.clear()
        session["staff"] = name
        session.permanent = True
        return redirect(url_for("staff.queue"), 303)

    @routes.post("/sign-out")
    def sign_out() -> AnyResponse:
        session.clear()
        return redirect(url_for("staff.sign_in_page"), 303)

    @routes.get("")
    @routes.get("/")
    @_staff_only
    def queue() -> str:
        asked = QueueFilter(request.args.get("queue", ""), request.args.get("status", ""), request.args.get("words", "").strip()[:100])
        with engine.connect() as connection:
            return render_template("queue.html", **_queue_page(connection, asked, request.args.get("after", ""), now()))

    @routes.get("/cases/<request_id>")
    @_staff_only
    def case(request_id: str) -> str:
        with engine.connect() as connection:
            return render_template("case.html", **_case_page(connection, request_id, now()), problem="")

    @routes.post("/cases/<request_id>/<verb>")
    @_staff_only
    def act(request_id: str, verb: str) -> AnyResponse | tuple[str, int]:
        try:
            _act(engine, photo_dir, request_id, verb, now())
        except DeskError as problem:
            with engine.connect() as connection:
                return render_template("case.html", **_case_page(connection, request_id, now()), problem=str(problem)), problem.status
        return redirect(url_for("staff.case", request_id=request_id), 303)

    return routes


def _staff_only(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def checked(**values: str) -> Any:
        return view(**values) if session.get("staff") else redirect(url_for("staff.sign_in_page"), 303)

    return checked


def _act(engine: Engine, photo_dir: Path, request_id: str, verb: str, now: datetime) -> None:
    form, acts = request.form, {"actor": session["staff"], "now": now}
    words = form.get("words", "").strip()
    if verb == "take":
        store.take_case(engine, request_id, **acts)
    elif verb == "note":
        store.add_note(engine, request_id, words, is_public=form.get("public") == "yes", **acts)
    elif verb == "photo":
        store.add_photo(engine, request_id, photos.keep(_uploaded(), photo_dir), **acts)
    elif verb == "close":
        store.close_case(engine, request_id, ". ".join(part for part in (form.get("reason", ""), words) if part), **acts)
    elif verb == "reopen":
        store.reopen_case(engine, request_id, words, **acts)
    elif verb == "move":
        store.move_to_queue(engine, request_id, form.get("queue", ""), **acts)
    else:
        raise DeskError(f"There is nothing called {verb[:40]!r} to do with a case.")


def _uploaded() -> Any:
    if not (file := request.files.get("photo")) or not file.filename:
        raise DeskError("No photo came with the form; choose one.")
    return file.stream


def _queue_page(connection: Connection, asked: QueueFilter, after: str, now: datetime) -> dict[str, Any]:
    conditions = _conditions(asked, now)
    # The oldest target first: what is overdue longest stands on top, what has no target comes last.
    target = func.coalesce(Case.expected_at, 1 << 40)
    query = select(Case.__table__).where(*conditions).order_by(target, Case.id)
    if after and (start := _position(after)):
        query = query.where(tuple_(target, Case.id) > start)
    rows = list(connection.execute(query.limit(PAGE + 1)))
    names = trees.service_names(connection)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return {
        "cases": [_shown(row, names, now) for row in rows[:PAGE]],
        "total": connection.execute(select(func.count()).select_from(Case).where(*conditions)).scalar_one(),
        "next_after": f"{last.expected_at or 1 << 40}-{last.id}" if last else "",
        "queues": _queues(connection),
        "asked": asked,
        "statuses": STATUS_WORDS,
        "staff": session["staff"],
    }


def _conditions(asked: QueueFilter, now: datetime) -> list[Any]:
    conditions: list[Any] = (
        [Case.status == asked.status] if asked.status in ("open", "in_progress", "closed") else [Case.status != "closed"]
    )
    if asked.status == "overdue":
        conditions.append(Case.expected_at < int(now.timestamp()))
    if asked.queue:
        conditions.append(Case.queue == asked.queue)
    if asked.words:
        conditions.append(
            or_(*(column.contains(asked.words, autoescape=True) for column in (Case.request_id, Case.description, Case.address)))
        )
    return conditions


def _position(after: str) -> tuple[int, int] | None:
    parts = after.split("-")
    if len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def _queues(connection: Connection) -> list[tuple[str, int]]:
    """Queues with the number of cases that are not closed."""
    query = select(Case.queue, func.count().filter(Case.status != "closed")).group_by(Case.queue).order_by(Case.queue)
    return [(queue, waiting) for queue, waiting in connection.execute(query)]


def _case_page(connection: Connection, request_id: str, now: datetime) -> dict[str, Any]:
    row = store.case_row(connection, request_id)
    history = connection.execute(select(History.__table__).where(History.case_id == row.id).order_by(History.id.desc()))
    return {
        "case": _shown(row, trees.service_names(connection), now),
        "row": row,
        "history": [(_day(entry.at), entry.actor, entry.verb, entry.words, entry.is_public) for entry in history],
        "reported": _day(row.requested_at),
        "expected": _day(row.expected_at),
        "closed": _day(row.closed_at),
        "queues": _queues(connection),
        "reasons": store.CLOSURE_REASONS,
        "staff": session["staff"],
    }


def _shown(row: Any, names: dict[str, str], now: datetime) -> dict[str, Any]:
    overdue = row.status != "closed" and row.expected_at is not None and row.expected_at < now.timestamp()
    status = "overdue" if overdue else row.status
    return {
        "id": row.request_id,
        "service": names.get(row.service_code, row.service_code),
        "address": row.address or "No address",
        "note": row.description,
        "queue": row.queue,
        "status": status,
        "status_word": STATUS_WORDS[status],
        "shape": STATUS_SHAPES[status],
        "age": _age(now.timestamp() - row.requested_at),
        "taken_by": row.taken_by,
        "is_public": row.is_public,
    }


def _age(seconds: float) -> str:
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _day(epoch: int | None) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%d %b %Y, %H:%M UTC") if epoch is not None else ""
