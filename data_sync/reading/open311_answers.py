"""The body of a GeoReport answer: JSON or XML, service requests as rows, bare or wrapped, or the server's own error."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from data_sync.reading.base import Answer
from data_sync.reading.http_answers import first_words, not_usable
from portal.errors import SourceError

_WRAPPERS = ("service_requests", "requests", "service_request", "request")
_LISTS = {"notes", "media_urls", "attributes", "values"}
_ONE = "service_definition"
"""The root of an answer that is one thing and no list."""


def requests_of(answer: Answer, source: str) -> list[dict[str, Any]]:
    """The service requests in an answer. Raises SourceError with the server's error, or the first words of what is no GeoReport."""
    rows = _unwrapped(tree_of(answer, source, "service requests"))
    if rows is None:
        raise not_usable(answer, source, "service requests")
    return rows


def tree_of(answer: Answer, source: str, wanted: str) -> Any:
    """An answer of success as plain lists and dicts. Raises SourceError with the server's error, or the first words of anything else."""
    tree = _tree(answer, source, wanted)
    if problem := _error_words(tree):
        raise SourceError(
            f"{source}: {answer.url} answered {answer.status}: {problem}", reason="bad_answer"
        )
    if not 200 <= answer.status < 300:
        raise not_usable(answer, source, wanted)
    return tree


def error_words(answer: Answer) -> str:
    """The server's own words for its error; empty where the answer has none that can be read."""
    try:
        return _error_words(_tree(answer, "", "an error"))
    except SourceError:
        return ""


def _tree(answer: Answer, source: str, wanted: str) -> Any:
    body = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        _xml(answer, body, source, wanted)
        if body.startswith(b"<")
        else _json(answer, body, source, wanted)
    )


def _json(answer: Answer, body: bytes, source: str, wanted: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise not_usable(answer, source, wanted, problem) from problem


def _xml(answer: Answer, body: bytes, source: str, wanted: str) -> Any:
    # Entities, DTDs and the network are how XML reads files and fills memory: a document that wants them is refused.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise not_usable(answer, source, wanted) from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceError(
            f"{source}: {answer.url} answered with a document type, which is refused: {first_words(body)!r}",
            reason="bad_answer",
        )
    name = _local(root)
    if name not in (*_WRAPPERS, "services", _ONE, "errors", "error"):
        raise not_usable(answer, source, wanted)
    if name == _ONE:
        return {name: _element(root)}
    if name == "error":
        return {"errors": [{"description": "".join(str(text) for text in root.itertext()).strip()}]}
    return {name: [_element(child) for child in root if isinstance(child.tag, str)]}


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


def _error_words(tree: Any) -> str:
    errors = tree.get("errors") if isinstance(tree, dict) else tree
    if (
        not isinstance(errors, list)
        or not errors
        or not isinstance(errors[0], dict)
        or "service_request_id" in errors[0]
    ):
        return ""
    return "; ".join(
        f"{error.get('code') or ''} {error.get('description') or ''}".strip()
        for error in errors
        if "description" in error and _is_error(error)
    )


def _is_error(error: dict[str, Any]) -> bool:
    return set(error) <= {"code", "description"}
