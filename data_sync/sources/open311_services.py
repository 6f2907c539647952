"""The services of a GeoReport endpoint and what each asks: `services` and `services/CODE`, checked and bounded.

Understood wherever they occur: wrappers around lists in JSON ({"services": …}, {"service_definition": …}, {"attribute": […]}), keywords
as a list or with commas, booleans as words or numbers, an order that is missing or a text, datatypes in any capitals. A datatype we do
not know is asked as a line of text; a list without values too. What has no code or no words is left out.
"""

from __future__ import annotations

import math
from typing import Any, get_args

from data_sync.reading.base import Answer
from data_sync.reading.columns import plain
from data_sync.reading.http_answers import not_usable
from data_sync.reading.open311_answers import tree_of
from portal.domain.report import Question, QuestionKind
from portal.domain.service_definition import ServiceDefinition
from portal.domain.tidy import tidy

MOST_SERVICES = 1_000
MOST_QUESTIONS = 60
MOST_CHOICES = 500
LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT = 100, 200, 1_000
LISTS = ("singlevaluelist", "multivaluelist")


def services_of(answer: Answer, source: str) -> list[ServiceDefinition]:
    """The services in an answer, each code once. Raises SourceError for anything else, and where there is none or too many."""
    rows = _entries(tree_of(answer, source, "services"), "services", "service")
    found: dict[str, ServiceDefinition] = {}
    for row in rows:
        code, name = _code(row.get("service_code")), _text(row.get("service_name"), LONGEST_NAME)
        if code and name:
            found.setdefault(code, _service(code, name, row))
    if not found or len(found) > MOST_SERVICES:
        raise not_usable(answer, source, f"1 to {MOST_SERVICES:,} services")
    return list(found.values())


def questions_of(answer: Answer, source: str) -> tuple[Question, ...]:
    """What a service asks, in its order, each code once. None: empty. Raises SourceError for anything but a service definition."""
    tree = tree_of(answer, source, "a service definition")
    definition = (
        tree.get("service_definition", tree)
        if isinstance(tree, dict)
        else next(iter(tree or [None]), None)
    )
    if not isinstance(definition, dict) or not {"attributes", "service_code"} & set(definition):
        raise not_usable(answer, source, "a service definition")
    rows = _entries(definition.get("attributes") or [], "attributes", "attribute")
    found: dict[str, Question] = {}
    for row in sorted(rows, key=_order):
        if question := _question(row):
            found.setdefault(question.code, question)
    return tuple(found.values())[:MOST_QUESTIONS]


def _service(code: str, name: str, row: dict[str, Any]) -> ServiceDefinition:
    keywords = row.get("keywords") or ""
    words = keywords if isinstance(keywords, list) else plain(keywords).split(",")
    return ServiceDefinition(
        code=code,
        name=name,
        group=_text(row.get("group"), LONGEST_NAME) or None,
        description=_text(row.get("description"), LONGEST_TEXT),
        keywords=tuple(
            word for word in (_text(word, LONGEST_NAME) for word in words[:100]) if word
        ),
        asks=_is_true(row.get("metadata")),
    )


def _question(row: dict[str, Any]) -> Question | None:
    code, prompt = _code(row.get("code")), _text(row.get("description"), LONGEST_TEXT)
    is_asked = not _is_false(row.get("variable"))
    if not prompt or (is_asked and not code):
        return None
    kind, choices = _kind(row.get("datatype")), _choices(row.get("values"))
    if (kind in LISTS) != bool(choices):
        kind, choices = ("singlevaluelist", choices) if choices else ("string", ())
    return Question(
        code=code or f"said {prompt}"[:LONGEST_CODE],
        prompt=prompt,
        kind=kind,
        is_required=is_asked and _is_true(row.get("required")),
        hint=_text(row.get("datatype_description"), LONGEST_TEXT),
        choices=choices if is_asked else (),
        is_asked=is_asked,
    )


def _choices(values: Any) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for value in _entries(values or [], "values", "value"):
        key, words = _code(value.get("key")), _text(value.get("name"), LONGEST_NAME)
        if key:
            found.setdefault(key, words or key)
    return tuple(found.items())[:MOST_CHOICES]


def _kind(datatype: Any) -> QuestionKind:
    return next(
        (kind for kind in get_args(QuestionKind) if kind == plain(datatype).strip().lower()),
        "string",
    )


def _order(row: dict[str, Any]) -> float:
    """The number an attribute stands at; those without one come last, as they came."""
    try:
        order = float(plain(row.get("order")))
    except ValueError:
        return math.inf
    return order if math.isfinite(order) else math.inf


def _entries(tree: Any, *wrappers: str) -> list[dict[str, Any]]:
    """The objects of a list, out of whatever is around it."""
    while isinstance(tree, dict):
        inner = next((tree[name] for name in wrappers if name in tree), None)
        tree = inner if inner is not None else [tree]
    return [entry for entry in tree if isinstance(entry, dict)] if isinstance(tree, list) else []


def _code(value: Any) -> str:
    """A code as it is sent back; one that is too long is none."""
    code = _text(value, LONGEST_CODE + 1)
    return code if len(code) <= LONGEST_CODE else ""


def _text(value: Any, longest: int) -> str:
    return tidy(plain(value), longest) or ""


def _is_true(value: Any) -> bool:
    return plain(value).strip().lower() in ("true", "1", "yes", "t")


def _is_false(value: Any) -> bool:
    return plain(value).strip().lower() in ("false", "0", "no", "f")
