"""Open311 answers as JSON and as XML, from one tree.

A tree is a list or dict of plain values. In XML the items of a list need a name, which follows
from the list's name. Texts are "" and never null; a missing number is null in JSON and an empty
element in XML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import orjson
from flask import Response

JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"
ITEM_NAMES = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "attributes": "attribute",
    "values": "value",
    "notes": "note",
}
LINE_ENDS = {"\r": "&#13;"}
"""A reader of XML would make a line feed of it."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def make_answer(
    tree: Any, root: str, form: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The tree as `form` says, "json" or "xml"; `root` is the name of the XML root."""
    body = orjson.dumps(tree) if form == "json" else to_xml(tree, root)
    return Response(
        body,
        status=status,
        headers=dict(headers or {}),
        content_type=JSON if form == "json" else XML,
    )


def make_refusal(path: str, status: int, *sentences: str) -> Response:
    """An error for each sentence, in the form that the path asks for, else XML.

    XML is the one that the standard requires.
    """
    form = "json" if path.rstrip("/").endswith(".json") else "xml"
    return make_answer(list_errors(status, *sentences), "errors", form, status)


def list_errors(code: int, *sentences: str) -> list[dict[str, str]]:
    """Open311's error list."""
    return [{"code": str(code), "description": sentence} for sentence in sentences]


def to_xml(tree: Any, root: str) -> bytes:
    """XML with its declaration, without namespaces or characters that XML cannot contain."""
    # Written by hand: lxml takes three times as long to build the same.
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n']
    _write(parts, root, tree)
    return "".join(parts).encode()


def _write(parts: list[str], name: str, value: Any) -> None:
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        item = ITEM_NAMES[name]
        children = ((item, inner) for inner in value)
    else:
        text = _text(value)
        parts.append(f"<{name}>{text}</{name}>" if text else f"<{name}/>")
        return
    parts.append(f"<{name}>")
    for child, inner in children:
        _write(parts, child, inner)
    parts.append(f"</{name}>")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if not text.isprintable():
        text = NOT_XML.sub("", text)
    return escape(text, LINE_ENDS)
