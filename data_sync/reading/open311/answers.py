"""The body of a GeoReport answer: JSON or XML, rows bare or wrapped, or the server's own error."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from data_sync.reading.base import Answer
from data_sync.reading.http_answers import first_words, unusable_answer
from portal.errors import SourceError

_WRAPPERS = ("service_requests", "requests", "service_request", "request")
_LISTS = {"notes", "media_urls", "attributes", "values"}
_ONE = "service_definition"
"""The root of an answer that is one thing and not a list."""


def parse_requests(answer: Answer, source: str) -> list[dict[str, Any]]:
    """The service requests in an answer.

    Raises SourceError with the server's error, or the first words of anything that is no GeoReport.
    """
    rows = _unwrapped(parse_tree(answer, source, "service requests"))
    if rows is None:
        raise unusable_answer(answer, source, "service requests")
    return rows


def parse_tree(answer: Answer, source: str, wanted: str) -> Any:
    """A successful answer as lists and dicts.

    Raises SourceError with the server's error, or the first words of anything else.
    """
    tree = _parse_body(answer, source, wanted)
    if problem := _error_in(tree):
        raise SourceError(
            f"{source}: {answer.url} answered {answer.status}: {problem}", reason="bad_answer"
        )
    if not 200 <= answer.status < 300:
        raise unusable_answer(answer, source, wanted)
    return tree


def parse_error(answer: Answer) -> str:
    """The server's own words for its error; empty if there are none that can be read."""
    try:
        return _error_in(_parse_body(answer, "", "an error"))
    except SourceError:
        return ""


def _parse_body(answer: Answer, source: str, wanted: str) -> Any:
    body = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    parse = _parse_xml if body.startswith(b"<") else _parse_json
    return parse(answer, body, source, wanted)


def _parse_json(answer: Answer, body: bytes, source: str, wanted: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise unusable_answer(answer, source, wanted, problem) from problem


def _parse_xml(answer: Answer, body: bytes, source: str, wanted: str) -> Any:
    try:
        root = etree.fromstring(body, _careful_parser())
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise unusable_answer(answer, source, wanted) from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceError(
            f"{source}: {answer.url} answered with a document type, which is refused: "
            f"{first_words(body)!r}",
            reason="bad_answer",
        )
    name = _local(root)
    if name not in (*_WRAPPERS, "services", _ONE, "errors", "error"):
        raise unusable_answer(answer, source, wanted)
    if name == _ONE:
        return {name: _element(root)}
    if name == "error":
        words = "".join(str(text) for text in root.itertext()).strip()
        return {"errors": [{"description": words}]}
    return {name: [_element(child) for child in root if isinstance(child.tag, str)]}


def _careful_parser() -> etree.XMLParser:
    """Entities, DTDs and the network are how XML reads files and fills memory: none is allowed."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )


def _element(element: etree._Element) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return (element.text or "").strip() or None
    if _local(element) in _LISTS:
        return [_element(child) for child in children]
    return {_local(child): _element(child) for child in children}


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _unwrapped(tree: Any) -> list[dict[str, Any]] | None:
    while isinstance(tree, dict):
        inner = next(
            (tree[name] for name in _WRAPPERS if isinstance(tree.get(name), (list, dict))), None
        )
        if inner is None:
            return [tree] if "service_request_id" in tree or "token" in tree else None
        tree = inner
    return tree if isinstance(tree, list) and all(isinstance(row, dict) for row in tree) else None


def _error_in(tree: Any) -> str:
    errors = tree.get("errors") if isinstance(tree, dict) else tree
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return ""
    if "service_request_id" in errors[0]:
        return ""
    return "; ".join(
        f"{error.get('code') or ''} {error.get('description') or ''}".strip()
        for error in errors
        if "description" in error and _is_error(error)
    )


def _is_error(error: dict[str, Any]) -> bool:
    return set(error) <= {"code", "description"}
