"""Open311 answers as JSON and as XML: one tree, two spellings.

A tree is a list or dict of plain values. In XML a list's items need a name: `Shape` says which. Text is "" and never null; a missing number
is null in JSON and an empty element in XML.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  compiled, without stubs

JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"
ITEM_NAMES = {
    "services": "service", "service_requests": "request", "errors": "error", "endpoints": "endpoint", "formats": "format",
    "attributes": "attribute", "values": "value", "notes": "note", "service_request_updates": "request_update",
}  # fmt: skip


def answer(tree: Any, root: str, form: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The tree in the form asked for ('json' or 'xml'); `root` is the XML root's name."""
    body = orjson.dumps(tree) if form == "json" else to_xml(tree, root)
    return Response(body, status=status, headers=headers, content_type=JSON if form == "json" else XML)


def to_xml(tree: Any, root: str) -> bytes:
    """XML with its declaration. Characters XML cannot hold are left out."""
    return etree.tostring(_element(root, tree), xml_declaration=True, encoding="utf-8")


def _element(name: str, value: Any) -> etree._Element:
    element = etree.Element(name)
    if isinstance(value, dict):
        for key, inner in value.items():
            element.append(_element(key, inner))
    elif isinstance(value, list):
        for inner in value:
            element.append(_element(ITEM_NAMES.get(name, "item"), inner))
    elif value is not None:
        element.text = _text(value)
    return element


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "".join(letter for letter in str(value) if letter >= " " or letter in "\t\n\r")
