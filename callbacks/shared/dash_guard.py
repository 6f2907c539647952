"""What browsers send to Dash, checked before Dash sees it: anybody can post anything there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash
from dash.exceptions import DashException
from flask import Response, request
from werkzeug.exceptions import HTTPException

from callbacks.shared.assets import cache_for_a_year
from portal.errors import BadRequest, NotFound


def guard_callbacks(app: Dash) -> Callable[[], Response]:
    """Dash's callback address: a body that does not fit a callback's own inputs is a 400, never a fault."""
    dispatch: Any = app.backend.serve_callback(app)

    def view() -> Response:
        try:
            body = request.get_json()
        except HTTPException as problem:
            if problem.code == 413:
                raise
            raise BadRequest("A callback is called with JSON.") from None
        except RecursionError:
            raise BadRequest("This JSON is nested too deeply.") from None
        require_known_callback(app.callback_map, body)
        return dispatch()

    return view


def require_known_callback(callback_map: dict[str, Any], body: Any) -> None:
    """Raises BadRequest unless the body names one of our callbacks and gives exactly its inputs and states."""
    callback = (
        callback_map.get(body["output"])
        if isinstance(body, dict) and isinstance(body.get("output"), str)
        else None
    )
    if (
        callback is None or "callback" not in callback
    ):  # what runs in the browser has no function here
        raise BadRequest("There is no such callback.")
    _check_values(callback["inputs"], body.get("inputs", []), "input")
    _check_values(callback["state"], body.get("state", []), "state")
    for key in ("changedPropIds", "parsedChangedPropsIds"):
        if not isinstance(body.get(key, []), list) or not all(
            isinstance(name, str) for name in body.get(key, [])
        ):
            raise BadRequest("{key} is a list of names.", key=key)
    if _output_names(body.get("outputs")) != body["output"]:
        raise BadRequest("The outputs are not those of the callback.")
    for key in set(body) - {
        "output",
        "outputs",
        "inputs",
        "state",
        "changedPropIds",
        "parsedChangedPropsIds",
    }:
        raise BadRequest("A callback takes no “{key}”.", key=key[:40])


def _check_values(wanted: list[dict[str, Any]], given: Any, what: str) -> None:
    if not isinstance(given, list) or len(given) != len(wanted):
        raise BadRequest(
            "This callback takes {n} values of the kind {what}.", n=len(wanted), what=what
        )
    for want, have in zip(wanted, given, strict=True):
        if not isinstance(have, dict) or (have.get("id"), have.get("property")) != (
            want["id"],
            want["property"],
        ):
            raise BadRequest(
                "This callback takes the {what} {name}.",
                what=what,
                name=f"{want['id']}.{want['property']}",
            )


def _output_names(outputs: Any) -> str | None:
    """`id.property` of a single output; callbacks with several outputs are not used here yet."""
    if not isinstance(outputs, dict) or set(outputs) != {"id", "property"}:
        return None
    return f"{outputs['id']}.{outputs['property']}"


def guard_scripts(app: Dash) -> Callable[[str, str], Response]:
    """Dash's scripts, kept for a year under their fingerprint; anything it does not know is a plain 404."""

    def view(package_name: str, fingerprinted_path: str) -> Response:
        try:
            answer = app.backend.serve_component_suites(app, package_name, fingerprinted_path)  # pyright: ignore[reportAttributeAccessIssue]
        except (DashException, KeyError, OSError, ValueError):
            raise NotFound("There is no such script.") from None
        if answer.cache_control.max_age:
            return cache_for_a_year(answer, f"{package_name}/{fingerprinted_path}")
        return answer

    return view
