"""Open311 answers as JSON and as XML, from one tree.

A tree is a list or dict of plain values. In XML the items of a list need a name, which follows
from the list's name. Texts are "" and never null; a missing number is null in JSON and an empty
element in XML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

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


def to_xml(tree: Any, root: str) -> bytes:
    """XML with its declaration, without namespaces or characters that XML cannot contain."""
    return etree.tostring(_element(root, tree), xml_declaration=True, encoding="utf-8")


def _element(name: str, value: Any) -> etree._Element:
    element = etree.Element(name)
    if isinstance(value, dict):
        for key, inner in value.items():
            element.append(_element(key, inner))
    elif isinstance(value, list):
        for inner in value:
            element.append(_element(ITEM_NAMES[name], inner))
    elif value is not None:
        element.text = _text(value)
    return element


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return NOT_XML.sub("", str(value))
