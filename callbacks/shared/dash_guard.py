"""What browsers send to Dash, checked before Dash sees it: anyone can post anything there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash
from dash.exceptions import DashException
from flask import Response, request
from werkzeug.exceptions import HTTPException

from callbacks.shared.assets import cache_for_a_year
from portal.errors import BadRequest, NotFound

CHANGED = ("changedPropIds", "parsedChangedPropsIds")
KNOWN_KEYS = {"output", "outputs", "inputs", "state", *CHANGED}


def guard_callbacks(app: Dash) -> Callable[[], Response]:
    """Dash's callback address, where a body that fits no callback is a 400 and never a fault."""
    dispatch: Any = app.backend.serve_callback(app)

    def view() -> Response:
        require_known_callback(app.callback_map, _read_body())
        return dispatch()

    return view


def guard_scripts(app: Dash) -> Callable[[str, str], Response]:
    """Dash's scripts, cached for a year under their fingerprint; one it does not know is a 404."""

    def view(package_name: str, fingerprinted_path: str) -> Response:
        try:
            backend: Any = app.backend
            answer = backend.serve_component_suites(app, package_name, fingerprinted_path)
        except (DashException, KeyError, OSError, ValueError):
            raise NotFound("There is no such script.") from None
        if answer.cache_control.max_age:
            return cache_for_a_year(answer, f"{package_name}/{fingerprinted_path}")
        return answer

    return view


def _read_body() -> Any:
    try:
        return request.get_json()
    except HTTPException as problem:
        if problem.code == 413:
            raise
        raise BadRequest("A callback is called with JSON.") from None
    except RecursionError:
        raise BadRequest("This JSON is nested too deeply.") from None


def require_known_callback(callback_map: dict[str, Any], body: Any) -> None:
    """Raise BadRequest unless the body names one of our callbacks with exactly its inputs."""
    callback = _callback_of(callback_map, body)
    _require_values(callback["inputs"], body.get("inputs", []), "input")
    _require_values(callback["state"], body.get("state", []), "state")
    for key in CHANGED:
        _require_names(key, body.get(key, []))
    if _output_name(body.get("outputs")) != body["output"]:
        raise BadRequest("The outputs are not those of the callback.")
    for key in set(body) - KNOWN_KEYS:
        raise BadRequest("A callback takes no “{key}”.", key=key[:40])


def _callback_of(callback_map: dict[str, Any], body: Any) -> dict[str, Any]:
    output = body.get("output") if isinstance(body, dict) else None
    callback = callback_map.get(output) if isinstance(output, str) else None
    # A callback that runs in the browser has no function here.
    if callback is None or "callback" not in callback:
        raise BadRequest("There is no such callback.")
    return callback


def _require_values(wanted: list[dict[str, Any]], values: Any, kind: str) -> None:
    if not isinstance(values, list) or len(values) != len(wanted):
        raise BadRequest(
            "This callback takes {n} values of the kind {what}.", n=len(wanted), what=kind
        )
    for want, value in zip(wanted, values, strict=True):
        name = (want["id"], want["property"])
        if not isinstance(value, dict) or (value.get("id"), value.get("property")) != name:
            raise BadRequest(
                "This callback takes the {what} {name}.", what=kind, name=".".join(name)
            )


def _require_names(key: str, names: Any) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequest("{key} is a list of names.", key=key)


def _output_name(outputs: Any) -> str | None:
    """`id.property` of a single output; no callback here has several."""
    if not isinstance(outputs, dict) or set(outputs) != {"id", "property"}:
        return None
    return f"{outputs['id']}.{outputs['property']}"
