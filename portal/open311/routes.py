"""Open311's addresses: each as `name.json` and `name.xml`, with and without a slash at the end."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from portal.open311.answers import make_refusal

PREFIX = "/open311/v2"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
FORMATS = ["text/xml", "application/json"]


def add_routes(routes: Blueprint, rule: str, **views: Callable[..., Response]) -> None:
    """Answer a rule that ends in `.<form>`, by method; HEAD as GET."""

    def view(form: str, **values: str) -> Response:
        if form not in ("json", "xml"):
            sentence = f"There is no format {form[:20]!r}. Ask for .json or .xml."
            return make_refusal(request.path, 404, sentence)
        return views["GET" if request.method == "HEAD" else request.method](form, **values)

    for mark in ("most_bytes", "is_from_anywhere"):
        if found := [getattr(one, mark) for one in views.values() if hasattr(one, mark)]:
            setattr(view, mark, found[0])
    for ending in ("", "/"):
        routes.add_url_rule(
            rule + ending, (rule + ending).replace(".", "_"), view, methods=list(views)
        )
