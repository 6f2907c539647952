"""What every address has in common: no slash at the end, and for data no names that we don't know.

/cases/?status=open  →  308 to /cases?status=open
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from portal.errors import BadRequest


def drop_slashes(server: Flask) -> None:
    """Redirect the address of a page with a slash at its end to the one without, for good.

    The query and the method stay. Files, data and unknown addresses are left alone.
    """

    @server.before_request
    def redirect_without_slash() -> Response | None:
        path = request.path
        if not path.endswith("/") or _has_route_with_slash():
            return None
        target = path.rstrip("/")
        if not _is_page(server, target):
            return None
        query = request.query_string.decode("latin-1")
        location = quote(target) + (f"?{query}" if query else "")
        return Response(status=308, headers={"Location": location})


def refuse_unknown_parameters(*known: str) -> None:
    """Raise BadRequest if the request has a parameter that its data does not know.

    A page ignores what others add to links (portal.domain.page_query). A program must hear that
    it asked for something we do not have.
    """
    for name in request.args:
        if name not in known:
            raise BadRequest("There is no parameter “{name}” here.", name=name[:40])


def _has_route_with_slash() -> bool:
    """Whether the slash belongs there, as in “/”."""
    return request.url_rule is not None and request.url_rule.rule.endswith("/")


def _is_page(server: Flask, path: str) -> bool:
    # Two slashes at the start would name another host.
    adapter = server.create_url_adapter(request)
    if adapter is None or not path or path.startswith("//"):
        return False
    try:
        rule, _ = adapter.match(path, return_rule=True)
    except HTTPException:
        return False
    return not _is_file(rule)


def _is_file(rule: Rule) -> bool:
    first, last = rule.rule.split("/")[1], rule.rule.rsplit("/", 1)[-1]
    return "." in last or first == "assets" or first.startswith("_")
